/**
 * One start of a program: a tick, a daemon, a person's command. Everything it asks of the outside passes through here, so
 * that it can die between any two awaits, or be put to sleep there and wake when its lease has long expired. A dead
 * process's awaits never come back; that is all that dying is.
 */
import type { Clock } from '../ports/clock.ts';
import type { Actor } from './events.ts';
import { VirtualController, VirtualSignal } from './signal.ts';
import type { Station } from './station.ts';
import type { Timeline } from './timeline.ts';

type Fate =
  | { readonly what: 'dies'; readonly when: 'before' | 'after' }
  | { readonly what: 'sleeps'; readonly forMs: number };

export class Process {
  readonly actor: Actor;
  readonly station: Station;
  readonly clock: Clock;
  /** SIGTERM. */
  readonly stop = new VirtualController();
  /** Called once, when it dies. */
  onDeath: (() => void) | null = null;
  readonly #timeline: Timeline;
  #dead = false;
  #asleepUntil = -1;
  readonly #wakers: (() => void)[] = [];
  #doom: { calls: number; readonly fate: Fate } | null = null;

  constructor(actor: Actor, station: Station, timeline: Timeline) {
    this.actor = actor;
    this.station = station;
    this.#timeline = timeline;
    this.clock = this.#createClock();
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Its fate falls at the so-many-th call to the outside from now. */
  doom(calls: number, fate: Fate): void {
    this.#doom = { calls, fate };
  }

  /** Whatever was in store for it is called off; if it sleeps, it wakes. */
  relent(): void {
    this.#doom = null;
    this.#asleepUntil = -1;
    for (const wake of this.#wakers.splice(0)) wake();
  }

  die(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.onDeath?.();
  }

  sleep(forMs: number): void {
    this.#asleepUntil = this.#timeline.now + forMs;
  }

  /** Ended in good order: nothing of it may happen any more. */
  bury(): void {
    this.#dead = true;
  }

  /** A call to the outside: takes effect between two moments at which the process may die or fall asleep. */
  async call<T>(work: () => T | Promise<T>): Promise<T> {
    if (!this.#isQuiet()) await this.#moment('before');
    let result: T;
    try {
      result = await work();
    } catch (thrown) {
      if (!this.#isQuiet()) await this.#moment('after');
      throw thrown;
    }
    if (!this.#isQuiet()) await this.#moment('after');
    return result;
  }

  #isQuiet(): boolean {
    return !this.#dead && this.#doom === null && this.#asleepUntil <= this.#timeline.now;
  }

  async #moment(when: 'before' | 'after'): Promise<void> {
    if (this.#doom !== null && when === 'before') this.#doom.calls -= 1;
    if (this.#doom !== null && this.#doom.calls <= 0) {
      const { fate } = this.#doom;
      if (fate.what === 'sleeps' || fate.when === when) {
        this.#doom = null;
        if (fate.what === 'dies') this.die();
        else this.sleep(fate.forMs);
      }
    }
    if (this.#dead) await new Promise(() => {});
    while (this.#asleepUntil > this.#timeline.now) {
      await new Promise<void>(resolve => this.#onWaking(resolve));
      if (this.#dead) await new Promise(() => {});
    }
  }

  #onWaking(wake: () => void): void {
    this.#wakers.push(wake);
    if (this.#wakers.length > 1) return;
    this.#timeline.at(this.#asleepUntil, () => {
      for (const waiting of this.#wakers.splice(0)) waiting();
    });
  }

  /** A timer of this process: it does not fire when the process is dead, and late when it sleeps. */
  #after(ms: number, fire: () => void): () => void {
    let cancelled = false;
    const cancel = this.#timeline.after(this.station.trueMs(ms), () => ring());
    const ring = () => {
      if (cancelled || this.#dead) return;
      if (this.#asleepUntil > this.#timeline.now) this.#onWaking(ring);
      else fire();
    };
    return () => {
      cancelled = true;
      cancel();
    };
  }

  #createClock(): Clock {
    const after = (ms: number, fire: () => void) => this.#after(ms, fire);
    return {
      now: () => this.station.wall(),
      monotonic: () => this.station.monotonic(),
      sleep: (ms, signal) =>
        new Promise(resolve => {
          if (signal?.aborted === true) return resolve();
          const end = () => {
            cancel();
            signal?.removeEventListener('abort', end);
            resolve();
          };
          const cancel = after(ms, end);
          signal?.addEventListener('abort', end);
        }),
      deadline: (ms, parent) => {
        const signal = new VirtualSignal();
        const done = () => {
          cancel();
          parent?.removeEventListener('abort', follow);
        };
        const end = (reason: unknown) => {
          done();
          signal.abort(reason);
        };
        const follow = () => end(parent?.reason);
        const cancel = after(ms, () => end(timeoutAfter(ms)));
        if (parent?.aborted === true) follow();
        else parent?.addEventListener('abort', follow);
        return { signal, done };
      },
    };
  }
}

/** Made once for a usual span: an exception is dear, and waits that end by time are most of all. */
const TIMEOUTS = new Map<number, DOMException>();
const TIMEOUTS_MOST = 500;

function timeoutAfter(ms: number): DOMException {
  const known = TIMEOUTS.get(ms) ?? new DOMException(`not done within ${ms} ms`, 'TimeoutError');
  if (TIMEOUTS.size < TIMEOUTS_MOST) TIMEOUTS.set(ms, known);
  return known;
}
