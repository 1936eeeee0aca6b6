/** What a person could type next, from the decision and what has happened since. Pure; most pressing first. */
import { duration } from '../../announce/plain.ts';
import { holdInForce } from '../../model/hold.ts';
import type { Standing, StandingCode } from '../../model/plan.ts';
import type { Mode, Service } from '../../model/service.ts';
import type { Decision, RivalClaim, ServiceState } from '../../model/state.ts';
import { RESPONSES } from '../../model/verdict.ts';
import { claimInForce } from '../../plan/view.ts';
import { staleAfterMs } from '../../server/status.ts';

export interface Situation {
  readonly service: Service;
  readonly decision: Decision;
  readonly state: ServiceState;
  readonly mode: Mode;
  readonly now: number;
}

type Advice = (service: string, standing: Standing, state: Pick<ServiceState, 'tried'>) => readonly string[];

const nothing: Advice = () => [];
const look: Advice = () => ['understudy tick   (looks again now)'];

/** A reason for not acting and what can be done about it; the compiler refuses a code without an entry. */
const BY_STANDING = {
  'nothing-to-do': nothing,
  'policy-observe': service => [
    `understudy plan ${service}   (what a failover would do)`,
    `understudy failover ${service} --reason "…"   (order it yourself)`,
  ],
  'awaiting-approval': (_service, { plan }) => [
    `understudy approve ${plan ?? 'PLAN'}   (shows the plan and asks first; with --mode-act while the config does not say mode: act)`,
  ],
  looking: look,
  'active-moved': look,
  'zone-unread': service => [
    `understudy status ${service} --dns   (what the name servers say)`,
    'look whether the DNS provider has an outage, and whether the credentials are still good',
  ],
  'epoch-foreign': service => [
    `understudy status ${service} --dns   (what stands at the epoch's name)`,
    'understudy config check   (are all sites in the config?)',
  ],
  claimed: service => [
    `understudy status ${service} --dns   (what the name servers say)`,
    'if that installation is surely gone for good: take `busy=` and `step=` out of the TXT record by hand',
  ],
  'no-viable-target': (service, _standing, { tried }) => [
    `understudy plan ${service}   (looks at every standby again and says what is wrong with it)`,
    ...tried.map(
      site =>
        `understudy failover ${service} --to ${site} --reason "…"   (tries ${site} again, once you have mended it)`,
    ),
    `understudy clear ${service} SITE --reason "…"   (if a quarantined site is sound again)`,
  ],
  'no-other-family': nothing,
  'refused-by-gate': service => [`understudy plan ${service}   (asks the gate again)`],
  'retry-pause': look,
  'run-open': service => [`understudy history ${service}   (how far the run is)`],
} as const satisfies Record<StandingCode, Advice>;

/** What a gate row that refused can be answered with. Rows that only the world can mend are not here. */
const BY_ROW: Readonly<Record<string, (service: string, situation: Situation) => string>> = {
  mode: (service, { mode }) =>
    mode === 'propose'
      ? `understudy status ${service}   (shows the plan that waits), or set mode: act in the config`
      : 'set mode: propose or act in the config',
  hold: service => `understudy resume ${service}   (lifts the hold)`,
  'block-window': service => `understudy ack ${service} --reason "…"   (lifts the block window)`,
  expired: service => `understudy plan ${service}   (drafts a new plan)`,
  quarantine: (service, { state }) =>
    `understudy clear ${service} ${state.quarantined[0]?.site ?? 'SITE'} --reason "…"   (if it is sound again)`,
  'target-data': service =>
    `understudy failover ${service} --allow-data-loss --reason "…"   (what was written since is lost)`,
  observer: () => 'name hosts under observer.references that prove our own network, in every family',
  'fence-seen': service =>
    `understudy failover ${service} --skip-fence --reason "…"   (once you have seen to it that the old site is off)`,
  'guarded-dns': service =>
    `understudy status ${service}   (shows the plan that waits for your yes, as soon as nothing else is against it)`,
};

/** @returns what a person can do about this reason for not acting, one line each; none where time sees to it */
export function stepsFor(
  service: string,
  standing: Standing,
  state: Pick<ServiceState, 'tried'>,
): readonly string[] {
  return BY_STANDING[standing.code](service, standing, state);
}

/** @returns one line each, a command first where there is one */
export function nextSteps(situation: Situation): readonly string[] {
  const { service, decision, state, now } = situation;
  const { name } = service;
  const steps: string[] = [];
  if (now - decision.at > staleAfterMs(service))
    steps.push('understudy tick   (this decision is old: is cron or `understudy run` still going?)');
  if (decision.verdict.class === 'ROLLED_BACK')
    steps.push(
      `understudy status ${name} --dns   (what the name servers say)`,
      `understudy ack ${name} --accept-epoch --reason "…"   (once you know which site serves)`,
    );
  if (decision.verdict.class === 'OBSERVER_OFFLINE')
    steps.push('look at this machine’s own network; nothing is switched from here meanwhile');
  const { standing } = decision;
  if (standing?.code === 'refused-by-gate') {
    for (const row of decision.gate.filter(result => !result.ok)) {
      const advice = BY_ROW[row.code];
      if (advice !== undefined) steps.push(advice(name, situation));
    }
  }
  if (standing !== null) steps.push(...stepsFor(name, standing, state));
  if (standing?.code === 'claimed') steps.push(leftTo(claimInForce(state, now), now));
  const held = holdInForce(state.hold, now) !== null;
  if (held && RESPONSES[decision.verdict.class] !== 'none' && !steps.some(step => step.includes(' resume ')))
    steps.push(`understudy resume ${name}   (a hold stands against switching)`);
  return [...new Set(steps)];
}

function leftTo(rival: RivalClaim | null, now: number): string {
  if (rival === null) return 'understudy tick   (what the other installation had claimed is free again)';
  const more = duration(Math.max(0, rival.since + rival.busyMs - now));
  return `look at the other installation, whose run ${rival.owner} has claimed the service; it is left to it for ${more} more`;
}
