import { createVerifier, type InboundRequest, type TrustRecord, type Verifier } from '@countersign/core';
import { AUDIENCE, ISSUER, type SigningKey } from '../tokens/signing-key.js';

/** A verifier of ours that trusts the issuer of a signing key; its keys are inline, so that nothing is fetched. */
export function verifierFor(key: SigningKey, others: readonly TrustRecord[] = []): Verifier {
  return createVerifier({ service: AUDIENCE, trust: [...others, trustRecordFor(key)] });
}

export function trustRecordFor(key: SigningKey): TrustRecord {
  return {
    name: 'issuer',
    issuer: ISSUER,
    keys: { jwks: { keys: [key.publicJwk] } },
    tokenType: 'JWT',
    algorithms: [key.algorithm],
  };
}

/** A request that carries the token, as a Node server shows it. */
export function requestWith(token: string): InboundRequest {
  // In one piece: a text that was put together is so only when it is first looked into.
  const authorization = Buffer.from(`Bearer ${token}`).toString('latin1');
  return {
    rawHeaders: ['Host', 'orders.example', 'Accept', '*/*', 'Authorization', authorization],
    method: 'GET',
    url: '/order/',
    body: () => Promise.reject(new Error('a request without a binding is not read')),
  };
}

/** Hands out each element once, in order. */
export function once<Item>(items: readonly Item[]): () => Item {
  let next = 0;
  return () => {
    const item = items[next];
    if (item === undefined) throw new RangeError('a token would be used twice');
    next += 1;
    return item;
  };
}

/**
 * Does something that must be refused; makes no promise where the refusal is thrown.
 * @throws Error when it was not refused.
 */
export function refused(operation: () => unknown): void | Promise<void> {
  try {
    const answer = operation();
    if (answer instanceof Promise) return answer.then(refuseToGoOn, () => undefined);
  } catch {
    return;
  }
  refuseToGoOn();
}

function refuseToGoOn(): never {
  throw new Error('garbage was accepted');
}
