import { type KeyOverlap } from '@countersign/core/rotation';
import { type Command, InvalidArgumentError } from 'commander';

/** How long keys must overlap, as it is typed. */
export type OverlapOptions = Partial<KeyOverlap>;

/** Lets a command that may make a key say how long keys must overlap; the directory remembers it. */
export function addOverlapOptions(command: Command): Command {
  return command
    .option(
      '--verifier-cache-seconds <seconds>',
      'how long other services keep your public keys: max-age of your Cache-Control',
      wholeSeconds,
    )
    .option('--longest-token-seconds <seconds>', 'the longest life of a token that you sign', wholeSeconds);
}

/** The overlap among the options that were typed; what was not typed is left out. */
export function overlapOf({ verifierCacheSeconds, longestTokenSeconds }: OverlapOptions): OverlapOptions {
  return {
    ...(verifierCacheSeconds !== undefined && { verifierCacheSeconds }),
    ...(longestTokenSeconds !== undefined && { longestTokenSeconds }),
  };
}

function wholeSeconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be whole seconds, such as 300.');
  return Number(text);
}
