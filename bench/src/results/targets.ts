import { GUARDS } from '../guards/guards.js';
import { type Measurement } from './results.js';
import { median, ratio } from './statistics.js';

/** A target, and what was measured for it. */
export interface Outcome {
  readonly target: string;
  /** In words, such as `at least 3.3x`. */
  readonly wanted: string;
  readonly measured: string;
  readonly isReached: boolean;
  /** How much better than wanted, as a part of it; negative where it is missed. */
  readonly margin: number;
  /** The most that any guard could reach in this run, where that can be said; empty where it cannot. */
  readonly possible: string;
}

/** Something that must be reached: `value` of the measurements, at least or at most `limit`. */
interface Target {
  readonly target: string;
  readonly is: 'at least' | 'at most';
  readonly limit: number;
  readonly show: (value: number) => string;
  /** Undefined when the rows that it needs were not measured. */
  readonly value: (find: Find) => number | undefined;
  /** What would be measured if nothing but the unavoidable were done. Default: that cannot be said. */
  readonly most?: (find: Find) => number | undefined;
}

type Find = (row: string) => readonly number[] | undefined;

const times = (value: number): string => `${value.toFixed(2)}x`;
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
const unit =
  (name: string, digits = 2) =>
  (value: number): string =>
    `${value.toFixed(digits)} ${name}`;

/** Judges every target whose rows were measured. */
export function judgeTargets(measurements: readonly Measurement[]): readonly Outcome[] {
  return judge(TARGETS, measurements);
}

/** Whether we are ahead of each peer in every row that both have. The usual stack has targets of its own. */
export function judgePeers(measurements: readonly Measurement[]): readonly Outcome[] {
  return judge(peerTargets(measurements, http), measurements);
}

/** The same by the processor time of a request, which other programs on the machine disturb less. */
export function judgePeersByCpu(measurements: readonly Measurement[]): readonly Outcome[] {
  return judge(peerTargets(measurements, cpu), measurements);
}

function judge(targets: readonly Target[], measurements: readonly Measurement[]): readonly Outcome[] {
  const byRow = new Map(measurements.map(({ row, samples }) => [row, samples]));
  const find: Find = (row) => byRow.get(row);
  return targets.flatMap((target) => {
    const value = target.value(find);
    if (value === undefined) return [];
    const isReached = target.is === 'at least' ? value >= target.limit : value <= target.limit;
    const margin = target.is === 'at least' ? value / target.limit - 1 : 1 - value / target.limit;
    const { show } = target;
    const most = target.most?.(find);
    return {
      target: target.target,
      wanted: `${target.is} ${show(target.limit)}`,
      measured: show(value),
      isReached,
      margin,
      possible: most === undefined ? '' : show(most),
    };
  });
}

/** The ratio of two rows. */
function of(row: string, base: string): Target['value'] {
  return (find) => {
    const [samples, against] = [find(row), find(base)];
    return samples === undefined || against === undefined ? undefined : ratio(samples, against);
  };
}

/** The least favourable of several values; undefined when none is there. */
function worst(pick: (...values: number[]) => number, values: readonly Target['value'][]): Target['value'] {
  return (find) => {
    const known = values.flatMap((value) => value(find) ?? []);
    return known.length === 0 ? undefined : pick(...known);
  };
}

function middleOf(row: string): Target['value'] {
  return (find) => {
    const samples = find(row);
    return samples === undefined ? undefined : median(samples);
  };
}

/** What holds in a cell such as `fastify/es256/new`, in comparison to another guard. */
type CellTarget = (cell: string, than: string, limit: number, show: Target['show']) => Target;

function cpu(cell: string, than: string, limit: number, show: Target['show']): Target {
  const value = of(`http-cpu/${cell}/${than}`, `http-cpu/${cell}/countersign`);
  return { ...http(cell, than, limit, show), value };
}

function http(cell: string, than: string, limit: number, show: Target['show']): Target {
  const [platform = '', algorithm = '', state = ''] = cell.split('/');
  const label = `${platform} ${algorithm.toUpperCase()}, token ${state === 'new' ? 'new' : 'seen before'}`;
  return {
    target: `${label}, to ${than}`,
    is: 'at least',
    limit,
    show,
    value: of(`http/${cell}/countersign`, `http/${cell}/${than}`),
    ...(state === 'new' && than === 'usual-stack' && { most: bareSignature(cell, algorithm) }),
  };
}

