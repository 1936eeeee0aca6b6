/**
 * Every vendor, one line each. `about.ts` of a vendor is small and pure data (fields, capabilities), so that the
 * config can be checked without loading an SDK; the client itself is imported only when it is needed (the AWS
 * and Hetzner clients cost 60–140 ms of start-up).
 */
import type { Clock } from '../ports/clock.ts';
import type { Fields } from '../ports/fields.ts';
import type { DnsCapabilities, DnsProvider, HostCapabilities, HostProvider } from '../ports/providers.ts';
import { about as hcloud } from './hcloud/about.ts';
import { about as route53 } from './route53/about.ts';

export interface VendorContext {
  readonly clock: Clock;
}

export interface HostVendor {
  /** For people: `Hetzner Cloud`. */
  readonly title: string;
  readonly fields: Fields;
  readonly capabilities: HostCapabilities;
  load(): Promise<{ create(params: Readonly<Record<string, unknown>>, context: VendorContext): HostProvider }>;
}

export interface DnsVendor {
  readonly title: string;
  readonly fields: Fields;
  readonly capabilities: DnsCapabilities;
  load(): Promise<{ create(params: Readonly<Record<string, unknown>>, context: VendorContext): DnsProvider }>;
}

export const HOST_VENDORS: Readonly<Record<string, HostVendor>> = { hcloud };

export const DNS_VENDORS: Readonly<Record<string, DnsVendor>> = { route53 };
