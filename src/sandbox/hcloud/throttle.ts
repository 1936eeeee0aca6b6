/** The project's request budget: 3600 an hour, given back at one a second, told in every answer's RateLimit-* headers. */

export interface RateLimit {
  readonly limit: number;
  /** Requests given back per second. */
  readonly perSecond: number;
}

export class Budget {
  readonly #rate: RateLimit;
  readonly #now: () => number;
  #left: number;
  #at: number;

  constructor(rate: RateLimit, now: () => number) {
    this.#rate = rate;
    this.#now = now;
    this.#left = rate.limit;
    this.#at = now();
  }

  /** Counts one request. @returns false when the budget is used up */
  take(): boolean {
    this.#refill();
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** @param empty says "nothing left" whatever the count, for a throttling on demand */
  headers(empty: boolean): Readonly<Record<string, string>> {
    this.#refill();
    const left = empty ? 0 : Math.floor(this.#left);
    const full = this.#at + ((this.#rate.limit - left) / this.#rate.perSecond) * 1000;
    return {
      'RateLimit-Limit': String(this.#rate.limit),
      'RateLimit-Remaining': String(left),
      'RateLimit-Reset': String(Math.ceil(full / 1000)),
    };
  }

  #refill(): void {
    const now = this.#now();
    const back = (Math.max(0, now - this.#at) / 1000) * this.#rate.perSecond;
    this.#left = Math.min(this.#rate.limit, this.#left + back);
    this.#at = now;
  }
}
