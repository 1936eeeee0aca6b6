/** Everything outside the process that a cycle may touch, by name; clients are made on first use and kept. */
import type { Shell } from '../model/service.ts';
import type { DnsProvider, HostProvider, NameServers, Prober, Promoter } from './providers.ts';

export interface Outside {
  /** @param name as in the config's `providers` */
  host(name: string): Promise<HostProvider>;
  dns(name: string): Promise<DnsProvider>;
  promoter(kind: Shell['kind']): Promise<Promoter>;
  readonly prober: Prober;
  readonly nameServers: NameServers;
}
