import { createFixedClock, type FixedClock, type ReplayStore, type TrustRecord } from '@countersign/core';
import { type CommonOptions, type DecisionRecord } from '@countersign/core/http';
import { TestIssuer, type BoundTo } from '@countersign/testing';
import { type Adapter, type RunningService } from '../adapters/adapter.js';
import { EXPRESS_ADAPTERS } from '../adapters/express.js';
import { FASTIFY_ADAPTERS } from '../adapters/fastify.js';
import { NEST_ADAPTERS } from '../adapters/nest.js';
import { NODE_ADAPTERS } from '../adapters/node.js';
import { ROUTES, type Path, type Route } from '../routes.js';
import { sendHttp1, sendHttp2, type Answer } from './client.js';

export const SERVICE = 'https://order.service/';
export const USER = 'https://census.service/user/21/';
const REALM = `Bearer realm="${SERVICE}"`;

export const ADAPTERS: readonly Adapter[] = [
  ...NEST_ADAPTERS,
  ...EXPRESS_ADAPTERS,
  ...FASTIFY_ADAPTERS,
  ...NODE_ADAPTERS,
];

/** How each kind of refusal is answered. */
export const CHALLENGE = {
  bare: REALM,
  token: `${REALM}, error="invalid_token"`,
  request: `${REALM}, error="invalid_request"`,
  none: undefined,
} as const;

/** What a refusal looks like. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly challenge: string | undefined;
}

/** A refusal that asks for another token. */
export function refused(code: string): Refused {
  return { status: 401, code, challenge: CHALLENGE.token };
}

/** A refusal that asks for another request. */
export function badRequest(code: string, status = 400): Refused {
  return { status, code, challenge: CHALLENGE.request };
}

/** Where no token was sent, the challenge says no error. */
export const TOKEN_MISSING: Refused = { status: 401, code: 'token_missing', challenge: CHALLENGE.bare };

/** A request as a test writes it. */
export interface Asked {
  readonly path: Path | `/${string}` | `http://${string}`;
  readonly method?: string;
  readonly token?: string | undefined;
  /** Sent beside the token, or in its place. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array | string;
  readonly pieces?: readonly Uint8Array[];
  /** Awaited before the last piece is sent. */
  readonly beforeLast?: () => Promise<void>;
  /** Default: the service that all tests of the block share. */
  readonly at?: RunningService;
}

/** A service behind one adapter, whom it trusts, and what of it ran. */
export class Scene {
  /** The paths of the routes whose handlers ran. */
  readonly ran: string[] = [];
  readonly decisions: DecisionRecord[] = [];
  readonly clock: FixedClock = createFixedClock();
  #gateway: TestIssuer | undefined;
  #herald: TestIssuer | undefined;
  #service: RunningService | undefined;
  #trust: readonly TrustRecord[] = [];
  readonly #used = new Set<string>();
  readonly #others: RunningService[] = [];
  /** Answers instead of the store in the process, where a test says so. */
  store: ReplayStore | undefined;

  private constructor(private readonly adapter: Adapter) {}

