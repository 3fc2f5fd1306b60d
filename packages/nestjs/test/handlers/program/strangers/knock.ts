import { type Variant } from '../application/reached.js';

/** One attempt to reach a handler, and what came back: an answer, or what the transport calls an error. */
export interface Knock {
  readonly variant: Variant;
  readonly kind: string;
  readonly answer: unknown;
}

/** No server may leave anybody waiting. */
export const PATIENCE_MS = 5_000;

/** What a promise comes to, as something that can be printed. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, 'no answer')));
  try {
    return await Promise.race([promise, late]);
  } catch (error) {
    return error instanceof Error ? { thrown: error.message } : { error };
  } finally {
    clearTimeout(timer);
  }
}
