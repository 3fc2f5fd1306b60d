import { fastify } from 'fastify';
import { createAuthorizer, createKeyStore, createVerifier } from '@countersign/core';
import { createCountersign } from '@countersign/express';
import { countersign } from '@countersign/fastify';
import { CountersignModule } from '@countersign/nestjs';
import { type Page } from './markdown.js';

/** A table that must show every option of something. */
export interface OptionTable {
  /** Whose options they are. */
  readonly of: string;
  readonly page: string;
  /** The first cell of the table's head, without a link. */
  readonly head: string;
  /** Hands the code these options: it refuses the one that it does not know, and names those that it does. */
  readonly read: (options: never) => unknown;
}

const service = 'https://order.service/';
const trusted = {
  name: 'herald',
  issuer: 'https://herald.service/',
  keys: { jwksUri: 'https://herald.service/' },
};
const authorizer = { service, keyStore: { signer: undefined } as never };

export const OPTION_TABLES: readonly OptionTable[] = [
  {
    of: 'createVerifier',
    page: 'packages/core/README.md',
    head: '`createVerifier`',
    read: (options) => createVerifier(options),
  },
  {
    of: 'createKeyStore',
    page: 'packages/core/README.md',
    head: '`createKeyStore`',
    read: (options) => createKeyStore(options),
  },
  {
    of: 'createAuthorizer',
    page: 'packages/core/README.md',
    head: '`createAuthorizer`',
    read: (options) => createAuthorizer(options),
  },
  {
    of: 'the module',
    page: 'packages/nestjs/README.md',
    head: 'option',
    read: (options) => CountersignModule.forRoot(options),
  },
  {
    of: 'createCountersign of Express',
    page: 'packages/express/README.md',
    head: 'option',
    read: (options) => createCountersign(options),
  },
  {
    of: 'the plugin of Fastify',
    page: 'packages/fastify/README.md',
    head: 'option',
    read: async (options) => {
      await fastify().register(countersign, options);
    },
  },
  {
    of: 'a trust record',
    page: 'docs/trust-records.md',
    head: 'member',
    read: (record) => createVerifier({ service, trust: [record] }),
  },
  {
    of: 'a destination',
    page: 'docs/outbound.md',
    head: 'member',
    read: (destination) => createAuthorizer({ ...authorizer, destinations: [destination] }),
  },
  {
    of: "other services' key sets",
    page: 'docs/keys.md',
    head: 'option',
    read: (jwks) => createVerifier({ service, trust: [trusted], jwks }),
  },
];

/** The names in the first column of the table; of `jwks.timeoutMs` only `jwks`. */
export function documentedOptions(page: Page, head: string): readonly string[] {
  const table = page.tables.find(([row]) => withoutLink(row?.[0] ?? '') === head) ?? [];
  const names = table
    .slice(1)
    .flatMap(([first = '']) => [...first.matchAll(/`(\w+)[^`]*`/g)].map(([, name]) => name ?? ''));
  return [...new Set(names)].sort();
}

/** The names that the code says when it is given one that it does not know. */
export async function knownOptions(read: OptionTable['read']): Promise<readonly string[]> {
  const stray = { notAnOption: true } as never;
  const refusal: unknown = await Promise.resolve()
    .then(() => read(stray))
    .catch((error: unknown) => error);
  const message = refusal instanceof Error ? refusal.message : '';
  const names = /notAnOption is not an option; the options are (.+)$/.exec(message)?.[1];
  if (names === undefined) throw new Error('an option that nobody knows was not refused');
  return names.split(', ').sort();
}

function withoutLink(cell: string): string {
  return /^\[(.+)\]\(.+\)$/.exec(cell)?.[1] ?? cell;
}