/** To the usual stack, by processor time: the application without a guard, and one signature checked by OpenSSL. */
function bareSignature(cell: string, algorithm: string): Target['value'] {
  return (find) => {
    const [usual, unguarded, raw] = [
      find(`http-cpu/${cell}/usual-stack`),
      find(`http-cpu/${cell}/unguarded`),
      find(`micro/verify-new-${algorithm}/raw`),
    ];
    if (usual === undefined || unguarded === undefined || raw === undefined) return undefined;
    return median(usual) / (median(unguarded) + median(raw));
  };
}

const HTTP_TARGETS: readonly (readonly [string, string, number, Target['show']])[] = [
  ...['rs256', 'es256'].flatMap((algorithm) => [
    [`express/${algorithm}/seen`, 'usual-stack', 3.3, times] as const,
    [`express/${algorithm}/seen`, 'unguarded', 0.9, percent] as const,
    [`fastify/${algorithm}/seen`, 'usual-stack', 8, times] as const,
    [`fastify/${algorithm}/seen`, 'unguarded', 0.7, percent] as const,
    [`fastify/${algorithm}/new`, 'usual-stack', 3.3, times] as const,
  ]),
  ['express/rs256/new', 'usual-stack', 2.5, times],
  ['express/es256/new', 'usual-stack', 2.3, times],
];

function verifyTarget(algorithm: string, limit: number): Target {
  const row = `micro/verify-new-${algorithm}`;
  return {
    target: `verify a new ${algorithm.toUpperCase()} token, to raw crypto.verify`,
    is: 'at most',
    limit,
    show: times,
    value: of(`${row}/countersign`, `${row}/raw`),
  };
}

const GARBAGE = ['random-text', 'three-random-parts', 'unsigned', 'shared-secret', 'unknown-issuer'];

/** What this project promised itself. */
const TARGETS: readonly Target[] = [
  ...HTTP_TARGETS.map((row) => http(...row)),
  verifyTarget('rs256', 1.25),
  verifyTarget('es256', 1.12),
  verifyTarget('eddsa', 1.12),
  {
    target: '64 new ES256 tokens in flight, throughput to raw crypto.verify one by one',
    is: 'at least',
    limit: 1.6,
    show: times,
    value: of('micro/64-in-flight-es256/raw', 'micro/64-in-flight-es256/countersign'),
  },
  {
    target: 'recall',
    is: 'at most',
    limit: 1.5,
    show: unit('µs'),
    value: middleOf('micro/recall/countersign'),
  },
  {
    target: "recall, to fast-jwt's cache",
    is: 'at most',
    limit: 1,
    show: times,
    value: of('micro/recall/countersign', 'micro/recall/fast-jwt-cached'),
  },
  {
    target: 'mint an ES256 token, to raw crypto.sign',
    is: 'at most',
    limit: 1.35,
    show: times,
    value: of('micro/mint-es256/countersign', 'micro/mint-es256/raw'),
  },
  {
    target: 'refuse garbage, the slowest kind',
    is: 'at most',
    limit: 5,
    show: unit('µs'),
    value: worst(
      Math.max,
      GARBAGE.map((kind) => middleOf(`micro/refuse-garbage-${kind}/countersign`)),
    ),
  },
  {
    target: 'event-loop delay p99 while 300 RS256-4096 tokens/s are minted',
    is: 'at most',
    limit: 5,
    show: unit('ms'),
    value: middleOf('micro/event-loop-delay/minting-p99'),
  },
  {
    target: '1,000 issuers instead of one',
    is: 'at most',
    limit: 1.05,
    show: times,
    value: of('scale/issuers/1000', 'scale/issuers/1'),
  },
  {
    target: '64 keys instead of one',
    is: 'at most',
    limit: 1.05,
    show: times,
    value: of('scale/keys/64', 'scale/keys/1'),
  },
  {
    target: 'memory after 1,000,000 distinct good tokens',
    is: 'at most',
    limit: 30,
    show: unit('MB', 1),
    value: middleOf('scale/good-tokens/1000000-heap'),
  },
  {
    target: 'memory after 1,000,000 garbage tokens',
    is: 'at most',
    limit: 5,
    show: unit('MB', 1),
    value: middleOf('scale/garbage-tokens/1000000-heap'),
  },
];

function peerTargets(measurements: readonly Measurement[], toPeer: CellTarget): readonly Target[] {
  const peers = new Set(GUARDS.map(({ name }) => name).filter((name) => !name.startsWith('countersign')));
  for (const name of ['unguarded', 'usual-stack']) peers.delete(name);
  return measurements.flatMap(({ row }) => {
    const [group, platform, algorithm, state, guard = ''] = row.split('/');
    if (group !== 'http' || !peers.has(guard)) return [];
    return [toPeer(`${platform ?? ''}/${algorithm ?? ''}/${state ?? ''}`, guard, 1, times)];
  });
}
