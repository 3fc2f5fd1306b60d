import { boundSetting } from '../../support/dpop.js';
import { accepted, codeOf, createScene, refused, type Setting } from '../../support/scene.js';

describe.each(['typ', 'token_type'])('a token that its issuer calls a DPoP token in the claim %s', (name) => {
  const setting: Setting = {
    trust: { tokenType: 'at+jwt', name: 'idp' },
    token: { header: { typ: 'at+jwt' }, claims: { sub: 'user-1', client_id: 'web' } },
  };

  it.each(['DPoP', 'dpop', 'DPOP', ['DPoP'], ['Bearer', 'dpop']])(
    'is refused when it names no key: %j',
    async (value) => {
      expect(await refused({ claims: { [name]: value } }, setting)).toBe('token_not_bound');
    },
  );

  it('is refused so each time that it comes', async () => {
    const scene = createScene(setting);
    const claims = { [name]: 'DPoP', jti: 'one' };
    for (let time = 0; time < 3; time++)
      expect(await codeOf(scene.accepted({ claims }))).toBe('token_not_bound');
  });

  it('is accepted with the proof of the key that it names', async () => {
    await expect(accepted({ claims: { [name]: 'DPoP' } }, boundSetting())).resolves.toBeDefined();
  });

  it.each(['Bearer', '', 'DPoP ', ['Bearer'], [], 1, null, { DPoP: 'DPoP' }])(
    'is not meant by %j',
    async (value) => {
      await expect(accepted({ claims: { [name]: value } }, setting)).resolves.toBeDefined();
    },
  );
});
