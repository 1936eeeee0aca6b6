/**
 * What one runner remembers of one service between cycles: the evidence of the last while, what has not been
 * stored yet, and which slow questions are under way. Overlapping rounds share it; decisions are taken one at a time.
 */
import { FUTURE_MS } from '../judge/observe.ts';
import { FAMILIES, type ReferenceSample, type Sample } from '../model/sample.ts';
import type { Service } from '../model/service.ts';
import type { HostSignal, ZoneReading } from '../model/signal.ts';
import type { Evidence } from '../model/state.ts';
import { AllSeries, type Measure, telling } from './series.ts';

export const NO_EVIDENCE: Evidence = { samples: [], references: [], hosts: [], zones: [], freshness: [] };

/** Successes kept of the time that evidence is remembered for. */
const GRAINS = 16;

/** Samples that may be added before it is worth the sorting. */
const SLACK = 48;

/** Of what other services heard from references, so much waits to be stored. */
const HEARD_MOST = 500;

export class Watch {
  readonly service: Service;
  /** Called with every sample as it arrives, so that suspicion need not wait for the slowest probe of a round. */
  onSample: ((sample: Sample) => void) | null = null;
  /** The other watches of this process: they look out of the same window. */
  #others: readonly Watch[] = [];
  /** Slow questions that are under way, by what they ask: a hoster that hangs is asked once. */
  readonly asking = new Map<string, Promise<void>>();
  /** The clock was set back since state was last written: what is stored of the last while is void. */
  wasSetBack = false;
  /** The highest epoch that the state was seen to hold. */
  #maxEpoch = 0;
  /** What that was when each reading of the zone was begun; of one from the store nobody knows any more. */
  readonly #epochAtStart = new WeakMap<ZoneReading, number>();
  /** When it was last looked at, ms since the epoch. */
  #knownAt: number;
  #samples: AllSeries;
  #rest: Rest;
  #unsaved: Lists = noLists();
  /** So many pieces are borne with before they are thinned again. */
  #most = 0;
  #turn: Promise<unknown> = Promise.resolve();
  /** When state was last written for this service, ms since the epoch. */
  savedAt: number;
  /** The same at the start of this process. */
  readonly openedAt: number;

