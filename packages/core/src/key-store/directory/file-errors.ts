import { errorCode, errorText } from '../../lib/error-text.js';
import { invalidOption } from '../../options.js';

/** Something that is wrong with a key directory. Names files, and nothing of a key. */
export interface KeyProblem {
  /** `error`: a service would not start from it. `warning`: something that does not belong there. */
  readonly severity: 'error' | 'warning';
  readonly path: string;
  /** What is wrong, and what mends it. */
  readonly problem: string;
}

/** What the names of system errors mean here, and what mends them. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'this user may not; act as its owner'],
  ['EPERM', 'this user may not; act as its owner'],
  ['EROFS', 'it is mounted read-only; change the keys where they come from'],
  ['ENOSPC', 'the disk is full; free some of it'],
  ['EDQUOT', 'the disk quota is used up; free some of it'],
  ['ENOENT', 'it does not exist'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['EISDIR', 'it is a directory'],
  ['EMFILE', 'this process has too many files open'],
  ['EIO', 'the disk fails'],
  ['ESTALE', 'the server of the network file system has lost it; mount it again'],
]);

const NO_HARD_LINKS = 'its file system knows no hard links; keep the keys on another one';
/** What file systems without hard links answer when they are asked for one. */
const LINK_REFUSALS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * A system error in words: the path, the system's name of what happened, and what mends it.
 * @param problem such as `cannot be read`.
 */
export function fileError(error: unknown, path: string, problem: string): TypeError {
  const code = errorCode(error);
  const isLink = errorText(error, 'syscall') === 'link' && LINK_REFUSALS.has(code);
  const meaning = isLink ? NO_HARD_LINKS : MEANINGS.get(code ?? '');
  const named = `${problem} (${code ?? 'unknown error'})`;
  return invalidOption(path, meaning === undefined ? named : `${named}: ${meaning}`);
}

/** Whether an error comes from the system, and not from us. */
export function isSystemError(error: unknown): boolean {
  return errorText(error, 'syscall') !== undefined;
}

/** Says which file it is that cannot be read, and why; a fault of what is in it says so already. */
export function unreadable(error: unknown, path: string): TypeError {
  if (error instanceof TypeError && errorCode(error) === 'config_invalid') return error;
  return fileError(error, errorText(error, 'path') ?? path, 'cannot be read');
}

/** What keeps a file from being used, apart from the file's name. */
export function problemOf(error: unknown, path: string): Pick<KeyProblem, 'path' | 'problem'> {
  const { message } = unreadable(error, path);
  return message.startsWith(`${path} `)
    ? { path, problem: message.slice(path.length + 1) }
    : { path, problem: message };
}
