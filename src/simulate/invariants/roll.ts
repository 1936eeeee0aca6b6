/** Who is who in the cast, looked up by name: what a checker needs of the settings, and nothing of the program's own reading. */
import { FAMILIES, type Family } from '../../model/sample.ts';
import type { Service, Site } from '../../model/service.ts';
import type { Cast } from '../script.ts';

export interface Place {
  readonly service: Service;
  readonly site: Site;
}

export class Roll {
  readonly cast: Cast;
  readonly services: readonly Service[];
  readonly places: readonly Place[];
  readonly #services: ReadonlyMap<string, Service>;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #onBox = new Map<string, Place[]>();

  constructor(cast: Cast) {
    this.cast = cast;
    this.services = cast.settings.services;
    this.#services = new Map(this.services.map(service => [service.name, service]));
    this.places = this.services.flatMap(service => service.sites.map(site => ({ service, site })));
    this.#places = new Map(this.places.map(place => [`${place.service.name} ${place.site.name}`, place]));
    for (const place of this.places) {
      const box = place.site.server ?? '';
      const there = this.#onBox.get(box);
      if (there === undefined) this.#onBox.set(box, [place]);
      else there.push(place);
    }
  }

  service(name: string): Service | null {
    return this.#services.get(name) ?? null;
  }

  site(service: string, name: string): Site | null {
    return this.#places.get(`${service} ${name}`)?.site ?? null;
  }

  /** Sites that share this machine. */
  onBox(box: string): readonly Place[] {
    return this.#onBox.get(box) ?? [];
  }

  /** Families in which the machine has an address. */
  familiesOf(box: string): readonly Family[] {
    const [first] = this.onBox(box);
    return first === undefined ? [] : FAMILIES.filter(family => first.site.addresses[family] !== undefined);
  }
}
