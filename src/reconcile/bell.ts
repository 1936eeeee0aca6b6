/** A wait that can be cut short, by time or by a ring. */
import type { Clock } from '../ports/clock.ts';

export class Bell {
  readonly #clock: Clock;
  #ring: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the wait that is on; nobody hears it when there is none. */
  ring(): void {
    this.#ring?.();
  }

  async wait(ms: number): Promise<void> {
    const { signal, done } = this.#clock.deadline(ms);
    await new Promise<void>(resolve => {
      this.#ring = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#ring = null;
    done();
  }
}
