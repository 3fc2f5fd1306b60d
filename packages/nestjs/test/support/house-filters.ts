import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, HttpStatus } from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { CountersignError } from '@countersign/core';
import { answerFault } from '@countersign/nestjs';

/** The filter of the chapter "Inheritance" in Nest's documentation. */
@Catch()
export class AllExceptionsFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost) {
    super.catch(exception, host);
  }
}

/** The filter of the chapter "Catch everything". */
@Catch()
export class CatchEverythingFilter implements ExceptionFilter {
  constructor(private readonly httpAdapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.httpAdapterHost;
    const ctx = host.switchToHttp();
    const httpStatus =
      exception instanceof HttpException ? exception.getStatus() : HttpStatus.INTERNAL_SERVER_ERROR;
    const responseBody = {
      statusCode: httpStatus,
      message: exception instanceof Error ? exception.message : undefined,
      path: httpAdapter.getRequestUrl(ctx.getRequest()) as unknown,
    };
    httpAdapter.reply(ctx.getResponse(), responseBody, httpStatus);
  }
}

/** A filter for errors that people see. It says nothing of the media type, which the framework knows. */
@Catch(HttpException)
export class PageFilter implements ExceptionFilter<HttpException> {
  constructor(private readonly httpAdapterHost: HttpAdapterHost) {}

  catch(exception: HttpException, host: ArgumentsHost): void {
    const { title } = exception.getResponse() as { readonly title: string };
    const page = `<h1>${title}</h1>`;
    this.httpAdapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), page, exception.getStatus());
  }
}

/** A filter that reads what Nest would answer, as those of Nest's documentation do, and answers in a form of its own. */
@Catch(HttpException)
export class ReadingFilter implements ExceptionFilter<HttpException> {
  constructor(private readonly httpAdapterHost: HttpAdapterHost) {}

  catch(exception: HttpException, host: ArgumentsHost): void {
    const { httpAdapter } = this.httpAdapterHost;
    const error = exception.getResponse();
    httpAdapter.reply(host.switchToHttp().getResponse(), { error }, exception.getStatus());
  }
}

/** A filter that answers first, and then writes its log. */
export class LoggingFilter extends PageFilter {
  override catch(exception: HttpException, host: ArgumentsHost): void {
    super.catch(exception, host);
    exception.getResponse();
    answered.push(exception);
  }
}
/** What the last one answered. */
export const answered: HttpException[] = [];

/** The same, which knows that the message of a fault that a handler throws is for the operator. */
@Catch()
export class CarefulFilter extends CatchEverythingFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    const { status, problem } =
      exception instanceof CountersignError
        ? answerFault(exception, host)
        : { status: 0, problem: undefined };
    super.catch(problem === undefined ? exception : new HttpException(problem.title, status), host);
  }
}
