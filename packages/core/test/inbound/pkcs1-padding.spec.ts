import { constants, createHash, createPublicKey, privateEncrypt, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { verifySignatureBytes } from '../../src/crypto/signature.js';
import { trustedKey } from '../support/forge.js';
import { createScene } from '../support/scene.js';

/**
 * RSA signatures that a lenient reader of the padding takes for good (Bleichenbacher 2006 and after). First the 213
 * that Project Wycheproof publishes, on its own key and message; then the same kinds of mistakes in whole tokens, made
 * with our own private key by raw RSA: each of them is what the key's owner would have to sign for a forger.
 */
interface Wycheproof {
  readonly jwk: JsonWebKey;
  readonly message: string;
  readonly valid: string;
  readonly modified: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly signature: string;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('./wycheproof-rsa-2048-sha256.json', import.meta.url), 'utf8'),
) as Wycheproof;

async function verified(signature: string): Promise<boolean> {
  const key = createPublicKey({ key: vectors.jwk, format: 'jwk' });
  const [input, octets] = [vectors.message, signature].map((text) => Buffer.from(text, 'base64url'));
  return verifySignatureBytes('RS256', key, input!, octets!);
}

describe('an RS256 signature by Project Wycheproof', () => {
  it('holds when its padding is as the RFC wants it', async () => {
    expect(await verified(vectors.valid)).toBe(true);
    expect(vectors.modified).toHaveLength(213);
  });

  it.each(vectors.modified)('is refused: $tcId, $comment', async ({ signature }) => {
    expect(await verified(signature)).toBe(false);
  });
});

/** The DigestInfo of SHA-256 in front of the hash (RFC 8017 section 9.2, note 1). */
const PREFIX = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const MODULUS_BYTES = 256;

type Digest = (hash: Buffer) => Buffer;

const NO_NULL: Digest = (hash) =>
  Buffer.concat([Buffer.from('302f300b0609608648016503040201', 'hex'), Buffer.from('0420', 'hex'), hash]);
const PLAIN: Digest = (hash) => Buffer.concat([PREFIX, hash]);

/** `00 01 FF..FF 00` and the digest, filled up to the length of the modulus. */
function padded(digest: Buffer, fill = 0xff): Buffer {
  const room = MODULUS_BYTES - 3 - digest.length;
  return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(room, fill), Buffer.from([0]), digest]);
}

/** Only `octets` of padding, and garbage behind the digest to fill the rest. */
function shortPadding(digest: Buffer, octets: number): Buffer {
  const start = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(octets, 0xff), Buffer.from([0]), digest]);
  return Buffer.concat([start, Buffer.alloc(MODULUS_BYTES - start.length, 0x5a)]);
}

function changedAt(block: Buffer, at: number, octet: number): Buffer {
  const copy = Buffer.from(block);
  copy[at] = octet;
  return copy;
}

const MODIFIED: readonly [string, (hash: Buffer) => Buffer][] = [
  ['block type 2', (hash) => changedAt(padded(PLAIN(hash)), 1, 2)],
  ['block type 0', (hash) => padded(PLAIN(hash), 0).fill(0, 1, 2)],
  ['zeros as padding', (hash) => padded(PLAIN(hash), 0)],
  ['no separator', (hash) => changedAt(padded(PLAIN(hash)), MODULUS_BYTES - 52, 0xff)],
  ['eight octets of padding and garbage behind', (hash) => shortPadding(PLAIN(hash), 8)],
  ['one octet of padding and garbage behind', (hash) => shortPadding(PLAIN(hash), 1)],
  ['no padding and garbage behind', (hash) => shortPadding(PLAIN(hash), 0)],
  ['all padding but one and garbage behind', (hash) => shortPadding(PLAIN(hash), 201)],
  ['no DigestInfo', (hash) => padded(hash)],
  ['no NULL', (hash) => padded(NO_NULL(hash))],
  ['another hash named', (hash) => padded(changedAt(PLAIN(hash), 14, 2))],
  [
    'a long form of length',
    (hash) => padded(Buffer.concat([Buffer.from('308131', 'hex'), PLAIN(hash).subarray(2)])),
  ],
  [
    'garbage in the parameters',
    (hash) =>
      padded(
        Buffer.concat([
          Buffer.from('3039301506096086480165030402010c08', 'hex'),
          Buffer.alloc(8, 1),
          Buffer.from('0420', 'hex'),
          hash,
        ]),
      ),
  ],
  ['an octet behind the DigestInfo', (hash) => padded(Buffer.concat([PLAIN(hash), Buffer.from([0])]))],
  ['the hash cut', (hash) => padded(PLAIN(hash).subarray(0, -1))],
  ['the hash of nothing', () => padded(PLAIN(createHash('sha256').digest()))],
  ['nothing but ones', () => Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(MODULUS_BYTES - 2, 0xff)])],
];

describe('a token by RS256', () => {
  const key = trustedKey('RS256');
  const scene = createScene({ key });

  const signedWith = (block: (hash: Buffer) => Buffer) => (_: Buffer, input: string) =>
    privateEncrypt(
      { key: key.privateKey, padding: constants.RSA_NO_PADDING },
      block(createHash('sha256').update(input).digest()),
    );

  it('is accepted when its padding is made by hand as the RFC wants it', async () => {
    await expect(
      scene.accepted({ signature: signedWith((hash) => padded(PLAIN(hash))) }),
    ).resolves.toBeDefined();
  });

  it.each(MODIFIED)('is refused with %s', async (_what, block) => {
    expect(await scene.refused({ signature: signedWith(block) })).toBe('signature_invalid');
  });

  it('is refused with any one octet of the padding changed', async () => {
    // The first octet stays zero: the block must be smaller than the modulus.
    for (let at = 1; at < MODULUS_BYTES - 32; at++) {
      const block = (hash: Buffer) => {
        const right = padded(PLAIN(hash));
        return changedAt(right, at, right[at]! ^ 1);
      };
      expect(await scene.refused({ signature: signedWith(block) })).toBe('signature_invalid');
    }
  });
});
