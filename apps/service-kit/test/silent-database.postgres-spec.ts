import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'drizzle-orm';
import { isDatabaseUnavailable } from '../src/database/database-errors.js';
import { type Database, openDatabase } from '../src/database/database.js';
import { createScratchDatabase, type ScratchDatabase } from '../src/testing.js';

/** What stands between us and the server: it takes everything and, when told to, hands nothing on. */
async function startWire(to: URL) {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(Number(to.port || 5432), to.hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) sockets.push(socket.on('error', () => undefined));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    goSilent() {
      for (const socket of sockets) socket.unpipe().resume();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('A database on a server that goes silent', () => {
  let scratch: ScratchDatabase;
  let folder: string;
  let wire: Awaited<ReturnType<typeof startWire>>;
  let database: Database;

  beforeAll(async () => {
    scratch = await createScratchDatabase(process.env['DATABASE_URL'] ?? '');
    folder = mkdtempSync(join(tmpdir(), 'service-kit-'));
    mkdirSync(join(folder, 'meta'));
    writeFileSync(
      join(folder, 'meta/_journal.json'),
      JSON.stringify({ version: '7', dialect: 'postgresql', entries: [] }),
    );
  });

  beforeEach(async () => {
    const url = new URL(scratch.url);
    wire = await startWire(new URL(scratch.url));
    url.port = String(wire.port);
    url.hostname = '127.0.0.1';
    const migrations = { folder: pathToFileURL(folder), table: 'migrations' };
    database = await openDatabase({ kind: 'postgres', url: url.href }, migrations);
  });

  afterEach(async () => {
    await database.close();
    wire.close();
  });

  afterAll(async () => {
    await scratch.drop();
    rmSync(folder, { recursive: true });
  });

  it('says within seconds that it is not available, and can be closed', async () => {
    await database.ping();
    wire.goSilent();
    const error: unknown = await database.ping().catch((reason: unknown) => reason);
    expect(String((error as Error).cause)).toContain('Query read timeout');
    expect(isDatabaseUnavailable(error)).toBe(true);
    await database.close();
  });

  it('has the server end a query that takes too long', async () => {
    const error: unknown = await database.orm
      .execute(sql`select pg_sleep(20)`)
      .then(null, (reason: unknown) => reason);
    expect(error).toMatchObject({ cause: { code: '57014' } });
    expect(isDatabaseUnavailable(error)).toBe(true);
    await database.ping();
  });
});
