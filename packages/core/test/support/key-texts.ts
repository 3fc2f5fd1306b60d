import { createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';

type PemType = 'pkcs8' | 'sec1' | 'pkcs1';

export const pemOf = (key: KeyObject, type: PemType = 'pkcs8'): string =>
  key.export({ format: 'pem', type } as { format: 'pem'; type: 'pkcs8' }).toString();
export const derOf = (key: KeyObject, type: PemType = 'pkcs8'): Buffer =>
  key.export({ format: 'der', type } as { format: 'der'; type: 'pkcs8' });
export const jwkOf = (key: KeyObject): JWK => key.export({ format: 'jwk' });
export const kidOf = (key: KeyObject): Promise<string> => calculateJwkThumbprint(jwkOf(createPublicKey(key)));

export const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64');
export const escaped = (text: string): string => text.replaceAll('\n', '\\n');

/** As `openssl ecparam -genkey` writes a key: after the name of its curve. */
export const afterItsCurve = (pem: string): string =>
  `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem}`;
