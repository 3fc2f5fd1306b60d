import { ConsoleLogger, type ConsoleLoggerOptions, type LogLevel } from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import { type RequestScope } from '@countersign/core/http';

/**
 * Nest's console logger with the transaction ID on every line that is logged while a request is served: the member
 * `transactionId` in JSON, in brackets before the message in text. Other lines are unchanged.
 *
 * `app.useLogger(new TransactionLogger(app.get(RequestScope), { json: true }))`, with the option `requestScope: 'always'`.
 */
export class TransactionLogger extends ConsoleLogger {
  readonly #scope: RequestScope;

  /**
   * @param options Nest's own.
   * @throws CountersignError `config_invalid` without the option `requestScope: 'always'`: it cannot be seen that a logger reads
   * the scope.
   */
  constructor(scope: RequestScope, options: ConsoleLoggerOptions = {}) {
    super(options);
    if (!scope.isAlwaysOpen)
      throw new CountersignError('config_invalid', "TransactionLogger needs requestScope: 'always'");
    this.#scope = scope;
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
