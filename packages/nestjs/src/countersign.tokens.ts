/**
 * Injection tokens of the module. Those that `index.ts` exports may be injected by applications. They are the same in every
 * copy of this package.
 */

/** The checked options, defaults filled in. */
export const COUNTERSIGN_OPTIONS = Symbol.for('countersign:COUNTERSIGN_OPTIONS');
/** Core's `Verifier`. */
export const VERIFIER = Symbol.for('countersign:VERIFIER');
/** Our own keys: core's `KeyStore`. Undefined where the options name no `keys`. */
export const KEY_STORE = Symbol.for('countersign:KEY_STORE');
/** Core's `Authorizer`, which gives outgoing calls their tokens. */
export const AUTHORIZER = Symbol.for('countersign:AUTHORIZER');
/** The name under which this module's strategy is known to passport: unique for each module. */
export const STRATEGY_NAME = Symbol.for('countersign:STRATEGY_NAME');
/** The guard that stands before every handler of the application. */
export const APPLICATION_GUARD = Symbol.for('countersign:APPLICATION_GUARD');