  constructor(service: Service, history: Evidence, savedAt: number) {
    this.#knownAt = savedAt;
    this.service = service;
    this.#samples = new AllSeries(history.samples);
    const { references, hosts, zones, freshness } = history;
    this.#rest = {
      references: [...references],
      hosts: [...hosts],
      zones: [...zones],
      freshness: [...freshness],
    };
    this.savedAt = savedAt;
    this.openedAt = savedAt;
  }

  /** Holds for the moment: what is added shows in it. */
  get history(): Evidence {
    return { ...this.#rest, samples: this.#samples.all };
  }

  get zones(): readonly ZoneReading[] {
    return this.#rest.zones;
  }

  /** The newest reading of the site's machine that tells its power; null when there is none. */
  lastHost(site: string): HostSignal | null {
    let newest: HostSignal | null = null;
    for (const signal of this.#rest.hosts)
      if (signal.site === site && signal.power !== undefined && signal.at >= (newest?.at ?? -Infinity))
        newest = signal;
    return newest;
  }

  /** The same, but of the samples only those of one site: all that an observation of it looks at. */
  about(site: string): Evidence {
    return { ...this.#rest, samples: this.#samples.ofSite(site) };
  }

  /** @param maxEpoch the highest epoch that was known when it was begun to be measured; left out: just now */
  add(piece: Partial<Evidence>, maxEpoch = this.#maxEpoch): void {
    for (const sample of piece.samples ?? []) this.#samples.add(sample);
    for (const zone of piece.zones ?? []) this.#epochAtStart.set(zone, maxEpoch);
    append(this.#rest, piece);
    append(this.#unsaved, piece);
    const { references } = piece;
    if (references !== undefined) for (const other of this.#others) other.#hear({ references });
    for (const sample of piece.samples ?? []) this.onSample?.(sample);
  }

  /**
   * Stored with what this one writes next: the state keeps the evidence of each service by itself, and the next process is to
   * know it, too. Not without end, where nothing is written.
   */
  #hear(piece: Pick<Evidence, 'references'>): void {
    append(this.#rest, piece);
    if (this.#unsaved.references.length < HEARD_MOST) append(this.#unsaved, piece);
  }

  /** What a reference tells one of them is about the network of all: a service that was not in trouble then did not ask. */
  static share(watches: readonly Watch[]): void {
    for (const watch of watches) watch.#others = watches.filter(other => other !== watch);
  }

  /**
   * Drops what no observation can use any more. After a clock that was set back that is everything: what it measured in these
   * hours the first time can't be told from what it measures now, and what came after would be forgotten.
   */
  forget(now: number): void {
    if (isSetBack(this.#knownAt, now)) {
      this.wasSetBack = true;
      this.#samples = new AllSeries([]);
      this.#rest = noLists();
      this.#unsaved = noLists();
    }
    // Asked twice a cycle; what came in between was measured meanwhile.
    if (now === this.#knownAt && this.#length <= this.#most) return;
    this.#knownAt = now;
    const span = retentionMs(this.service);
    const [since, until] = [now - span, now + FUTURE_MS];
    // Each look makes something too old: that can wait until it is worth the sorting, what is from the future can't.
    const late = since - span / GRAINS;
    const timely = this.#samples.isWithin(late, until) && isTimely(this.#rest, late, until);
    if (this.#length <= this.#most && timely) return;
    const measure = measureOf(this.service, now);
    this.#samples.thin(since, until, measure);
    this.#rest = thin(this.#rest, since, until, measure);
    this.#most = this.#length + SLACK;
  }

  get #length(): number {
    return this.#samples.length + this.#rest.references.length;
  }

  get maxEpoch(): number {
    return this.#maxEpoch;
  }

  /**
   * The state holds this for the highest epoch. A lower one in the zone is a roll-back only to somebody who had known better when
   * the reading was begun; else it is a reading of before, whatever the clocks say: they are set, and processes sleep.
   */
  knowEpoch(maxEpoch: number): void {
    this.#maxEpoch = maxEpoch;
    const zones = this.#rest.zones.filter(zone => !this.#isOutrun(zone));
    if (zones.length < this.#rest.zones.length) this.#rest = { ...this.#rest, zones };
  }

  #isOutrun(zone: ZoneReading): boolean {
    const { view } = zone;
    if (view === undefined || (view.epochSet !== null && view.epoch === null)) return false;
    const atStart = this.#epochAtStart.get(zone);
    // A person has accepted a lower epoch since: whatever was read before then.
    if (atStart !== undefined && atStart > this.#maxEpoch) return true;
    return (view.epoch?.epoch ?? 0) < this.#maxEpoch && atStart !== this.#maxEpoch;
  }

  /** After a run: what was read of the zone before is of the past, and to be asked again at once. */
  forgetZone(): void {
    this.#rest = { ...this.#rest, zones: [] };
  }

  /** Takes what has not been stored; `putBack` returns it when the store refused. */
  takeUnsaved(): Evidence {
    const unsaved = this.#unsaved;
    this.#unsaved = noLists();
    return unsaved;
  }

  putBack(evidence: Evidence): void {
    const since = this.#unsaved;
    this.#unsaved = noLists();
    append(this.#unsaved, evidence);
    append(this.#unsaved, since);
  }

  /** Waits for the slow questions that are under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.asking.values());
  }

  /** Runs `decide` when all earlier ones are through: observing, judging and acting never overlap for one service. */
  async exclusive<T>(decide: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(decide, decide);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}

/** Whether a clock that had shown the one instant and shows the other now has been set back. */
function isSetBack(known: number, now: number): boolean {
  return known > now + FUTURE_MS;
}

/** @returns how far back evidence matters for this service, ms; a quarter more, since successes are kept in grains */
export function retentionMs(service: Service): number {
  const { pace, thresholds } = service;
  const longest = Math.max(
    pace.staleMs,
    thresholds.returnForMs,
    pace.standbyMs * (thresholds.failures + 1),
    pace.providerMs * 2,
  );
  return longest * 1.25 + pace.intervalMs;
}

/** A pause that breaks a streak is at least two looks long: a grain of one look can't pass for it. */
function measureOf(service: Service, now: number): Measure {
  const { pace, thresholds } = service;
  return {
    grainMs: retentionMs(service) / GRAINS,
    failureGrainMs: pace.intervalMs,
    failuresSince: now - pace.staleMs,
    streakMost: Math.max(16, 2 * thresholds.failures),
  };
}

type Lists = { readonly [K in keyof Evidence]: Evidence[K][number][] };
/** All but the samples, which are kept by series. */
type Rest = Omit<Lists, 'samples'>;

function noLists(): Lists {
  return { samples: [], references: [], hosts: [], zones: [], freshness: [] };
}

function append(to: Rest & Partial<Lists>, piece: Partial<Evidence>): void {
  if (piece.samples !== undefined) to.samples?.push(...piece.samples);
  if (piece.references !== undefined) to.references.push(...piece.references);
  if (piece.hosts !== undefined) to.hosts.push(...piece.hosts);
  if (piece.zones !== undefined) to.zones.push(...piece.zones);
  if (piece.freshness !== undefined) to.freshness.push(...piece.freshness);
}

/** Nothing in it is from the future; of the references nothing is from before `since`. */
function isTimely({ references, hosts, zones, freshness }: Rest, since: number, until: number): boolean {
  for (const { at } of references) if (at < since || at > until) return false;
  // Of these the newest counts however old it is.
  return areKnown(hosts, until) && areKnown(zones, until) && areKnown(freshness, until);
}

function areKnown(items: readonly { readonly at: number }[], until: number): boolean {
  for (const { at } of items) if (at > until) return false;
  return true;
}

/** What is from after `until` was measured by a clock that has since been set back: it would pass for the newest for hours. */
function thin(rest: Rest, since: number, until: number, measure: Measure): Rest {
  const timely = <T extends { readonly at: number }>(items: readonly T[], from = -Infinity) =>
    items.filter(({ at }) => at >= from && at <= until);
  return {
    references: tellingRounds(timely(rest.references, since), measure),
    hosts: newestOf(timely(rest.hosts), item => item.site),
    zones: newestOf(timely(rest.zones), () => ''),
    freshness: newestOf(timely(rest.freshness), item => item.site),
  };
}

/**
 * References are asked in rounds that share one `at`, and a round in which one answered proves our way out: so a round is kept
 * whole or not at all. An outage of a day brings thousands of them.
 */
function tellingRounds(samples: readonly ReferenceSample[], measure: Measure): ReferenceSample[] {
  return FAMILIES.flatMap(family => {
    const rounds = new Map<number, { readonly at: number; ok: boolean; readonly of: ReferenceSample[] }>();
    for (const sample of samples) {
      if (sample.family !== family) continue;
      const round = rounds.get(sample.at);
      if (round === undefined) rounds.set(sample.at, { at: sample.at, ok: sample.ok, of: [sample] });
      else {
        round.of.push(sample);
        round.ok ||= sample.ok;
      }
    }
    const inOrder = [...rounds.values()].sort((a, b) => a.at - b.at);
    return telling(inOrder, measure).flatMap(({ of }) => of);
  });
}

function newestOf<T extends { readonly at: number }>(items: readonly T[], key: (item: T) => string): T[] {
  const newest = new Map<string, T>();
  for (const item of items) {
    const known = newest.get(key(item));
    if (known === undefined || item.at >= known.at) newest.set(key(item), item);
  }
  return [...newest.values()];
}
