/** Time, randomness and ids come in here and nowhere else, so that the simulator can replace them. */

export interface Clock {
  /** Wall clock, ms since the Unix epoch. May jump. */
  now(): number;
  /** Never goes back; ms from an arbitrary start. For durations inside one process. */
  monotonic(): number;
  /** Resolves after `ms`, or at once with no error when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** An AbortSignal that fires after `ms` (reason: TimeoutError) or when `parent` does. `done()` releases the timer. */
  deadline(ms: number, parent?: AbortSignal): { readonly signal: AbortSignal; done(): void };
}

export interface Ids {
  /** A new id such as `r-0k3v9q2x4d`: sortable by time is not promised, unique is. Fits the epoch record. */
  next(prefix: 'p' | 'r' | 'i' | 'n'): string;
}
