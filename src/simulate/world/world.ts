/**
 * The simulated world as it really is, and the one place where it changes: every change first settles what follows from the
 * time that has passed (data that flowed, leases of sites that ran out), then is told to the bystanders.
 */
import { type EpochRecord, formatEpoch, parseEpoch } from '../../model/epoch.ts';
import { FAMILIES, type Family } from '../../model/sample.ts';
import type { Service } from '../../model/service.ts';
import type { RecordSet } from '../../model/signal.ts';
import type { ServiceState } from '../../model/state.ts';
import type { Event, Truth } from '../events.ts';
import type { ApiFault, Cast, SinkFault } from '../script.ts';
import { BEGINNING, Station } from '../station.ts';
import type { Timeline } from '../timeline.ts';
import { Memory, type Span } from './memory.ts';
import { Box, ServiceStateOfWorld, SiteState } from './sites.ts';
import { CLIENTS, Zone } from './zone.ts';

/** An event without its instant, which the world adds. */
export type Told = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

export class SimulatedWorld implements Truth {
  readonly cast: Cast;
  readonly timeline: Timeline;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly services: ReadonlyMap<string, ServiceStateOfWorld>;
  readonly stations: ReadonlyMap<string, Station>;
  readonly zone: Zone;
  /** By the API's name. */
  readonly apiFaults = new Map<
    string,
    { readonly how: ApiFault; readonly writesOnly: boolean; readonly laterMs?: number }
  >();
  readonly sinkFaults = new Map<string, SinkFault>();
  /** Names that belong to each service: its records, those a changed config adds, and its epoch's. */
  readonly owned: ReadonlyMap<string, Set<string>>;
  onEvent: (event: Event) => void = () => {};
  readonly #memory = new Memory();

  readonly #startsAt: number;

  /** @param startsAt when the timeline begins, ms since the Unix epoch */
  constructor(cast: Cast, timeline: Timeline, startsAt = BEGINNING) {
    this.#startsAt = startsAt;
    this.cast = cast;
    this.timeline = timeline;
    this.boxes = new Map(cast.boxes.map(box => [box.id, new Box(box)]));
    this.stations = new Map(
      cast.stations.map(station => [station.name, new Station(station, timeline, startsAt)]),
    );
    this.services = new Map(
      cast.settings.services.map(service => {
        const sites = service.sites.map(site => new SiteState(service, site, this.box(site.server ?? '')));
        return [service.name, new ServiceStateOfWorld(service, sites, cast.replicationMs)];
      }),
    );
    this.owned = new Map(
      cast.settings.services.map(({ name, dns }) => [name, new Set([...dns.records, dns.epochName])]),
    );
    this.zone = new Zone(firstRecords(cast), cast.propagationMs);
    this.#remember();
  }

  get now(): number {
    return this.timeline.now;
  }

  box(id: string): Box {
    const box = this.boxes.get(id);
    if (box === undefined) throw new Error(`no machine ${id} in the cast`);
    return box;
  }

  /** As the config of the beginning has it. */
  service(name: string): Service {
    const found = this.services.get(name)?.service;
    if (found === undefined) throw new Error(`no service ${name} in the cast`);
    return found;
  }

  /** A true instant as ms since the Unix epoch. */
  trueDate(at: number): number {
    return this.#startsAt + at;
  }

  site(service: string, site: string): SiteState {
    const found = this.services.get(service)?.site(site);
    if (found === undefined) throw new Error(`no site ${site} of ${service} in the cast`);
    return found;
  }

  station(name: string): Station {
    const found = this.stations.get(name);
    if (found === undefined) throw new Error(`no station ${name} in the cast`);
    return found;
  }

  tell(event: Told): void {
    this.onEvent({ ...event, at: this.timeline.now } as Event);
  }

  /** The only way to change anything: `mutate`, then the events that say what changed. */
  change(mutate: () => void, ...events: readonly Told[]): void {
    for (const service of this.services.values()) service.settle(this.now);
    mutate();
    this.#remember();
    for (const event of events) this.tell(event);
  }

  // --- Truth

  takesWrites(service: string, site: string): boolean {
    return this.site(service, site).takesWrites;
  }

  isPublic(service: string, site: string): boolean {
    return this.site(service, site).isPublic;
  }

  answers(service: string, site: string, family: Family): boolean {
    return this.site(service, site).answers(family);
  }

