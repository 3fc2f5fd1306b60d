import { isIPv4, isIPv6 } from 'node:net';

/** Of an IPv6 address, so many groups of 16 bits name the network that one subscriber has at least (RFC 6177). */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/**
 * The network that a client is counted by: an IPv4 address, or the first 64 bits of an IPv6 address, in which a client may
 * choose its addresses as it likes. What is no address, such as that of a socket in the file system, counts as none.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return '';
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [start = '', end] = address.split('::');
  const [first, last] = [groupsOf(start), groupsOf(end ?? '')];
  const left = Math.max(0, GROUPS - first.length - last.length);
  const groups = [...first, ...Array.from({ length: left }, () => 0), ...last];
  return groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.toString(16))
    .join(':');
}

/** An IPv4 address at the end is two groups, and a zone behind them none: neither is looked at. */
function groupsOf(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => (group.includes('.') ? [0, 0] : [Number.parseInt(group, 16)]));
}
