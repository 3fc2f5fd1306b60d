/** What a figure must be for the drill to pass. */
export type Bound = { readonly exactly: number } | { readonly atMost: number } | { readonly atLeast: number };

/** One figure that a scene measured. */
export interface Figure {
  /** What was measured, with its unit: `failed requests`, `p99, quiet (ms)`. */
  readonly figure: string;
  readonly measured: number;
  /** Absent: it is said so that others can be understood, and cannot fail. */
  readonly wanted?: Bound;
}

/** One line of the table. */
export interface Row extends Figure {
  readonly scene: string;
  readonly ok: boolean;
}

/** The verdict on each figure of a scene. What could not be measured (`NaN`) does not hold. */
export function judge(scene: string, figures: readonly Figure[]): readonly Row[] {
  return figures.map((figure) => ({
    scene,
    ...figure,
    ok: figure.wanted === undefined || holds(figure.measured, figure.wanted),
  }));
}

/** Whether a whole drill passed: every figure holds, and there was one that could fail. */
export function hasPassed(rows: readonly Row[]): boolean {
  return rows.every(({ ok }) => ok) && rows.some(({ wanted }) => wanted !== undefined);
}

/** The exit code of a drill. */
export function exitCodeOf(rows: readonly Row[]): 0 | 1 {
  return hasPassed(rows) ? 0 : 1;
}

function holds(measured: number, wanted: Bound): boolean {
  if (!Number.isFinite(measured)) return false;
  if ('exactly' in wanted) return measured === wanted.exactly;
  // A comparison with `NaN` does not hold either.
  return 'atMost' in wanted ? measured <= wanted.atMost : measured >= wanted.atLeast;
}
