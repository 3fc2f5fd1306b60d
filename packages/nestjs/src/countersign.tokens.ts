/**
 * Injection tokens of the module. Those that `index.ts` exports may be injected by applications. They are the same in every
 * copy of this package.
 */

/** The checked options, defaults filled in. */
export const COUNTERSIGN_OPTIONS = Symbol.for('countersign:COUNTERSIGN_OPTIONS');
/** Injects the `Verifier`. */
export const VERIFIER = Symbol.for('countersign:VERIFIER');
/** Injects the `KeyStore` of this service. Undefined without the option `keys`. */
export const KEY_STORE = Symbol.for('countersign:KEY_STORE');
/** Injects the `Authorizer` of outgoing calls. */
export const AUTHORIZER = Symbol.for('countersign:AUTHORIZER');
/** Injects the name of this module's strategy in passport, which is unique for each module. */
export const STRATEGY_NAME = Symbol.for('countersign:STRATEGY_NAME');
/** The guard that stands before every handler of the application. */
export const APPLICATION_GUARD = Symbol.for('countersign:APPLICATION_GUARD');
