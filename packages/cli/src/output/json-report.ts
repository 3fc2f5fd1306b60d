import {
  type KeyOverlap,
  type KeyProblem,
  type KeyRecord,
  type KeyState,
  type KeyStep,
} from '@countersign/core/rotation';
import { roundedUpIsoTime } from './iso-time.js';
import { type Outcome, type Report } from './report.js';

/**
 * What `--json` prints: the same members for every command, null where there is nothing to say, times in ISO 8601. Members
 * may be added; none is renamed or changes its meaning.
 */
export interface JsonReport {
  readonly command: string;
  readonly outcome: Outcome;
  readonly directory: string;
  readonly at: string;
  readonly message: string;
  readonly changed: readonly {
    readonly kid: string;
    readonly from: KeyState | null;
    readonly to: KeyState;
  }[];
  readonly keys: readonly JsonKey[] | null;
  readonly overlap: KeyOverlap | null;
  readonly next: JsonStep | null;
  readonly refusal: JsonRefusal | null;
  readonly problems: readonly KeyProblem[];
}

interface JsonKey {
  readonly kid: string;
  readonly alg: string;
  readonly state: KeyState;
  readonly file: string;
  readonly preparedAt: string;
  readonly activatedAt: string | null;
  readonly retiringAt: string | null;
  readonly goneAt: string | null;
  readonly reason: string | null;
}

interface JsonStep {
  readonly action: KeyStep['action'];
  readonly kid: string | null;
  readonly notBefore: string;
  readonly command: string;
}

interface JsonRefusal {
  readonly code: string;
  readonly notBefore: string | null;
  readonly command: string | null;
  readonly forceCommand: string | null;
  readonly wouldBreak: string | null;
}

/** A report for programs. */
export function jsonReport(report: Report): JsonReport {
  const { state, next, refusal } = report;
  return {
    command: report.command,
    outcome: report.outcome,
    directory: report.directory,
    at: roundedUpIsoTime(report.at),
    message: report.sentences.join(' '),
    changed: report.changed.map(({ keyId, from, to }) => ({ kid: keyId, from: from ?? null, to })),
    keys: state?.keys.map(jsonKey) ?? null,
    overlap: state?.overlap ?? null,
    next:
      next === undefined
        ? null
        : {
            action: next.action,
            kid: next.keyId ?? null,
            notBefore: roundedUpIsoTime(next.notBefore),
            command: next.command,
          },
    refusal:
      refusal === undefined
        ? null
        : {
            code: refusal.code,
            notBefore: isoTimeOrNull(refusal.notBefore),
            command: refusal.command ?? null,
            forceCommand: refusal.forceCommand ?? null,
            wouldBreak: refusal.wouldBreak ?? null,
          },
    problems: report.problems.map(({ severity, path, problem }) => ({ severity, path, problem })),
  };
}

function jsonKey(key: KeyRecord): JsonKey {
  return {
    kid: key.keyId,
    alg: key.algorithm,
    state: key.state,
    file: key.file,
    preparedAt: roundedUpIsoTime(key.preparedAt),
    activatedAt: isoTimeOrNull(key.activatedAt),
    retiringAt: isoTimeOrNull(key.retiringAt),
    goneAt: isoTimeOrNull(key.goneAt),
    reason: key.reason ?? null,
  };
}

function isoTimeOrNull(epochSeconds: number | undefined): string | null {
  return epochSeconds === undefined ? null : roundedUpIsoTime(epochSeconds);
}
