import { chmod, chown, readFile, writeFile } from 'node:fs/promises';
import { type RequestListener } from 'node:http';
import { join } from 'node:path';
import { createKeyStore, type PublicJwk } from '@countersign/core';
import { type KeyRecord } from '@countersign/core/rotation';
import { countersign, countersignJson } from '../support/countersign.js';
import { scratchKeys, type ScratchKeys } from '../support/key-directories.js';
import { serve, type Served } from '../support/served.js';

/** Nobody that runs tests. */
const ANOTHER = 54_321;

let scratch: ScratchKeys;
let active: KeyRecord;
let pending: KeyRecord;
let service: Served | undefined;

beforeEach(async () => {
  scratch = await scratchKeys();
  await scratch.ago(1000).keys.prepare();
  const { keys } = await scratch.ago(500).keys.prepare();
  [active, pending] = keys as [KeyRecord, KeyRecord];
});
afterEach(async () => {
  await service?.close();
  service = undefined;
  await scratch.remove();
});

function verify(...words: readonly string[]): readonly string[] {
  return ['keys', 'verify', '--dir', scratch.path, ...words];
}

/** A running service that answers everything like this. */
async function answering(answer: RequestListener): Promise<string> {
  service = await serve(answer);
  return service.url;
}

async function publish(keys: readonly unknown[], cacheControl = 'public, max-age=300'): Promise<string> {
  return answering((_, response) => {
    response.setHeader('content-type', 'application/jwk-set+json');
    response.setHeader('cache-control', cacheControl);
    response.end(JSON.stringify({ keys }));
  });
}

async function publicKeys(): Promise<readonly PublicJwk[]> {
  const store = await createKeyStore({ directory: scratch.path });
  await store.close();
  return store.publicKeys().keys;
}

describe('keys verify', () => {
  it('finds nothing wrong with a directory as the commands make it', async () => {
    const { code, report } = await countersignJson(verify());
    expect({ code, outcome: report.outcome, problems: report.problems }).toEqual({
      code: 0,
      outcome: 'done',
      problems: [],
    });
  });

  it('finds a key file that others may read, and says how to mend it', async () => {
    await chmod(join(scratch.path, active.file), 0o644);
    const { code, stdout, stderr } = await countersign(verify());
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^1 problem found\.\nerror {2}.*\(mode 644\); mend it with: chmod /);
  });

  it('finds a key file of another user, which only root can make', async () => {
    const path = join(scratch.path, active.file);
    const isRoot = process.geteuid?.() === 0;
    await chown(path, ANOTHER, ANOTHER).catch((error: unknown) =>
      expect(error).toMatchObject({ code: isRoot ? 'never' : 'EPERM' }),
    );
    const { code, stderr } = await countersign(verify());
    expect(code).toBe(isRoot ? 1 : 0);
    expect(stderr).toMatch(isRoot ? /belongs to another user \(uid 54321\), .* chown 0 / : /^$/);
  });

  it('takes a key file that others may read when it is told to', async () => {
    await chmod(join(scratch.path, active.file), 0o644);
    expect((await countersign(verify('--allow-others-to-read-keys'))).code).toBe(0);
  });

  it('finds halves that do not belong together', async () => {
    const path = join(scratch.path, active.file);
    const [mine, other] = await Promise.all(
      [active, pending].map(async ({ file }) => JSON.parse(await readFile(join(scratch.path, file), 'utf8'))),
    );
    await writeFile(path, JSON.stringify({ ...mine, d: other.d }));
    const { code, report } = await countersignJson(verify());
    expect(code).toBe(1);
    expect(report.problems).toEqual([
      { severity: 'error', path, problem: expect.stringMatching(/whose public half belongs to it/) },
    ]);
  });

  it('finds a manifest that says what cannot be, and looks at no address then', async () => {
    const path = join(scratch.path, 'manifest-000003.json');
    await writeFile(path, JSON.stringify({ version: 1, keys: [], overlap: {}, extra: 1 }));
    const { code, stderr } = await countersign(verify('--url', 'http://127.0.0.1:1/'));
    expect(code).toBe(1);
    expect(stderr).toContain('extra is not an option');
    expect(stderr).toContain('With these, http://127.0.0.1:1/ was not looked at.');
  });

  it('warns of what does not belong there, and that is no problem', async () => {
    await writeFile(join(scratch.path, 'notes.txt'), '');
    const { code, stdout } = await countersign(verify());
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nwarning {2}.*notes\.txt: /);
  });
});

