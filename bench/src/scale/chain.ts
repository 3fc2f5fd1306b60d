import { createVerifier, type InboundRequest, type TrustRecord } from '@countersign/core';
import { tokenHash } from '@countersign/core/adapter';
import { inFlight, interleave, type Variant } from '../interleave.js';
import { once, requestWith } from '../micro/subjects.js';
import { type BenchRow } from '../row.js';
import { AUDIENCE, ISSUER, signingKey, type SigningKey } from '../tokens/signing-key.js';

const NAME = 'scale/proofs';
const SUBJECT = 'https://users.example/user/21/';

/** A service of the chain: it was called, and calls the next. */
interface Service {
  readonly iss: string;
  readonly key: SigningKey;
}

/** New ES256 tokens that come with one to three new proofs, each a signature more. Processor time of all threads. */
export const chainRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const operations = quick ? 50 : 500;
    const variants = [0, 1, 2, 3].map((proofs) => variant(proofs, operations * (rounds + 1)));
    return interleave(variants, { row: NAME, rounds, operations, time: 'cpu' });
  },
};

function variant(proofs: number, count: number): Variant {
  const provider = { iss: ISSUER, key: signingKey('ES256', { kid: 'provider' }) };
  const services = Array.from({ length: proofs }, (_, index) => ({
    iss: `https://service-${String(index)}.example/`,
    key: signingKey('ES256', { kid: `service-${String(index)}` }),
  }));
  const verifier = createVerifier({
    service: AUDIENCE,
    trust: [
      { ...recordOf('provider', provider), tokenType: 'JWT', actsFor: ['https://users.example/'] },
      ...services.map((service, index) => ({
        ...recordOf(`service-${String(index)}`, service),
        actsFor: 'proven' as const,
      })),
    ],
  });
  const next = once(Array.from({ length: count }, () => chain(provider, services)));
  return {
    name: String(proofs),
    run: (operations) => inFlight(operations, 64, () => verifier.authenticate(next())),
  };
}

function recordOf(name: string, { iss, key }: Service): TrustRecord {
  return { name, issuer: iss, keys: { jwks: { keys: [key.publicJwk] } }, algorithms: ['ES256'] };
}

/** The provider's token for the first service, that one's for the second, and so on; the last is for us. */
function chain(provider: Service, services: readonly Service[]): InboundRequest {
  const exp = Math.floor(Date.now() / 1000) + 240;
  const tokens: string[] = [];
  let act: object | undefined;
  [provider, ...services].forEach(({ iss, key }, index) => {
    const [before] = tokens;
    if (before !== undefined) act = act === undefined ? { sub: iss } : { sub: iss, act };
    const claims = {
      iss,
      aud: services[index]?.iss ?? AUDIENCE,
      sub: SUBJECT,
      exp,
      scope: 'order:read',
      txn: 'bench',
      ...(before !== undefined && { act, ath: tokenHash(before) }),
    };
    tokens.unshift(key.token({ claims, ...(index > 0 && { header: { typ: 'svc+jwt' } }) }));
  });
  const [presented = '', ...proofs] = tokens;
  const request = requestWith(presented);
  const proofHeader = proofs.length === 0 ? [] : ['Delegation-Proof', proofs.join(', ')];
  return { ...request, rawHeaders: [...request.rawHeaders, ...proofHeader] };
}
