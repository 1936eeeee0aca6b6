/** A config that is changed while a run may be open: what was drafted under the old one must not be carried out. */
import type { Service, Settings } from '../model/service.ts';
import type { Happening } from './script.ts';
import type { SimulatedWorld } from './world/world.ts';

/** @returns the settings with the change in them; a new name belongs to the service from then on */
export function reconfigured(
  world: SimulatedWorld,
  settings: Settings,
  { service: name, change }: Extract<Happening, { readonly kind: 'config' }>,
): Settings {
  const alter = (service: Service): Service => {
    const { dns } = service;
    if (change === 'ttl') return { ...service, dns: { ...dns, ttlS: dns.ttlS * 2 } };
    const added = `www-${name}.${dns.zoneName}`;
    if (dns.records.includes(added)) return service;
    world.owned.get(name)?.add(added);
    return { ...service, dns: { ...dns, records: [...dns.records, added] } };
  };
  const services = settings.services.map(service => (service.name === name ? alter(service) : service));
  return { ...settings, services };
}
