/** When a hold counts: one definition, since everything that may switch asks it. */
import type { Hold } from './state.ts';

/** @returns the hold while it is in force at `now` (its end not reached, or none set), else null */
export function holdInForce(hold: Hold | null, now: number): Hold | null {
  return hold !== null && (hold.until === null || hold.until > now) ? hold : null;
}
