/**
 * What one runner remembers of one service between cycles: the evidence of the last while, what has not been
 * stored yet, and which slow questions are under way. Overlapping rounds share it; decisions are taken one at a time.
 */
import { FUTURE_MS } from '../judge/observe.ts';
import type { Sample } from '../model/sample.ts';
import type { Service } from '../model/service.ts';
import type { Evidence } from '../model/state.ts';
import type { Store } from '../ports/store.ts';

export const NO_EVIDENCE: Evidence = { samples: [], references: [], hosts: [], zones: [], freshness: [] };

/** Failures kept of one streak beside its first: more than any threshold needs. */
const STREAK_MOST = 64;
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
  #history: Evidence;
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
    this.#history = history;
    this.savedAt = savedAt;
    this.openedAt = savedAt;
  }

  get history(): Evidence {
    return this.#history;
  }

  add(piece: Partial<Evidence>): void {
    this.#history = join(this.#history, piece);
    this.#unsaved = join(this.#unsaved, piece);
    for (const sample of piece.samples ?? []) this.onSample?.(sample);
  }

  /** Drops what no observation can use any more. */
  forget(now: number): void {
    const span = retentionMs(this.service);
    const [since, until] = [now - span, now + FUTURE_MS];
    if (this.#history.samples.length <= this.#most && isTimely(this.#history, since, until)) return;
    this.#history = thin(this.#history, since, until, span / GRAINS);
    this.#most = this.#history.samples.length + SLACK;
  }

  /** After a run: what was read of the zone before is of the past, and to be asked again at once. */
  forgetZone(): void {
    this.#history = { ...this.#history, zones: [] };
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
  const history = await store.evidence(service.name, now - retentionMs(service));
  const decision = await store.decision(service.name);
  return new Watch(service, history, decision?.at ?? 0);
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

function join(a: Evidence, b: Partial<Evidence>): Evidence {
  return {
    samples: [...a.samples, ...(b.samples ?? [])],
    references: [...a.references, ...(b.references ?? [])],
    hosts: [...a.hosts, ...(b.hosts ?? [])],
    zones: [...a.zones, ...(b.zones ?? [])],
    freshness: [...a.freshness, ...(b.freshness ?? [])],
  };
}

/** Nothing in it is from before `since` or from the future. */
function isTimely(evidence: Evidence, since: number, until: number): boolean {
  const timely = ({ at }: { readonly at: number }) => at >= since && at <= until;
  return (
    evidence.samples.every(timely) &&
    evidence.references.every(timely) &&
    // Of these the newest counts however old it is.
    [...evidence.hosts, ...evidence.zones, ...evidence.freshness].every(({ at }) => at <= until)
  );
}

/** What is from after `until` was measured by a clock that has since been set back: it would pass for the newest for hours. */
function thin(evidence: Evidence, since: number, until: number, grainMs: number): Evidence {
  const timely = <T extends { readonly at: number }>(items: readonly T[]) =>
    items.filter(item => item.at <= until);
  return {
    samples: thinSamples(
      timely(evidence.samples).filter(sample => sample.at >= since),
      grainMs,
    ),
    references: timely(evidence.references).filter(item => item.at >= since),
    hosts: newestOf(timely(evidence.hosts), item => item.site),
    zones: newestOf(timely(evidence.zones), () => ''),
    freshness: newestOf(timely(evidence.freshness), item => item.site),
  };
}

/**
 * Of a run of successes one a grain and the last say enough (the first alone would be lost with age, and with it how long
 * all has been well); of a streak of failures the first and the newest.
 */
function thinSamples(samples: readonly Sample[], grainMs: number): readonly Sample[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = `${sample.site} ${sample.probe} ${sample.family} ${sample.vantage}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  return [...groups.values()].flatMap(group => {
    const inOrder = group.sort((a, b) => a.at - b.at);
    return inOrder.filter((sample, index) => {
      const [before, after] = [inOrder[index - 1], inOrder[index + 1]];
      if (before === undefined || after === undefined || before.ok !== sample.ok) return true;
      if (!sample.ok) return inOrder.length - index <= STREAK_MOST;
      return !after.ok || Math.floor(sample.at / grainMs) !== Math.floor(before.at / grainMs);
    });
  });
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
