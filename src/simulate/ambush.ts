/**
 * What comes at the worst moment. Most faults that fall at random fall between two runs and find nobody at work; these wait
 * for a suspicion, a decision to act, the beginning of a run, or a step of some kind that is about to begin, and are aimed at
 * the site that is active then, whichever that has become.
 */
import type { Run } from '../model/state.ts';
import type { Actor, Event } from './events.ts';
import type { Armed, Happening } from './script.ts';
import type { Timeline } from './timeline.ts';
import type { SimulatedWorld } from './world/world.ts';

/** @param station where what it waited for has begun, for one that comes there; else null */
type Strike = (happening: Happening, station: string | null) => void;

export class Ambush {
  readonly #timeline: Timeline;
  readonly #strike: Strike;
  #isDisarmed = false;
  readonly #waiting = new Map<Happening, Armed>();
  /** Ids of runs that have begun: only the first commit of one is its beginning. */
  readonly #runs = new Set<string>();
  /** The open run of each service at each station, and who was seen at work on it last. */
  readonly #open = new Map<string, { readonly run: string; by: string }>();

  constructor(timeline: Timeline, strike: Strike) {
    this.#timeline = timeline;
    this.#strike = strike;
  }

  lay(happening: Happening, armed: Armed): void {
    this.#waiting.set(happening, armed);
  }

  /** Must see every event. */
  see(event: Event): void {
    if (event.kind !== 'commit') return;
    const begun = this.#begunBy(event);
    if (begun.length === 0) return;
    for (const [happening, { on, afterMs, here }] of this.#waiting) {
      if (!begun.includes(on)) continue;
      this.#waiting.delete(happening);
      const strike = () => {
        if (!this.#isDisarmed) this.#strike(happening, here === true ? event.by.station : null);
      };
      // At once is before the very next thing: where nothing takes time, a whole run goes by in one instant.
      if (afterMs === 0) strike();
      else this.#timeline.after(afterMs, strike);
    }
  }

  /** Those that still wait never come, nor do those that were to strike a moment later. */
  disarm(): void {
    this.#waiting.clear();
    this.#isDisarmed = true;
  }

  #begunBy({ changes, by }: Extract<Event, { kind: 'commit' }>): readonly Armed['on'][] {
    const begun: Armed['on'][] = [];
    for (const change of changes) {
      if (change.kind === 'decision') {
        const { verdict, standing, plan } = change.decision;
        if (verdict.class === 'SUSPECT') begun.push('suspicion');
        if (standing === null && plan !== null) begun.push('decision');
        const open = this.#open.get(`${by.station} ${change.decision.service}`);
        if (open !== undefined && open.by !== by.process) begun.push('open-run');
      }
      if (change.kind === 'journal' && change.entry.event === 'intent') begun.push(change.entry.kind);
      if (change.kind === 'run') this.#note(change.run, by);
      if (change.kind !== 'run' || this.#runs.has(change.run.id)) continue;
      this.#runs.add(change.run.id);
      begun.push('run');
    }
    return begun;
  }

  #note({ id, service, status }: Run, { station, process }: Actor): void {
    const key = `${station} ${service}`;
    if (status === 'running' || status === 'interrupted') this.#open.set(key, { run: id, by: process });
    else if (this.#open.get(key)?.run === id) this.#open.delete(key);
  }
}

/** @returns the happening at the site that it is aimed at, as things are now, and at `station` unless that is null */
export function aimed(world: SimulatedWorld, scripted: Happening, station: string | null): Happening {
  const happening = station !== null && 'station' in scripted ? { ...scripted, station } : scripted;
  const { aim } = happening;
  const service = aim === undefined ? undefined : world.services.get(aim.service);
  if (aim === undefined || service === undefined) return happening;
  const active = world.activeSite(aim.service) ?? service.sites[0];
  const found = aim.role === 'active' ? active : service.sites.find(state => state !== active);
  if (found === undefined) return happening;
  const { site } = found;
  if ('site' in happening) return { ...happening, site: site.name };
  return 'box' in happening ? { ...happening, box: site.server ?? happening.box } : happening;
}
