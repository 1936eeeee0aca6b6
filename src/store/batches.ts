/** Evidence as the store without a file keeps it: whole batches in the order of their commits, and which of them a look back needs. */
import type { Evidence } from '../model/state.ts';
import { spanOf } from './changes.ts';

export interface Batch {
  readonly oldest: number;
  /** The latest instant in it, and in all batches up to and with it: a tick asks for the last minutes of weeks. */
  readonly newest: number;
  readonly newestYet: number;
  readonly evidence: Evidence;
}

/** An empty one is not kept. */
export function addBatch(batches: Batch[], evidence: Evidence): void {
  const span = spanOf(evidence);
  if (span === null) return;
  const newestYet = Math.max(span.newest, batches.at(-1)?.newestYet ?? span.newest);
  batches.push({ ...span, newestYet, evidence });
}

/** @returns those with anything from `since` on, ms since the epoch */
export function batchesSince(batches: readonly Batch[], since: number): readonly Batch[] {
  let first = batches.length;
  while (first > 0 && (batches[first - 1]?.newestYet ?? since) >= since) first -= 1;
  return batches.slice(first).filter(({ newest }) => newest >= since);
}