  answeredAt(service: string, site: string, family: Family, at: number): boolean {
    return this.#memory.at(service, site, family, at)?.answers ?? false;
  }

  outOfTouchMs(service: string, site: string, span: Span): number {
    return this.#memory.outOfTouchMs(service, site, span);
  }

  isFenced(service: string, site: string): boolean {
    const state = this.site(service, site);
    return state.isFenced || state.role !== 'primary';
  }

  lagMs(service: string, site: string): number {
    this.services.get(service)?.settle(this.now);
    return this.now - this.site(service, site).dataAt;
  }

  epoch(service: string): EpochRecord | null {
    const name = this.services.get(service)?.service.dns.epochName ?? '';
    return epochOf(this.zone.at(name, 'TXT'));
  }

  records(service: string): readonly RecordSet[] {
    const names = this.owned.get(service);
    return names === undefined ? [] : [...this.zone.sets.values()].filter(set => names.has(set.name));
  }

  served(service: string, site: string): number {
    const { dns } = this.site(service, site).service;
    const { addresses } = this.site(service, site).site;
    const name = dns.records[0] ?? '';
    let led = 0;
    for (let client = 0; client < CLIENTS; client += 1) {
      const address =
        this.zone.cached(client, name, 'A', dns.ttlS, this.now) ??
        this.zone.cached(client, name, 'AAAA', dns.ttlS, this.now);
      if (address !== null && Object.values(addresses).includes(address)) led += 1;
    }
    return led / CLIENTS;
  }

  isOnline(station: string, family: Family): boolean {
    return this.station(station).online[family];
  }

  state(station: string, service: string): Promise<ServiceState> {
    return this.station(station).disk.service(service);
  }

  /** Where the provider's zone leads now, by the epoch or else by an address; undefined when it names no site of the service. */
  activeSite(service: string): SiteState | undefined {
    const sites = this.services.get(service)?.sites ?? [];
    const named = this.epoch(service)?.active;
    const known = sites.find(state => state.site.name === named);
    if (known !== undefined) return known;
    const values = this.records(service).flatMap(set => set.values);
    return sites.find(({ site }) => Object.values(site.addresses).some(address => values.includes(address)));
  }

  // --- what the world itself does in time

  /** A site with a lease of its own gives itself up when it has been in touch with nobody for so long. */
  watchLease(state: SiteState): void {
    const { method, leaseMs } = state.site.fence;
    if (method !== 'wait') return;
    const lost = () => state.role === 'primary' && !FAMILIES.some(family => state.inTouch(family));
    if (!lost()) return;
    const since = this.now;
    const { name: service } = state.service;
    const { name: site } = state.site;
    this.timeline.after(leaseMs, () => {
      if (!lost() || this.#memory.wasInTouchSince(service, site, since)) return;
      this.change(() => demote(state), { kind: 'demoted', service, site, by: null, run: null });
    });
  }

  #remember(): void {
    for (const { service, sites } of this.services.values())
      for (const state of sites) this.#memory.take(service.name, state, this.now);
  }
}

export function demote(state: SiteState): void {
  state.role = 'standby';
  state.parts.clear();
}

export function epochOf(set: RecordSet | null): EpochRecord | null {
  if (set === null) return null;
  const parsed = parseEpoch((set.values[0] ?? '').replaceAll('"', ''));
  return typeof parsed === 'string' ? null : parsed;
}

/** Every service starts at its first site. Half of the services have been moved before and carry an epoch. */
function firstRecords(cast: Cast): readonly RecordSet[] {
  return cast.settings.services.flatMap(({ dns, sites }, index) => {
    const [home] = sites;
    if (home === undefined) return [];
    const { v4, v6 } = home.addresses;
    const sets: RecordSet[] = dns.records.flatMap(name => [
      ...(v4 === undefined ? [] : [{ name, type: 'A' as const, ttlS: dns.ttlS, values: [v4] }]),
      ...(v6 === undefined ? [] : [{ name, type: 'AAAA' as const, ttlS: dns.ttlS, values: [v6] }]),
    ]);
    if (index % 2 === 1) return sets;
    const text = formatEpoch({ epoch: 7, active: home.name, owner: 'r-before' });
    return [...sets, { name: dns.epochName, type: 'TXT' as const, ttlS: dns.ttlS, values: [`"${text}"`] }];
  });
}
