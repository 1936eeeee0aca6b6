/** A machine on which understudy runs: a clock that may be wrong, a disk that may fail, a network that may be gone. */
import type { Family } from '../model/sample.ts';
import type { Store } from '../ports/store.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { DiskFault, StationCast } from './script.ts';
import type { Timeline } from './timeline.ts';

/** The true time at which a simulation begins, unless its script says how much later: 2026-03-01 00:00 UTC. */
export const BEGINNING = Date.UTC(2026, 2, 1);

export class Station {
  readonly name: string;
  readonly cast: StationCast;
  /** What is on its disk: it outlives every process. */
  readonly disk: Store = createMemoryStore();
  readonly online: Record<Family, boolean> = { v4: true, v6: true };
  diskFault: DiskFault | null = null;
  readonly #timeline: Timeline;
  readonly #startsAt: number;
  #offsetMs: number;
  /** Runs so much faster than true time, and since when. */
  #ppm = 0;
  #driftFrom = 0;

  /** @param startsAt when the timeline begins, ms since the Unix epoch */
  constructor(cast: StationCast, timeline: Timeline, startsAt = BEGINNING) {
    this.name = cast.name;
    this.cast = cast;
    this.#timeline = timeline;
    this.#startsAt = startsAt;
    this.#offsetMs = cast.offsetMs;
  }

  /** Its wall clock, ms since the Unix epoch. */
  wall(): number {
    return Math.round(this.#startsAt + this.#timeline.now + this.#offsetMs + this.#drifted());
  }

  /** Never goes back; drifts as its wall clock does. */
  monotonic(): number {
    return this.#timeline.now + this.#gained + this.#drifted();
  }

  /** How long its timer for `ms` takes in true time. */
  trueMs(ms: number): number {
    return ms / (1 + this.#ppm / 1e6);
  }

  /** Wall clock ahead of true time, ms. */
  get aheadMs(): number {
    return this.#offsetMs + this.#drifted();
  }

  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  drift(ppm: number): void {
    const drifted = this.#drifted();
    this.#offsetMs += drifted;
    this.#gained += drifted;
    this.#ppm = ppm;
    this.#driftFrom = this.#timeline.now;
  }

  #gained = 0;

  #drifted(): number {
    return ((this.#timeline.now - this.#driftFrom) * this.#ppm) / 1e6;
  }
}
