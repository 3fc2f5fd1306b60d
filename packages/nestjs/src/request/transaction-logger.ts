import { ConsoleLogger, type ConsoleLoggerOptions, type LogLevel } from '@nestjs/common';
import { type RequestScope } from './request-scope.js';

/**
 * Nest's console logger, with the transaction id on every line that is written while a request is served: the member
 * `transactionId` in JSON, in brackets before the message in text. What is logged elsewhere is as it was.
 *
 * `app.useLogger(new TransactionLogger(app.get(RequestScope), { json: true }))`
 */
export class TransactionLogger extends ConsoleLogger {
  readonly #scope: RequestScope;

  /** @param options Nest's own. */
  constructor(scope: RequestScope, options: ConsoleLoggerOptions = {}) {
    super(options);
    this.#scope = scope.keep();
  }

  protected override getJsonLogObject(
    ...parameters: Parameters<ConsoleLogger['getJsonLogObject']>
  ): ReturnType<ConsoleLogger['getJsonLogObject']> {
    const { transactionId } = this.#scope;
    return {
      ...super.getJsonLogObject(...parameters),
      ...(transactionId !== undefined && { transactionId }),
    };
  }

  protected override stringifyMessage(message: unknown, logLevel: LogLevel): string {
    const text = super.stringifyMessage(message, logLevel);
    const { transactionId } = this.#scope;
    return transactionId === undefined ? text : `[${transactionId}] ${text}`;
  }
}
