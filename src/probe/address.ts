/** One written form for each address, so that two can be compared as text. */
import { isIPv6, SocketAddress } from 'node:net';

/** IPv6 in the one form of RFC 5952; IPv4 as it is. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
