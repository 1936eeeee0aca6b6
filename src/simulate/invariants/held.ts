/** Which holds stand, as they were committed: for the checkers of invariant 7. */
import type { Change, Hold } from '../../model/state.ts';
import type { EventOf } from '../events.ts';

export interface Held {
  readonly hold: Hold;
  /** When it was committed. */
  readonly at: number;
  readonly seq: number;
}

/** @param holds by station and service */
export function enter(holds: Map<string, Held>, event: EventOf<'commit'>, seq: number): void {
  for (const change of event.changes) {
    if (change.kind === 'hold')
      holds.set(`${event.by.station} ${change.hold.service}`, { hold: change.hold, at: event.at, seq });
    else if (change.kind === 'resume') {
      const key = `${event.by.station} ${change.service}`;
      if (lifts(change, holds.get(key)?.hold)) holds.delete(key);
    }
  }
}

/** @returns whether it is the hold that is lifted: one that was set since is left alone */
export function lifts({ since }: Resume, hold: Hold | null | undefined): boolean {
  return since === undefined || hold?.since === since;
}

type Resume = Extract<Change, { readonly kind: 'resume' }>;

/** @param wall the station's clock */
export function inForce({ hold }: Held, wall: number): boolean {
  return hold.until === null || hold.until > wall;
}
