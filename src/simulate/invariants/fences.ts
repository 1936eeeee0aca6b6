/** When each site was last truly fenced, and when it was let go: seen at every event that can change it. */
import type { Event, Truth } from '../events.ts';
import type { Roll } from './roll.ts';
import { NEVER } from './told.ts';

interface Stand {
  fenced: boolean;
  fencedAt: number;
  freedAt: number;
}

const CHANGING: ReadonlySet<Event['kind']> = new Set([
  'power',
  'locked',
  'isolated',
  'promoted',
  'demoted',
  'happening',
]);

export class Fences {
  readonly #roll: Roll;
  readonly #stands = new Map<string, Stand>();

  constructor(roll: Roll) {
    this.#roll = roll;
  }

  take(event: Event, truth: Truth): void {
    if (!CHANGING.has(event.kind)) return;
    for (const { service, site } of this.#roll.places) {
      const key = `${service.name} ${site.name}`;
      const fenced = truth.isFenced(service.name, site.name);
      const stand = this.#stands.get(key) ?? { fenced: false, fencedAt: NEVER, freedAt: NEVER };
      this.#stands.set(key, stand);
      if (stand.fenced && !fenced) stand.freedAt = event.at;
      if (stand.fenced || fenced) stand.fencedAt = event.at;
      stand.fenced = fenced;
    }
  }

  /** The last instant at which it is known to have been fenced. */
  fencedAt(service: string, site: string): number {
    return this.#stands.get(`${service} ${site}`)?.fencedAt ?? NEVER;
  }

  /** When it was last let go. */
  freedAt(service: string, site: string): number {
    return this.#stands.get(`${service} ${site}`)?.freedAt ?? NEVER;
  }
}
