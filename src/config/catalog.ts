/**
 * What the config needs to know of vendors and probe kinds: their tables of fields and what they can do. Given as a
 * value, so that a config can be checked against vendors that a test makes up.
 */
import type { Fields } from '../ports/fields.ts';
import type { DnsCapabilities, HostCapabilities } from '../ports/providers.ts';
import { PROBE_KINDS } from '../probe/registry.ts';
import { DNS_VENDORS, HOST_VENDORS } from '../providers/registry.ts';

interface Entry {
  /** For people. */
  readonly title: string;
  readonly fields: Fields;
}

export interface Catalog {
  readonly hosts: Readonly<Record<string, Entry & { readonly capabilities: HostCapabilities }>>;
  readonly dns: Readonly<Record<string, Entry & { readonly capabilities: DnsCapabilities }>>;
  readonly probes: Readonly<Record<string, Entry>>;
}

/** Everything that is registered. */
export const CATALOG: Catalog = { hosts: HOST_VENDORS, dns: DNS_VENDORS, probes: PROBE_KINDS };

/** @returns the entry of that name, never something inherited (`constructor`) */
export function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | null {
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null;
}
