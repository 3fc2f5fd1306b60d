import { generateKeyPairSync } from 'node:crypto';
import { CountersignModule } from '@countersign/nestjs';
import { BOTH_PLATFORMS, type Guard } from './guard.js';

/** Ours, as the README shows it, for an issuer of ordinary access tokens. */
export const countersign: Guard = {
  name: 'countersign',
  title: 'Countersign',
  platforms: BOTH_PLATFORMS,
  parts({ algorithm, issuer, audience, jwksUri }) {
    const ownKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const module = CountersignModule.forRoot({
      service: audience,
      keys: { privateKeys: [ownKey] },
      trust: [{ name: 'issuer', issuer, keys: { jwksUri }, tokenType: 'JWT', algorithms: [algorithm] }],
    });
    return { imports: [module] };
  },
};
