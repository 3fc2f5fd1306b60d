import { isPrivateHost } from '../../src/trust/private-host.js';

const hostOf = (host: string): string => new URL(`https://${host}/`).hostname;

it.each([
  'localhost', 'LOCALHOST', 'localhost.', 'localhost..', 'a.localhost', 'a.b.localhost.', 'localhost.localdomain',
  'localhost6.localdomain6', 'ip6-loopback', 'herald', 'herald.', 'herald.prod.svc.cluster.local', 'printer.local',
  'metadata.google.internal', 'nas.home.arpa', 'census.default.svc', 'router.lan', 'mail.corp', 'nas.home', 'wiki.intranet',
  'db.private', 'expyuzz4wqqyqhjn.onion', 'CORP.',
])('the name %s is private', (host) => {
  expect(isPrivateHost(hostOf(host))).toBe(true);
}); // prettier-ignore

it.each([
  '127.0.0.1', '127.1', '0x7f.1', '0177.0.0.1', '2130706433', '127.0.0.1.', '127.255.255.254', '0.0.0.0', '0.1.2.3',
  '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '100.127.255.255',
  '192.0.0.1', '192.0.0.170', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1',
  '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
])('the IPv4 address %s is private', (host) => {
  expect(isPrivateHost(hostOf(host))).toBe(true);
}); // prettier-ignore

it.each([
  ['loopback', '[::1]'],
  ['unspecified', '[::]'],
  ['compatible with IPv4', '[::127.0.0.1]'],
  ['compatible with IPv4, in hex', '[::7f00:1]'],
  ['mapped to IPv4', '[::ffff:10.0.0.1]'],
  ['mapped to IPv4, in hex', '[::ffff:7f00:1]'],
  ['mapped to a public IPv4, which nobody needs to write so', '[::ffff:8.8.8.8]'],
  ['translated from IPv4', '[::ffff:0:127.0.0.1]'],
  ['of 6to4', '[2002:7f00:1::]'],
  ['of 6to4 for a private network', '[2002:a00:1::1]'],
  ['of NAT64', '[64:ff9b::7f00:1]'],
  ['of NAT64 for a private network', '[64:ff9b::a00:1]'],
  ['of NAT64 in a network of its own', '[64:ff9b:1::7f00:1]'],
  ['of Teredo', '[2001:0:53aa:64c:0:fbff:80ff:fffe]'],
  ['of ORCHID', '[2001:20::1]'],
  ['for benchmarks', '[2001:2::1]'],
  ['for documentation', '[2001:db8::1]'],
  ['for documentation, of 2024', '[3fff:fff::1]'],
  ['of a segment router', '[5f00::1]'],
  ['that discards', '[100::1]'],
  ['of one site', '[fec0::1]'],
  ['of one link', '[fe80::1]'],
  ['unique and local', '[fd00::1]'],
  ['multicast', '[ff02::1]'],
  ['of nobody yet', '[4000::1]'],
])('an IPv6 address %s is private: %s', (_what, host) => {
  expect(isPrivateHost(hostOf(host))).toBe(true);
});

it.each([
  'herald.service', 'localhost.attacker.test', 'notlocalhost.test', 'local.test', 'internal.test', 'arpa.test', 'lan.test', 'corp.com', 'svc.example', 'home.pl', 'private.io', 'atlan.de',
  '8.8.8.8', '9.255.255.255', '11.0.0.0', '172.15.0.1', '172.32.0.1', '100.63.0.1', '100.128.0.1', '192.169.0.1',
  '192.0.1.1', '198.17.0.1', '198.20.0.1', '223.255.255.255', '[2606:4700:4700::1111]', '[2001:4860:4860::8888]',
  '[2003::1]', '[3ffe::1]', '10.0.0.1.attacker.test',
])('%s is not', (host) => {
  expect(isPrivateHost(hostOf(host))).toBe(false);
}); // prettier-ignore
