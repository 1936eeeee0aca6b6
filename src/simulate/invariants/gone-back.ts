/**
 * 4 (the other half of it) An epoch never goes back, unless a person has said so.
 *
 * A lower epoch in the zone than the highest that a station has written down is a control plane that was rolled back: nothing
 * of ours is written over it until a person has accepted it, and nobody else lowers what was written down. What a
 * station was told and could not write down before a crash it cannot know. A change that lands long after it was asked
 * for is judged by what was known then.
 */
import type { Checker, EventOf } from '../events.ts';

export function createGoneBack(): Checker {
  /** By station and service. */
  const highest = new Map<string, number>();
  return {
    invariant: 4,
    sentence: 'A run with an old epoch changes nothing.',
    see(event) {
      if (event.kind === 'commit') return lowered(highest, event);
      return event.kind === 'zone' ? overwritten(highest, event) : null;
    },
  };
}

function lowered(highest: Map<string, number>, { by, changes }: EventOf<'commit'>): string | null {
  let found: string | null = null;
  for (const change of changes) {
    if (change.kind !== 'service' || change.patch.maxEpoch === undefined) continue;
    const key = `${by.station} ${change.service}`;
    const before = highest.get(key) ?? 0;
    const { maxEpoch } = change.patch;
    highest.set(key, maxEpoch);
    if (maxEpoch < before && by.program !== 'accept-epoch')
      found ??= `${by.process} (${by.program}) lowered the highest epoch seen of ${change.service} from ${before} to ${maxEpoch}, and no person has accepted that`;
  }
  return found;
}

function overwritten(
  highest: ReadonlyMap<string, number>,
  { by, service, epochAfter, askedAt, at }: EventOf<'zone'>,
): string | null {
  if (by === null || service === null || epochAfter === null || askedAt < at) return null;
  const seen = highest.get(`${by.station} ${service}`) ?? 0;
  return epochAfter.epoch > seen
    ? null
    : `${by.process} wrote epoch ${epochAfter.epoch} of ${service}, and its station had seen ${seen}`;
}
