import { type Principal } from '@countersign/core';

/** Says on the span of a request who called; does nothing where nobody traces. */
export type MarkSpan = (principal: Principal) => void;

/** The injection token of `MarkSpan`. */
export const MARK_SPAN = Symbol('MARK_SPAN');

/** What the loaders of Node and of Jest say when a package is not installed. */
const NOT_INSTALLED: ReadonlySet<unknown> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/**
 * Puts the transaction and the caller on the active span of OpenTelemetry, if the application has installed its API.
 * The subject is left out: spans go to more places than a log does.
 */
export async function spanMarker(): Promise<MarkSpan> {
  try {
    const { trace } = await import('@opentelemetry/api');
    return ({ transactionId, caller }) => {
      const attributes = { 'countersign.transaction_id': transactionId, 'countersign.caller': caller.name };
      trace.getActiveSpan()?.setAttributes(attributes);
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && NOT_INSTALLED.has(error.code)) return () => undefined;
    throw error;
  }
}
