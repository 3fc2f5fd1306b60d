import { generateKeyPair } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { createKeyStore, type OpenKeyStore } from '@countersign/core';
import { openKeyDirectory } from '@countersign/core/rotation';
import { CountersignModule, KEY_STORE, type CountersignOptions } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, startError, type Application } from '../support/application.js';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import { send } from '../support/http.js';

let herald: TestIssuer;
let root: string;
let directory: string;

useIssuer(HERALD, (issuer) => void (herald = issuer));
const startApplication = useStart();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-own-keys-'));
  directory = join(root, 'keys');
});
afterEach(async () => {
  Reflect.deleteProperty(process.env, 'ORDER_PRIVATE_KEYS');
  await rm(root, { recursive: true });
});

async function createPem(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** What an application publishes, and for how long it may be kept. */
async function published({
  origin,
}: Application): Promise<{ readonly kids: unknown; readonly cache: unknown }> {
  const { json, headers } = await send(origin, { path: '/.well-known/jwks.json' });
  return { kids: (json['keys'] as { kid: string }[]).map(({ kid }) => kid), cache: headers['cache-control'] };
}

describe.each(ADAPTERS)('an application over $name', ({ adapter }) => {
  const start = (keys: NonNullable<CountersignOptions['keys']>): Promise<Application> =>
    startApplication({ adapter, options: { service: SERVICE, trust: [herald.trustRecord()], keys } });

  const storeOf = ({ nest }: Application): OpenKeyStore => nest.get(KEY_STORE);

  it('publishes a key that is prepared while it runs, and lets it be kept as long as a rotation waits', async () => {
    const census = await start({ directory, overlap: { verifierCacheSeconds: 900 } });
    const before = await published(census);
    const { changed, next } = await openKeyDirectory({ directory }).prepare();
    await storeOf(census).reload();
    const after = await published(census);
    expect(after.kids).toEqual([...(before.kids as string[]), changed[0]?.keyId]);
    expect(after.cache).toBe('public, max-age=900');
    expect(next.notBefore - Date.now() / 1000).toBeGreaterThan(900);
  });

  it('looks at the directory by itself', async () => {
    const census = await start({ directory, rereadSeconds: 0.1 });
    const { keyId } = storeOf(census).signer();
    await openKeyDirectory({ directory }).revoke({ keyId });
    while (JSON.stringify(await published(census)).includes(keyId));
    expect(storeOf(census).signer().keyId).not.toBe(keyId);
  });

  it('says in one line of its log that it made a key in an empty directory, and which', async () => {
    const logged: unknown[] = [];
    const silent = { warn: () => undefined, error: () => undefined };
    const log = (message: unknown, context: unknown): void => {
      if (context === 'Countersign') logged.push(message);
    };
    const startOnce = async (): Promise<string> => {
      const module = CountersignModule.forRoot({ service: SERVICE, trust: [], keys: { directory } });
      const nest = await NestFactory.create(module, adapter(), { logger: { ...silent, log } });
      const { keyId } = nest.get<OpenKeyStore>(KEY_STORE).signer();
      await nest.close();
      return keyId;
    };
    const keyId = await startOnce();
    const line = `made a first key in ${directory}, which was empty: ${keyId}, for ES256`;
    expect(logged).toEqual([line]);
    await startOnce();
    expect(logged).toEqual([line]);
  });

  it('signs with the keys of an environment variable, and publishes them', async () => {
    const pem = await createPem();
    process.env['ORDER_PRIVATE_KEYS'] = pem.replaceAll('\n', '\\n');
    const census = await start({ environment: 'ORDER_PRIVATE_KEYS' });
    const handedOver = await createKeyStore({ privateKeys: [pem] });
    expect(storeOf(census).signer().keyId).toBe(handedOver.signer().keyId);
    expect((await published(census)).kids).toEqual([handedOver.signer().keyId]);
  });

  it('does not start where the variable is not set, and names it', async () => {
    const error = await startError(() => start({ environment: 'ORDER_PRIVATE_KEYS' }));
    expect(error).toMatchObject({ name: 'TypeError', code: 'config_invalid' });
    expect(error.message).toBe('keys.environment: ORDER_PRIVATE_KEYS is not set');
  });

  it('says in its log that a directory is damaged, and goes on with its keys', async () => {
    const census = await start({ directory });
    const warnings: unknown[] = [];
    const silent = { log: () => undefined, error: () => undefined };
    census.nest.useLogger({ ...silent, warn: (message: unknown) => void warnings.push(message) });
    const before = await published(census);
    const file = join(directory, `key-${storeOf(census).signer().keyId}.jwk.json`);
    await writeFile(file, '{');
    await storeOf(census).reload();
    expect(await published(census)).toEqual(before);
    expect(warnings).toEqual([expect.stringContaining(`${file} must hold one private key`)]);
  });

  it('does not follow the directory any more once it is closed', async () => {
    const census = await start({ directory, rereadSeconds: 0.1 });
    const store = storeOf(census);
    const { keyId } = store.signer();
    await census.close();
    const other = await createKeyStore({ directory, rereadSeconds: 0.1 });
    await openKeyDirectory({ directory }).revoke({ keyId });
    while (other.signer().keyId === keyId) await new Promise(setImmediate);
    await other.close();
    expect(store.signer().keyId).toBe(keyId);
  });

  it('leaves a key store open that it was handed', async () => {
    let closed = 0;
    const { keyStore } = herald;
    const keys = {
      signer: () => keyStore.signer(),
      publicKeys: () => keyStore.publicKeys(),
      close: async () => void (closed += 1),
    };
    const census = await start(keys);
    expect((await published(census)).cache).toBe('public, max-age=300');
    await census.close();
    expect(closed).toBe(0);
  });

  it('does not start with a key that others may read', async () => {
    const census = await start({ directory });
    const file = join(directory, `key-${storeOf(census).signer().keyId}.jwk.json`);
    await census.close();
    await chmod(file, 0o644);
    const error = await startError(() => start({ directory }));
    expect(error).toMatchObject({ code: 'config_invalid' });
    expect(error.message).toContain(`chmod g-w,o-rwx ${file}`);
  });
});
