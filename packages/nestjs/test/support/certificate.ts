import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

/** A certificate that signs itself, and its key. */
export interface Certificate {
  /** PEM, as TLS options take them. */
  readonly cert: string;
  readonly key: string;
  /** DER. */
  readonly raw: Buffer;
}

/** Node can read certificates and not make them; this is the smallest one that TLS takes (RFC 5280 section 4.1). */
export function createCertificate(commonName: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(commonName)))));
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)); // ecdsa-with-SHA256
  const serial = der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
  const version = der(0xa0, der(0x02, Buffer.from([2])));
  const validity = sequence(time(-3600), time(86_400));
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' });
  const signed = sequence(version, serial, algorithm, name, validity, name, publicInfo);
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', signed, privateKey)]));
  const raw = sequence(signed, algorithm, signature);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { cert: new X509Certificate(raw).toString(), key, raw };
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return der(0x30, ...contents);
}

function set(...contents: readonly Buffer[]): Buffer {
  return der(0x31, ...contents);
}

function oid(...octets: readonly number[]): Buffer {
  return der(0x06, Buffer.from(octets));
}

/** UTCTime, so many seconds from now. */
function time(seconds: number): Buffer {
  const iso = new Date(Date.now() + seconds * 1000).toISOString();
  return der(0x17, Buffer.from(`${iso.replace(/[-:T]/g, '').slice(2, 14)}Z`));
}
