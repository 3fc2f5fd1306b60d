import { clearTimeout, setTimeout } from './timers.js';

/**
 * Waits for work, and no longer than `timeoutMs`. Work that takes longer goes on, and what comes of it is dropped.
 * @param work what throws at once has failed like what rejects.
 * @param tooLate the error for work that was not done in time.
 */
export async function withTimeout<Result>(
  work: () => Result | Promise<Result>,
  timeoutMs: number,
  tooLate: () => Error,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate()), timeoutMs);
  });
  const result = Promise.resolve().then(work);
  return Promise.race([result, end]).finally(() => clearTimeout(timer));
}
