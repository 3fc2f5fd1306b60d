import { type Principal } from '@countersign/core';
import { openTelemetry } from './open-telemetry.js';

/** Says on the span of a request who called; does nothing where nobody traces. */
export type MarkSpan = (principal: Principal) => void;

/** The injection token of `MarkSpan`. */
export const MARK_SPAN = Symbol('MARK_SPAN');

/**
 * Puts the transaction and the caller on the active span of OpenTelemetry, if the application has installed its API.
 * The subject is left out: spans go to more places than a log does.
 */
export async function spanMarker(): Promise<MarkSpan> {
  const api = await openTelemetry();
  if (api === undefined) return () => undefined;
  const { trace } = api;
  return ({ transactionId, caller }) => {
    const attributes = { 'countersign.transaction_id': transactionId, 'countersign.caller': caller.name };
    trace.getActiveSpan()?.setAttributes(attributes);
  };
}
