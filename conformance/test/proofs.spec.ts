import { ADAPTERS, Scene, SERVICE, type Refused } from './support/scene.js';
import { ProvingClient } from './support/proof.js';

const path = '/read';
const ALGORITHMS = 'ES256 ES384 ES512 PS256 PS384 PS512 EdDSA Ed25519';

describe.each(ADAPTERS)('$name: a token that is bound to a key', (adapter) => {
  const scene = Scene.use(adapter);
  const client = new ProvingClient();
  const bound = () => scene.token({ cnf: client.cnf });
  const proofFor = (token: string, claims = {}, by = client) => by.proof(token, scene.clock.now(), claims);
  const withProof = (token: string, ...proofs: readonly string[]) => ({
    path,
    headers: [['Authorization', `DPoP ${token}`], ...proofs.map((proof) => ['DPoP', proof] as const)],
  }) as const; // prettier-ignore

  it('is let in with a proof for the request, and with another proof again', async () => {
    const token = await bound();
    await scene.accepts(withProof(token, proofFor(token)));
    await scene.accepts(withProof(token, proofFor(token)));
  });

  it('is refused without a proof, or as a bearer token', async () => {
    const token = await bound();
    await scene.refuses(withProof(token), dpopRefused('dpop_proof_missing', 'invalid_token'));
    await scene.refuses(
      { path, token, headers: [['DPoP', proofFor(token)]] },
      dpopRefused('dpop_proof_missing', 'invalid_token'),
    );
  });

  it('is refused when the proof was used before', async () => {
    const token = await bound();
    const proof = proofFor(token);
    await scene.accepts(withProof(token, proof));
    await scene.refuses(withProof(token, proof), dpopRefused('dpop_proof_replayed'));
  });

  it('is let in once when fifty requests send one proof at once', async () => {
    const token = await bound();
    const proof = proofFor(token);
    const answers = await Promise.all(Array.from({ length: 50 }, () => scene.ask(withProof(token, proof))));
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(answers.filter(({ json }) => json['code'] === 'dpop_proof_replayed')).toHaveLength(49);
    expect(scene.ran).toEqual([path]);
  });

  it.each<[string, () => Readonly<Record<string, unknown>>]>([
    ['another method', () => ({ htm: 'POST' })],
    ['another path', () => ({ htu: `${SERVICE}two` })],
    ['another host', () => ({ htu: 'https://census.service/read' })],
    ['another token', () => ({ ath: 'a' })],
    ['no token', () => ({ ath: undefined })],
    ['a time that is long over', () => ({ iat: scene.clock.now() - 91 })],
    ['a time to come', () => ({ iat: scene.clock.now() + 31 })],
    ['no single use', () => ({ jti: undefined })],
  ])('is refused when the proof is for %s', async (_what, claims) => {
    const token = await bound();
    await scene.refuses(withProof(token, proofFor(token, claims())), dpopRefused('dpop_proof_invalid'));
  });

  it('is refused with the proof of another key', async () => {
    const token = await bound();
    const proof = proofFor(token, {}, new ProvingClient());
    await scene.refuses(withProof(token, proof), dpopRefused('dpop_proof_invalid'));
  });

  it('is refused with two proofs', async () => {
    const token = await bound();
    const proofs = withProof(token, proofFor(token), proofFor(token));
    await scene.refuses(proofs, dpopRefused('dpop_proof_invalid'));
  });

  it('is refused with 503 where nobody can say whether the proof was used', async () => {
    const token = await bound();
    scene.store = { firstUse: () => Promise.reject(new Error('no connection')) };
    const down = { status: 503, code: 'replay_store_unavailable', challenge: undefined };
    await scene.refuses(withProof(token, proofFor(token)), down);
  });

  it('has to be bound, where it comes as one', async () => {
    const token = await scene.token();
    await scene.accepts({ path, token });
    await scene.refuses(withProof(token, proofFor(token)), dpopRefused('token_not_bound', 'invalid_token'));
  });
});

function dpopRefused(code: string, error = 'invalid_dpop_proof'): Refused {
  return { status: 401, code, challenge: `DPoP realm="${SERVICE}", error="${error}", algs="${ALGORITHMS}"` };
}
