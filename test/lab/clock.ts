/** A clock that moves only when everything else waits: time-outs and paces run at once and in the right order. */
import type { Clock, Ids } from '../../src/ports/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  fire(): void;
}

export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: number;
  #order = 0;

  constructor(start = 1_800_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal?.aborted === true) return resolve();
      const cancel = this.#after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = () => {
        cancel();
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  deadline(ms: number, parent?: AbortSignal) {
    const controller = new AbortController();
    const cancel = this.#after(ms, () => controller.abort(new DOMException('deadline', 'TimeoutError')));
    const onAbort = () => controller.abort(parent?.reason);
    if (parent?.aborted === true) onAbort();
    parent?.addEventListener('abort', onAbort, { once: true });
    return {
      signal: controller.signal,
      done: () => {
        cancel();
        parent?.removeEventListener('abort', onAbort);
      },
    };
  }

  /** Runs `work` to its end, moving time to the next timer whenever nothing else can happen. */
  async drive<T>(work: Promise<T>, mostMs = 3_600_000): Promise<T> {
    let over = false;
    const settled = work.finally(() => {
      over = true;
    });
    settled.catch(() => {});
    const end = this.#now + mostMs;
    for (;;) {
      for (let turn = 0; turn < 50 && !over; turn += 1) await new Promise(resolve => setImmediate(resolve));
      if (over) return settled;
      const next = [...this.#timers].sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) throw new Error('nothing is waited for, and the work is not done');
      if (next.at > end) throw new Error(`the work is not done after ${mostMs} ms of virtual time`);
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
  }

  #after(ms: number, fire: () => void): () => void {
    const timer: Timer = { at: this.#now + ms, order: this.#order, fire };
    this.#order += 1;
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}

export function countingIds(): Ids {
  let count = 0;
  return {
    next: prefix => {
      count += 1;
      return `${prefix}-${count}`;
    },
  };
}
