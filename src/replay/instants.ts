/**
 * When decisions were taken. A runner decides when a round is complete: the probes of the active site that began together,
 * and the references that were asked with them. Slower answers (hoster, zone, standbys) are known from when they came,
 * and decided on at the end of the next round; the last one of a tick by cron waits for them. A replay decides at the
 * same instants, so that it says what the runner said, when the runner said it.
 */
import type { Service } from '../model/service.ts';
import type { Evidence } from '../model/state.ts';
import type { Trace, TraceEvent, TraceRun } from './trace.ts';

/** What happened at one instant. */
export interface Instant {
  readonly at: number;
  /** What was known from then on. */
  readonly evidence: Evidence;
  readonly began: readonly TraceRun[];
  readonly ended: readonly TraceRun[];
}

/** @returns when the answer was there, ms since the epoch, whole as a clock would say it */
function arrivalOf(item: { readonly at: number; readonly tookMs?: number }): number {
  return item.at + Math.round(item.tookMs ?? 0);
}

interface Draft {
  evidence: { readonly [K in keyof Evidence]: Evidence[K][number][] };
  began: TraceRun[];
  ended: TraceRun[];
}

/**
 * @returns the instants of the trace in order. An instant at which a run began and its change was already read (in virtual
 *   time, or within one ms) comes twice: what the run was decided on, then what it brought about.
 */
export function instantsOf({ events }: Pick<Trace, 'events'>): readonly Instant[] {
  const begun = new Map(
    events.flatMap(({ type, item }) => (type === 'run' ? [[item.id, item.at] as const] : [])),
  );
  const [before, after] = [drafting(), drafting()];
  for (const event of events) {
    const owner = event.type === 'zone' ? event.item.view?.epoch?.owner : undefined;
    const isEffect = owner !== undefined && begun.get(owner) === arrivalOf(event.item);
    place(event, isEffect ? after.draft : before.draft);
  }
  return [...before.instants(), ...after.instants()].sort((a, b) => a.at - b.at);
}

function drafting() {
  const drafts = new Map<number, Draft>();
  const draft = (at: number): Draft => {
    const known = drafts.get(at);
    if (known !== undefined) return known;
    const made: Draft = {
      evidence: { samples: [], references: [], hosts: [], zones: [], freshness: [] },
      began: [],
      ended: [],
    };
    drafts.set(at, made);
    return made;
  };
  const instants = (): readonly Instant[] => [...drafts].map(([at, made]) => ({ at, ...made }));
  return { draft, instants };
}

function place(event: TraceEvent, draft: (at: number) => Draft): void {
  switch (event.type) {
    case 'sample':
      return void draft(arrivalOf(event.item)).evidence.samples.push(event.item);
    case 'reference':
      return void draft(arrivalOf(event.item)).evidence.references.push(event.item);
    case 'host':
      return void draft(arrivalOf(event.item)).evidence.hosts.push(event.item);
    case 'zone':
      return void draft(arrivalOf(event.item)).evidence.zones.push(event.item);
    case 'freshness':
      return void draft(arrivalOf(event.item)).evidence.freshness.push(event.item);
    case 'run':
      draft(event.item.at).began.push(event.item);
      draft(event.item.endedAt).ended.push(event.item);
  }
}

/** Ends of rounds, site by site. */
export class Rounds {
  readonly #ends = new Map<string, readonly number[]>();
  readonly #patienceMs: number;

  constructor({ events }: Pick<Trace, 'events'>, service: Service) {
    const references = new Map<number, number>();
    const samples = new Map<string, Map<number, number>>();
    for (const { type, item } of events) {
      if (type === 'reference') later(references, item.at, arrivalOf(item));
      if (type !== 'sample') continue;
      const starts = samples.get(item.site) ?? new Map<number, number>();
      samples.set(item.site, starts);
      later(starts, item.at, arrivalOf(item));
    }
    for (const [site, starts] of samples) {
      const ends = [...starts].map(([start, end]) => Math.max(end, references.get(start) ?? end));
      this.#ends.set(
        site,
        ends.sort((a, b) => a - b),
      );
    }
    const slowest = Math.max(0, ...service.probes.map(probe => probe.timeoutMs));
    this.#patienceMs = service.pace.intervalMs + slowest;
  }

  /** @returns whether a round of the site is complete at just this instant */
  endsAt(site: string, at: number): boolean {
    const ends = this.#ends.get(site) ?? [];
    return ends[firstFrom(ends, at)] === at;
  }

  /** @returns whether what came at this instant, with no round complete, is decided on by itself: no round ends soon */
  isAlone(site: string, { at, evidence }: Instant): boolean {
    const { samples, hosts, zones, freshness } = evidence;
    const slow = samples.some(sample => sample.site !== site) || hosts.length + zones.length > 0;
    if (!slow && freshness.length === 0) return false;
    const ends = this.#ends.get(site) ?? [];
    const next = ends[firstFrom(ends, at)];
    return next === undefined || next - at > this.#patienceMs;
  }
}

function later(ends: Map<number, number>, start: number, end: number): void {
  ends.set(start, Math.max(end, ends.get(start) ?? end));
}

/** @returns the index of the first number that is not below `at`, by halving */
function firstFrom(numbers: readonly number[], at: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
