import { countersign, scopes } from '@countersign/fastify';
import { type BareGuard } from '../guards/guard.js';
import { onFastify } from './fastify-application.js';
import { ownOptions } from './own-options.js';
import { REQUIRED_SCOPE } from './required-scope.js';

/** Ours, as the README of `@countersign/fastify` shows it, for an issuer of ordinary access tokens. */
export const countersignFastify: BareGuard = onFastify({
  name: 'countersign',
  title: 'Countersign',
  async build(app, setup) {
    await app.register(countersign, ownOptions(setup));
    app.get('/', { config: { countersign: scopes(REQUIRED_SCOPE) } }, () => 'hello');
  },
});
