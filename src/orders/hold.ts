/** `hold` and `resume`: hold, notice and audit are one transaction; nothing else is touched, and no lease is needed. */
import { holdCleared, holdSet } from '../announce/phrase.ts';
import type { Service } from '../model/service.ts';
import type { Change, Hold, Run, ServiceState } from '../model/state.ts';
import type { Program } from '../reconcile/daemon.ts';
import type { World } from '../reconcile/world.ts';
import type { Words } from './person.ts';

export interface HoldOrder extends Words {
  /** Whose hold it is; not always who typed it. */
  readonly owner: string;
  /** When the order was given, ms since the epoch: `until` was counted from it. */
  readonly now: number;
  /** ms since the epoch; null: until resumed. */
  readonly until: number | null;
}

export interface ResumeOrder extends Words {
  readonly now: number;
}

/** What is in force now, with the real state of the service beside it. */
export interface HoldReport {
  readonly before: ServiceState;
  readonly after: ServiceState;
  /** What becomes of it depends on how far it is. */
  readonly openRun: Run | null;
}

/**
 * Holds all the services in one transaction; a hold that was there is replaced.
 * @returns a report for each, in the order given
 * @throws StoreError; then none is held anew
 */
export async function setHold(
  { world }: Program,
  services: readonly Service[],
  order: HoldOrder,
): Promise<readonly HoldReport[]> {
  return change(world, services, before => holdChanges(world, before, order));
}

/**
 * Lifts the holds of all the services in one transaction; where there is none, nothing is written.
 * @returns a report for each, in the order given
 * @throws StoreError; then none is lifted
 */
export async function liftHold(
  { world }: Program,
  services: readonly Service[],
  order: ResumeOrder,
): Promise<readonly HoldReport[]> {
  return change(world, services, before => resumeChanges(world, before, order));
}

async function change(
  { store }: World,
  services: readonly Service[],
  changesFor: (before: ServiceState) => readonly Change[],
): Promise<readonly HoldReport[]> {
  const states = await Promise.all(services.map(service => store.service(service.name)));
  await store.commit(states.flatMap(changesFor));
  return Promise.all(
    states.map(async before => ({
      before,
      after: await store.service(before.service),
      openRun: await store.openRun(before.service),
    })),
  );
}

function holdChanges(world: World, before: ServiceState, order: HoldOrder): readonly Change[] {
  const { owner, operator, reason, now, until } = order;
  const { service } = before;
  const set: Hold = { service, owner, reason, since: now, until };
  const end = until === null ? 'until resumed' : `until ${new Date(until).toISOString()}`;
  const detail = owner === operator ? end : `for ${owner}, ${end}`;
  return [
    { kind: 'hold', hold: set },
    world.tell(holdSet(set), now, openIncident(before)),
    { kind: 'audit', entry: { at: now, operator, action: 'hold', service, reason, overrides: [], detail } },
  ];
}

/** A hold that has run out is taken away without a word: nothing is lifted by it. */
function resumeChanges(world: World, before: ServiceState, order: ResumeOrder): readonly Change[] {
  const { hold: set, service } = before;
  const { operator, reason, now } = order;
  if (set === null) return [];
  if (set.until !== null && set.until <= now) return [{ kind: 'resume', service, since: set.since }];
  const detail = `hold of ${set.owner} since ${new Date(set.since).toISOString()}: ${set.reason}`;
  return [
    { kind: 'resume', service, since: set.since },
    world.tell(holdCleared(set, operator, now), now, openIncident(before)),
    { kind: 'audit', entry: { at: now, operator, action: 'resume', service, reason, overrides: [], detail } },
  ];
}

function openIncident({ incident }: ServiceState): string | null {
  return incident?.closedAt === null ? incident.id : null;
}
