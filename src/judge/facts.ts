/**
 * The observation boiled down to the judge's alphabet. Where several families or states meet, the worst speaks;
 * where we cannot know (no reference in a family that is not essential), nothing is claimed.
 */
import type { Facts, FamilyObservation, FamilyState } from '../model/observation.ts';
import type { Service } from '../model/service.ts';
import type { ServiceState } from '../model/state.ts';

const WORST_FIRST: readonly FamilyState[] = ['down', 'failing', 'degraded', 'suspect', 'no-data', 'ok'];

/** @returns the facts of one site; `warnings` are the sentences already found */
export function factsOf(
  service: Service,
  families: readonly FamilyObservation[],
  state: Pick<ServiceState, 'epoch' | 'maxEpoch'>,
  warnings: readonly string[],
): Facts {
  const essential = families.filter(family => family.essential);
  const others = families.filter(family => !family.essential && family.published);
  const away = families.filter(family => !family.published);
  return {
    control: state.epoch < state.maxEpoch ? 'rolled-back' : 'ok',
    observer: observerFact(essential),
    essential:
      essential.length === service.essential.length
        ? worst(essential.map(family => family.state))
        : 'no-data',
    other: others.length === 0 ? 'none' : worst(others.map(knownState)),
    withdrawn: withdrawnFact(service, away),
    lock: lockFact(essential, others),
    warnings: warnings.length === 0 ? 'none' : 'some',
  };
}

function worst(states: readonly FamilyState[]): FamilyState {
  return WORST_FIRST.find(state => states.includes(state)) ?? 'no-data';
}

/** A family that is not essential and fails while our own way out is not proven in it: we can't say. */
function knownState(family: FamilyObservation): FamilyState {
  return family.state !== 'ok' && family.observer !== 'online' ? 'no-data' : family.state;
}

function observerFact(essential: readonly FamilyObservation[]): Facts['observer'] {
  if (essential.some(family => family.observer === 'offline')) return 'offline';
  const troubled = essential.filter(family => family.state !== 'ok');
  return troubled.some(family => family.observer === 'unproven') ? 'unproven' : 'online';
}

function withdrawnFact(service: Service, away: readonly FamilyObservation[]): Facts['withdrawn'] {
  if (away.length === 0) return 'none';
  const back = away.every(
    family =>
      family.state === 'ok' && family.blocked !== true && family.okForMs >= service.thresholds.returnForMs,
  );
  return back ? 'returned' : 'away';
}

function lockFact(
  essential: readonly FamilyObservation[],
  others: readonly FamilyObservation[],
): Facts['lock'] {
  if (troubled(essential).some(family => family.blocked === true)) return 'essential';
  return troubled(others).some(family => family.blocked === true) ? 'other' : 'none';
}

/** Where some fail, a lock explains it only when it is theirs: v4 that answers under a flag does not excuse v6 that fails. */
function troubled(families: readonly FamilyObservation[]): readonly FamilyObservation[] {
  const away = families.filter(family => family.state === 'failing' || family.state === 'down');
  return away.length > 0 ? away : families;
}
