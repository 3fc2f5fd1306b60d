import { createKeyStore, type PublicJwk } from '@countersign/core';
import { type KeyDirectory, type KeyDirectoryState, type KeyProblem } from '@countersign/core/rotation';
import { type Command, InvalidArgumentError } from 'commander';
import { comparePublished } from './compare-published.js';
import { fetchPublished, UnfitAnswer } from './fetch-published.js';
import { carryOut, defineCommand, type Deliver } from './keys-command.js';
import { type Findings, type KeysOptions } from './task.js';

type Options = KeysOptions & { readonly url?: URL };

/** `countersign keys verify`: checks the directory, and what a running service makes of it. */
export function addVerify(keys: Command, deliver: Deliver): void {
  const summary = 'check files, permissions and both halves of every key; with --url also what is published';
  const example = 'verify --dir .data/keys --url https://herald.service/.well-known/jwks.json';
  const command = defineCommand(keys, 'verify', summary, example)
    .option('--url <url>', 'compare with what the running service publishes there', webAddress)
    .action(async (options: Options) => {
      const run = (directory: KeyDirectory): Promise<Findings> => verify(directory, options);
      deliver(await carryOut({ name: 'verify', options, isReadOnly: true, run }, command), options);
    });
}

async function verify(directory: KeyDirectory, options: Options): Promise<Findings> {
  const { dir, url } = options;
  const problems = [...(await directory.check())];
  const state = await directory.read().catch(() => undefined);
  const isComparable = state !== undefined && problems.every(({ severity }) => severity !== 'error');
  if (url !== undefined && isComparable) problems.push(...(await checkPublished(url, options, state)));
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const found = { problems, ...(state !== undefined && { state }) };
  if (errors === 0) {
    const published = url === undefined ? '' : `, and ${url.href} publishes exactly them`;
    return { outcome: 'done', sentences: [`The keys in ${dir} are sound${published}.`], ...found };
  }
  const sentences = [`${String(errors)} ${errors === 1 ? 'problem' : 'problems'} found.`];
  if (url !== undefined && !isComparable) sentences.push(`With these, ${url.href} was not looked at.`);
  return { outcome: 'problems_found', sentences, ...found };
}

async function checkPublished(
  url: URL,
  options: KeysOptions,
  state: KeyDirectoryState,
): Promise<readonly KeyProblem[]> {
  try {
    const published = await fetchPublished(url);
    return comparePublished(published, await publicKeysOf(options, state), state.overlap, url.href);
  } catch (error) {
    if (!(error instanceof UnfitAnswer)) throw error;
    return [{ severity: 'error', path: url.href, problem: error.message }];
  }
}

/** An empty directory stays empty: opening it as a service does would make a key. */
async function publicKeysOf(
  { dir, allowOthersToReadKeys = false }: KeysOptions,
  { keys }: KeyDirectoryState,
): Promise<readonly PublicJwk[]> {
  if (keys.every(({ state }) => state === 'gone')) return [];
  const store = await createKeyStore({ directory: dir, allowOthersToReadKeys });
  const { keys: published } = store.publicKeys();
  await store.close();
  return published;
}

function webAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new InvalidArgumentError('It must be an http or https URL, without user and password.');
  return url;
}
