import { createCountersign, scopes } from '@countersign/express';
import { type BareGuard } from '../guards/guard.js';
import { onExpress } from './express-application.js';
import { ownOptions } from './own-options.js';
import { REQUIRED_SCOPE } from './required-scope.js';

/** Ours, as the README of `@countersign/express` shows it, for an issuer of ordinary access tokens. */
export const countersignExpress: BareGuard = onExpress({
  name: 'countersign',
  title: 'Countersign',
  async build(app, hello, setup) {
    const countersign = await createCountersign(ownOptions(setup));
    app.use(countersign);
    app.get('/', scopes(REQUIRED_SCOPE), hello);
    app.use(countersign.faults());
  },
});
