import { errors, jwtVerify } from 'jose';
import { EVERY_ALGORITHM, ISSUER, NOW, SERVICE, trustedKey, type ForgeKey } from '../support/forge.js';
import { createChance, MUTATIONS } from '../support/mutations.js';
import { CountersignError } from '../../src/errors.js';
import { createScene, inboundRequest } from '../support/scene.js';

/**
 * Holds core against jose: whatever core accepts, jose must accept with the same key and the same expectations.
 * What core refuses need not concern jose: core is stricter on purpose. Every mutation is made from a seed of its own.
 * Keys are new in every run, so a failure names the seed, the token and the public key.
 */
const SEED = 20_260_101;
const ROUNDS = 12_000;

const GET = { method: 'GET', url: '/user/21/', body: new Uint8Array() };
const scenes = new Map(
  EVERY_ALGORITHM.map((algorithm) => [algorithm, createScene({ key: trustedKey(algorithm) })]),
);

async function isAcceptedHere(token: string, key: ForgeKey): Promise<boolean> {
  try {
    await scenes.get(key.algorithm)!.verifier.authenticate(inboundRequest(GET, token));
    return true;
  } catch (error) {
    // Anything else than a fault would be answered by 500: an outsider must not be able to cause that.
    if (error instanceof CountersignError && error.kind !== 'misconfigured') return false;
    throw error;
  }
}

/** The reason why jose refuses the token, or undefined when it accepts it. */
async function joseRefusal(token: string, key: ForgeKey): Promise<string | undefined> {
  try {
    await jwtVerify(token, key.publicKey, {
      audience: SERVICE,
      issuer: ISSUER,
      algorithms: key.algorithm === 'EdDSA' ? ['EdDSA', 'Ed25519'] : [key.algorithm],
      typ: 'svc+jwt',
      currentDate: new Date(NOW * 1000),
      clockTolerance: 30,
      requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat', 'jti'],
    });
    return undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return error.code;
    throw error;
  }
}

it(`accepts no token that jose refuses, in ${String(ROUNDS)} mutations of valid ones`, async () => {
  const kinds = Object.keys(MUTATIONS);
  const accepted = new Map<string, number>();
  const refused = new Map<string, number>();
  const disagreements: string[] = [];

  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round;
    const chance = createChance(seed);
    const key = trustedKey(EVERY_ALGORITHM[round % EVERY_ALGORITHM.length]);
    const kind = chance.oneOf(kinds);
    const name = `${kind} of ${key.algorithm}`;
    const token = MUTATIONS[kind]!(chance, key);
    const sample = () => `seed ${String(seed)}, ${name}: ${token} with ${JSON.stringify(key.jwk)}`;
    try {
      const counts = (await isAcceptedHere(token, key)) ? accepted : refused;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      const refusal = counts === accepted ? await joseRefusal(token, key) : undefined;
      if (refusal !== undefined) disagreements.push(`${refusal}: ${sample()}`);
    } catch (error) {
      throw new Error(sample(), { cause: error });
    }
  }

  expect(disagreements).toEqual([]);
  // Neither side may be right only because it is never asked: each kind of each algorithm was accepted and refused.
  for (const name of kinds.flatMap((kind) => EVERY_ALGORITHM.map((algorithm) => `${kind} of ${algorithm}`))) {
    expect([name, (accepted.get(name) ?? 0) > 5, (refused.get(name) ?? 0) > 50]).toEqual([name, true, true]);
  }
  const total = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].reduce((sum, count) => sum + count, 0);
  expect(total(accepted)).toBeGreaterThan(ROUNDS / 10);
  expect(total(refused)).toBeGreaterThan(ROUNDS / 3);
});

it('makes the same mutations every time', () => {
  const one = createChance(SEED);
  const two = createChance(SEED);
  const drawn = Array.from({ length: 100 }, () => one.below(1000));
  expect(Array.from({ length: 100 }, () => two.below(1000))).toEqual(drawn);
  expect(new Set(drawn).size).toBeGreaterThan(80);
});
