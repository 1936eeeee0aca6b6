/**
 * The decision as changes to the state: pure. What changed is told, what did not is not told again (a restart
 * repeats nothing: the last decision is in the store).
 */

import type { Teller } from '../announce/notices.ts';
import { holdExpired, planProposed, problem, verdictChanged } from '../announce/phrase.ts';
import type { Standing } from '../model/plan.ts';
import type { Change, Decision, Incident, StoredPlan } from '../model/state.ts';
import { isWell, type VerdictClass } from '../model/verdict.ts';
import type { Ids } from '../ports/clock.ts';
import { UnderstudyError } from '../ports/errors.ts';
import type { Assessment } from './assess.ts';

/** Classes in which the service is on the air and nobody needs to be told of an incident. */
const CALM: ReadonlySet<VerdictClass> = new Set(['HEALTHY', 'WARNED', 'FAMILY_RETURNED', 'SUSPECT']);
/** Reasons that are part of the normal course and are no news to people. */
const QUIET: ReadonlySet<Standing['code']> = new Set([
  'nothing-to-do',
  'looking',
  'active-moved',
  'policy-observe',
  'awaiting-approval',
  'run-open',
]);

export interface Recording {
  readonly decision: Decision;
  readonly changes: readonly Change[];
  /** False: nothing happened that the next process or a person must know. */
  readonly news: boolean;
  readonly incident: Incident | null;
}

export interface Proposed {
  readonly stored: StoredPlan;
  readonly isNew: boolean;
}

export interface RecordInput {
  readonly assessment: Assessment;
  readonly previous: Decision | null;
  /** The plan that now waits for a person, and whether it is new. */
  readonly proposed: Proposed | null;
  /** All plans of the service that wait for a person. */
  readonly waiting: readonly StoredPlan[];
  readonly tell: Teller;
  readonly ids: Ids;
  readonly now: number;
}

/** @returns the changes to be committed with the evidence, in one transaction */
export function record(input: RecordInput): Recording {
  const { assessment, previous, proposed, tell, now } = input;
  const { verdict, inventory, adoption, before } = assessment;
  const service = inventory.service.name;
  const standing: Standing | null =
    proposed === null
      ? assessment.standing
      : {
          code: 'awaiting-approval',
          detail: `plan ${proposed.stored.plan.id} waits for a person`,
          plan: proposed.stored.plan.id,
        };
  const opened = incidentAfter(input);
  const turned = before.lastVerdict?.class !== verdict.class || before.lastVerdict.site !== verdict.site;
  const told = opened?.told ?? (turned ? [] : (previous?.told ?? []));
  const blocked = standingNews(service, standing, told);
  const incident =
    blocked === null || opened === null ? opened : { ...opened, told: [...opened.told, blocked.code] };
  const decision: Decision = {
    service,
    at: now,
    verdict,
    facts: inventory.active.observation.facts,
    observation: inventory.active.observation,
    standing,
    plan: proposed?.stored.plan.id ?? assessment.plan?.id ?? null,
    gate: assessment.gate,
    told: opened !== null ? [] : blocked === null ? told : [...told, blocked.code],
  };
  const changes: Change[] = [];
  if (Object.keys(adoption).length > 0) changes.push({ kind: 'service', service, patch: adoption });
  if (incident !== before.incident && incident !== null) changes.push({ kind: 'incident', incident });
  if (incident?.closedAt != null && before.tried.length > 0)
    changes.push({ kind: 'service', service, patch: { tried: [] } });
  if (turned && !(before.lastVerdict === null && verdict.class === 'HEALTHY')) {
    changes.push(
      tell(verdictChanged(before.lastVerdict, verdict, incident?.id ?? null), now, incident?.id ?? null),
    );
  }
  if (proposed?.isNew === true) {
    changes.push({ kind: 'plan', plan: proposed.stored.plan, status: 'proposed' });
    changes.push(tell(planProposed(proposed.stored.plan), now, incident?.id ?? null));
  }
  const { hold } = before;
  if (hold?.until != null && hold.until <= now) {
    // By its name: on a slow disk a person may set another between this decision and its commit.
    changes.push({ kind: 'resume', service, since: hold.since });
    changes.push(tell(holdExpired(hold, now), now, incident?.id ?? null));
  }
  for (const plan of outlived(input)) changes.push({ kind: 'plan-status', plan, status: 'void' });
  if (blocked !== null) changes.push(tell(problem(service, blocked, now), now, incident?.id ?? null));
  return {
    decision,
    changes: [{ kind: 'decision', decision }, ...changes],
    // What a run begins on must be in the store even when it says nothing new: else a crash in the run takes it along.
    news: changes.length > 0 || turned || (assessment.plan !== null && standing === null),
    incident,
  };
}

function incidentAfter({ assessment, ids, now }: RecordInput): Incident | null {
  const { verdict, before } = assessment;
  const open = before.incident?.closedAt === null ? before.incident : null;
  if (open === null) {
    if (CALM.has(verdict.class)) return null;
    const { service, site } = verdict;
    return {
      id: ids.next('i'),
      service,
      site,
      class: verdict.class,
      openedAt: now,
      closedAt: null,
      told: [],
    };
  }
  return isWell(verdict) ? { ...open, closedAt: now } : open;
}

/** Told once an incident, or once a verdict without one: the reasons may alternate (a look that fails, then a thin one). */
function standingNews(
  service: string,
  standing: Standing | null,
  told: readonly string[],
): UnderstudyError | null {
  if (standing === null || QUIET.has(standing.code) || told.includes(standing.code)) return null;
  return new UnderstudyError({
    code: standing.code,
    message: `nothing is done: ${standing.detail}`,
    next: `understudy why ${service}`,
  });
}

/** Plans that nobody should approve any more: expired, replaced by another, or the service is well again. */
function outlived({ assessment, proposed, waiting, now }: RecordInput): readonly string[] {
  const well = isWell(assessment.verdict);
  return waiting
    .filter(
      ({ plan }) =>
        plan.expiresAt <= now || well || (proposed !== null && plan.id !== proposed.stored.plan.id),
    )
    .map(({ plan }) => plan.id);
}
