import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { invalidOption } from '../options.js';

/** Addresses that are not for the public internet (IANA special-purpose registries). */
const PRIVATE_ADDRESSES = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE_ADDRESSES.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE_ADDRESSES.addSubnet(network, prefix, 'ipv6');

/**
 * Whether the host of a URL is this machine or a private network's, by its address or by a name under `localhost`.
 * Does not resolve names.
 * @param hostname as `URL` gives it: IPv4 in four decimals, IPv6 in brackets.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIPv4(host)) return PRIVATE_ADDRESSES.check(host, 'ipv4');
  if (isIPv6(host)) return PRIVATE_ADDRESSES.check(host, 'ipv6');
  return host === 'localhost' || host.endsWith('.localhost');
}

/** @throws TypeError `config_invalid` naming `path` when the host is private. For the option `publicOnly`. */
export function refusePrivateHost({ hostname }: URL, path: string): void {
  if (isPrivateHost(hostname)) throw invalidOption(path, 'must not be a private address (publicOnly is set)');
}
