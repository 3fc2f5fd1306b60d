import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { problemAnswer, type ProblemDocument } from './problem-answer.js';

/** Answers everything that is not an authentication fault as `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, context: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const response: unknown = context.switchToHttp().getResponse();
    const { document, headers, logged } = problemAnswer(error);
    if (logged !== undefined) this.logger.error(logged);
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    this.answer(context, document);
  }

  /** For those who want it told in another way. */
  protected answer(context: ArgumentsHost, problem: ProblemDocument): void {
    const { httpAdapter } = this.host;
    const response: unknown = context.switchToHttp().getResponse();
    httpAdapter.reply(response, problem, problem.status);
  }
}
