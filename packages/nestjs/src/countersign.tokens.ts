/** Injection tokens of the module. Those that `index.ts` exports may be injected by applications. */

/** The checked options, defaults filled in. */
export const COUNTERSIGN_OPTIONS = Symbol('COUNTERSIGN_OPTIONS');
/** Core's `Verifier`. */
export const VERIFIER = Symbol('VERIFIER');
/** Our own keys: core's `KeyStore`. */
export const KEY_STORE = Symbol('KEY_STORE');
/** Core's `Authorizer`, which gives outgoing calls their tokens. */
export const AUTHORIZER = Symbol('AUTHORIZER');
/** The name under which this module's strategy is known to passport: unique for each module. */
export const STRATEGY_NAME = Symbol('STRATEGY_NAME');
