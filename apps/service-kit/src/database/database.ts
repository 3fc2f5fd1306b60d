import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import type { OnApplicationShutdown } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as drizzleEmbedded } from 'drizzle-orm/pglite';
import { migrate as migrateEmbedded } from 'drizzle-orm/pglite/migrator';
import { Client, Pool } from 'pg';
import { lockDirectory } from './directory-lock.js';
import { ConfigError } from '../environment.js';
import { errorCode } from '../error-code.js';

/** Where the rows are: a PostgreSQL server, an embedded PGlite in a directory, or in memory for tests. */
export type DatabaseLocation =
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'embedded'; readonly directory: string }
  | { readonly kind: 'memory' };

/** The query builder, the same on PostgreSQL and on PGlite. */
export type Orm = PgDatabase<PgQueryResultHKT>;

export interface Migrations {
  /** The folder of SQL files and `meta/_journal.json`. */
  readonly folder: URL;
  /** The table that remembers what has run; one per service, so that two services may share a database. */
  readonly table: string;
}

/** An open, migrated database; Nest closes it when the application stops. */
export class Database implements OnApplicationShutdown {
  private closed: Promise<void> | undefined;

  constructor(
    readonly orm: Orm,
    private readonly end: () => Promise<void>,
  ) {}

  /** Resolves when the database answers; rejects as any other query does. */
  async ping(): Promise<void> {
    await this.orm.execute(sql`select 1`);
  }

  /** May be called more than once. */
  async close(): Promise<void> {
    await (this.closed ??= this.end());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}

/**
 * Opens the database and brings its schema up to date.
 *
 * @throws ConfigError when the server cannot be reached, or another process uses the directory.
 */
export async function openDatabase(location: DatabaseLocation, migrations: Migrations): Promise<Database> {
  return location.kind === 'postgres'
    ? openPostgres(location.url, migrations)
    : openEmbedded(location, migrations);
}

/** The server ends a statement after the first, and who does not hear from the server gives up after the second. */
const LIMITS = { statement_timeout: 10_000, query_timeout: 12_000 } as const;

async function openPostgres(url: string, migrations: Migrations): Promise<Database> {
  const connection = { connectionString: url, connectionTimeoutMillis: 5_000, keepAlive: true };
  await migrateOnce(new Client(connection), migrations);
  const pool = new Pool({ ...connection, ...LIMITS });
  // An idle connection that the server closes must not end the process; the next query opens another.
  pool.on('error', () => undefined);
  return new Database(drizzlePostgres(pool), () => pool.end());
}

/**
 * Replicas that start together wait for each other: drizzle's migrator takes no lock of its own. Waiting for the lock
 * and a migration may each take longer than a query.
 */
async function migrateOnce(client: Client, migrations: Migrations): Promise<void> {
  // The query that is under way says so, too.
  client.on('error', () => undefined);
  await connect(client);
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [migrations.table]);
    await migratePostgres(drizzlePostgres(client), migratorOptions(migrations));
  } finally {
    // Closing the connection also frees the lock.
    await client.end();
  }
}

async function connect(client: Client): Promise<void> {
  try {
    await client.connect();
  } catch (cause) {
    throw new ConfigError(`DATABASE_URL: cannot connect (${errorCode(cause) ?? 'no answer'})`, { cause });
  }
}

async function openEmbedded(
  location: Exclude<DatabaseLocation, { kind: 'postgres' }>,
  migrations: Migrations,
): Promise<Database> {
  // PGlite itself does not notice a second process, and two of them ruin the files.
  const lock = location.kind === 'embedded' ? lockDirectory(location.directory) : undefined;
  try {
    const engine = await PGlite.create(location.kind === 'embedded' ? location.directory : 'memory://');
    const orm = drizzleEmbedded(engine);
    await migrateEmbedded(orm, migratorOptions(migrations));
    return new Database(orm, async () => {
      await engine.close();
      lock?.release();
    });
  } catch (error) {
    lock?.release();
    throw error;
  }
}

function migratorOptions({ folder, table }: Migrations) {
  return { migrationsFolder: fileURLToPath(folder), migrationsTable: table };
}
