import { BOTH_PLATFORMS, type NestGuard } from './guard.js';

/** The same application without any guard. */
export const unguarded: NestGuard = {
  name: 'unguarded',
  title: 'unguarded',
  platforms: BOTH_PLATFORMS,
  parts: () => ({}),
};
