/**
 * Addresses, `host:port` pairs and host names, brought to one spelling so that two ways of writing one address
 * compare equal. Parsing is left to Node's own `net` and `URL`; here is only what a config may not say.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Family } from '../model/sample.ts';

export interface HostPort {
  /** As it is shown: `9.9.9.9:53`, `[2620:fe::fe]:53`. */
  readonly name: string;
  /** An IP address, or a host name where one is legal. */
  readonly host: string;
  readonly port: number;
  /** null for a host name. */
  readonly family: Family | null;
}

/**
 * @param family the family that is asked for, or null when either will do
 * @returns the canonical spelling
 * @throws Error with what is wrong, fit to follow a path
 */
export function parseAddress(text: string, family: Family | null): { address: string; family: Family } {
  if (isIPv4(text)) {
    if (family === 'v6') throw new Error('is an IPv4 address: it belongs under ipv4');
    const first = Number(text.split('.')[0]);
    if (first === 0 || first >= 224) throw new Error('is not the address of one machine');
    return { address: text, family: 'v4' };
  }
  if (isIPv6(text)) {
    if (text.includes('%'))
      throw new Error('has a zone (%…): give an address that is reachable from anywhere');
    const address = new URL(`http://[${text}]/`).hostname.slice(1, -1);
    // An IPv4-mapped address is IPv4 on the wire: it would be watched and published in the wrong family.
    if (address.startsWith('::ffff:')) throw new Error('is an IPv4-mapped address: write it as IPv4');
    if (family === 'v4') throw new Error('is an IPv6 address: it belongs under ipv6');
    if (address === '::' || address.startsWith('ff')) throw new Error('is not the address of one machine');
    return { address, family: 'v6' };
  }
  if (/^[0-9a-fA-F:.]+\/[0-9]+$/.test(text)) throw new Error('has a prefix length: give one address');
  if (isHostname(text))
    throw new Error('is a name: give the address, names may be the very thing that fails');
  throw new Error(`is not an ${family === 'v6' ? 'IPv6' : family === 'v4' ? 'IPv4' : 'IP'} address`);
}

/**
 * Reads `ip:port`, `[ipv6]:port` or, with `names`, `host:port`.
 * @throws Error with what is wrong, fit to follow a path
 */
export function parseHostPort(text: string, names: boolean): HostPort {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text);
  if (match === null) {
    if (isIPv6(text)) throw new Error('lacks the port: write [address]:port, in quotes');
    if (/^[^:]+$/.test(text)) throw new Error('lacks the port: write address:port');
    throw new Error('is not address:port; an IPv6 address stands in brackets');
  }
  const port = Number(match[3]);
  if (port > 65535) throw new Error('has a port above 65535');
  const host = match[1] ?? match[2] ?? '';
  if (names && match[1] === undefined && !isIPv4(host)) {
    const name = parseHostname(host, 1, false);
    return { name: `${name}:${port}`, host: name, port, family: null };
  }
  const parsed = parseAddress(host, match[1] === undefined ? 'v4' : 'v6');
  const shown = parsed.family === 'v6' ? `[${parsed.address}]` : parsed.address;
  return { name: `${shown}:${port}`, host: parsed.address, port, family: parsed.family };
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_UNDERSCORE = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/;

/**
 * @param labels at least so many
 * @param underscore whether labels may hold `_` (service names such as `_understudy-web`)
 * @returns lower-case, without the last dot
 * @throws Error with what is wrong, fit to follow a path
 */
export function parseHostname(text: string, labels: number, underscore: boolean): string {
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name.startsWith('*')) throw new Error('is a wildcard: list each name that should move');
  // the ASCII range is meant
  if (/[^\u0000-\u007f]/.test(name)) throw new Error('has letters outside ASCII: write it in its xn-- form');
  const parts = name.split('.');
  const pattern = underscore ? LABEL_UNDERSCORE : LABEL;
  if (name.length > 253 || !parts.every(part => pattern.test(part)) || /^[0-9]+$/.test(parts.at(-1) ?? ''))
    throw new Error('is not a host name');
  if (parts.length < labels) throw new Error('is not a full name: write it with its domain');
  return name;
}

function isHostname(text: string): boolean {
  try {
    parseHostname(text, 1, false);
    return true;
  } catch {
    return false;
  }
}

/** True for 127.0.0.0/8, ::1 and `localhost`: reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
