import { networkOf } from '../../../src/inbound/introspection/client-network.js';

describe('the network of a client', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:0001:02::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1:2:3::', '2001:db8:1:2'],
    ['1:2::7:8', '1:2:0:0'],
    ['::5:6:7:8', '0:0:0:0'],
    ['::4:5:6:7:8', '0:0:0:4'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['64:ff9b::203.0.113.9', '64:ff9b:0:0'],
    ['1:2:3:4:5:6:203.0.113.9', '1:2:3:4'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('is an IPv4 address, or 64 bits of an IPv6 address: %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each([
    undefined,
    '',
    'unknown',
    '_hidden',
    '203.0.113.9:443',
    '[2001:db8::1]',
    '203.0.113.9, 198.51.100.1',
    '1'.repeat(9000),
  ])('is none where there is no address: %s', (address) => {
    expect(networkOf(address)).toBe('');
  });
});
