/** How it was with each site at earlier instants: what a checker asks for when a process decided on something of before. */
import { FAMILIES, type Family } from '../../model/sample.ts';
import type { SiteState } from './sites.ts';

/** How far back it reaches, in changes of one site in one family. */
const MOST = 256;

interface Remembered {
  /** From then on (true time). */
  readonly at: number;
  readonly answers: boolean;
  readonly inTouch: boolean;
}

export interface Span {
  readonly from: number;
  readonly to: number;
  /** To be in touch for less than that counts for nothing: who looks now and then does not see it. */
  readonly glimpseMs: number;
}

export class Memory {
  /** Newest last, by service, site and family. */
  readonly #changes = new Map<string, Remembered[]>();

  take(service: string, state: SiteState, now: number): void {
    for (const family of FAMILIES) {
      const key = placeOf(service, state.site.name, family);
      const [answers, inTouch] = [state.answers(family), state.inTouch(family)];
      const known = this.#changes.get(key);
      const last = known?.at(-1);
      if (known === undefined) this.#changes.set(key, [{ at: now, answers, inTouch }]);
      else if (last?.answers !== answers || last.inTouch !== inTouch) {
        known.push({ at: now, answers, inTouch });
        if (known.length > MOST) known.shift();
      }
    }
  }

  at(service: string, site: string, family: Family, at: number): Remembered | undefined {
    const known = this.#changes.get(placeOf(service, site, family)) ?? [];
    return known.findLast(entry => entry.at <= at) ?? known[0];
  }

  wasInTouchSince(service: string, site: string, since: number): boolean {
    return FAMILIES.some(family =>
      (this.#changes.get(placeOf(service, site, family)) ?? []).some(
        entry => entry.inTouch && entry.at > since,
      ),
    );
  }

  /** @returns the longest while of the span in which it was in touch in no family, ms */
  outOfTouchMs(service: string, site: string, { from, to, glimpseMs }: Span): number {
    const changes = FAMILIES.flatMap(family =>
      (this.#changes.get(placeOf(service, site, family)) ?? [])
        .map(({ at }) => at)
        .filter(at => at > from && at < to),
    );
    const instants = [from, ...changes.sort((a, b) => a - b), to];
    let [longest, since, touchedMs] = [0, from, 0];
    for (const [index, at] of instants.slice(0, -1).entries()) {
      const end = instants[index + 1] ?? to;
      const inTouch = FAMILIES.some(family => this.at(service, site, family, at)?.inTouch === true);
      touchedMs = inTouch ? touchedMs + end - at : 0;
      if (touchedMs > 0 && touchedMs >= glimpseMs) since = end;
      if (!inTouch) longest = Math.max(longest, end - since);
    }
    return longest;
  }
}

const placeOf = (service: string, site: string, family: Family): string => `${service} ${site} ${family}`;
