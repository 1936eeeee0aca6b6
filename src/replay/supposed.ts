/**
 * A move that would have been made, and the way back to what really was. From the decision on the state is as if the run had
 * been done at once; the trace tells of a world in which it was not. It is followed again as soon as it has something
 * to say about it: DNS moved, or what was moved away from is well again with nothing done.
 */
import { consequences } from '../execute/consequences.ts';
import { observe } from '../judge/observe.ts';
import { finalEpoch, type Plan } from '../model/plan.ts';
import { FAMILIES, type Family } from '../model/sample.ts';
import type { Service } from '../model/service.ts';
import type { ZoneReading } from '../model/signal.ts';
import type { Change, Evidence, Run, RunStatus, ServiceState } from '../model/state.ts';

/** The modelled world has left the trace: nothing of this move is in it. */
export interface Supposed {
  readonly at: number;
  readonly plan: Plan;
  /** What the move changed, as it was before. */
  readonly before: Pick<ServiceState, 'active' | 'epoch' | 'maxEpoch' | 'published' | 'quarantined'>;
  /** The newest reading of a zone in which the move was not made: kept back until the trace is followed again. */
  readonly withheld: ZoneReading | null;
}

/** @returns the run of a plan, begun at `at` */
export function runOf(plan: Plan, id: string, at: number): Run {
  return {
    id,
    plan: plan.id,
    service: plan.service,
    kind: plan.kind,
    to: plan.to,
    automatic: true,
    token: id,
    status: 'running',
    startedAt: at,
    endedAt: null,
    flipped: false,
    note: null,
  };
}

/** @returns what the executor would have written of this run, from its start to its end */
export function changesOf(
  plan: Plan,
  begun: Run,
  end: { readonly status: RunStatus; readonly flipped: boolean; readonly at: number },
  state: ServiceState,
): readonly Change[] {
  const flip = plan.steps.find(step => step.kind === 'flip');
  const flipped = end.flipped && flip !== undefined ? consequences(plan, begun, flip, state, end.at) : [];
  const run: Run = { ...begun, status: end.status, flipped: end.flipped, endedAt: end.at };
  return [{ kind: 'plan', plan, status: 'started' }, ...flipped, { kind: 'run', run }];
}

/** `apart`: as before the move · `same`: it was made · `moved`: something else was done. */
export type Telling = 'apart' | 'same' | 'moved' | 'nothing';

/** @returns what a reading of the zone in the trace says of the move */
export function tellingOf({ plan }: Supposed, { view }: ZoneReading): Telling {
  if (view === undefined) return 'nothing';
  const epoch = view.epoch?.epoch ?? 0;
  if (epoch === plan.baseEpoch) return 'apart';
  return epoch === finalEpoch(plan) && view.epoch?.active === plan.to ? 'same' : 'moved';
}

/**
 * Whether what was the reason for the move is gone in the trace. A failover: every essential family of the site that was left
 * is well, by looks from after the decision. A withdrawal: so are the families that were taken out. A restored family is
 * the other way round: it is not well any more.
 */
export function isOver({ plan, at }: Supposed, service: Service, evidence: Evidence, now: number): boolean {
  const site = service.sites.find(entry => entry.name === plan.from);
  if (site === undefined) return false;
  const state = { active: site.name, epoch: 0, maxEpoch: 0, published: FAMILIES };
  const { families } = observe({ service, site, evidence, state, now });
  const kept: readonly Family[] = plan.steps.flatMap(step => (step.kind === 'verify' ? step.families : []));
  const concerned = families.filter(({ family, essential }) =>
    plan.kind === 'failover' ? essential : plan.kind === 'withdraw' && !kept.includes(family),
  );
  if (plan.kind === 'restore')
    return families.some(
      ({ family, state: found }) => kept.includes(family) && found !== 'ok' && found !== 'no-data',
    );
  return (
    concerned.length > 0 &&
    concerned.every(
      ({ state: found, probes }) =>
        found === 'ok' && probes.every(probe => !probe.required || (probe.lastAt ?? 0) > at),
    )
  );
}
