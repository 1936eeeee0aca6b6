/** A cast while its lines are being read: from sentences to a sketch, and from the sketch to settings with the edits applied. */
import type { Service } from '../../model/service.ts';
import { buildCast, type CastSketch, type ServiceSketch, type SiteSketch } from '../cast.ts';
import type { Cast, StationCast } from '../script.ts';

type Open<T> = { -readonly [K in keyof T]: T[K] };

export interface DraftService extends Open<Omit<ServiceSketch, 'sites' | 'patch'>> {
  readonly sites: Open<SiteSketch>[];
  /** What differs from the defaults; applied to the finished service, so that a threshold leaves the others alone. */
  readonly edits: ((service: Service) => Service)[];
}

/** The runner that there is when nothing else is said. */
export const DESK = 'desk';
const RESTART_MS = 10_000;

export class Draft {
  readonly services: DraftService[] = [];
  readonly stations: StationCast[] = [];
  readonly sketch: Open<Omit<CastSketch, 'services' | 'stations'>> = {};
  /** Time of day at which the scenario begins, ms; null: ten minutes before its first line. */
  beginsMs: number | null = null;
  seed = 1;

  /** The service that the lines below `service` are about. */
  get service(): DraftService | null {
    return this.services.at(-1) ?? null;
  }

  /** The site that the words after a comma are about. */
  get site(): Open<SiteSketch> | null {
    return this.service?.sites.at(-1) ?? null;
  }

  addStation(name: string, runner: StationCast['runner'], offsetMs = 0): void {
    this.stations.push({ name, runner, offsetMs });
  }

  /** @throws RangeError when the cast cannot be: a hoster called dns */
  build(): Cast {
    const cast = buildCast({
      ...this.sketch,
      services: this.services.map(({ edits: _edits, ...service }) => service),
      stations: this.stations.length > 0 ? this.stations : [daemon(DESK)],
    });
    const services = cast.settings.services.map((service, index) =>
      (this.services[index]?.edits ?? []).reduce((edited, edit) => edit(edited), service),
    );
    return { ...cast, settings: { ...cast.settings, services } };
  }
}

export function daemon(name: string, restartMs = RESTART_MS): StationCast {
  return { name, runner: { way: 'daemon', restartMs }, offsetMs: 0 };
}
