import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, systemClock } from '@countersign/core';
import { ConfigError, errorCode } from '@countersign/service-kit';
import { z } from 'zod';
import { type EndedSessions, endedSessions, type EndedState } from './ended-sessions.js';

const NOTHING: EndedState = { users: [], everybodyUntil: 0 };

const ofUser = z.object({
  ids: z.array(z.string()),
  // Files of versions before do not have it.
  beganUntil: z.number().default(0),
  allUntil: z.number(),
  forgetAt: z.number(),
});
const stored: z.ZodType<EndedState> = z.object({
  users: z.array(z.tuple([z.string(), ofUser])),
  everybodyUntil: z.number(),
});

/**
 * The list of ended sessions in a file that its owner alone can read, so that it outlives the process. One process only may
 * use the file.
 * @throws ConfigError when the file holds something else: without it, sessions that were ended would go on.
 */
export function openEndedSessions(file: string, clock: Clock = systemClock): EndedSessions {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return endedSessions(read(file), (state) => save(file, state), clock);
}

function read(file: string): EndedState {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return NOTHING;
    const what = 'is no list of ended sessions; remove it together with the key of the sessions';
    throw new ConfigError(`DATA_DIR: ${file} ${what}`, { cause });
  }
}

/** All of it or nothing: a gateway that is killed while it writes keeps what it had. */
function save(file: string, state: EndedState): void {
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
