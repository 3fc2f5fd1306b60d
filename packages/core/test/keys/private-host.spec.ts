import { isPrivateHost } from '../../src/keys/private-host.js';

const hostOf = (host: string): string => new URL(`https://${host}/`).hostname;

it.each([
  'localhost', 'LOCALHOST', 'localhost.', 'a.localhost', '127.0.0.1', '127.1', '0x7f.1', '2130706433', '127.0.0.1.',
  '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0',
  '198.18.0.1', '224.0.0.1', '255.255.255.255',
  '[::1]', '[::]', '[fd00::1]', '[fe80::1]', '[ff02::1]', '[::ffff:10.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::a00:1]',
])('%s is private', (host) => {
  expect(isPrivateHost(hostOf(host))).toBe(true);
}); // prettier-ignore

it.each([
  'herald.service', 'localhost.attacker.test', 'notlocalhost', '8.8.8.8', '172.15.0.1', '172.32.0.1', '100.128.0.1',
  '192.169.0.1', '[2001:db8::1]', '[::ffff:8.8.8.8]', '10.0.0.1.attacker.test',
])('%s is not', (host) => {
  expect(isPrivateHost(hostOf(host))).toBe(false);
}); // prettier-ignore
