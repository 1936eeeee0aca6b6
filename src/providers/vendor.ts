/** What a vendor's folder exports to the registry. */
import type { Clock } from '../ports/clock.ts';
import type { Fields } from '../ports/fields.ts';
import type { DnsCapabilities, DnsProvider, HostCapabilities, HostProvider } from '../ports/providers.ts';

export interface VendorContext {
  readonly clock: Clock;
  /** Uniform in [0, 1): the jitter of pauses. */
  readonly random: () => number;
}

export interface HostVendor {
  /** For people: `Hetzner Cloud`. */
  readonly title: string;
  readonly fields: Fields;
  readonly capabilities: HostCapabilities;
  load(): Promise<{
    create(params: Readonly<Record<string, unknown>>, context: VendorContext): HostProvider;
  }>;
}

export interface DnsVendor {
  readonly title: string;
  readonly fields: Fields;
  readonly capabilities: DnsCapabilities;
  load(): Promise<{ create(params: Readonly<Record<string, unknown>>, context: VendorContext): DnsProvider }>;
}
