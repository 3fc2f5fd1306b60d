import { type KeyEvent, type Verifier } from '@countersign/core';
import { type DecisionRecord } from './decisions.js';

/** Counts what happens; does nothing where nobody measures. What it is told comes from the options, never from a token. */
export interface Metrics {
  keyEvent(event: KeyEvent): void;
  request(decision: Pick<DecisionRecord, 'decision' | 'code'>): void;
  /** Reports the age of the verifier's keys whenever metrics are read, until the returned function is called. */
  observeKeys(verifier: Pick<Verifier, 'keyStatus'>): () => void;
}

/** The injection token of `Metrics`. */
export const METRICS = Symbol('METRICS');

/** Where nobody measures. */
export const NO_METRICS: Metrics = {
  keyEvent: () => undefined,
  request: () => undefined,
  observeKeys: () => () => undefined,
};
