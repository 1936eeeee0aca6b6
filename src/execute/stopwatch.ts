/**
 * How long something took, for questions whose answer grows old. A machine that sleeps may stop the monotonic clock
 * (clock_gettime(2)), and a wall clock may be set: the longer of the two counts, since asking once too often does no harm.
 */
import type { Clock } from '../ports/clock.ts';

/** @returns asked, the ms since it was made, by whichever clock says more */
export function stopwatch(clock: Clock): () => number {
  const [monotonic, wall] = [clock.monotonic(), clock.now()];
  return () => Math.max(clock.monotonic() - monotonic, clock.now() - wall);
}
