import { BOTH_PLATFORMS, type Guard } from './guard.js';

/** The same application without any guard. */
export const unguarded: Guard = {
  name: 'unguarded',
  title: 'unguarded',
  platforms: BOTH_PLATFORMS,
  parts: () => ({}),
};
