import { systemClock } from '@countersign/core';
import {
  activationSafeAt,
  retirementSafeAt,
  type KeyDirectory,
  type KeyDirectoryState,
  type KeyOverlap,
  type KeyRecord,
  type KeyState,
} from '@countersign/core/rotation';
import { type Command } from 'commander';
import { formatDuration } from '../output/duration.js';
import { describeTime } from '../output/iso-time.js';
import { type Styles } from '../output/styles.js';
import { formatTable } from '../output/table.js';
import { carryOut, defineCommand, type Deliver } from './keys-command.js';
import { shortKid } from './key-name.js';
import { type Findings, type KeysOptions } from './task.js';

type Options = KeysOptions & { readonly all?: boolean };

const STATES: readonly KeyState[] = ['active', 'pending', 'retiring'];

const STYLES: Readonly<Record<KeyState, keyof Styles>> = {
  pending: 'waiting',
  active: 'good',
  retiring: 'plain',
  gone: 'faint',
};

/** `countersign keys show`: what keys there are and what comes next. */
export function addShow(keys: Command, deliver: Deliver): void {
  const summary = 'show the keys, since when they are what they are, and what comes next';
  const command = defineCommand(keys, 'show', summary, 'show --dir .data/keys')
    .option('--all', 'also those that are gone, the last 20')
    .action(async (options: Options) => {
      const run = (directory: KeyDirectory): Promise<Findings> => show(directory, options);
      deliver(await carryOut({ name: 'show', options, isReadOnly: true, run }, command), options);
    });
}

async function show(directory: KeyDirectory, { all = false }: Options): Promise<Findings> {
  const state = await directory.read();
  const shown = state.keys.filter((key) => all || key.state !== 'gone');
  const sentences = [`${state.directory} holds ${countText(state)}.`];
  if (shown.length === 0) return { outcome: 'done', sentences, state };
  const [header = '', ...rows] = formatTable([
    ['kid', 'alg', 'state', 'since', 'next step'],
    ...shown.map((key) => cells(key, state, systemClock.now())),
  ]);
  const { verifierCacheSeconds, longestTokenSeconds } = state.overlap;
  const reckoning =
    `Reckoned with: other services keep your public keys for up to ${formatDuration(verifierCacheSeconds)}, ` +
    `your tokens live for up to ${formatDuration(longestTokenSeconds)}.`;
  const details = (styles: Styles): readonly string[] => [
    styles.faint(header),
    ...rows.map((row, index) => styles[STYLES[shown[index]?.state ?? 'gone']](row)),
    styles.faint(reckoning),
  ];
  return { outcome: 'done', sentences, state, details };
}

/** `2 keys: 1 active, 1 retiring`. Those that are gone are not there any more. */
function countText({ keys }: KeyDirectoryState): string {
  const live = keys.filter(({ state }) => state !== 'gone');
  if (live.length === 0) return 'no key yet';
  const counts = STATES.map((state) => ({ state, count: live.filter((key) => key.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${String(count)} ${state}`);
  return `${String(live.length)} ${live.length === 1 ? 'key' : 'keys'}: ${counts.join(', ')}`;
}

function cells(key: KeyRecord, { overlap }: KeyDirectoryState, now: number): readonly string[] {
  const since = describeTime(sinceOf(key), now);
  return [shortKid(key.keyId), key.algorithm, key.state, since, nextStepOf(key, overlap, now)];
}

function sinceOf({ state, ...times }: KeyRecord): number {
  const since = {
    pending: times.preparedAt,
    active: times.activatedAt,
    retiring: times.retiringAt,
    gone: times.goneAt,
  };
  return since[state] ?? times.preparedAt;
}

/** The step that is next for this one key, and when it is safe. */
function nextStepOf(key: KeyRecord, overlap: KeyOverlap, now: number): string {
  if (key.state === 'pending') return `activate ${describeTime(activationSafeAt(key, overlap), now)}`;
  if (key.state === 'retiring') return `retire ${describeTime(retirementSafeAt(key, overlap), now)}`;
  return key.reason === undefined ? '' : `revoked: ${key.reason}`;
}
