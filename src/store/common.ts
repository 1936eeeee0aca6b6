/**
 * What both stores mean by a fresh state, an open run and a conflict. Free of any database, so that the store in memory, and
 * with it the simulator and a replay, loads none.
 */
import type { Evidence, Incident, ServiceState } from '../model/state.ts';
import { UnderstudyError } from '../ports/errors.ts';

/** The part of ServiceState that patches reach; the rest is read from where it is kept. */
export type PatchedState = Pick<
  ServiceState,
  'active' | 'epoch' | 'maxEpoch' | 'published' | 'quarantined' | 'rival' | 'tried' | 'ackedRun'
>;

export const FRESH_STATE: PatchedState = {
  active: null,
  epoch: 0,
  maxEpoch: 0,
  published: null,
  quarantined: [],
  rival: null,
  tried: [],
  ackedRun: null,
};

/** A key that is present but undefined leaves the field alone, as a missing one does. */
export function patched(state: PatchedState, patch: Partial<PatchedState>): PatchedState {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return { ...state, ...given };
}

/** Two that write the same incident down at once do not see each other's: what one of them has told of stays told. */
export function mergedTold(known: Incident | null, incident: Incident): Incident {
  return known === null ? incident : { ...incident, told: [...new Set([...known.told, ...incident.told])] };
}

/** Neither of these has ended; `interrupted` waits to be resumed. */
export function isOpen(run: { readonly status: string }): boolean {
  return run.status === 'running' || run.status === 'interrupted';
}

/** From the oldest to the newest instant in it, ms; null when there is nothing in it. */
export function spanOf(evidence: Evidence): { readonly oldest: number; readonly newest: number } | null {
  let oldest = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for (const items of Object.values(evidence) as (readonly { readonly at: number }[])[])
    for (const { at } of items) {
      oldest = Math.min(oldest, at);
      newest = Math.max(newest, at);
    }
  return newest === Number.NEGATIVE_INFINITY ? null : { oldest, newest };
}

export function planConflict(id: string): UnderstudyError {
  return new UnderstudyError({
    code: 'plan-conflict',
    message: `plan ${id} is stored already with another content; a plan is never changed, so nothing was written`,
  });
}

export function planUnknown(id: string): UnderstudyError {
  return new UnderstudyError({
    code: 'plan-unknown',
    message: `there is no plan ${id}; nothing was written`,
    next: 'list the plans: understudy status',
  });
}