  /** Registers the hooks that start and stop what the tests of a block share. */
  static use(adapter: Adapter, options: Partial<CommonOptions> = {}): Scene {
    const scene = new Scene(adapter);
    beforeAll(() => scene.#start(options));
    afterAll(() => scene.#close());
    afterEach(async () => {
      for (const other of scene.#others.splice(0)) await other.close();
    });
    beforeEach(() => {
      scene.ran.length = 0;
      scene.decisions.length = 0;
      scene.store = undefined;
    });
    return scene;
  }

  get gateway(): TestIssuer {
    if (this.#gateway === undefined) throw new Error('the issuer is not started yet');
    return this.#gateway;
  }

  get herald(): TestIssuer {
    if (this.#herald === undefined) throw new Error('the issuer is not started yet');
    return this.#herald;
  }

  /** A token that opens every read, changed as a test says. */
  token(claims: Readonly<Record<string, unknown>> = {}, bind?: BoundTo): Promise<string> {
    return this.gateway.token({
      audience: SERVICE,
      claims: { sub: USER, scope: 'order:read order:write', ...claims },
      ...(bind !== undefined && { bind }),
    });
  }

  /** A token for one write with that body. */
  write(body: Uint8Array | string = 'body', claims = {}, url = '/write'): Promise<string> {
    return this.token(claims, { method: 'POST', url, body });
  }

  ask({ path, method = 'GET', token, headers = [], body, pieces, beforeLast, at }: Asked): Promise<Answer> {
    const octets = typeof body === 'string' ? Buffer.from(body) : body;
    const type: readonly (readonly [string, string])[] =
      (octets === undefined && pieces === undefined) || headers.some(([name]) => name === 'Content-Type')
        ? []
        : [['Content-Type', 'text/plain']];
    const sent = {
      method,
      path,
      headers: [
        ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
        ...type,
        ...headers,
      ],
      pieces: pieces ?? (octets === undefined ? undefined : [octets]),
      ...(beforeLast !== undefined && { beforeLast }),
    };
    const origin = at?.origin ?? this.origin;
    return this.adapter.isHttp2 === true ? sendHttp2(origin, sent) : sendHttp1(origin, sent);
  }

  get origin(): string {
    if (this.#service === undefined) throw new Error('the service is not started yet');
    return this.#service.origin;
  }

  /** Sends a request that must be let in. */
  async accepts(asked: Asked): Promise<Answer> {
    const before = this.ran.length;
    const answer = await this.ask(asked);
    expect({ code: answer.json['code'], ran: this.ran.length - before }).toEqual({ code: undefined, ran: 1 });
    expect(answer.status).toBeLessThan(300);
    return answer;
  }

  /** Sends a request that must be refused, and whose handler must not run. */
  async refuses(asked: Asked, { status, code, challenge }: Refused): Promise<Answer> {
    const before = this.ran.length;
    const decided = this.decisions.length;
    const answer = await this.ask(asked);
    expect({ status: answer.status, code: answer.json['code'], challenge: answer.challenge }).toEqual({
      status,
      code,
      challenge,
    });
    expect(answer.type).toMatch(/^application\/problem\+json/);
    expect(Object.keys(answer.json).sort()).toEqual(['code', 'instance', 'status', 'title', 'type']);
    expect(this.ran).toHaveLength(before);
    expect(this.decisions.slice(decided)).toMatchObject([{ decision: 'refused', code }]);
    return answer;
  }

  async #start(options: Partial<CommonOptions>): Promise<void> {
    const { clock } = this;
    this.#gateway = await TestIssuer.start({ issuer: 'https://gateway.service/', clock });
    this.#herald = await TestIssuer.start({ issuer: 'https://herald.service/', clock });
    const allowed = { scopes: ['order:read', 'order:write'], actsFor: ['https://census.service/user/'] };
    this.#trust = [this.#gateway.trustRecord(allowed), this.#herald.trustRecord(allowed)];
    this.#service = await this.#serve(ROUTES, options);
  }

  /** Starts a second service for one test. It has the clock, the issuers and the replay store of the first. */
  async another(more: {
    routes?: readonly Route[];
    trust?: readonly TrustRecord[];
  }): Promise<RunningService> {
    const { routes = ROUTES, trust = [] } = more;
    const other = await this.#serve(routes, { trust: [...this.#trust, ...trust] });
    this.#others.push(other);
    return other;
  }

  #serve(routes: readonly Route[], options: Partial<CommonOptions>): Promise<RunningService> {
    return this.adapter.start({
      routes,
      options: {
        service: SERVICE,
        clock: this.clock,
        trust: this.#trust,
        decisions: { record: (decision) => void this.decisions.push(decision) },
        replayStore: {
          firstUse: (key, expiresAt, share) => {
            if (this.store !== undefined) return this.store.firstUse(key, expiresAt, share);
            const isFirst = !this.#used.has(key);
            this.#used.add(key);
            return Promise.resolve(isFirst);
          },
        },
        ...options,
      },
      handle: (route, principal) => {
        this.ran.push(route.path);
        return { caller: principal?.caller.name, subject: principal?.subject };
      },
    });
  }

  async #close(): Promise<void> {
    await this.#service?.close();
    await Promise.all([this.#gateway?.close(), this.#herald?.close()]);
  }
}
