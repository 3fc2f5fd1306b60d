import { type Knock } from './strangers/knock.js';

/** What strangers did to one application, and how often each handler ran. */
export interface Report {
  readonly knocks: readonly Knock[];
  readonly reached: Readonly<Record<string, number>>;
  /** Variants that may be reached although they are not public. */
  readonly open?: readonly string[];
  /** Of which the refused read one. Default: that a token or a scope is missing, and that the transport is not supported. */
  readonly says?: readonly string[];
  /** Anything else that went wrong. */
  readonly problems?: readonly string[];
}

/** The way in which an application is put together, by a name that says it, and what comes of it. */
export type Scenarios = Readonly<Record<string, () => Promise<Report>>>;
