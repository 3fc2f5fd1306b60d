import { CountersignError } from '@countersign/core';

/** How a handler says who may call it. `public` is the control: whoever cannot reach that one proves nothing. */
export type Variant = 'method' | 'class' | 'none' | 'public' | 'throws';

/** What no answer may show. */
export const REASON = 'only the operator may read this';

const counts = new Map<string, number>();
let wake: () => void = () => undefined;

/** Called by every handler when it runs. Those of the variant `throws` go no further. */
export function reach(variant: Variant, kind: string): void {
  const name = `${variant}.${kind}`;
  counts.set(name, (counts.get(name) ?? 0) + 1);
  wake();
  if (variant === 'throws') throw new CountersignError('token_unavailable', REASON);
}

/** How often each handler ran since this was called before. */
export function takeReached(): Readonly<Record<string, number>> {
  const taken = Object.fromEntries(counts);
  counts.clear();
  return taken;
}

/** Waits until these handlers have run, which nobody answers for. */
export async function untilReached(...names: readonly string[]): Promise<void> {
  while (!names.every((name) => counts.has(name))) await new Promise<void>((resolve) => (wake = resolve));
}
