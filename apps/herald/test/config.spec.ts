import { readConfig } from '../src/config.js';

describe("Herald's environment", () => {
  it('may be empty: herald trusts the gateway, asks census on this machine, and keeps mails to itself', () => {
    expect(readConfig({})).toMatchObject({
      port: 4002,
      serviceUrl: 'https://herald.service/',
      trust: [{ name: 'gateway' }],
      destinations: [{ name: 'census', url: 'http://127.0.0.1:4001/', audience: 'https://census.service/' }],
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

  it.each([
    ['SMTP_URL', 'http://me:secret@mail.example'],
    ['SMTP_URL', 'smtp://'],
    ['MAIL_FROM', 'Herald'],
    ['MAIL_LEASE_SECONDS', '0'],
  ])('is refused with one line that names %s when it is %j', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}: (?!.*secret)[^\\n]+$`));
  });
});
