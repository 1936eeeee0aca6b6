/**
 * When to look. Start to start, so that a hang does not cost its time-out on top; on the first failed sample at once
 * at the faster pace, with rounds that overlap; each service by itself, so that slow targets delay no others. The same
 * loop serves the daemon (for ever) and cron (`once`: until nothing is unsettled any more).
 */
import type { Sample } from '../model/sample.ts';
import type { Run } from '../model/state.ts';
import { isWell } from '../model/verdict.ts';
import { asError, type UnderstudyError } from '../ports/errors.ts';
import type { Depth } from './agenda.ts';
import { Bell } from './bell.ts';
import { type CycleReport, cycle } from './cycle.ts';
import type { Watch } from './watch.ts';
import type { World } from './world.ts';

export interface ScheduleOptions {
  readonly once: boolean;
  /** With `once`: no new round after this, ms. A run that is under way is finished. */
  readonly budgetMs: number;
}

/** Rounds of one service under way at once: more than the thresholds need says nothing new. */
const EXTRA_ROUNDS = 2;

/** @returns the last report of the service; null when not one round came to a decision */
export async function watchService(
  world: World,
  watch: Watch,
  options: ScheduleOptions,
): Promise<CycleReport | null> {
  return new ServiceLoop(world, watch, options).run();
}

class ServiceLoop {
  readonly #world: World;
  readonly #watch: Watch;
  readonly #options: ScheduleOptions;
  readonly #rounds = new Set<Promise<void>>();
  readonly #bell: Bell;
  #hurry = false;
  /** The run just made has no look after it yet. */
  #unseen = false;
  #calm = true;
  #last: CycleReport | null = null;
  /** The last run that this loop made: the look after it must not hide it from the caller. */
  #run: Run | null = null;
  #failure: UnderstudyError | null = null;

  constructor(world: World, watch: Watch, options: ScheduleOptions) {
    this.#world = world;
    this.#watch = watch;
    this.#options = options;
    this.#bell = new Bell(world.clock);
    const required = new Set(watch.service.probes.filter(spec => spec.required).map(spec => spec.id));
    watch.onSample = sample => {
      if (sample.ok || this.#hurry || !this.#calm || !required.has(sample.probe) || this.#isOldNews(sample))
        return;
      this.#hurry = true;
      this.#bell.ring();
    };
  }

  /**
   * A failure of another site than the active one, of a probe that the last decision knew to be down, or in a family in
   * which it knew us to be cut off ourselves: each look asks the references then, and its decision will say whether we still
   * are. A host without IPv6 must not look at the faster pace for ever.
   */
  #isOldNews(sample: Sample): boolean {
    if (this.#last === null) return false;
    const { site, families } = this.#last.decision.observation;
    if (sample.site !== site) return true;
    const family = families.find(seen => seen.family === sample.family);
    if (family?.observer === 'offline') return true;
    return family?.probes.some(seen => seen.probe === sample.probe && seen.state === 'down') ?? false;
  }

  async run(): Promise<CycleReport | null> {
    const { clock, stop } = this.#world;
    const { pace, thresholds } = this.#watch.service;
    const began = clock.monotonic();
    let next = began;
    let started = began;
    const ring = () => this.#bell.ring();
    stop.addEventListener('abort', ring);
    while (!stop.aborted) {
      const now = clock.monotonic();
      if (this.#options.once && this.#finished(now - began)) break;
      const most = thresholds.failures + EXTRA_ROUNDS;
      const mayStart = this.#rounds.size < most && this.#mayStart(now - began);
      if (now >= next && mayStart) {
        this.#start();
        started = now;
        next = now + (this.#hurry ? pace.fastMs : pace.intervalMs);
      }
      // Where no round may start, the end of one rings; to ask again each millisecond would only burn the night away.
      const wake = mayStart ? Math.min(next, now + pace.intervalMs) : now + pace.intervalMs;
      await this.#bell.wait(Math.max(1, wake - now));
      // What was in a hurry may be settled by now: then the usual pace counts, from the last look on.
      next = this.#hurry ? Math.min(next, now + pace.fastMs) : Math.max(next, started + pace.intervalMs);
    }
    stop.removeEventListener('abort', ring);
    await Promise.all(this.#rounds);
    this.#watch.onSample = null;
    if (this.#failure !== null) throw this.#failure;
    return this.#last === null ? null : { ...this.#last, run: this.#last.run ?? this.#run };
  }

  #finished(elapsedMs: number): boolean {
    if (this.#failure !== null) return true;
    if (this.#rounds.size > 0) return false;
    return this.#last !== null && !this.#unseen && (!this.#hurry || elapsedMs > this.#options.budgetMs);
  }

  /**
   * `once` begins with one round and adds others only while something is unsettled. A run is looked at once more in any case:
   * what it found out about the sites must not be lost on the next tick, which would count older failures on.
   */
  #mayStart(elapsedMs: number): boolean {
    if (!this.#options.once) return true;
    if (this.#last === null && this.#rounds.size === 0) return true;
    return this.#hurry && (this.#unseen || elapsedMs <= this.#options.budgetMs);
  }

  #start(): void {
    this.#unseen = false;
    const depth: Depth = this.#hurry || !this.#calm ? 'suspicious' : 'routine';
    const round = this.#round(depth).finally(() => {
      this.#rounds.delete(round);
      this.#bell.ring();
    });
    this.#rounds.add(round);
  }

  async #round(depth: Depth): Promise<void> {
    try {
      const report = await cycle(this.#world, this.#watch, { depth });
      this.#last = report;
      this.#run = report.run ?? this.#run;
      this.#hurry = report.again;
      this.#unseen = report.again && report.run !== null;
      this.#calm = isWell(report.verdict);
    } catch (thrown) {
      const error = asError(thrown);
      this.#hurry = false;
      // The daemon lives on: a store that is full may be freed, a lease that was lost may come back.
      if (this.#options.once) this.#failure ??= error;
      this.#world.watcher?.problem?.(this.#watch.service.name, error.message);
    }
  }
}
