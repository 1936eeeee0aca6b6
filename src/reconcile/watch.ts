/**
 * What one runner remembers of one service between cycles: the evidence of the last while, what has not been
 * stored yet, and which slow questions are under way. Overlapping rounds share it; decisions are taken one at a time.
 */
import { FUTURE_MS } from '../judge/observe.ts';
import type { Sample } from '../model/sample.ts';
import type { Service } from '../model/service.ts';
import type { ZoneReading } from '../model/signal.ts';
import type { Evidence } from '../model/state.ts';
import type { Store } from '../ports/store.ts';
import { AllSeries } from './series.ts';

export const NO_EVIDENCE: Evidence = { samples: [], references: [], hosts: [], zones: [], freshness: [] };

/** Successes kept of the time that evidence is remembered for. */
const GRAINS = 32;

/** Samples that may be added before it is worth the sorting. */
const SLACK = 48;

export class Watch {
  readonly service: Service;
  /** Called with every sample as it arrives, so that suspicion need not wait for the slowest probe of a round. */
  onSample: ((sample: Sample) => void) | null = null;
  /** Slow questions that are under way, by what they ask: a hoster that hangs is asked once. */
  readonly asking = new Map<string, Promise<void>>();
  readonly #samples: AllSeries;
  #rest: Omit<Evidence, 'samples'>;
  #unsaved: Evidence = NO_EVIDENCE;
  /** So many samples are borne with before they are thinned again. */
  #most = 0;
  #turn: Promise<unknown> = Promise.resolve();
  /** When state was last written for this service, ms since the epoch. */
  savedAt: number;
  /** The same at the start of this process. */
  readonly openedAt: number;

  constructor(service: Service, history: Evidence, savedAt: number) {
    this.service = service;
    this.#samples = new AllSeries(history.samples);
    this.#rest = history;
    this.savedAt = savedAt;
    this.openedAt = savedAt;
  }

  get history(): Evidence {
    return { ...this.#rest, samples: this.#samples.all };
  }

  get zones(): readonly ZoneReading[] {
    return this.#rest.zones;
  }

  /** The same, but of the samples only those of one site: all that an observation of it looks at. */
  about(site: string): Evidence {
    return { ...this.#rest, samples: this.#samples.ofSite(site) };
  }

  add(piece: Partial<Evidence>): void {
    for (const sample of piece.samples ?? []) this.#samples.add(sample);
    this.#rest = joinRest(this.#rest, piece);
    this.#unsaved = join(this.#unsaved, piece);
    for (const sample of piece.samples ?? []) this.onSample?.(sample);
  }

  /** Drops what no observation can use any more. */
  forget(now: number): void {
    const span = retentionMs(this.service);
    const [since, until] = [now - span, now + FUTURE_MS];
    const timely = this.#samples.isWithin(since, until) && isTimely(this.#rest, since, until);
    if (this.#samples.length <= this.#most && timely) return;
    this.#samples.thin(since, until, span / GRAINS);
    this.#rest = thin(this.#rest, since, until);
    this.#most = this.#samples.length + SLACK;
  }

  /** After a run: what was read of the zone before is of the past, and to be asked again at once. */
  forgetZone(): void {
    this.#rest = { ...this.#rest, zones: [] };
  }

  /** Takes what has not been stored; `putBack` returns it when the store refused. */
  takeUnsaved(): Evidence {
    const unsaved = this.#unsaved;
    this.#unsaved = NO_EVIDENCE;
    return unsaved;
  }

  putBack(evidence: Evidence): void {
    this.#unsaved = join(evidence, this.#unsaved);
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

/** @returns the watch of a program that starts at `now`, with what the store remembers of the last while */
export async function openWatch(
  store: Pick<Store, 'evidence' | 'decision'>,
  service: Service,
  now: number,
): Promise<Watch> {
  const decision = await store.decision(service.name);
  const history = await store.evidence(service.name, now - retentionMs(service));
  return new Watch(service, before(history, decision?.at ?? Infinity), decision?.at ?? 0);
}

/**
 * Evidence is stored with the decision that used it. What seems to be from later was measured by a clock that has been set
 * back since: hours later it would pass for the newest again, with an epoch and an address of then.
 */
function before(history: Evidence, decidedAt: number): Evidence {
  const known = <T extends { readonly at: number }>(items: readonly T[]) =>
    items.filter(({ at }) => at <= decidedAt + FUTURE_MS);
  return {
    samples: known(history.samples),
    references: known(history.references),
    hosts: known(history.hosts),
    zones: known(history.zones),
    freshness: known(history.freshness),
  };
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

type Rest = Omit<Evidence, 'samples'>;

function join(a: Evidence, b: Partial<Evidence>): Evidence {
  return { samples: both(a.samples, b.samples), ...joinRest(a, b) };
}

function joinRest(a: Rest, b: Partial<Rest>): Rest {
  return {
    references: both(a.references, b.references),
    hosts: both(a.hosts, b.hosts),
    zones: both(a.zones, b.zones),
    freshness: both(a.freshness, b.freshness),
  };
}

function both<T>(a: readonly T[], b: readonly T[] = []): readonly T[] {
  return b.length === 0 ? a : a.length === 0 ? b : [...a, ...b];
}

/** Nothing in it is from the future; of the references nothing is from before `since`. */
function isTimely({ references, hosts, zones, freshness }: Rest, since: number, until: number): boolean {
  return (
    references.every(({ at }) => at >= since && at <= until) &&
    // Of these the newest counts however old it is.
    [hosts, zones, freshness].every(items => items.every(({ at }) => at <= until))
  );
}

/** What is from after `until` was measured by a clock that has since been set back: it would pass for the newest for hours. */
function thin(rest: Rest, since: number, until: number): Rest {
  const timely = <T extends { readonly at: number }>(items: readonly T[], from = -Infinity) =>
    items.filter(({ at }) => at >= from && at <= until);
  return {
    references: timely(rest.references, since),
    hosts: newestOf(timely(rest.hosts), item => item.site),
    zones: newestOf(timely(rest.zones), () => ''),
    freshness: newestOf(timely(rest.freshness), item => item.site),
  };
}

function newestOf<T extends { readonly at: number }>(
  items: readonly T[],
  key: (item: T) => string,
): readonly T[] {
  const newest = new Map<string, T>();
  for (const item of items) {
    const known = newest.get(key(item));
    if (known === undefined || item.at >= known.at) newest.set(key(item), item);
  }
  return [...newest.values()];
}
