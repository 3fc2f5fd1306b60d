// What a tool needs that rotates the keys of a directory, as the command line `countersign keys` does.
export { openKeyDirectory } from './key-store/directory/key-directory.js';
export type {
  KeyDirectory,
  KeyDirectoryChange,
  KeyDirectoryOptions,
  KeyDirectoryState,
} from './key-store/directory/key-directory.js';
export type { KeyProblem } from './key-store/directory/file-errors.js';
export { DEFAULT_VERIFIER_CACHE_SECONDS } from './key-store/rotation/key-record.js';
export type {
  KeyChange,
  KeyOverlap,
  KeyRecord,
  KeyRotation,
  KeyState,
  KeyStep,
} from './key-store/rotation/key-record.js';
export { activationSafeAt, publicationSeconds, retirementSafeAt } from './key-store/rotation/schedule.js';
