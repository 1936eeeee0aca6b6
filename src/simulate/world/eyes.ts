/** What can be seen from a station: probes, reference hosts, name servers. Seen is what is so when the look begins. */
import type { Family, ProbeResult } from '../../model/sample.ts';
import { ProviderError } from '../../ports/errors.ts';
import type { NameServers, Prober } from '../../ports/providers.ts';
import { NAME_SERVERS } from '../cast.ts';
import type { Process } from '../process.ts';
import { elapsed } from './api.ts';
import type { SiteState } from './sites.ts';
import type { SimulatedWorld } from './world.ts';

const TIMEOUT: ProbeResult = { ok: false, failure: 'timeout' };

export function createProber(world: SimulatedWorld, process: Process): Prober {
  const { online } = process.station;
  const late = async (result: ProbeResult, timeoutMs: number) => {
    await process.clock.sleep(timeoutMs);
    return result;
  };
  return {
    probe: async (kind, _params, target, timeoutMs) => {
      const from = world.now;
      const state = siteAt(world, target.publicName, target.address);
      const { latencyMs } = world.cast;
      const see = () => {
        const seen = online[target.family] ? look(state, kind, target.family) : 'timeout';
        return seen === 'timeout' ? late(TIMEOUT, timeoutMs) : seen;
      };
      const result = await process.call(() => (latencyMs > 0 ? elapsed(world, latencyMs).then(see) : see()));
      const { service, site } = state;
      world.tell({
        kind: 'told-probe',
        service: service.name,
        site: site.name,
        probe: service.probes.find(spec => spec.kind === kind)?.id ?? kind,
        family: target.family,
        ok: result.ok,
        from,
        by: process.actor,
      });
      return result;
    },
    reach: async (address, _port, timeoutMs) => {
      const family: Family = address.includes(':') ? 'v6' : 'v4';
      const result = await process.call(() => (online[family] ? { ok: true } : late(TIMEOUT, timeoutMs)));
      world.tell({ kind: 'told-reference', family, ok: result.ok, by: process.actor });
      return result;
    },
  };
}

function siteAt(world: SimulatedWorld, publicName: string, address: string): SiteState {
  for (const { service, sites } of world.services.values()) {
    if (!service.dns.records.includes(publicName)) continue;
    const found = sites.find(state => Object.values(state.site.addresses).includes(address));
    if (found !== undefined) return found;
  }
  throw new Error(`nothing in the cast serves ${publicName} at ${address}`);
}

/** A lock shows as EHOSTUNREACH within milliseconds, a cut as silence; a dead machine answers nothing at all. */
function look(state: SiteState, probe: string, family: Family): ProbeResult | 'timeout' {
  const { box } = state;
  if (box.locked[family] && box.families.includes(family)) return { ok: false, failure: 'unreachable' };
  if (!box.reachable(family) || !box.alive || state.isolated) return 'timeout';
  const ailment = state.ailmentOf(probe, family);
  if (ailment === 'hang') return 'timeout';
  if (ailment !== undefined) return { ok: false, failure: ailment };
  return state.certificateEndsAt === null
    ? { ok: true }
    : { ok: true, facts: { certificateExpiresAt: state.certificateEndsAt } };
}

export function createNameServers(world: SimulatedWorld, process: Process): NameServers {
  return {
    ask: (server, name, type) =>
      process.call(() => {
        const { online } = process.station;
        if (!online.v4)
          throw new ProviderError({
            code: 'provider-timeout',
            message: `${server} did not answer in time`,
            retriable: true,
          });
        const set = world.zone.answer(NAME_SERVERS.indexOf(server), name, type, world.now);
        const records = (set?.values ?? []).map(value => ({ type, ttlS: set?.ttlS ?? 0, value }));
        return { rcode: set === null ? 'NXDOMAIN' : 'NOERROR', authoritative: true, records };
      }),
  };
}
