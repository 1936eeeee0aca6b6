/** What every sentence of the language is: a pattern, what it means, and what is made of it. The tables are lists of these. */
import { formatDuration } from '../../config/duration.ts';
import type { Family } from '../../model/sample.ts';
import type { Cast, Happening, HappeningKind } from '../script.ts';
import type { Found } from './slots.ts';

export interface Phrase {
  readonly pattern: string;
  /** One sentence for the reference. */
  readonly doc: string;
}

type Of<K extends HappeningKind> = Extract<Happening, { readonly kind: K }>;

/** A happening but for its instant, which stands in front of the sentence. */
export type Deed = { [K in HappeningKind]: Omit<Of<K>, 'at'> }[HappeningKind];

export interface HappeningPhrase extends Phrase {
  readonly kind: HappeningKind;
  make(found: Found, where: Where): Deed;
  /** The same sentence back from the happening; null when another phrase says this one. */
  say(happening: Happening, where: Where): string | null;
}

/** @returns a row of the table; `say` is only asked about happenings of its kind */
export function phrase<K extends HappeningKind>(
  kind: K,
  pattern: string,
  doc: string,
  make: (found: Found, where: Where) => Omit<Of<K>, 'at' | 'kind'>,
  say: (happening: Of<K>, where: Where) => string | null,
): HappeningPhrase {
  const is = (happening: Happening): happening is Of<K> => happening.kind === kind;
  return {
    kind,
    pattern,
    doc,
    // That a kind and the rest of that kind make a happening of it, the compiler cannot see.
    make: (found, where) => ({ kind, ...make(found, where) }) as unknown as Deed,
    say: (happening, where) => (is(happening) ? say(happening, where) : null),
  };
}

/** Finds the machine behind a site, and back. */
export class Where {
  readonly #cast: Cast;

  constructor(cast: Cast) {
    this.#cast = cast;
  }

  /** The machine of SITE of SERVICE. */
  box(found: Found): string {
    const [service, site] = [found.text('SERVICE'), found.text('SITE')];
    const sites = this.#cast.settings.services.find(entry => entry.name === service)?.sites ?? [];
    return sites.find(entry => entry.name === site)?.server ?? '';
  }

  /** Families in which a machine has an address. */
  families(box: string): readonly Family[] {
    const addresses = this.#cast.boxes.find(entry => entry.id === box)?.addresses ?? {};
    return (['v4', 'v6'] as const).filter(family => addresses[family] !== undefined);
  }

  /** @returns `home of mail`: the first site that stands on the machine */
  siteOn(box: string): string {
    for (const service of this.#cast.settings.services)
      for (const site of service.sites) if (site.server === box) return `${site.name} of ${service.name}`;
    return `machine ${box}`;
  }

  /** Where a person sits or a runner runs, when the sentence does not say. */
  station(found: Found): string {
    return found.has('STATION') ? found.text('STATION') : this.#first;
  }

  /** @returns ` at STATION`, or nothing when it goes without saying */
  atStation(station: string): string {
    return station === this.#first ? '' : ` at ${station}`;
  }

  get #first(): string {
    return this.#cast.stations[0]?.name ?? '';
  }
}

/** The end of a sentence that may last. */
export function lasting(found: Found): { readonly forMs?: number } {
  return found.has('DURATION') ? { forMs: found.ms('DURATION') } : {};
}

export function forSo({ forMs }: { readonly forMs?: number }): string {
  return forMs === undefined ? '' : ` for ${formatDuration(forMs)}`;
}

/** @returns ` in ipv4`, or nothing when it is all of them */
export function inFamilies(families: readonly Family[], all: readonly Family[]): string {
  if (families.length === all.length) return '';
  return ` in ${families.map(family => family.replace('v', 'ipv')).join(' and ')}`;
}