describe('keys verify --url', () => {
  it('finds nothing wrong with a service that publishes the directory', async () => {
    const url = await publish(await publicKeys());
    const { code, stdout } = await countersign(verify('--url', url));
    expect(code).toBe(0);
    expect(stdout).toContain(`are sound, and ${url} publishes exactly them.`);
  });

  it.each<readonly [string, (keys: readonly PublicJwk[]) => readonly unknown[], RegExp]>([
    ['misses a key', ([first]) => [first], /does not publish/],
    [
      'has a key too many',
      (keys) => [...keys, { ...keys[0], kid: 'x'.repeat(43) }],
      /publishes "xxxxxxxx", which is not/,
    ],
    [
      'changed a member',
      ([first, second]) => [{ ...first, x: second!['x'] }, second],
      /publishes .* with another x/,
    ],
    [
      'gives away a private half',
      ([first, second]) => [{ ...first, d: 'AA' }, second],
      /publishes the private half of/,
    ],
    ['has a kid twice', (keys) => [...keys, keys[0]], /publishes a kid twice/],
    ['has a key without a kid', (keys) => [...keys, { kty: 'EC' }], /publishes a key without a kid/],
    ['has something that is no key', (keys) => [...keys, null], /publishes a key without a kid/],
  ])('finds a service whose set %s', async (_, change, problem) => {
    const url = await publish(change(await publicKeys()));
    const { code, report } = await countersignJson(verify('--url', url));
    expect(code).toBe(1);
    expect(report.problems).toEqual([
      { severity: 'error', path: url, problem: expect.stringMatching(problem) },
    ]);
  });

  it('finds a service that lets others keep the set for longer than the rotation reckons with', async () => {
    const url = await publish(await publicKeys(), 'public, max-age=301');
    const { code, stderr } = await countersign(verify('--url', url));
    expect(code).toBe(1);
    expect(stderr).toContain('say --verifier-cache-seconds 301 when you prepare the next key');
  });

  it.each<readonly [string, RequestListener, string]>([
    ['answers 500', (_, response) => response.writeHead(500).end('oops'), 'answered 500, not 200'],
    ['redirects', (_, response) => response.writeHead(302, { location: '/' }).end(), 'answered 302, not 200'],
    [
      'answers a page',
      (_, response) => response.end('<html>'),
      'did not answer a JWK set: JSON with a "keys" array',
    ],
    [
      'answers another JSON',
      (_, response) => response.end('{"keys":{}}'),
      'did not answer a JWK set: JSON with a "keys" array',
    ],
    [
      'answers too much',
      (_, response) => response.end(' '.repeat(262_145)),
      'answered more than 262144 bytes',
    ],
    ['hangs up', (request) => request.socket.destroy(), 'cannot be reached (UND_ERR_SOCKET)'],
    ['does not answer', () => undefined, 'did not answer within 5 s'],
  ])('finds a service that %s', async (_, answer, problem) => {
    const url = await answering(answer);
    const { code, report } = await countersignJson(verify('--url', url));
    expect(code).toBe(1);
    expect(report.problems).toEqual([{ severity: 'error', path: url, problem }]);
  });

  it('finds that nobody listens there', async () => {
    const url = await answering(() => undefined);
    await service!.close();
    const { report } = await countersignJson(verify('--url', url));
    expect(report.problems).toEqual([
      { severity: 'error', path: url, problem: 'cannot be reached (ECONNREFUSED)' },
    ]);
  });
});
