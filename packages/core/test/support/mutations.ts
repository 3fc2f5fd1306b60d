import { sign } from 'node:crypto';
import {
  acceptedClaims,
  base64url,
  EVERY_ALGORITHM,
  forgeToken,
  ISSUER,
  NOW,
  SERVICE,
  signatureOf,
  trustedKey,
  type ForgeKey,
} from './forge.js';

/** Picks by chance, the same every time for one seed (mulberry32). */
export interface Chance {
  /** 0 or more, below `limit`. */
  below(limit: number): number;
  oneOf<Choice>(choices: readonly Choice[]): Choice;
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { below, oneOf: (choices) => choices[below(choices.length)]! };
}

/** Changes a valid token by one of many kinds of mistakes; some of them are none. */
export type Mutation = (chance: Chance, key: ForgeKey) => string;

/** The kinds of mutations by their names. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  octets: (chance, key) => repeated(chance, validToken(key), changedCharacter),
  segments: (chance, key) => changedSegments(chance, validToken(key).split('.')).join('.'),
  'header members': (chance, key) =>
    forgeToken({ header: changedMembers(chance, HEADER_VALUES(chance, key)) }, key),
  'claim members': (chance, key) => forgeToken({ claims: changedMembers(chance, CLAIM_VALUES) }, key),
  times: (chance, key) => forgeToken({ claims: timesAround(chance) }, key),
  encodings: (chance, key) => {
    const rawClaims = chance.oneOf(JSON_ENCODINGS)(JSON.stringify(acceptedClaims()), chance);
    return forgeToken({ rawClaims }, key);
  },
  'header encodings': (chance, key) => {
    const header = JSON.stringify({ alg: key.algorithm, kid: key.kid, typ: 'svc+jwt' });
    return forgeToken({ rawHeader: chance.oneOf(JSON_ENCODINGS)(header, chance) }, key);
  },
  signatures: (chance, key) => {
    const change = chance.oneOf(SIGNATURES);
    return forgeToken({ signature: (octets, input) => change(octets, input, key, chance) }, key);
  },
};

const valid = new Map<string, string>();

/** Signed once for each algorithm: what is changed afterwards needs no signature of its own. */
function validToken(key: ForgeKey): string {
  const token = valid.get(key.algorithm) ?? forgeToken({}, key);
  valid.set(key.algorithm, token);
  return token;
}

