/**
 * What all orders share: who gives one and why, and how one is refused. An order takes plain values and returns plain
 * values, so that a command, and a person in the simulator, run the very same code; questions are asked by the caller,
 * between the look and the deed, and the deed asks whether what was looked at is still so.
 */
import type { AuditEntry } from '../model/state.ts';

/** Kept in the audit for ever; already cleaned to one line each. */
export type Words = Pick<AuditEntry, 'operator' | 'reason'>;

export type RefusalCode =
  | 'run-open' // a run is under way, which may change what the order would
  | 'quarantine-changed' // not the entry any more that the person vouched for
  | 'epoch-foreign' // what DNS holds is not ours to accept
  | 'epoch-not-accepted' // DNS has changed since, or a run has to end first
  | 'plan-unknown' // no plan of that id is stored
  | 'plan-not-waiting' // it was started or is void
  | 'service-unknown'; // the config has lost the plan's service

/** Something stands against the order: nothing was changed. The message is for people, `next` is what to do. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly next?: string;
}

export interface Refused {
  readonly refused: Refusal;
}
