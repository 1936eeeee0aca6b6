/** How far a long simulation is, on stderr: one line that is written over where a person watches, else a line now and then. */
import type { SeedsReport, SeedViolation } from '../../simulate/seeds.ts';
import type { Io } from '../io.ts';
import { hoursPerSecond } from './simulate.ts';
import { count } from './text.ts';

/** ms between two lines, or between two versions of the one line. */
const PACE_MS = { lines: 10_000, oneLine: 200 };
/** Back to the start of the line, and the rest of it blank (ECMA-48, 8.3.41). */
const AGAIN = '\r\u001b[K';

/** Before that nobody wonders, ms. */
const PATIENCE_MS = 1_000;

/** Of one simulation: silent while it is short, and gone when it is over. */
export class Progress {
  readonly #io: Io;
  readonly #monotonic: () => number;
  #due: number;
  #told = false;

  /** @param monotonic ms, of any beginning */
  constructor(io: Io, monotonic: () => number) {
    this.#io = io;
    this.#monotonic = monotonic;
    this.#due = monotonic() + (io.isWatched ? PATIENCE_MS : PACE_MS.lines);
  }

  /** @param text asked for only when it is time to say it */
  tell(text: () => string): void {
    const now = this.#monotonic();
    if (now < this.#due) return;
    this.#due = now + (this.#io.isWatched ? PACE_MS.oneLine : PACE_MS.lines);
    this.#told = true;
    this.#io.err(this.#io.isWatched ? `${AGAIN}${text()}` : `${text()}\n`);
  }

  end(): void {
    if (this.#told && this.#io.isWatched) this.#io.err(AGAIN);
  }
}

export class SeedsProgress {
  readonly #io: Io;
  readonly #monotonic: () => number;
  readonly #of: number;
  #done = 0;
  #violations = 0;
  #simulatedMs = 0;
  #cpuUs = 0;
  #told: number;

  /** @param monotonic ms, of any beginning */
  constructor(io: Io, monotonic: () => number, of: number) {
    this.#io = io;
    this.#monotonic = monotonic;
    this.#of = of;
    this.#told = monotonic();
  }

  add({ report, cpuUs }: { readonly report: SeedsReport; readonly cpuUs: number }): void {
    this.#done += report.seeds;
    this.#violations += report.violations.length;
    this.#simulatedMs += report.simulatedMs;
    this.#cpuUs += cpuUs;
    for (const violation of report.violations) this.#found(violation);
    const pace = this.#io.isWatched ? PACE_MS.oneLine : PACE_MS.lines;
    if (this.#monotonic() - this.#told < pace) return;
    this.say(
      [
        `${this.#done} of ${count(this.#of, 'seed')}`,
        count(this.#violations, 'violation'),
        `${Math.round(this.#simulatedMs / 3_600_000)} simulated hours`,
        `${hoursPerSecond(this.#simulatedMs, this.#cpuUs)} h per CPU second`,
      ].join(', '),
    );
  }

  /** At once, for whoever need not wait for the story, and in case that it is killed before. */
  #found({ seed, invariant, sentence }: SeedViolation): void {
    const line = `seed ${seed}: invariant ${invariant} is violated: ${sentence}\n`;
    this.#io.err(this.#io.isWatched ? `${AGAIN}${line}` : line);
  }

  say(text: string): void {
    this.#told = this.#monotonic();
    this.#io.err(this.#io.isWatched ? `${AGAIN}${text}` : `${text}\n`);
  }

  /** Nothing more comes: the line is cleared for the result. */
  end(): void {
    if (this.#io.isWatched) this.#io.err(AGAIN);
  }
}
