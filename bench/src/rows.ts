import { bodyHashRow } from './micro/body-hash.js';
import { eventLoopRow } from './micro/event-loop.js';
import { garbageRow } from './micro/garbage.js';
import { mintRow } from './micro/mint.js';
import { parallelRow } from './micro/parallel.js';
import { recallRow } from './micro/recall.js';
import { verifyNewRow } from './micro/verify-new.js';
import { type BenchRow } from './row.js';
import { chainRow } from './scale/chain.js';
import { garbageTokensRow, goodTokensRow } from './scale/distinct-tokens.js';
import { issuersRow } from './scale/issuers.js';
import { keysRow } from './scale/keys.js';
import { replayRow } from './scale/replay.js';
import { tokenSizeRow } from './scale/token-size.js';

/** The rows that need no server, in the order of the table. */
export const ROWS: readonly BenchRow[] = [
  verifyNewRow('RS256'),
  verifyNewRow('ES256'),
  verifyNewRow('EdDSA'),
  parallelRow,
  recallRow,
  mintRow,
  bodyHashRow,
  garbageRow,
  eventLoopRow,
  issuersRow,
  keysRow,
  tokenSizeRow,
  chainRow,
  replayRow,
  goodTokensRow,
  garbageTokensRow,
];

/** @throws RangeError for a name that no row has. */
export function rowNamed(name: string): BenchRow {
  const row = ROWS.find((candidate) => candidate.name === name);
  if (row === undefined) throw new RangeError(`no row is named ${name}`);
  return row;
}