function repeated(chance: Chance, token: string, change: (token: string, chance: Chance) => string): string {
  let changed = token;
  for (let times = chance.below(3); times >= 0; times--) changed = change(changed, chance);
  return changed;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function changedCharacter(token: string, chance: Chance): string {
  const at = chance.below(token.length + 1);
  const [before, character, after] = [token.slice(0, at), token.charAt(at), token.slice(at + 1)];
  const other = chance.oneOf([...BASE64URL.split(''), '.', '=', '+', '/', '~']);
  return chance.oneOf([
    before + other + after,
    before + after,
    before + other + character + after,
    before + character.toLowerCase() + after,
    before + character.toUpperCase() + after,
    before + character + after,
    // The last character of a part may hold bits that no octet has.
    token.slice(0, -1) + other,
    token.replace(/.\./, `${other}.`),
  ]);
}

function changedSegments(chance: Chance, [header = '', claims = '', signature = '']: string[]): string[] {
  const { algorithm } = chance.oneOf(EVERY_ALGORITHM.map((name) => trustedKey(name)));
  const [otherHeader = '', otherClaims = '', otherSignature = ''] = validToken(trustedKey(algorithm)).split(
    '.',
  );
  return chance.oneOf([
    [header, claims, signature],
    [claims, header, signature],
    [header, claims],
    [header, claims, signature, signature],
    [header, claims, ''],
    ['', claims, signature],
    [header, '', signature],
    [otherHeader, claims, signature],
    [header, otherClaims, signature],
    [header, claims, otherSignature],
    [header, claims, otherSignature.slice(0, signature.length)],
    [base64url(header), claims, signature],
    [header, claims, base64url(signature)],
    [header, base64url(JSON.stringify({ ...acceptedClaims(), sub: 'else' })), signature],
  ]);
}

function changedMembers(
  chance: Chance,
  values: Readonly<Record<string, readonly unknown[]>>,
): Record<string, unknown> {
  const names = Object.keys(values);
  const changed: Record<string, unknown> = {};
  for (let times = chance.below(2); times >= 0; times--) {
    const name = chance.oneOf(names);
    changed[name] = chance.oneOf(values[name]!);
  }
  return changed;
}

const ODD = [undefined, null, '', 0, 1, -1, true, [], {}, ['a'], 'text', 1e300];

const HEADER_VALUES = (chance: Chance, key: ForgeKey): Readonly<Record<string, readonly unknown[]>> => ({
  alg: [
    ...ODD,
    ...EVERY_ALGORITHM,
    'none',
    'HS256',
    'Ed25519',
    'ES256K',
    key.algorithm,
    key.algorithm.toLowerCase(),
  ],
  typ: [
    ...ODD,
    'svc+jwt',
    'SVC+JWT',
    'application/svc+jwt',
    'JWT',
    'application/application/svc+jwt',
    'x/svc+jwt',
  ],
  kid: [...ODD, key.kid, key.kid, trustedKey(chance.oneOf(EVERY_ALGORITHM)).kid],
  crit: [...ODD, ['exp'], ['b64']],
  b64: [...ODD, false],
  zip: ODD,
  cty: ODD,
  jwk: [...ODD, key.jwk],
  note: ODD,
});

const TIMES = [
  ...ODD,
  ...[-3600, -301, -300, -90, -60, -31, -30, -29, -1, 0, 1, 29, 30, 31, 60, 270, 299, 300, 301, 3600].map(
    (from) => NOW + from,
  ),
  NOW + 0.5,
  NOW * 1000,
  String(NOW + 60),
];

/** Times that fit each other, so that it is the clock that decides. */
function timesAround(chance: Chance): Readonly<Record<string, unknown>> {
  const iat =
    NOW + chance.oneOf([-400, -120, -91, -90, -89, -61, -60, -59, -31, -30, -1, 0, 1, 29, 30, 31, 60]);
  const exp = iat + chance.oneOf([1, 29, 30, 31, 59, 60, 61, 299, 300, 301]);
  return { iat, exp, nbf: chance.oneOf([undefined, undefined, iat, NOW + 29, NOW + 30, NOW + 31]) };
}

const CLAIM_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  iss: [...ODD, ISSUER, ISSUER.slice(0, -1), [ISSUER], ISSUER.toUpperCase()],
  aud: [
    ...ODD,
    SERVICE,
    [SERVICE],
    [SERVICE, ISSUER],
    [SERVICE, SERVICE],
    SERVICE.slice(0, -1),
    [1, SERVICE],
  ],
  sub: [...ODD, ISSUER, SERVICE, `${SERVICE}user/21/`],
  jti: [...ODD, 'j'.repeat(256), 'j'.repeat(257)],
  exp: TIMES,
  iat: TIMES,
  nbf: TIMES,
  scope: [...ODD, 'user:read', ' user:read  user:write ', 'a\tb', 'é'],
  roles: [...ODD, ['support', 'admin'], 'admin', [1]],
  act: [...ODD, { sub: ISSUER }, { sub: SERVICE }, { sub: ISSUER, act: { sub: SERVICE } }],
  may_act: [...ODD, { sub: SERVICE }, { sub: ISSUER, iss: ISSUER }, { sub: ISSUER, iss: 1 }],
  txn: [...ODD, 'txn-1', 'a b'],
  bdy: [...ODD, '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
  htm: [...ODD, 'GET', 'get'],
  htu: [...ODD, 'https://census.service/user/21/'],
  note: [...ODD, { deep: [[[{}]]] }, 'é😀', '\u0000'],
};

type Encoding = (json: string, chance: Chance) => string | Buffer;

const JSON_ENCODINGS: readonly Encoding[] = [
  (json) => json,
  (json) => ` \r\n${json}\t`,
  (json) => json.replaceAll(',', ' ,\n ').replaceAll('":', '" : '),
  (json) => json.replaceAll('"', "'"),
  (json) => `\ufeff${json}`,
  (json) => Buffer.from(json, 'utf16le'),
  (json) => `${json}${json}`,
  (json) => `[${json}]`,
  (json) => JSON.stringify(json),
  (json) => json.replace('}', ',}'),
  (json) => json.replace('{', '{"note":"\\u0041\\/\\n",'),
  (json) => json.replace('{', '{"note":1e400,'),
  (json) => json.replace('{', '{"note":-0,"other":1E2,"third":1.0,'),
  (json) => json.replace('{', '{"iss":"https://attacker.example/",'),
  (json) => json.replace('{', '{"alg":"none",'),
  (json) => json.replace('{', '{"note":1,"not\\u0065":2,'),
  (json) => json.replace('{', `{"deep":${'['.repeat(12)}${']'.repeat(12)},`),
  (json) => json.replace('{', `{"deep":${'['.repeat(40)}${']'.repeat(40)},`),
  (json) => json.replace('{', '{"__proto__":{"admin":true},'),
  (json) => json.replace(String(NOW), `${String(NOW)}.0`).replace(String(NOW + 60), '1.76722566e9'),
  (json) => json.replace('"iat"', '"\\u0069at"').replace('"kid"', '"k\\u0069d"'),
  (json) =>
    Buffer.concat([Buffer.from(json.replace('}', ',"note":"')), Buffer.from([0xc3]), Buffer.from('"}')]),
  (json, chance) => {
    const octets = Buffer.from(json);
    octets[chance.below(octets.length)] = chance.below(256);
    return octets;
  },
  (json, chance) => json.slice(0, chance.below(json.length + 1)),
  (json) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(json) as object).reverse())),
];

