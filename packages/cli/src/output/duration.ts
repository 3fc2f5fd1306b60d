/** The units of a duration on the command line, largest first, as it is written and as it is printed. */
const UNITS = [
  { letter: 'd', name: 'd', seconds: 86_400 },
  { letter: 'h', name: 'h', seconds: 3_600 },
  { letter: 'm', name: 'min', seconds: 60 },
  { letter: 's', name: 's', seconds: 1 },
] as const;

const LONGEST_SECONDS = 10 * 365 * 86_400;

/** Reads `90s`, `15m`, `12h` or `30d` as seconds. Undefined for anything else, for zero and for more than ten years. */
export function parseDuration(text: string): number | undefined {
  const [, digits = '', letter] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const unit = UNITS.find((candidate) => candidate.letter === letter);
  const seconds = Number(digits) * (unit?.seconds ?? 0);
  return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
}

/** Below this, minutes are too coarse for somebody who waits. */
const IN_SECONDS_BELOW = 120;

/** Seconds as a person says them, in two units at most and rounded up: `45 s`, `4 min`, `5 h 20 min`, `29 d 4 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const first = UNITS.findIndex((unit) => whole >= unit.seconds);
  const large = UNITS[first];
  const small = UNITS[first + 1];
  if (whole < IN_SECONDS_BELOW || large === undefined || small === undefined) return `${String(whole)} s`;
  // Seconds beside minutes are noise.
  if (small.seconds === 1) return `${String(Math.ceil(whole / large.seconds))} ${large.name}`;
  const inSmall = Math.ceil(whole / small.seconds);
  const perLarge = large.seconds / small.seconds;
  const rest = inSmall % perLarge;
  const count = `${String(Math.floor(inSmall / perLarge))} ${large.name}`;
  return rest === 0 ? count : `${count} ${String(rest)} ${small.name}`;
}
