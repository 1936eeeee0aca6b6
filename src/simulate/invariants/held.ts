/** Which holds stand, as they were committed: for the checkers of invariant 7. */
import type { Hold } from '../../model/state.ts';
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
    else if (change.kind === 'resume') holds.delete(`${event.by.station} ${change.service}`);
  }
}

/** @param wall the station's clock */
export function inForce({ hold }: Held, wall: number): boolean {
  return hold.until === null || hold.until > wall;
}
