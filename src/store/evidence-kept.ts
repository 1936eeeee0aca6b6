/**
 * All evidence of one service as the store without a file keeps it: joined and in the order of time when it is written, so that
 * a look back, which every tick begins with, is a cut and no sorting.
 */
import type { Evidence } from '../model/state.ts';

type Instant = { readonly at: number };
type Kept = { readonly [K in keyof Evidence]: Evidence[K][number][] };

export class EvidenceKept {
  #kept: Kept = { samples: [], references: [], hosts: [], zones: [], freshness: [] };

  add(evidence: Evidence): void {
    insert(this.#kept.samples, evidence.samples);
    insert(this.#kept.references, evidence.references);
    insert(this.#kept.hosts, evidence.hosts);
    insert(this.#kept.zones, evidence.zones);
    insert(this.#kept.freshness, evidence.freshness);
  }

  /** All items with `at` ≥ since, oldest first; items of one instant stay in the order they came in. */
  since(since: number): Kept {
    const { samples, references, hosts, zones, freshness } = this.#kept;
    return {
      samples: from(samples, since),
      references: from(references, since),
      hosts: from(hosts, since),
      zones: from(zones, since),
      freshness: from(freshness, since),
    };
  }

  drop(before: number): void {
    for (const inOrder of Object.values(this.#kept) as Instant[][]) inOrder.splice(0, place(inOrder, before));
  }

  cut(after: number): void {
    for (const inOrder of Object.values(this.#kept) as Instant[][])
      while ((inOrder.at(-1)?.at ?? after) > after) inOrder.pop();
  }
}

function insert<T extends Instant>(inOrder: T[], items: readonly T[]): void {
  for (const item of items) {
    let place = inOrder.length;
    while (place > 0 && (inOrder[place - 1]?.at ?? item.at) > item.at) place -= 1;
    if (place === inOrder.length) inOrder.push(item);
    else inOrder.splice(place, 0, item);
  }
}

function from<T extends Instant>(inOrder: readonly T[], since: number): T[] {
  return inOrder.slice(place(inOrder, since));
}

/** @returns how many of those that are in the order of time are from before the instant; halving, since there may be weeks */
function place(inOrder: readonly Instant[], since: number): number {
  let [low, high] = [0, inOrder.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((inOrder[middle]?.at ?? since) < since) low = middle + 1;
    else high = middle;
  }
  return low;
}
