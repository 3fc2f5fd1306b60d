import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { answerFault, CountersignError, FaultFilter } from '@countersign/nestjs';

@Catch(CountersignError) // FaultException: only what the guards refuse
export class HouseStyleFilter implements ExceptionFilter<CountersignError> {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly faultFilter: FaultFilter,
  ) {}

  catch(fault: CountersignError, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') return this.faultFilter.catch(fault, host);
    const { httpAdapter } = this.host;
    const response: unknown = host.switchToHttp().getResponse();
    const { status, headers, problem } = answerFault(fault, host);
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    const body = { error: problem.code, message: problem.title, id: problem.instance };
    httpAdapter.reply(response, body, status);
    return undefined;
  }
}
