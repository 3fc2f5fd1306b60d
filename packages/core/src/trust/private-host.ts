import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { invalidOption } from '../options.js';

/** IPv4 addresses that are not for the public internet. @see IANA IPv4 Special-Purpose Address Registry (RFC 6890) */
const PRIVATE_IPV4 = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, what is reserved, and broadcast.
  ['224.0.0.0', 3],
] as const)
  PRIVATE_IPV4.addSubnet(network, prefix, 'ipv4');

/** The only IPv6 addresses that are given to anybody. All that hold an IPv4 address are outside, but 6to4 and Teredo. */
const GLOBAL_IPV6 = new BlockList();
GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6');

/** What is special among those. @see IANA IPv6 Special-Purpose Address Registry (RFC 6890) */
const SPECIAL_IPV6 = new BlockList();
for (const [network, prefix] of [
  // Teredo, ORCHID, benchmarks, and other protocols of the IETF.
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4: leads to the IPv4 address that it holds.
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  SPECIAL_IPV6.addSubnet(network, prefix, 'ipv6');

/**
 * Names that stand for this machine, a network of one's own (RFC 6761, 6762 with appendix G, 8375; `internal` by ICANN's board,
 * 2024), a service of the same Kubernetes cluster, or a place that the DNS does not know (RFC 7686).
 */
const PRIVATE_NAME =
  /(^|\.)(localhost|localdomain6?|local|internal|intranet|private|corp|home|lan|home\.arpa|svc|onion)$/;

/**
 * Whether the host of a URL is this machine or a private network's, by its address or by a name that no public server has:
 * one without a dot, or one of a domain for local use.
 * Does not resolve names.
 * @param hostname as `URL` gives it: in small letters, IPv4 in four decimals, IPv6 in brackets.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
  if (isIPv4(host)) return PRIVATE_IPV4.check(host, 'ipv4');
  if (isIPv6(host)) return !GLOBAL_IPV6.check(host, 'ipv6') || SPECIAL_IPV6.check(host, 'ipv6');
  return !host.includes('.') || PRIVATE_NAME.test(host);
}

/** @throws TypeError `config_invalid` naming `path` when the host is private. For the option `publicOnly`. */
export function refusePrivateHost({ hostname }: URL, path: string): void {
  if (isPrivateHost(hostname)) throw invalidOption(path, 'must not be a private address (publicOnly is set)');
}
