import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createFixedClock } from '../../../src/clock.js';
import { CountersignError } from '../../../src/errors.js';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';
import {
  createAuthorizer,
  type Authorizer,
  type AuthorizerOptions,
} from '../../../src/outbound/authorizer.js';
import { codeOf } from '../../support/scene.js';
import { outboundCall } from '../../support/service.js';
import { createSigningKey } from '../../support/signing-key.js';

const keyStore = await createKeyStore({ privateKeys: [(await createSigningKey()).privateJwk] });
const SECRET = 'the-key-that-nobody-may-see';
const clock = createFixedClock(1_767_225_600);
const maps = { name: 'maps', url: 'https://maps.example/v1/', onBehalfOf: 'service' };
const call = outboundCall('https://maps.example/v1/tiles', 'POST', '{}');
const inHeader = { header: 'X-Api-Key', value: SECRET };

/** An authorizer from what a file might hold; the types would not let most of it through. */
function authorizerOf(authorize: unknown, changes: object = {}): Authorizer {
  const options: object = {
    service: 'https://herald.service/',
    keyStore,
    clock,
    destinations: [{ ...maps, authorize, ...changes }],
  };
  return createAuthorizer(options as AuthorizerOptions);
}

function thrownBy(start: () => unknown): unknown {
  try {
    return start();
  } catch (error) {
    return error;
  }
}

describe('a static credential', () => {
  it.each([
    ['X-Api-Key', SECRET],
    ['Authorization', `ApiKey ${SECRET}`],
    ['Authorization', 'Basic dTpw'],
    ['Authorization', 'Bearer access-token-of-a-person'],
    ["x!#$%&'*+.^_`|~-", '!'],
    ['X-Api-Key', 'a'.repeat(8192)],
  ])('goes out in %s as it stands in the record', async (header, value) => {
    const authorized = await authorizerOf({ header, value }).authorize(call, undefined);
    expect(authorized.headers).toEqual([{ name: header, value }]);
    expect(authorized.issued).toBeUndefined();
    expect(authorized.destination).toMatchObject({ name: 'maps', authorize: 'staticCredential' });
  });

  it('goes nowhere else', async () => {
    const lenient = createAuthorizer({
      service: 'https://herald.service/',
      keyStore,
      destinations: [{ ...maps, onBehalfOf: 'service', authorize: inHeader }],
      undeclared: 'send-without-token',
    });
    for (const url of [
      'https://maps.example/',
      'https://maps.example/v1x/',
      'https://maps.example:444/v1/',
      'http://maps.example/v1/',
      'https://maps.example.attacker.test/v1/',
    ])
      expect(await lenient.authorize(outboundCall(url), undefined)).toMatchObject({ headers: [] });
    for (const url of ['https://maps.example/v1/..%2Fx', 'https://maps.example//v1/'])
      expect(await codeOf(lenient.authorize(outboundCall(url), undefined))).toBe('destination_unknown');
  });

  it('names no user: a call for one is refused, and so are scopes', async () => {
    const authorizer = authorizerOf(inHeader);
    expect(await codeOf(authorizer.authorize(call, undefined, { onBehalfOf: 'user' }))).toBe(
      'config_invalid',
    );
    expect(await codeOf(authorizer.authorize(call, undefined, { scopes: ['a'] }))).toBe('config_invalid');
    expect((await authorizer.authorize(call, undefined, { onBehalfOf: 'service' })).headers).toHaveLength(1);
  });

  it('is not left aside after a 401: there is no other one', async () => {
    const authorizer = authorizerOf(inHeader);
    const authorized = await authorizer.authorize(call, undefined);
    expect(authorizer.tokenRefused(authorized)).toBe(false);
  });

  it('cannot be seen where its destination is printed', () => {
    for (const authorize of [inHeader, { header: 'Authorization', value: `ApiKey ${SECRET}` }]) {
      const destination = authorizerOf(authorize).destinationOf(call.url);
      const printed = inspect(destination, { depth: 9, showHidden: true }) + JSON.stringify(destination);
      expect(printed).toContain(authorize.header);
      expect(printed).not.toContain(SECRET);
    }
  });
});

