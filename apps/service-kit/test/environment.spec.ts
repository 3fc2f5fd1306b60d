import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  commonVariables,
  ConfigError,
  type Environment,
  readEnvironment,
  toServiceConfig,
} from '../src/index.js';

const variables = commonVariables('census', { port: 4001, serviceUrl: 'https://census.service/' });

describe('The environment of a service', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'service-kit-'));
    writeFileSync(join(folder, 'trust.json'), '[]');
    writeFileSync(join(folder, 'object.json'), '{}');
    writeFileSync(join(folder, 'broken.json'), '[');
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function read(environment: Environment) {
    const files = { trust: new URL(`file://${folder}/trust.json`) };
    return toServiceConfig(readEnvironment(variables, environment), files);
  }

  it('may be empty: everything has a default', () => {
    expect(read({})).toEqual({
      port: 4001,
      host: '127.0.0.1',
      serviceUrl: 'https://census.service/',
      trust: [],
      destinations: [],
      keys: { directory: join('.data', 'census', 'keys') },
      database: { kind: 'embedded', directory: join('.data', 'census', 'database') },
      hasDevelopmentPage: false,
      logFormat: 'text',
    });
  });

  it('counts an empty variable as one that is not set', () => {
    expect(read({ PORT: '', DATABASE_URL: '', REDIS_URL: '' })).toEqual(read({}));
  });

  it('lets the service rotate its own keys', () => {
    const { keys } = read({ KEYS_DIR: '/keys', KEYS_ROTATE_EVERY_SECONDS: '86400' });
    expect(keys).toEqual({ directory: '/keys', rotateEverySeconds: 86_400 });
  });

  it('chooses PostgreSQL by DATABASE_URL', () => {
    const url = 'postgres://census@db.example/census';
    expect(read({ DATABASE_URL: url }).database).toEqual({ kind: 'postgres', url });
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '0x10'],
    ['PORT', '80.5'],
    ['SERVICE_URL', 'census'],
    ['SERVICE_URL', 'https://census.service'],
    ['SERVICE_URL', 'https://census.service/?a'],
    ['SERVICE_URL', 'https://me@census.service/'],
    ['SERVICE_URL', 'ftp://census.service/'],
    ['DATABASE_URL', 'mysql://root:secret@db.example/census'],
    ['REDIS_URL', 'redis://:secret@127.0.0.1:6379'],
    ['KEYS_ROTATE_EVERY_SECONDS', '30d'],
    ['LOG_FORMAT', 'xml'],
    ['DECISIONS_URL', 'http://10.0.0.1/development/decisions'],
    ['TRUST_FILE', '/nowhere/trust.json'],
  ])('is refused with one line that names %s when it is %j', (name, value) => {
    const line = messageOf(() => read({ [name]: value }));
    expect(line).toMatch(new RegExp(`^${name}: .+$`));
    expect(line).not.toContain('secret');
  });

  it('sends decisions elsewhere during development only', () => {
    const url = 'http://127.0.0.1:4000/development/decisions';
    expect(read({ DECISIONS_URL: url }).decisionsUrl).toBe(url);
    const production = { DECISIONS_URL: url, NODE_ENV: 'production' };
    expect(messageOf(() => read(production))).toMatch(/^DECISIONS_URL: /);
  });

  it('is refused when a file is not JSON, or not an array', () => {
    expect(messageOf(() => read({ TRUST_FILE: join(folder, 'broken.json') }))).toMatch(
      /^TRUST_FILE: .+ is not JSON$/,
    );
    expect(messageOf(() => read({ DESTINATIONS_FILE: join(folder, 'object.json') }))).toMatch(
      /^DESTINATIONS_FILE: .+ must hold a JSON array of objects$/,
    );
  });
});

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}
