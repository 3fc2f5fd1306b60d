/** What the samples of a row are. */
export type Unit = 'requests/s' | 'operations/s' | 'µs' | 'µs CPU' | 'ms' | 'MB';

/** One row of the benchmark with what was measured in each round. */
export interface Measurement {
  /** Parts from the general to the special, such as `http/express/rs256/seen/jose` or `micro/mint-es256/raw`. */
  readonly row: string;
  readonly unit: Unit;
  readonly samples: readonly number[];
}

/** What a run was measured on and with. */
export interface Machine {
  readonly node: string;
  readonly openssl: string;
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly pinned: boolean;
  /** Whether the cores were kept from going to sleep. */
  readonly awake: boolean;
  readonly load: string;
}

/** A whole run, as it is kept in `bench/results/`. */
export interface Results {
  readonly startedAt: string;
  readonly durationSeconds: number;
  readonly quick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  /** Exact versions of what was compared. */
  readonly versions: Readonly<Record<string, string>>;
  readonly measurements: readonly Measurement[];
}

/** Collects samples by row, whichever order they come in. */
export class Samples {
  readonly #byRow = new Map<string, { readonly unit: Unit; readonly samples: number[] }>();

  add(row: string, unit: Unit, sample: number): void {
    const known = this.#byRow.get(row);
    if (known === undefined) this.#byRow.set(row, { unit, samples: [sample] });
    else known.samples.push(sample);
  }

  measurements(): readonly Measurement[] {
    return [...this.#byRow].map(([row, { unit, samples }]) => ({ row, unit, samples }));
  }
}
