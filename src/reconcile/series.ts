/**
 * The samples of one service as a watch keeps them: by series (one probe of one site in one family from one vantage), each
 * in the order of time, so that a cycle touches only what is new. Observing the active site must not cost a walk through
 * hours of samples of the standbys.
 */
import type { Sample } from '../model/sample.ts';

/** How much of the past is kept. */
export interface Measure {
  /** Of a run of successes one in each so many ms stays. */
  readonly grainMs: number;
  /**
   * Of a streak of failures the first and the last in each so many ms: so its parts lie no further from each other than the looks
   * did, or than this, and what a pause breaks is broken by a pause alone.
   */
  readonly failureGrainMs: number;
  /** Failures from before say nothing any more but that it failed, ms since the epoch. */
  readonly failuresSince: number;
  /** So many of the newest failures whatever their grain: they are counted. */
  readonly streakMost: number;
}

interface Series {
  readonly of: Sample;
  /** By `at`; those of one instant in the order in which they came. */
  samples: Sample[];
  /** Something was added since it was thinned: what was thinned once stays as it is. */
  isNew: boolean;
}

export class AllSeries {
  #series: Series[] = [];
  /** Place of the series that was added to last. */
  #latest = 0;
  #length = 0;
  readonly #ofSite = new Map<string, readonly Sample[]>();
  #all: readonly Sample[] | null = null;

  constructor(samples: readonly Sample[]) {
    for (const sample of samples) this.add(sample);
  }

  get length(): number {
    return this.#length;
  }

  get all(): readonly Sample[] {
    return (this.#all ??= gathered(this.#series));
  }

  ofSite(site: string): readonly Sample[] {
    const known = this.#ofSite.get(site);
    if (known !== undefined) return known;
    const samples = gathered(this.#series.filter(({ of }) => of.site === site));
    this.#ofSite.set(site, samples);
    return samples;
  }

  add(sample: Sample): void {
    const series = this.#seriesOf(sample);
    const { samples } = series;
    let place = samples.length;
    for (let before = samples[place - 1]; before !== undefined && before.at > sample.at; place -= 1)
      before = samples[place - 2];
    if (place === samples.length) samples.push(sample);
    else samples.splice(place, 0, sample);
    series.isNew = true;
    this.#length += 1;
    this.#changed(sample.site);
  }

  /** Samples come round by round: mostly the next one is of the next series, or the first again. */
  #seriesOf(sample: Sample): Series {
    const all = this.#series;
    for (let step = 1; step <= all.length; step += 1) {
      const place = (this.#latest + step) % all.length;
      const series = all[place];
      if (series === undefined || !isSameSeries(series.of, sample)) continue;
      this.#latest = place;
      return series;
    }
    const series = { of: sample, samples: [], isNew: true };
    this.#latest = all.push(series) - 1;
    return series;
  }

  /** Whether all are from between the two instants, both included, ms since the epoch. */
  isWithin(since: number, until: number): boolean {
    for (const { samples } of this.#series) if (!areBetween(samples, since, until)) return false;
    return true;
  }

  /** Drops what is not from between the two instants, and what says nothing new. */
  thin(since: number, until: number, measure: Measure): void {
    for (const series of this.#series) {
      const timely = between(series.samples, since, until);
      const kept = series.isNew ? telling(timely, measure) : timely;
      series.isNew = false;
      if (kept.length === series.samples.length) continue;
      this.#length -= series.samples.length - kept.length;
      series.samples = kept;
      this.#changed(series.of.site);
    }
    this.#series = this.#series.filter(({ samples }) => samples.length > 0);
  }

  #changed(site: string): void {
    this.#ofSite.delete(site);
    this.#all = null;
  }
}

function gathered(all: readonly Series[]): readonly Sample[] {
  const found: Sample[] = [];
  for (const { samples } of all) for (const sample of samples) found.push(sample);
  return found;
}

function areBetween(inOrder: readonly Sample[], since: number, until: number): boolean {
  const [first, last] = [inOrder[0], inOrder[inOrder.length - 1]];
  return first === undefined || last === undefined || (first.at >= since && last.at <= until);
}

/** @returns the part of what is in the order of time that lies between the two instants, both included */
function between(inOrder: Sample[], since: number, until: number): Sample[] {
  return areBetween(inOrder, since, until) ? inOrder : inOrder.filter(({ at }) => at >= since && at <= until);
}

function isSameSeries(a: Sample, b: Sample): boolean {
  return a.probe === b.probe && a.family === b.family && a.site === b.site && a.vantage === b.vantage;
}

/**
 * Of a run of successes one a grain and the last say enough (the first alone would be lost with age, and with it how long
 * all has been well); of a streak of failures the first, the newest, and both ends of each grain that still counts.
 */
export function telling<T extends { readonly at: number; readonly ok: boolean }>(
  inOrder: readonly T[],
  measure: Measure,
): T[] {
  const { grainMs, failureGrainMs, failuresSince, streakMost } = measure;
  const isNextGrain = (before: T, after: T, lengthMs: number): boolean =>
    Math.floor(before.at / lengthMs) !== Math.floor(after.at / lengthMs);
  return inOrder.filter((sample, index) => {
    const [before, after] = [inOrder[index - 1], inOrder[index + 1]];
    if (before === undefined || after === undefined || before.ok !== sample.ok) return true;
    if (sample.ok) return !after.ok || isNextGrain(before, sample, grainMs);
    if (inOrder.length - index <= streakMost) return true;
    if (sample.at < failuresSince) return false;
    return isNextGrain(before, sample, failureGrainMs) || isNextGrain(sample, after, failureGrainMs);
  });
}
