import { memoryReplayStore } from '../../../src/inbound/replay/memory-replay-store.js';
import { type ReplayShare } from '../../../src/inbound/replay/replay.js';
import { boundSetting, boundTo, dpopHeaders } from '../../support/dpop.js';
import { createForgeKey, NOW } from '../../support/forge.js';
import { codeOf, createScene, faultOf, type Change } from '../../support/scene.js';

const SECRET = 'a secret of more than thirty-two characters';

describe('a proof that was used', () => {
  it('serves no second request, as long as it is remembered', async () => {
    const scene = createScene(boundSetting());
    const change: Change = {
      claims: { jti: 'token-1' },
      request: { rawHeaders: dpopHeaders({ claims: { jti: 'p' } }) },
    };
    await scene.verifier.useOnce(await scene.accepted(change));
    const again = await scene.accepted(change);
    expect(await codeOf(scene.verifier.useOnce(again))).toBe('dpop_proof_replayed');
    await scene.verifier.useOnce(await scene.accepted());
    scene.clock.advance(91);
    expect(await codeOf(scene.verifier.useOnce(again))).toBe('dpop_proof_invalid');
  });

  it('lets one of fifty through', async () => {
    const scene = createScene(boundSetting());
    const once = await scene.accepted();
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => scene.verifier.useOnce(once)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is not forgotten before it is too old', async () => {
    const remembered: { key: string; expiresAt: number }[] = [];
    const memory = memoryReplayStore();
    const replayStore = {
      firstUse: (key: string, expiresAt: number, share: ReplayShare) => {
        remembered.push({ key, expiresAt });
        return memory.firstUse(key, expiresAt, share);
      },
    };
    const scene = createScene({ ...boundSetting(), verifier: { replayStore } });
    await scene.verifier.useOnce(await scene.accepted());
    expect(remembered).toHaveLength(1);
    expect(remembered[0]!.expiresAt).toBeGreaterThanOrEqual(NOW + 90);
    expect(remembered[0]!.key.length).toBeLessThan(200);
  });

  it('is remembered for each key: two clients may choose one id', async () => {
    const [one, two] = [createForgeKey(), createForgeKey()];
    const forgery = { claims: { jti: 'same' } };
    const scene = createScene(boundSetting(one));
    const other = { claims: boundTo(two), request: { rawHeaders: dpopHeaders(forgery, two) } };
    await scene.verifier.useOnce(
      await scene.accepted({ request: { rawHeaders: dpopHeaders(forgery, one) } }),
    );
    await expect(scene.verifier.useOnce(await scene.accepted(other))).resolves.toBeUndefined();
  });
});

describe('a nonce', () => {
  const setting = { ...boundSetting(), verifier: { dpop: { nonceSecret: SECRET } } };
  const withNonce = (nonce: unknown) => ({
    request: { rawHeaders: dpopHeaders({ claims: { nonce, iat: NOW } }) },
  });

  async function nonceOf(scene = createScene(setting)): Promise<string> {
    return (await faultOf(scene.accepted())).dpopNonce!;
  }

  it('is asked for where the options hold a secret, and given out with the refusal', async () => {
    const scene = createScene(setting);
    const fault = await faultOf(scene.accepted());
    expect(fault.code).toBe('dpop_nonce_required');
    expect(fault.dpopNonce).toMatch(/^[A-Za-z0-9_-]{43}$/);
    await expect(scene.accepted(withNonce(fault.dpopNonce))).resolves.toBeDefined();
  });

  it('is known to a replica with the same secret, and to no other', async () => {
    const nonce = await nonceOf();
    await expect(createScene(setting).accepted(withNonce(nonce))).resolves.toBeDefined();
    const verifier = { dpop: { nonceSecret: `${SECRET}!` } };
    const other = createScene({ ...setting, verifier });
    expect(await codeOf(other.accepted(withNonce(nonce)))).toBe('dpop_nonce_required');
  });

  it('is accepted for a minute after the minute in which it was given out', async () => {
    const nonce = await nonceOf();
    const scene = createScene(setting);
    scene.clock.advance(59.9);
    await expect(scene.accepted(withNonce(nonce))).resolves.toBeDefined();
    scene.clock.advance(0.05);
    await expect(scene.accepted(withNonce(nonce))).resolves.toBeDefined();
    const late = createScene({
      ...setting,
      token: { ...setting.token, claims: { ...setting.token?.claims, exp: NOW + 600 } },
    });
    late.clock.advance(120);
    const fresh = { request: { rawHeaders: dpopHeaders({ claims: { nonce, iat: NOW + 120 } }) } };
    expect(await codeOf(late.accepted(fresh))).toBe('dpop_nonce_required');
  });

  it.each([undefined, '', 1, 'x'.repeat(43)])('is not made up: %j', async (nonce) => {
    expect(await codeOf(createScene(setting).accepted(withNonce(nonce)))).toBe('dpop_nonce_required');
  });
});

describe('the options for proofs', () => {
  it.each([
    [{ proofLifetimeSeconds: 301 }, 'dpop.proofLifetimeSeconds must be a number from 1 to 300'],
    [{ algorithms: [] }, 'dpop.algorithms must name at least one algorithm'],
    [{ algorithms: ['HS256'] }, 'dpop.algorithms[0] must be one of'],
    [{ nonceSecret: 'short' }, 'dpop.nonceSecret must have 32 characters or more'],
    [{ publicUrls: ['census'] }, 'dpop.publicUrls[0] must be an absolute https URI'],
    [{ algorithm: 'ES256' }, 'dpop.algorithm is not an option'],
  ])('are checked: %j', (dpop, problem) => {
    expect(() => createScene({ verifier: { dpop: dpop as never } })).toThrow(problem);
  });
});
