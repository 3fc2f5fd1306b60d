import { createHash } from 'node:crypto';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { CountersignError, type FaultCode } from '../../src/errors.js';
import { type InboundRequest } from '../../src/inbound/authenticate.js';
import { createVerifier, type Verifier, type VerifierOptions } from '../../src/inbound/verifier.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { type Authentication } from '../../src/principal.js';
import {
  bindingClaims,
  forgeToken,
  ISSUER,
  sha256,
  SERVICE,
  trustedKey,
  type Forgery,
  type ForgeKey,
} from './forge.js';

/** A request as it arrives. */
export interface RequestParts {
  readonly method: string;
  readonly url: string;
  readonly body: Uint8Array;
  /** Replaces `Authorization: Bearer <token>`: names and values by turns. */
  readonly rawHeaders?: (token: string) => readonly string[];
}

/** What holds for the accepted request and for the changed one alike. */
export interface Setting {
  readonly key?: ForgeKey;
  readonly trust?: Partial<TrustRecord>;
  /** Further trust records. */
  readonly others?: readonly TrustRecord[];
  readonly verifier?: Partial<VerifierOptions>;
  readonly request?: Partial<RequestParts>;
  /** The token carries `bdy`, `htm` and `htu` of the request. */
  readonly bound?: boolean;
  readonly token?: Forgery;
}

/** The one thing that is different: in the token, in the request, or in the time that has passed. */
export interface Change extends Forgery {
  readonly request?: Partial<RequestParts>;
  readonly secondsLater?: number;
}

/** A service with its verifier, and a token that it accepts. */
export interface Scene {
  readonly clock: FixedClock;
  readonly verifier: Verifier;
  /** The accepted request, changed. */
  request(change?: Change): InboundRequest;
  accepted(change?: Change): Promise<Authentication>;
  /** The code by which the changed request is refused. Throws when the unchanged one is refused too. */
  refused(change: Change): Promise<FaultCode>;
}

const GET: RequestParts = { method: 'GET', url: '/user/21/', body: new Uint8Array() };

/** The trust record of the accepted issuer. */
export function trustRecord(key: ForgeKey = trustedKey(), changes: Partial<TrustRecord> = {}): TrustRecord {
  return {
    name: 'herald',
    issuer: ISSUER,
    keys: { jwks: { keys: [key.jwk] } },
    algorithms: [key.algorithm],
    scopes: ['user:read', 'user:write'],
    ...changes,
  };
}

export function createScene(setting: Setting = {}): Scene {
  const key = setting.key ?? trustedKey();
  const clock = createFixedClock();
  const verifier = createVerifier({
    service: SERVICE,
    trust: [trustRecord(key, setting.trust), ...(setting.others ?? [])],
    clock,
    ...setting.verifier,
  });

  function tokenOf(change: Change): string {
    const base = { ...GET, ...setting.request };
    const claims = {
      ...(setting.bound === true ? bindingClaims(base) : {}),
      ...setting.token?.claims,
      ...change.claims,
    };
    const header = { ...setting.token?.header, ...change.header };
    return forgeToken({ ...setting.token, ...change, claims, header }, key);
  }

  function request(change: Change = {}, token = tokenOf(change)): InboundRequest {
    const parts = { ...GET, ...setting.request, ...change.request };
    return inboundRequest(parts, token);
  }

  return {
    clock,
    verifier,
    request,
    accepted: (change) => authenticated(verifier, request(change)),
    async refused(change) {
      await verifier.authenticate(request());
      if (change.secondsLater !== undefined) clock.advance(change.secondsLater);
      const token = tokenOf(change);
      const error = await faultOf(authenticated(verifier, request(change, token)));
      expectNoLeak(error, token);
      return error.code;
    },
  };
}

/** The code by which a service refuses the accepted request after one change; the unchanged one is accepted. */
export function refused(change: Change, setting: Setting = {}): Promise<FaultCode> {
  return createScene(setting).refused(change);
}

/** What a service makes of the accepted request after one change. */
export function accepted(change: Change = {}, setting: Setting = {}): Promise<Authentication> {
  return createScene(setting).accepted(change);
}

/** A request with the token in `Authorization: Bearer`, its body hashed as it stands. */
export function inboundRequest(parts: RequestParts, token: string): InboundRequest {
  const { method, url, body } = parts;
  return {
    method,
    url,
    rawHeaders: parts.rawHeaders?.(token) ?? ['Host', 'census.service', 'Authorization', `Bearer ${token}`],
    body: () => Promise.resolve({ sha256: sha256(body), md5: createHash('md5').update(body).digest('hex') }),
  };
}

/** What a verifier makes of a request, by a promise: also where it refuses it at once. */
export async function authenticated(verifier: Verifier, request: InboundRequest): Promise<Authentication> {
  return verifier.authenticate(request);
}

/** The fault that a promise is rejected with; anything else, and a promise that is kept, is an error of the test. */
export async function faultOf(promise: Promise<unknown>): Promise<CountersignError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof CountersignError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The code of the fault that a promise is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<FaultCode> {
  return (await faultOf(promise)).code;
}

/** The code of the fault that a function throws. */
export function codeOfCall(call: () => unknown): FaultCode {
  try {
    call();
  } catch (error) {
    if (error instanceof CountersignError) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}

/**
 * What a fault says must hold no piece of the token, and no claim value beyond what the service itself was told. What the token is
 * bound to may be said, without the values of its query.
 */
function expectNoLeak(error: CountersignError, token: string): void {
  const configured = [SERVICE, ISSUER];
  const said = configured.reduce(
    (text, name) => text.replaceAll(name, ''),
    `${error.message} ${String(error.cause)} ${JSON.stringify(error)}`,
  );
  const pieces = token.split('.').filter((piece) => piece.length >= 8);
  const values = pieces.flatMap((piece) => textsOf(Buffer.from(piece, 'base64url').toString()));
  for (const piece of [...pieces, ...values]) {
    if (said.includes(piece)) throw new Error(`the fault ${error.code} repeats what the token says`);
  }
}

const CONFIGURED: ReadonlySet<string> = new Set(['herald', 'svc+jwt', 'at+jwt']);

/** Every text in a JSON value that only the sender can have known. */
function textsOf(json: string): readonly string[] {
  const texts: string[] = [];
  try {
    JSON.parse(json, (name, value: unknown) => {
      if (name === 'htm' || name === 'htu') return value;
      if (typeof value === 'string' && value.length >= 6 && !CONFIGURED.has(value)) texts.push(value);
      return value;
    });
  } catch {
    // Not JSON: there is no value to look for.
  }
  return texts;
}
