/**
 * Evidence comes in batches, one a look at the world, and is asked for by each item's own instant. Both stores keep the
 * batches whole (one small write a tick) and cut here.
 */
import type { Evidence } from '../model/state.ts';

type Instant = { readonly at: number };

/** All items of the batches with since ≤ `at` ≤ until, oldest first; items of one instant stay in the order they came in. */
export function joinEvidence(
  batches: readonly Evidence[],
  since: number,
  until = Number.POSITIVE_INFINITY,
): Evidence {
  const pick = <T extends Instant>(items: (batch: Evidence) => readonly T[]): readonly T[] => {
    const found: T[] = [];
    let inOrder = true;
    for (const batch of batches)
      for (const item of items(batch)) {
        if (item.at < since || item.at > until) continue;
        inOrder &&= (found.at(-1)?.at ?? item.at) <= item.at;
        found.push(item);
      }
    return inOrder ? found : found.sort((left, right) => left.at - right.at);
  };
  return {
    samples: pick(batch => batch.samples),
    references: pick(batch => batch.references),
    hosts: pick(batch => batch.hosts),
    zones: pick(batch => batch.zones),
    freshness: pick(batch => batch.freshness),
  };
}

/** The batch without what is older than `since` or later than `until`. */
export function cutEvidence(batch: Evidence, since: number, until?: number): Evidence {
  return joinEvidence([batch], since, until);
}
