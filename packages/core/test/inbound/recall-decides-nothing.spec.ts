import fc from 'fast-check';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { CountersignError } from '../../src/errors.js';
import { type InboundRequest } from '../../src/inbound/authenticate.js';
import { createVerifier, type Verifier } from '../../src/inbound/verifier.js';
import { createForgeKey, forgeToken, SERVICE, trustedKey, type ForgeKey } from '../support/forge.js';
import { json, startKeyServer, type KeyServer } from '../support/key-server.js';
import { inboundRequest, trustRecord } from '../support/scene.js';

/** What happens, one after the other, at two verifiers that differ in one thing: one recalls tokens, and the other does not. */
type Step =
  | { readonly kind: 'mint'; readonly key: number; readonly lifetime: number; readonly claims: object }
  | { readonly kind: 'send'; readonly token: number; readonly method: string; readonly mangle: boolean }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'clock'; readonly seconds: number }
  | { readonly kind: 'publish'; readonly keys: readonly number[] };

const KEYS: readonly ForgeKey[] = [
  trustedKey(),
  createForgeKey('ES256', 'second'),
  // Another key by the name of the first.
  createForgeKey('ES256', trustedKey().kid),
];
const MAX_AGE = 60;
/** From here on a refresh in the background may be due, at a moment that is left to chance. */
const QUIET_UNTIL = 0.7 * MAX_AGE;

const CLAIMS: readonly object[] = [
  {},
  {},
  {},
  { sub: `${SERVICE}user/21/` },
  { sub: 'https://other.service/user/21/' },
  { aud: 'https://other.service/' },
  { htm: 'GET' },
  { roles: ['support'], txn: 'txn-1' },
];

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('mint' as const),
      key: fc.nat(KEYS.length - 1),
      lifetime: fc.constantFrom(5, 45, 290),
      claims: fc.constantFrom(...CLAIMS),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      token: fc.nat(5),
      method: fc.constantFrom('GET', 'GET', 'GET', 'POST'),
      mangle: fc.constantFrom(false, false, false, false, true),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 7, 20) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      seconds: fc.constantFrom(-3600, -40, -5, 5, 40, 3600),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      keys: fc.constantFrom([0], [1], [2], [0, 1], [1, 2]),
    }),
  },
);

let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer(json({ keys: [] }));
});
afterAll(() => server.close());

/** What a verifier answers, without what is new in every answer. */
async function answerOf(verifier: Verifier, request: InboundRequest): Promise<unknown> {
  try {
    const { principal, ...rest } = await verifier.authenticate(request);
    return { ...rest, principal: { ...principal, transactionId: undefined } };
  } catch (error) {
    if (error instanceof CountersignError) return error.code;
    throw error;
  }
}

class World {
  readonly clock: FixedClock = createFixedClock();
  readonly verifiers: readonly Verifier[];
  readonly #tokens: string[] = [];
  #sinceFetch = 0;
  #wall = 0;

  constructor() {
    const record = trustRecord(KEYS[0], {
      keys: { jwksUri: server.jwksUri },
      actsFor: [`${SERVICE}user/`],
      scopes: ['user:read'],
    });
    const common = { service: SERVICE, trust: [record], clock: this.clock, jwks: { maxAgeSeconds: MAX_AGE } };
    this.verifiers = [createVerifier(common), createVerifier({ ...common, recall: false })];
    this.publish([0, 1]);
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'mint') this.#mint(step);
    else if (step.kind === 'wait') this.#wait(step.seconds);
    else if (step.kind === 'clock') this.#setBack(step.seconds);
    else if (step.kind === 'publish') {
      this.publish(step.keys);
      this.#wait(MAX_AGE);
    } else await this.#send(step);
  }

  publish(keys: readonly number[]): void {
    server.answer(json({ keys: keys.map((index) => KEYS[index]!.jwk) }));
  }

  #mint({ key, lifetime, claims }: Step & { kind: 'mint' }): void {
    const iat = Math.floor(this.clock.now());
    this.#tokens.push(forgeToken({ claims: { iat, exp: iat + lifetime, ...claims } }, KEYS[key]));
  }

  /** Past the quiet time it goes on until the set has expired, so that both ask the issuer at the same step. */
  #wait(seconds: number): void {
    const jump = this.#sinceFetch + seconds > QUIET_UNTIL ? MAX_AGE + 1 - this.#sinceFetch : seconds;
    const waited = Math.max(jump, seconds);
    this.#sinceFetch += waited;
    this.clock.advance(waited);
  }

  #setBack(seconds: number): void {
    this.#wall += seconds;
    this.clock.set(this.clock.now() + seconds);
  }

  async #send({ token, method, mangle }: Step & { kind: 'send' }): Promise<void> {
    const sent = this.#tokens.at(-1 - (token % Math.max(1, this.#tokens.length)));
    if (sent === undefined) return;
    const text = mangle ? sent.replace(/.{9}$/, 'AAAAAAAAA') : sent;
    const request = inboundRequest({ method, url: '/user/21/', body: new Uint8Array() }, text);
    const before = server.requests();
    const answers = [];
    // At its second use a token is remembered, at its third it is recalled.
    for (const verifier of this.verifiers)
      for (let time = 0; time < 3; time++) answers.push(await answerOf(verifier, request));
    if (server.requests() > before) this.#sinceFetch = 0;
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  }
}

it('decides the same with and without recall, whatever comes, whenever, and however keys and clocks change', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 10, maxLength: 50, size: 'max' }), async (steps) => {
      const world = new World();
      for (const step of steps) await world.take(step);
    }),
    { numRuns: 150 },
  );
});

it('decides the same with and without recall where a key is replaced by another of its name while tokens are recalled', async () => {
  const world = new World();
  const send = { kind: 'send', token: 0, method: 'GET', mangle: false } as const;
  const steps: readonly Step[] = [
    { kind: 'mint', key: 0, lifetime: 290, claims: {} },
    send,
    { kind: 'wait', seconds: 20 },
    send,
    send,
    { kind: 'publish', keys: [2] },
    send,
    { kind: 'mint', key: 2, lifetime: 45, claims: {} },
    send,
    send,
  ];
  for (const step of steps) await world.take(step);
});
