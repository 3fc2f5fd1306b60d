import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/config.js';

describe("Herald's environment", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'herald-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function destinations(...records: readonly object[]): string {
    const file = join(folder, 'destinations.json');
    writeFileSync(file, JSON.stringify(records));
    return file;
  }

  it('may be empty: herald trusts the gateway, asks census on this machine, and keeps mails to itself', () => {
    expect(readConfig({})).toMatchObject({
      port: 4002,
      serviceUrl: 'https://herald.service/',
      trust: [{ name: 'gateway' }],
      census: { url: 'http://127.0.0.1:4001/', audience: 'https://census.service/' },
      mail: { smtpUrl: undefined, leaseSeconds: 60 },
    });
  });

  it('names a mail server', () => {
    const smtpUrl = 'smtps://me:secret@mail.example';
    expect(readConfig({ SMTP_URL: smtpUrl, MAIL_FROM: 'hello@shop.example' }).mail).toMatchObject({
      smtpUrl,
      from: 'hello@shop.example',
    });
  });

  it("takes census's address for its audience when none is declared", () => {
    const file = destinations({ name: 'census', url: 'https://census.example' });
    expect(readConfig({ DESTINATIONS_FILE: file }).census).toEqual({
      url: 'https://census.example/',
      audience: 'https://census.example/',
    });
  });

  it.each([
    ['SMTP_URL', 'http://me:secret@mail.example'],
    ['SMTP_URL', 'smtp://'],
    ['MAIL_FROM', 'Herald'],
    ['MAIL_LEASE_SECONDS', '0'],
  ])('is refused with one line that names %s when it is %j', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}: (?!.*secret)[^\\n]+$`));
  });

  it.each([
    [[]],
    [[{ name: 'census' }]],
    [[{ name: 'census', url: 'x' }]],
    [[{ name: 'other', url: 'https://a.b/' }]],
  ])('is refused when the destinations are %j, without census', (records) => {
    expect(() => readConfig({ DESTINATIONS_FILE: destinations(...records) })).toThrow(
      /^DESTINATIONS_FILE: .*"census"/,
    );
  });
});
