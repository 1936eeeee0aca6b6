/**
 * Every vendor, one line each. `about.ts` of a vendor is small and pure data (fields, capabilities), so that the
 * config can be checked without loading an SDK; the client itself is imported only when it is needed (the AWS
 * and Hetzner clients cost 60–140 ms of start-up).
 */
import { about as hcloud } from './hcloud/about.ts';
import { about as route53 } from './route53/about.ts';
import type { DnsVendor, HostVendor } from './vendor.ts';

export const HOST_VENDORS: Readonly<Record<string, HostVendor>> = { hcloud };

export const DNS_VENDORS: Readonly<Record<string, DnsVendor>> = { route53 };
