/**
 * An AbortSignal as far as anybody here uses one. Each question of a cycle gets a deadline and hardly any ever fires; Node's
 * own signal is an EventTarget with all that belongs to it, and making them was a tenth of a simulation.
 */
/** Nobody looks into it. */
const ABORT = new Event('abort');

type Listener = Parameters<AbortSignal['addEventListener']>[1];

export class VirtualSignal implements AbortSignal {
  aborted = false;
  reason: unknown = undefined;
  onabort: AbortSignal['onabort'] = null;
  #listeners: Listener[] = [];

  /** Listeners are told at once, in the order in which they came. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.dispatchEvent(ABORT);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** Each listener is told once at most, since a signal fires once. */
  addEventListener(_type: string, listener: Listener): void {
    if (!this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  removeEventListener(_type: string, listener: Listener): void {
    const place = this.#listeners.indexOf(listener);
    if (place !== -1) this.#listeners.splice(place, 1);
  }

  dispatchEvent(event: Event): boolean {
    const told = this.#listeners;
    this.#listeners = [];
    for (const listener of told)
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    return true;
  }
}

/** An AbortController as far as anybody here uses one. */
export class VirtualController {
  readonly signal = new VirtualSignal();

  abort(reason?: unknown): void {
    this.signal.abort(reason);
  }
}
