/**
 * What to look at in this round. Pure. All well: the active site's probes, and slowly the rest: one probe a period is
 * the idle cost. Something failed: at once everything that a decision will need, so that the time until the
 * thresholds are reached is used to ask the hoster, the zone, the references and the standbys.
 */
import { FUTURE_MS } from '../judge/observe.ts';
import { FAMILIES, type Family, type Sample } from '../model/sample.ts';
import type { Pace, Reference, Service } from '../model/service.ts';
import type { Evidence } from '../model/state.ts';

/** `ordered`: a person waits for an answer: everything is asked, however lately it was asked before. */
export type Depth = 'routine' | 'suspicious' | 'ordered';

const PROVIDER_MS: Readonly<Record<Depth, (pace: Pace) => number>> = {
  routine: pace => pace.providerMs,
  suspicious: () => AGAIN_MS,
  ordered: () => 0,
};
const STANDBY_MS: Readonly<Record<Depth, (pace: Pace) => number>> = {
  routine: pace => pace.standbyMs,
  suspicious: pace => Math.max(pace.fastMs, 1000),
  ordered: () => 0,
};

export interface Agenda {
  /** Sites whose probes are run and waited for. */
  readonly probe: readonly string[];
  readonly references: readonly Reference[];
  /** Asked beside the round; a decision does not wait for them. */
  readonly hosts: readonly string[];
  readonly zone: boolean;
  readonly standbys: readonly string[];
  readonly freshness: readonly string[];
}

/** While suspicious: how old an answer of a slow question may be before it is asked again, ms. */
const AGAIN_MS = 5000;

export function agendaOf(
  service: Service,
  active: string,
  history: Evidence,
  references: readonly Reference[],
  depth: Depth,
  now: number,
): Agenda {
  const { pace } = service;
  // DNS may name a site that the config has lost: then home is looked at.
  const named = (service.sites.find(site => site.name === active) ?? service.sites[0])?.name ?? active;
  const others = service.sites.filter(site => site.name !== named).map(site => site.name);
  const everyMs = PROVIDER_MS[depth](pace);
  // What the hoster and the standbys said before the failures began says nothing about now: they are asked at once.
  const troubledAt = depth === 'routine' ? -Infinity : failingSince(service, named, history);
  const standbyMs = STANDBY_MS[depth](pace);
  const families = FAMILIES.filter(family =>
    service.sites.some(site => site.addresses[family] !== undefined),
  );
  const askable = service.sites.filter(site => site.provider !== null && site.server !== null);
  const measured = service.sites.filter(site => site.freshness !== null && site.name !== named);
  // After the clock was set back, what seems to be asked later than now must not keep us from asking until then.
  const due = (newest: number, period: number) => now - newest >= period || newest > now + FUTURE_MS;
  return {
    probe: [named],
    // Where we were cut off ourselves when they were asked last, each look asks whether we still are.
    references: references.filter(
      ({ family }) => families.includes(family) && (depth !== 'routine' || wasBlind(history, family, now)),
    ),
    hosts: askable
      .filter(site => {
        const newest = newestOf(history.hosts, site.name);
        return newest < troubledAt || due(newest, everyMs);
      })
      .map(site => site.name),
    zone: due(newestOf(history.zones), everyMs),
    standbys: others.filter(site => {
      const newest = newestOf(history.samples, site);
      return newest < troubledAt || due(newest, standbyMs);
    }),
    freshness: measured
      .filter(site => due(newestOf(history.freshness, site.name), everyMs))
      .map(site => site.name),
  };
}

/** @returns whether of the newest round of references of the family, which share one `at`, not one answered */
function wasBlind({ references }: Evidence, family: Family, now: number): boolean {
  let newest = -Infinity;
  let answered = true;
  for (const sample of references) {
    if (sample.family !== family || sample.at < newest || sample.at > now + FUTURE_MS) continue;
    answered = sample.ok || (sample.at === newest && answered);
    newest = sample.at;
  }
  return !answered;
}

/** @returns when the first failure after the last success of a required probe of the site began; -Infinity for none */
function failingSince(service: Service, site: string, { samples }: Evidence): number {
  const required = new Set(service.probes.filter(spec => spec.required).map(spec => spec.id));
  const lastOk: Record<Family, Map<string, number>> = { v4: new Map(), v6: new Map() };
  const failed: Sample[] = [];
  for (const sample of samples) {
    if (sample.site !== site || !required.has(sample.probe)) continue;
    const known = lastOk[sample.family];
    if (!sample.ok) failed.push(sample);
    else if (sample.at > (known.get(sample.probe) ?? -Infinity)) known.set(sample.probe, sample.at);
  }
  let since = Number.POSITIVE_INFINITY;
  for (const { at, probe, family } of failed)
    if (at < since && at > (lastOk[family].get(probe) ?? -Infinity)) since = at;
  return since === Number.POSITIVE_INFINITY ? -Infinity : since;
}

/** @returns `at` of the newest of them, of those of one site when it is given; -Infinity for none */
function newestOf(
  items: readonly { readonly at: number; readonly site?: string }[],
  site: string | null = null,
): number {
  let newest = -Infinity;
  for (const item of items) if (item.at > newest && (site === null || item.site === site)) newest = item.at;
  return newest;
}
