import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ArgumentsHost, Catch } from '@nestjs/common';
import { Problem, type ProblemDocument, ProblemFilter } from '@countersign/service-kit';
import { PAGE_HEADERS, renderRefusal } from './refusal-page.js';

/** Refuses a login with a page where a browser asks for one, and as everywhere else otherwise. */
@Catch(Problem)
export class RefusalPageFilter extends ProblemFilter {
  protected override answer(context: ArgumentsHost, problem: ProblemDocument): void {
    const http = context.switchToHttp();
    const response = http.getResponse<ServerResponse>();
    response.appendHeader('Vary', 'Accept');
    if (wantsPage(http.getRequest<IncomingMessage>().headers.accept ?? ''))
      response.writeHead(problem.status, PAGE_HEADERS).end(renderRefusal(problem));
    else super.answer(context, problem);
  }
}

/** Programs that take anything, or JSON, get what programs read. Browsers name HTML, and want nothing more than that. */
function wantsPage(accept: string): boolean {
  return accept.split(',').some((range) => /^\s*text\/html\s*($|;(?!.*\bq=0(\.0*)?\s*(;|$)))/i.test(range));
}
