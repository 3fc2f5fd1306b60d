import { boundUri, hasOneReading, isWrite } from '../../binding.js';
import { type BodyHashes } from '../../body-hash.js';
import { CountersignError } from '../../errors.js';
import { type TrustedIssuer } from '../../trust/trust-store.js';
import { type ValidatedToken } from '../../token.js';
import { type Awaitable } from '../../lib/awaitable.js';
import { printable } from '../../options.js';
import { type PublicAddresses } from './public-addresses.js';
import { isSameText } from '../../lib/constant-time.js';

/** The request that a bound token must be meant for. */
export interface BoundRequest {
  readonly method: string;
  /** Path and query as they stand on the request line. */
  readonly url: string;
  /** The hashes of the octets on the wire; asked for only when the token is bound. */
  body(): Promise<BodyHashes>;
}

/** Lower-case hex of an MD5, as old peers sign it. */
const MD5_HEX = /^[0-9a-f]{32}$/;

/**
 * Checks that method, path and body are those that were signed. Bound claims are checked wherever they stand; they are
 * required on writes unless the trust record says `bodyBinding: 'off'`, or waives method and path.
 * Does not check that the token is used only once.
 * @returns whether the token is bound to this body.
 * @throws CountersignError `body_binding_missing`, `binding_mismatch`, `body_mismatch`, and what `body()` throws.
 */
export function checkBinding(
  token: ValidatedToken,
  issuer: TrustedIssuer,
  request: BoundRequest,
  called: CalledAddress,
): Awaitable<boolean> {
  const bdy = token.binding?.bdy;
  const htm = token.binding?.htm;
  const htu = token.binding?.htu;
  const required = issuer.bodyBinding === 'required' && isWrite(request.method);
  const isWhole = (htm !== undefined && htu !== undefined) || issuer.acceptTokensWithoutMethodAndPath;
  if (required && (bdy === undefined || !isWhole)) {
    throw new CountersignError(
      'body_binding_missing',
      `a write by ${issuer.name} must carry bdy, htm and htu`,
    );
  }
  if (htm !== undefined && htm !== request.method) {
    throw mismatch('htm', htm, [request.method]);
  }
  if (htu !== undefined && !isBoundTo(htu, request.url, called)) {
    throw mismatch('htu', htu, boundUris(request.url, called));
  }
  if (htu !== undefined && !hasOneReading(request.url)) {
    throw new CountersignError(
      'binding_mismatch',
      'nothing is bound to a path with dot segments or backslashes',
    );
  }
  if (bdy === undefined) return false;
  const isMd5 = issuer.acceptMd5BodyHash && typeof bdy === 'string' && MD5_HEX.test(bdy);
  return matchBody(bdy, isMd5, request);
}

/** By which URIs this service is called. */
export interface CalledAddress {
  /** Its identifier, which is the audience of its tokens. */
  readonly service: string;
  /** Undefined where paths are called as they arrive. */
  readonly publicAddresses: PublicAddresses | undefined;
}

function isBoundTo(htu: unknown, url: string, called: CalledAddress): boolean {
  if (called.publicAddresses === undefined) return htu === boundUri(called.service, url);
  return boundUris(url, called).some((uri) => uri === htu);
}

function boundUris(url: string, { service, publicAddresses }: CalledAddress): readonly string[] {
  return (publicAddresses?.pathsOf(url) ?? [url]).map((path) => boundUri(service, path));
}

/** Says both values, but of queries the names only: a value may be secret. */
function mismatch(claim: 'htm' | 'htu', bound: unknown, sent: readonly string[]): CountersignError {
  const shown = sent.map(withoutValues);
  const was = typeof bound === 'string' ? withoutValues(bound) : 'not a text';
  const hint = shown.includes(was) ? '; they differ in what is not shown' : '';
  const expected = shown.length === 0 ? 'at no public URL' : shown.join(' or ');
  return new CountersignError(
    'binding_mismatch',
    `${claim} is ${was}, and the request is ${expected}${hint}`,
  );
}

const MAX_SHOWN = 200;

function withoutValues(uri: string): string {
  const [path = '', ...rest] = uri
    .replace(/#.*/s, '')
    .replace(/^(https?:\/\/)[^/@]*@/i, '$1')
    .split('?');
  const names = rest
    .join('?')
    .split('&')
    .map((pair) => pair.split('=', 1)[0] ?? '');
  return printable(rest.length === 0 ? path : `${path}?${names.join('&')}`, MAX_SHOWN);
}

async function matchBody(bdy: unknown, isMd5: boolean, request: BoundRequest): Promise<true> {
  const hashes = await request.body();
  const sent = isMd5 ? hashes.md5 : hashes.sha256;
  if (typeof bdy !== 'string' || sent === undefined || !isSameText(bdy, sent)) {
    throw new CountersignError('body_mismatch', 'bdy is not the hash of the body as it was sent');
  }
  return true;
}
