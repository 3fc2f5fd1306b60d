import type { RunningHerald } from './running-herald.js';
import { type Call, type Storefront, userUri } from './storefront.js';

/** Two of census's first users; the first may see the second. */
export const SUPPORT = 21;
export const CUSTOMER = 42;

/** What herald is asked to send. */
export const welcome = { user: userUri(CUSTOMER), type: 'welcome-message' };

/** A call that herald accepts when census is well. */
export const sending: Call = { method: 'POST', path: '/notification/', as: SUPPORT, body: welcome };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export async function askHerald(storefront: Storefront, { url }: RunningHerald, call: Call): Promise<Answer> {
  const response = await storefront.call(url, call);
  const body: unknown = await response.json();
  return { status: response.status, headers: response.headers, body };
}
