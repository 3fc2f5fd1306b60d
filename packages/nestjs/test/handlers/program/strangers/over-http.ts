import { type Variant } from '../application/reached.js';
import { PATIENCE_MS, type Knock } from './knock.js';

/** @param token none for a stranger. */
export async function knockOverHttp(
  origin: string,
  variants: readonly Variant[],
  token?: string,
  kinds: readonly string[] = ['route', 'sse'],
): Promise<readonly Knock[]> {
  return Promise.all(
    variants.flatMap((variant) =>
      kinds.map(async (kind) => ({
        variant,
        kind,
        answer: await ask(`${origin}/${variant}/${kind}`, {}, token),
      })),
    ),
  );
}

export async function knockOverGraphql(
  url: string,
  variants: readonly Variant[],
  token?: string,
): Promise<readonly Knock[]> {
  const asked: readonly (readonly [string, (variant: Variant) => string])[] = [
    ['query', (variant) => `{ ${variant} { id } }`],
    ['mutation', (variant) => `mutation { ${variant} { id } }`],
    ['field', (variant) => `{ public { ${variant} } }`],
  ];
  return Promise.all(
    variants.flatMap((variant) =>
      asked.map(async ([kind, query]) => {
        const body = JSON.stringify({ query: query(variant) });
        const headers = { 'Content-Type': 'application/json' };
        return { variant, kind, answer: await ask(url, { method: 'POST', headers, body }, token) };
      }),
    ),
  );
}

async function ask(
  url: string,
  init: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string },
  token: string | undefined,
): Promise<unknown> {
  const response = await fetch(url, {
    ...init,
    headers: { ...init.headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const body: unknown = isJson ? JSON.parse(text) : text;
  return { status: response.status, body };
}
