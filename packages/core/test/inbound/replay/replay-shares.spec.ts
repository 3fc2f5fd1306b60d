import {
  createFixedClock,
  memoryReplayStore,
  type ReplayShare,
  type VerifierOptions,
} from '../../../src/index.js';
import { boundTo, clientKey, dpopHeaders } from '../../support/dpop.js';
import { bindingClaims, NOW, trustedKey } from '../../support/forge.js';
import { createScene, faultOf, trustRecord, type Change, type Scene } from '../../support/scene.js';

const IDP = 'https://idp.example/';
const LOGIN = 'https://login.example/';
const idpKey = trustedKey('EdDSA');
const loginKey = trustedKey('ES384');

const MANY = 1600;

/** A service that trusts herald, and two identity providers, and that remembers 1,600 uses. */
function service(verifier: Partial<VerifierOptions> = {}): Scene {
  const provider = { tokenType: 'at+jwt' };
  const others = [
    trustRecord(idpKey, { ...provider, name: 'idp', issuer: IDP, claims: { optional: ['sub'] } }),
    trustRecord(loginKey, { ...provider, name: 'login', issuer: LOGIN }),
  ];
  const clock = createFixedClock();
  const replayStore = memoryReplayStore({ clock, maxEntries: MANY });
  const trust = { actsFor: ['https://census.service/user/'] };
  return { ...createScene({ trust, others, verifier: { clock, replayStore, ...verifier } }), clock };
}

const BODY = Buffer.from('{}');
const WRITE = { method: 'POST', url: '/user/', body: BODY };

/** A write by herald, for itself or for a user. */
const write = (sub = 'https://herald.service/'): Change => ({
  claims: { ...bindingClaims(WRITE), sub },
  request: WRITE,
});

/** A read with a token of a provider that is bound to a key, and with a proof. */
const proof = (sub: string, [iss, key] = [IDP, idpKey], claims = {}): Change => ({
  claims: { iss, sub, client_id: 'web', ...boundTo(clientKey), ...claims },
  header: { typ: 'at+jwt', alg: key.algorithm, kid: key.kid },
  signedBy: key,
  request: { rawHeaders: dpopHeaders() },
});
const proofOfLogin = (sub: string): Change => proof(sub, [LOGIN, loginKey]);

async function use(scene: Scene, change: Change): Promise<void> {
  await scene.verifier.useOnce(await scene.accepted(change));
}

/** How many uses are let through before one is refused for want of memory, and what is let through in all; ends after 1,600. */
async function fill(scene: Scene, change: (index: number) => Change): Promise<number> {
  for (let index = 0; index < MANY; index++) {
    try {
      await use(scene, change(index));
    } catch (error) {
      expect(error).toMatchObject({ code: 'replay_store_unavailable' });
      return index;
    }
  }
  return MANY;
}

const user = (index: number): string => `https://census.service/user/${String(index)}/`;

describe('one who uses up all that may be remembered', () => {
  it.each([
    ['a user with proofs', () => proof('mallory')],
    ['a user for whom a service writes', () => write(user(666))],
    ['a service that writes for itself', () => write()],
  ])('gets 676 of 1,600 places, and everybody else goes on: %s', async (_who, change) => {
    const scene = service();
    // One of 400 places for first uses, and 9/16 of the other 1,200.
    expect(await fill(scene, change)).toBe(1 + 675);
    for (const other of [proof('ada'), write(user(21)), proofOfLogin('ada'), proofOfLogin('mallory')])
      for (let time = 0; time < 10; time++) await expect(use(scene, other)).resolves.toBeUndefined();
    expect(await faultOf(use(scene, change()))).toMatchObject({
      code: 'replay_store_unavailable',
      retryAfterSeconds: 1,
    });
  });

  it.each([
    ['proofs', (index: number) => proof(`user-${String(index)}`), () => write(user(21))],
    ['tokens', (index: number) => write(user(index)), () => proof('ada')],
  ])(
    'with as many names as he likes gets 1,200 of 1,600 places for %s of one issuer, and the others go on',
    async (_what, change, ofAnotherKind) => {
      const scene = service();
      expect(await fill(scene, change)).toBe(1200);
      for (const other of [proofOfLogin('ada'), ofAnotherKind()])
        for (let time = 0; time < 10; time++) await expect(use(scene, other)).resolves.toBeUndefined();
      expect((await faultOf(use(scene, change(MANY)))).code).toBe('replay_store_unavailable');
    },
  );

  it('leaves less to the next one who does the same, and something to everybody', async () => {
    const scene = service();
    expect(await fill(scene, () => proof('mallory'))).toBe(1 + 675);
    expect(await fill(scene, () => proofOfLogin('mallory'))).toBe(1 + 296);
    expect(await fill(scene, () => write(user(666)))).toBe(1 + 129);
    for (const other of [proof('ada'), proofOfLogin('ada'), write(user(21)), write()])
      await expect(use(scene, other)).resolves.toBeUndefined();
  });

  it('goes on when what it used may be forgotten, and not before', async () => {
    const scene = service();
    const live = (iat: number): Change => ({
      ...proof('mallory', [IDP, idpKey], { iat, exp: iat + 60 }),
      request: { rawHeaders: dpopHeaders({ claims: { iat } }) },
    });
    expect(await fill(scene, () => live(NOW))).toBe(676);
    // The age of a proof, the tolerance, and ten seconds for stores that answer late.
    scene.clock.advance(60 + 30 + 10 - 0.1);
    expect((await faultOf(use(scene, live(NOW + 99)))).code).toBe('replay_store_unavailable');
    // It looks for what it may forget once in a second.
    scene.clock.advance(1);
    expect(await fill(scene, () => live(NOW + 100))).toBe(676);
  });
});

describe('what a store is told', () => {
  const told: ReplayShare[] = [];
  const replayStore = {
    firstUse: (_key: string, _expiresAt: number, share: ReplayShare) => Promise.resolve(told.push(share) > 0),
  };
  const sceneTold = (): Scene => service({ replayStore });
  beforeEach(() => void (told.length = 0));

  it('is whether it is a token or a proof, who issued the token, and whom it speaks for', async () => {
    const scene = sceneTold();
    for (const change of [write(), write(user(21)), proof('ada'), proofOfLogin('ada')])
      await use(scene, change);
    expect(told).toEqual([
      { kind: 'token', issuer: 'https://herald.service/', subject: 'https://herald.service/' },
      { kind: 'token', issuer: 'https://herald.service/', subject: user(21) },
      { kind: 'proof', issuer: IDP, subject: 'ada' },
      { kind: 'proof', issuer: LOGIN, subject: 'ada' },
    ]);
  });

  it('is the client where the token names no subject', async () => {
    const scene = sceneTold();
    await use(scene, proof('', [IDP, idpKey], { sub: undefined }));
    expect(told).toEqual([{ kind: 'proof', issuer: IDP, subject: 'web' }]);
  });

  it('is short, however long the names are that an issuer gives its users', async () => {
    const scene = sceneTold();
    const long = 's'.repeat(256);
    for (const sub of [long, `${long}a`, `${long}b`]) await use(scene, proof(sub));
    expect(told[0]!.subject).toBe(long);
    expect(new Set(told.map(({ subject }) => subject)).size).toBe(3);
    for (const { subject } of told) expect(subject.length).toBeLessThanOrEqual(256);
  });
});
