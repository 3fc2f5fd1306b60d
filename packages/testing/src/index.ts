export { TestIssuer } from './test-issuer.js';
export type { BoundTo, TestIssuerOptions, TestTokenOptions } from './test-issuer.js';
export { createFixedClock } from '@countersign/core';
export type { FixedClock } from '@countersign/core';