describe('the process does not come up with a static credential that', () => {
  it.each<readonly [string, unknown, string]>([
    ['has no header', { value: SECRET }, 'authorize.header must be a non-empty string'],
    ['has no value', { header: 'X-Api-Key' }, 'authorize must have either value or valueFile'],
    ['has two values', { ...inHeader, valueFile: '/x' }, 'authorize must have either value or valueFile'],
    [
      'has a misspelt member',
      { ...inHeader, vaule: 'x' },
      'authorize.vaule is not an option; the options are',
    ],
    ['is a list', [inHeader], 'authorize must be an object'],
    ['has an empty value', { header: 'X-Api-Key', value: '' }, 'authorize.value must be a non-empty string'],
    [
      'has an empty file name',
      { header: 'X-Api-Key', valueFile: '' },
      'authorize.valueFile must be a non-empty',
    ],
    [
      'has a number as its value',
      { header: 'X-Api-Key', value: 4711 },
      'authorize.value must be a non-empty',
    ],
    ...['a\r\nX-Other: b', 'a\nb', 'a\0b', 'a\x7fb', 'ä', 'a\tb', ' a', 'a ', 'a'.repeat(8193)].map(
      (value) =>
        [
          `has a value with characters that no header has: ${JSON.stringify(value.slice(0, 20))}`,
          { header: 'X-Api-Key', value },
          'authorize.value must be at most 8192 printable ASCII characters',
        ] as const,
    ),
    ...['X Api', 'X-Api:', 'X\r\nY', 'Ä', 'a,b', '(a)', ':authority', '"a"'].map(
      (header) =>
        [
          `has a name that no header has: ${JSON.stringify(header)}`,
          { header, value: SECRET },
          'authorize.header must be the name of one header',
        ] as const,
    ),
    ...[
      'Host', 'content-length', 'Transfer-Encoding', 'Connection', 'Expect', 'TE', 'Upgrade', 'Proxy-Authorization',
      'Cookie', 'Content-Type', 'JWT', 'Delegation-Proof', 'Countersign-Timeout-Ms',
    ].map(
      (header) =>
        [
          `has a header that says something else: ${header}`,
          { header, value: SECRET },
          'authorize.header must not be a header that frames or describes the message, nor one of Countersign',
        ] as const,
    ), // prettier-ignore
  ])('%s', (_what, authorize, problem) => {
    const error = thrownBy(() => authorizerOf(authorize));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message: expect.stringContaining(`destinations[0].${problem}`) as string });
    expect(inspect(error)).not.toContain(SECRET);
    expect(inspect(error)).not.toContain('X-Other');
  });

  it.each([
    ['onBehalfOf', 'user', 'must be service for staticCredential'],
    ['onBehalfOf', undefined, 'must be one of user, service'],
    ['header', 'JWT', 'is not for a static credential'],
    ['scopes', ['a'], 'is not for a static credential'],
    ['bodyBinding', 'off', 'is not for a static credential'],
    ['delegationProof', false, 'is not for a static credential'],
    ['authorizationServer', {}, 'is not for authorize: "staticCredential"'],
  ])('stands beside %s %j', (member, value, problem) => {
    expect(() => authorizerOf(inHeader, { [member]: value })).toThrow(`destinations[0].${member} ${problem}`);
  });

  it('is said by the name of its kind alone', () => {
    expect(() => authorizerOf('staticCredential')).toThrow('destinations[0].authorize must be one of none,');
  });
});

describe('a static credential in a file', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'countersign-credential-'));
    file = join(directory, 'key');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const fromFile = (valueFile: string) => {
    const authorizer = authorizerOf({ header: 'X-Api-Key', valueFile });
    return async () => (await authorizer.authorize(call, undefined)).headers[0]?.value;
  };

  it.each(['', '\n', '\r\n'])('is read without the line break at its end: %j', async (end) => {
    await writeFile(file, SECRET + end);
    expect(await fromFile(file)()).toBe(SECRET);
  });

  it('is another one soon after the file is', async () => {
    await writeFile(file, 'first');
    const value = fromFile(file);
    expect(await value()).toBe('first');
    await writeFile(file, 'other');
    clock.advance(0.5);
    expect(await value()).toBe('first');
    clock.advance(0.5);
    expect(await value()).toBe('other');
    await rm(file);
    clock.advance(1);
    expect(await codeOf(value())).toBe('token_unavailable');
  });

  it('is found where the directory of the file is put in its place, as Kubernetes does', async () => {
    for (const version of ['one', 'two']) {
      await mkdir(join(directory, version));
      await writeFile(join(directory, version, 'key'), version);
    }
    await symlink('one', join(directory, '..data'));
    await symlink('..data/key', file);
    const value = fromFile(file);
    expect(await value()).toBe('one');
    await symlink('two', join(directory, 'new'));
    await rename(join(directory, 'new'), join(directory, '..data'));
    clock.advance(1);
    expect(await value()).toBe('two');
  });

  it('that is unavailable fails each call until it is available again', async () => {
    const value = fromFile(file);
    expect(await codeOf(value())).toBe('token_unavailable');
    expect(await codeOf(value())).toBe('token_unavailable');
    await writeFile(file, SECRET);
    expect(await value()).toBe(SECRET);
  });

  it('is the same for calls that come together', async () => {
    await writeFile(file, SECRET);
    const value = fromFile(file);
    expect(await Promise.all(Array.from({ length: 50 }, value))).toEqual(Array(50).fill(SECRET));
  });

  it.each<readonly [string, (path: string) => unknown]>([
    ['nothing', (path) => writeFile(path, '')],
    ['a line break', (path) => writeFile(path, '\n')],
    ['two lines', (path) => writeFile(path, `${SECRET}\n${SECRET}\n`)],
    ['a header behind it', (path) => writeFile(path, `${SECRET}\r\nX-Other: b\r\n`)],
    ['octets of no text', (path) => writeFile(path, Buffer.from([0xff, 0xfe, 0]))],
    ['more than it may', (path) => writeFile(path, 'a'.repeat(8193))],
    ['far more than it may', (path) => writeFile(path, Buffer.alloc(5_000_000, 'a'))],
    ['a directory', (path) => mkdir(path)],
    ['a pipe, into which nobody writes', (path) => execFileSync('mkfifo', [path])],
    ['a device that never ends', (path) => symlink('/dev/zero', path)],
    ['a link to itself', (path) => symlink(path, path)],
    ['nothing, since its directory is a file', (path) => writeFile(path.replace(/\/key$/, '/x'), '')],
  ])('is not there when the file holds %s', async (what, prepare) => {
    await prepare(file);
    const path = what.startsWith('nothing, since') ? join(directory, 'x', 'key') : file;
    const thrown: unknown = await fromFile(path)().catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'token_unavailable', retryAfterSeconds: 1 });
    expect(thrown).toBeInstanceOf(CountersignError);
    expect(inspect(thrown)).not.toContain(SECRET);
    expect(thrown).toMatchObject({ message: expect.stringContaining(path) as string });
  });
});
