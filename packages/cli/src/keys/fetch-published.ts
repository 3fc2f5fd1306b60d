/** A public key set as a running service publishes it. Not checked: it is what is to be checked. */
export interface PublishedSet {
  readonly keys: readonly unknown[];
  /** What `Cache-Control` lets others keep it for; undefined when it does not say. */
  readonly maxAgeSeconds: number | undefined;
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;

/**
 * Fetches a key set as other services do: five seconds, 256 KiB, no redirects.
 * @throws Error that says what is wrong with the answer, and nothing that the answer says.
 */
export async function fetchPublished(url: URL): Promise<PublishedSet> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { accept: 'application/jwk-set+json, application/json' };
  try {
    const response = await fetch(url, { redirect: 'manual', signal, headers });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new UnfitAnswer(`answered ${String(response.status)}, not 200`);
    }
    const keys = keysOf(await boundedText(response));
    return { keys, maxAgeSeconds: maxAgeOf(response.headers.get('cache-control') ?? '') };
  } catch (error) {
    if (error instanceof UnfitAnswer) throw error;
    if (signal.aborted) throw new UnfitAnswer(`did not answer within ${String(TIMEOUT_MS / 1000)} s`);
    throw new UnfitAnswer(`cannot be reached (${causeOf(error)})`);
  }
}

/** What a service answered, or did not, that is no key set. */
export class UnfitAnswer extends Error {
  override readonly name = 'UnfitAnswer';
}

async function boundedText({ body }: Response): Promise<string> {
  const arriving: AsyncIterable<Uint8Array> | null = body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of arriving ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new UnfitAnswer(`answered more than ${String(MAX_BYTES)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function keysOf(text: string): readonly unknown[] {
  const set = parse(text);
  const keys: unknown = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys)) throw new UnfitAnswer('did not answer a JWK set: JSON with a "keys" array');
  return Array.from<unknown>(keys);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function maxAgeOf(cacheControl: string): number | undefined {
  const seconds = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,9})/i.exec(cacheControl)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

/** `fetch` hides what went wrong in the error's cause; the code of it is enough. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'no connection';
}
