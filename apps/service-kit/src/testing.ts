import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** A database of a test's own on a real server. */
export interface ScratchDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Makes an empty database on the server of `serverUrl`, whose user must be allowed to create one. */
export async function createScratchDatabase(serverUrl: string): Promise<ScratchDatabase> {
  const name = `countersign_test_${randomUUID().replaceAll('-', '')}`;
  await runOn(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => runOn(serverUrl, `drop database ${name} with (force)`) };
}

async function runOn(serverUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