type SignatureChange = (octets: Buffer, input: string, key: ForgeKey, chance: Chance) => Buffer;

const SIGNATURES: readonly SignatureChange[] = [
  (octets) => octets,
  (octets, _input, _key, chance) => {
    const copy = Buffer.from(octets);
    const at = chance.below(copy.length);
    copy[at] = copy[at]! ^ (1 << chance.below(8));
    return copy;
  },
  (octets, _input, _key, chance) => octets.subarray(0, chance.below(octets.length) + 1),
  (octets) => Buffer.concat([octets, Buffer.alloc(1)]),
  (octets) => Buffer.concat([Buffer.alloc(1), octets]),
  (octets, _input, _key, chance) => Buffer.alloc(octets.length, chance.below(256)),
  (octets) => Buffer.from(octets).reverse(),
  (octets) => Buffer.concat([octets.subarray(octets.length / 2), octets.subarray(0, octets.length / 2)]),
  (_octets, input, _key, chance) => signatureOf(input, trustedKey(chance.oneOf(EVERY_ALGORITHM))),
  (_octets, input, key) =>
    key.algorithm === 'EdDSA' ? signatureOf(input, key) : sign('sha256', Buffer.from(input), key.privateKey),
  (_octets, input, key) => signatureOf(`${input} `, key),
  // The other signature that every ECDSA signature has: it verifies as well.
  (octets, _input, key) => withOtherS(octets, ORDERS[key.algorithm]),
];

/** The orders of the groups (FIPS 186-4, appendix D.1.2). */
const ORDERS: Readonly<Record<string, string>> = {
  ES256: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  ES384: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ES512:
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
};

function withOtherS(octets: Buffer, order: string | undefined): Buffer {
  if (order === undefined) return octets;
  const half = octets.length / 2;
  const s = BigInt(`0x${order}`) - BigInt(`0x${octets.subarray(half).toString('hex')}`);
  return Buffer.concat([
    octets.subarray(0, half),
    Buffer.from(s.toString(16).padStart(half * 2, '0'), 'hex'),
  ]);
}
