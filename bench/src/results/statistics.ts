/** The middle of the samples: half of them are below it. */
export function median(samples: readonly number[]): number {
  if (samples.length === 0) throw new RangeError('a median needs at least one sample');
  const sorted = samples.toSorted((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (lower + upper) / 2;
}

/** Half of what lies between the smallest and the largest sample, as a part of the median: 0.03 is "±3 %". */
export function spread(samples: readonly number[]): number {
  return (Math.max(...samples) - Math.min(...samples)) / 2 / median(samples);
}

/**
 * How many times `samples` is as much as `base`: the median of the ratios within each round, so that a machine that
 * slows down between two rounds changes neither. Samples that were not taken in the same rounds are compared by medians.
 */
export function ratio(samples: readonly number[], base: readonly number[]): number {
  if (samples.length !== base.length) return median(samples) / median(base);
  return median(samples.map((sample, round) => sample / (base[round] ?? NaN)));
}
