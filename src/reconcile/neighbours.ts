/**
 * Other services that live on the machine that a plan would fence. Cutting the power of a box because its web server
 * died would take the mail down with it: the gate refuses that when the program would do it by itself.
 */
import type { Service, Settings, Site } from '../model/service.ts';
import type { VerdictClass } from '../model/verdict.ts';
import type { Store } from '../ports/store.ts';

/** Classes in which a service is on the air. SUSPECT is not among them: it may be going down with the same box. */
const ON_AIR: ReadonlySet<VerdictClass> = new Set([
  'HEALTHY',
  'WARNED',
  'DEGRADED',
  'PARTIAL_FAMILY',
  'FAMILY_RETURNED',
]);

/**
 * @returns names of the other services to which the machine matters now: it serves them and they are well, or it is a
 *   standby of theirs while they are in trouble themselves (two services crosswise on two machines would each cut the
 *   other's target)
 */
export async function concernedNeighbours(
  settings: Settings,
  store: Store,
  service: Service,
  active: Site,
  now: number,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const other of settings.services) {
    if (other.name === service.name || !other.sites.some(site => sameMachine(site, active))) continue;
    const { active: name, lastVerdict } = await store.service(other.name);
    const site = other.sites.find(entry => entry.name === name) ?? other.sites[0];
    if (site === undefined || lastVerdict === null) continue;
    const fresh = now - lastVerdict.at <= Math.max(other.pace.staleMs, 3 * other.pace.intervalMs);
    if (fresh && ON_AIR.has(lastVerdict.class) === sameMachine(site, active)) names.push(other.name);
  }
  return names;
}

/** The same server at the same provider, or a shared address. */
function sameMachine(a: Site, b: Site): boolean {
  if (a.provider !== null && a.provider === b.provider && a.server !== null && a.server === b.server)
    return true;
  const addresses = Object.values(b.addresses);
  return Object.values(a.addresses).some(address => addresses.includes(address));
}
