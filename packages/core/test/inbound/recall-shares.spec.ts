import { types } from 'node:util';
import { SERVICE } from '../support/forge.js';
import { remembered } from '../support/recalled.js';
import { createScene } from '../support/scene.js';
import { sharedBy } from '../support/shared-objects.js';

it('what requests with one token share cannot be changed by any means', async () => {
  const claims = { txn: 'txn-1', roles: ['support'], may_act: { sub: SERVICE } };
  const scene = createScene();
  const request = scene.request({ claims });
  const { verifier } = scene;
  const untouched = await remembered(verifier, request);
  const [one, other] = [await verifier.authenticate(request), await verifier.authenticate(request)];
  const shared = sharedBy(one, other);
  const { principal, audiences, roles, mayAct } = one;
  const { scopes, actors, caller } = principal;
  expect([...shared]).toEqual(expect.arrayContaining([scopes, roles, actors, caller, audiences, mayAct]));
  for (const each of shared) {
    expect([each, types.isSet(each), Object.isFrozen(each)]).toEqual([each, false, true]);
    expect(() => Object.setPrototypeOf(each, null)).toThrow(TypeError);
  }
  for (const set of [scopes, principal.roles, roles])
    expect(() => Set.prototype.add.call(set, 'admin')).toThrow(TypeError);
  Object.assign(principal, { subject: 'https://other.service/' });
  expect(await verifier.authenticate(request)).toEqual(untouched);
});
