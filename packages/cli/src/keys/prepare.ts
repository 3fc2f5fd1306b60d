import { type SigningAlgorithm } from '@countersign/core';
import { type KeyDirectory } from '@countersign/core/rotation';
import { type Command, Option } from 'commander';
import { carryOut, defineCommand, type Deliver } from './keys-command.js';
import { shortKid } from './key-name.js';
import { addOverlapOptions, overlapOf, type OverlapOptions } from './overlap-options.js';
import { type Findings, type KeysOptions } from './task.js';

const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'];

type Options = KeysOptions & OverlapOptions & { readonly alg?: SigningAlgorithm };

/** `countersign keys prepare`: makes a key and publishes it. */
export function addPrepare(keys: Command, deliver: Deliver): void {
  const summary = 'make a key and publish it; it does not sign yet, unless it is the first one';
  const command = defineCommand(keys, 'prepare', summary, 'prepare --dir .data/keys --alg ES256');
  addOverlapOptions(command)
    .addOption(
      new Option(
        '--alg <name>',
        'algorithm of the new key (default: that of the active key, or ES256)',
      ).choices(ALGORITHMS),
    )
    .action(async (options: Options) => {
      const overlap = overlapOf(options);
      const run = (directory: KeyDirectory): Promise<Findings> => prepare(directory, options.alg);
      deliver(await carryOut({ name: 'prepare', options, overlap, run }, command), options);
    });
}

async function prepare(directory: KeyDirectory, algorithm?: SigningAlgorithm): Promise<Findings> {
  const state = await directory.prepare(algorithm === undefined ? {} : { algorithm });
  const { changed, keys, overlap } = state;
  const made = keys.find(({ keyId }) => changed.some((change) => change.keyId === keyId));
  if (made === undefined) {
    const pending = keys.find((key) => key.state === 'pending');
    const sentence = `Nothing was made: ${shortKid(pending?.keyId ?? '')} is pending already.`;
    return { outcome: 'nothing_due', sentences: [sentence], state };
  }
  const name = `${shortKid(made.keyId)} (${made.algorithm})`;
  const sentences =
    made.state === 'active'
      ? [`Made ${name}, the first key of this directory: it is published and signs.`]
      : [
          `Made ${name} and published it. It does not sign yet:`,
          `other services keep your public keys for up to ${String(overlap.verifierCacheSeconds)} s and must see it first.`,
        ];
  return { outcome: 'done', sentences, state, changed };
}
