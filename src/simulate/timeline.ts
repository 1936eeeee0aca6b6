/**
 * Virtual time: a queue of what is to happen, and a clock that stands still until everything that the last event set off
 * has come to rest. An hour in which nothing happens costs nothing; equal instants are served in the order in which they
 * were asked for, so that the same seed runs the same way.
 */
import TinyQueue from 'tinyqueue';

interface Entry {
  readonly at: number;
  readonly order: number;
  fire: (() => void) | null;
}

/** Events between two turns of the event loop. */
const TURN_EVERY = 1000;

export class Timeline {
  /** ms since the simulation began. */
  now = 0;
  /** Called after each event, when all that it set off is at rest. */
  onRest: (() => void) | null = null;
  readonly #queue = new TinyQueue<Entry>([], (a, b) => a.at - b.at || a.order - b.order);
  #order = 0;
  #fired = 0;

  /** @param at ms since the beginning; what is past happens next @returns what takes it back */
  at(at: number, fire: () => void): () => void {
    const entry: Entry = { at: Math.max(at, this.now), order: this.#order, fire };
    this.#order += 1;
    this.#queue.push(entry);
    return () => {
      entry.fire = null;
    };
  }

  after(ms: number, fire: () => void): () => void {
    return this.at(this.now + Math.max(0, ms), fire);
  }

  /** Runs everything up to and with `until`, and leaves the clock there. Stops early when `over` says so. */
  async run(until: number, over: () => boolean = () => false): Promise<void> {
    // From a callback of the event loop the next tick comes before what promises have to do; from here on it comes after.
    await turn();
    for (;;) {
      const next = this.#queue.peek();
      if (next === undefined || next.at > until || over()) break;
      this.#queue.pop();
      if (next.fire === null) continue;
      this.now = next.at;
      next.fire();
      await rest();
      this.#fired += 1;
      if (this.#fired % TURN_EVERY === 0) await turn();
      this.onRest?.();
    }
    if (!over()) this.now = Math.max(this.now, until);
  }
}

/**
 * By the next tick every promise that could settle has: Node empties the queue of promises first, and nothing in a simulation
 * waits for anything real. A whole turn of the event loop would do too, and was a tenth of a simulation.
 * (nodejs.org/en/learn/asynchronous-work/understanding-processnexttick)
 */
function rest(): Promise<void> {
  return new Promise(resolve => process.nextTick(resolve));
}

/** For signals and progress: the event loop itself gets its turn. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
