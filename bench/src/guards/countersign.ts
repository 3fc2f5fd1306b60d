import { generateKeyPairSync } from 'node:crypto';
import { Authenticated, CountersignModule, type CountersignOptions } from '@countersign/nestjs';
import { BOTH_PLATFORMS, type NestGuard, type GuardParts, type GuardSetup } from './guard.js';

/** Ours, as the README shows it, for an issuer of ordinary access tokens. */
export const countersign: NestGuard = {
  name: 'countersign',
  title: 'Countersign',
  platforms: BOTH_PLATFORMS,
  parts: (setup) => parts(setup, {}),
};

/** The same with somebody who takes its decision records, and does nothing with them. */
export const countersignRecorded: NestGuard = {
  name: 'countersign-recorded',
  title: 'Countersign, records',
  platforms: BOTH_PLATFORMS,
  algorithms: ['RS256'],
  parts: (setup) => parts(setup, { decisions: { record: () => undefined } }),
};

/** The same in an application that reads the async scope of requests somewhere, and so has one opened for each. */
export const countersignScoped: NestGuard = {
  name: 'countersign-scoped',
  title: 'Countersign, scope',
  platforms: BOTH_PLATFORMS,
  algorithms: ['RS256'],
  parts: (setup) => parts(setup, { requestScope: 'always' }),
};

function parts(
  { algorithm, issuer, audience, jwksUri }: GuardSetup,
  more: Partial<CountersignOptions>,
): GuardParts {
  const ownKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const module = CountersignModule.forRoot({
    service: audience,
    keys: { privateKeys: [ownKey] },
    trust: [{ name: 'issuer', issuer, keys: { jwksUri }, tokenType: 'JWT', algorithms: [algorithm] }],
    ...more,
  });
  return { imports: [module], route: Authenticated() };
}
