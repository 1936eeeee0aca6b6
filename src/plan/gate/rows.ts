/** The gate's table. Numbers are stable names; the print of the table is held by a golden file. */

import { holdInForce } from '../../model/hold.ts';
import { RESPONSES } from '../../model/verdict.ts';
import { basisOf, planHash } from '../hash.ts';
import { claimFirst, epochCurrent, notClaimed } from './epoch.ts';
import { age, type Finding, found, type GateContext, type GateRow, moves, overridden } from './finding.ts';
import { fenceFirst, flipAfterCheck, oneFlip, sparesNeighbours, waitSees } from './order.ts';
import { noForeignValues, ownedOnly, pointsToTarget, withinBlast } from './records.ts';
import { dataFresh, targetNotFenced, targetSeenWell, targetUnlocked } from './target.ts';

export const GATE_ROWS: readonly GateRow[] = [
  {
    number: 10,
    code: 'mode',
    sentence: 'nothing is written until the config says mode: act (or a person gives --mode-act, for once)',
    applies: 'always',
    check: ({ mode, plan }) => found(mode === 'act' || overridden(plan, 'mode-act'), mode, 'act'),
  },
  {
    number: 12,
    code: 'policy',
    sentence: 'the policy of the verdict lets the program act by itself',
    applies: 'automatic',
    check: ({ policy, verdict }) => found(policy === 'act', `${verdict.class}: ${policy}`, 'act'),
  },
  {
    number: 13,
    code: 'called-for',
    sentence: 'what the judge called for is called for still, whoever approved it',
    applies: 'always',
    check: ({ verdict, plan }) => {
      if (plan.origin.by === 'operator') return found(true, `ordered by ${plan.origin.operator}`, plan.kind);
      const wanted = RESPONSES[verdict.class];
      return found(wanted === plan.kind, `${verdict.class} calls for ${wanted}`, plan.kind);
    },
  },
  {
    number: 14,
    code: 'hold',
    sentence: 'no person holds the service',
    applies: 'always',
    check: ({ inventory, now }) => {
      const hold = holdInForce(inventory.state.hold, now);
      return found(hold === null, hold !== null ? `held by ${hold.owner}: ${hold.reason}` : 'none', 'none');
    },
  },
  {
    number: 16,
    code: 'expired',
    sentence: 'the plan has not expired',
    applies: 'always',
    check: ({ plan, now }) =>
      found(now <= plan.expiresAt, age(now - plan.createdAt), age(plan.expiresAt - plan.createdAt)),
  },
  {
    number: 18,
    code: 'hash',
    sentence: 'the plan is, to the byte, the one that was drafted',
    applies: 'always',
    check: ({ plan }) =>
      found(planHash(plan) === plan.hash, planHash(plan).slice(0, 12), plan.hash.slice(0, 12)),
  },
  {
    number: 19,
    code: 'config',
    sentence: 'the sites and records of the config are those that the plan was drafted with',
    applies: 'always',
    check: ({ plan, inventory }) => {
      const basis = basisOf(inventory.service);
      return found(basis === plan.basis, basis.slice(0, 12), plan.basis.slice(0, 12));
    },
  },
  {
    number: 20,
    code: 'run-open',
    sentence: 'no other run of the service is under way',
    applies: 'always',
    check: ({ openRun }) => found(openRun === null, openRun?.id ?? 'none', 'none'),
  },
  {
    number: 22,
    code: 'block-window',
    sentence: 'no automatic run ended inside the block window',
    applies: 'automatic',
    check: blockWindow,
  },
  {
    number: 24,
    code: 'retry-pause',
    sentence: 'no run failed a moment ago, unless another site is to be tried',
    applies: 'automatic',
    check: retryPause,
  },
  {
    number: 26,
    code: 'observer',
    sentence: 'our own network is proven up in every essential family',
    applies: 'automatic',
    check: observerProven,
  },
  {
    number: 28,
    code: 'source',
    sentence: 'the plan leaves the site that is active',
    applies: 'always',
    check: ({ plan, inventory }) =>
      found(plan.from === inventory.active.site.name, plan.from, inventory.active.site.name),
  },
  {
    number: 29,
    code: 'claim-first',
    sentence: 'the epoch in DNS is taken for the run before anything is done at a site',
    applies: 'always',
    check: claimFirst,
  },
  {
    number: 30,
    code: 'fence-first',
    sentence: 'the old site is fenced, or has handed over, before anything is promoted',
    applies: 'always',
    check: fenceFirst,
  },
  {
    number: 31,
    code: 'fence-seen',
    sentence:
      'a fence that only waits can see the old site in every family in which it is probed, and it answers in none',
    applies: 'always',
    check: waitSees,
  },
  {
    number: 32,
    code: 'fenced-target',
    sentence: 'the promoted site is not the fenced one',
    applies: 'always',
    check: targetNotFenced,
  },
  { number: 34, code: 'one-flip', sentence: 'there is exactly one flip', applies: 'always', check: oneFlip },
  {
    number: 36,
    code: 'check-first',
    sentence: 'the standby is checked after it was promoted and before the flip',
    applies: 'always',
    check: flipAfterCheck,
  },
  {
    number: 38,
    code: 'neighbours',
    sentence: 'no other service needs the machine that the fence cuts off',
    applies: 'automatic',
    check: sparesNeighbours,
  },
  {
    number: 40,
    code: 'owned-records',
    sentence: 'only names that the service owns are written',
    applies: 'always',
    check: ownedOnly,
  },
  {
    number: 42,
    code: 'blast-radius',
    sentence: 'no more record sets change than the service has names and families',
    applies: 'always',
    check: withinBlast,
  },
  {
    number: 44,
    code: 'foreign-values',
    sentence: 'no address that is not one of the service’s sites is replaced',
    applies: 'always',
    check: noForeignValues,
  },
  {
    number: 46,
    code: 'target-records',
    sentence: 'afterwards every name answers with the target’s addresses and with no others',
    applies: 'always',
    check: pointsToTarget,
  },
  {
    number: 50,
    code: 'epoch',
    sentence: 'the plan was built on the epoch that is in DNS, and raises it by one with each change',
    applies: 'always',
    check: epochCurrent,
  },
  {
    number: 51,
    code: 'claimed',
    sentence: 'no run of another installation has taken the epoch just now',
    applies: 'always',
    check: notClaimed,
  },
  {
    number: 52,
    code: 'rolled-back',
    sentence: 'DNS does not show a lower epoch than one that was seen',
    applies: 'always',
    check: ({ plan, inventory }) =>
      found(
        plan.baseEpoch >= inventory.state.maxEpoch,
        String(plan.baseEpoch),
        `≥ ${inventory.state.maxEpoch}`,
      ),
  },
  {
    number: 54,
    code: 'guarded-dns',
    sentence: 'the DNS provider can tie the flip to the epoch',
    applies: 'automatic',
    check: ({ guardedDns }) => found(guardedDns, guardedDns ? 'yes' : 'no', 'yes'),
  },
  {
    number: 60,
    code: 'quarantine',
    sentence: 'the target was not failed over from, or a person has cleared it',
    applies: 'always',
    check: ({ plan, inventory }) => {
      const out = moves(plan.kind) && inventory.state.quarantined.some(entry => entry.site === plan.to);
      return found(!out, out ? 'in quarantine' : 'clear', 'clear');
    },
  },
  {
    number: 62,
    code: 'target-health',
    sentence: 'the target’s own probes passed just now',
    applies: 'always',
    check: targetSeenWell,
  },
  {
    number: 64,
    code: 'target-lock',
    sentence: 'the hoster has not locked an address of the target that is to be published',
    applies: 'always',
    check: targetUnlocked,
  },
  {
    number: 66,
    code: 'target-data',
    sentence: 'the target’s data is fresh enough',
    applies: 'always',
    check: dataFresh,
  },
];

/** Counted from the *end* of the last run that changed DNS (orchestrator#1217), and only for such (#1296). */
function blockWindow({ inventory, now }: GateContext): Finding {
  const { lastFlip } = inventory;
  const { ackedRun } = inventory.state;
  const window = inventory.service.blockWindowMs;
  if (lastFlip?.endedAt == null) return found(true, 'no run', age(window));
  if (ackedRun === lastFlip.id) return found(true, 'lifted by ack', age(window));
  const since = now - lastFlip.endedAt;
  return found(since >= window, `${lastFlip.id} ended ${age(since)} ago`, age(window));
}

/** The pause doubles with each failure up to this, ms: a fence that fails all night must not tell of it every minute. */
export const PAUSE_MOST_MS = 3_600_000;

function retryPause({ inventory, plan, now }: GateContext): Finding {
  const { lastFailure } = inventory;
  const first = inventory.service.retryPauseMs;
  const doubled = first * 2 ** Math.max(0, inventory.failures - 1);
  const pause = Math.max(first, Math.min(doubled, PAUSE_MOST_MS));
  if (lastFailure?.endedAt == null || (moves(plan.kind) && lastFailure.to !== plan.to))
    return found(true, 'no failure', age(pause));
  const since = now - lastFailure.endedAt;
  return found(since >= pause, `${lastFailure.id} failed ${age(since)} ago`, age(pause));
}

function observerProven({ inventory, plan }: GateContext): Finding {
  if (plan.kind === 'restore') return found(true, 'nothing fails', 'online');
  const seen = inventory.active.observation.families.filter(family =>
    plan.kind === 'withdraw' ? family.state !== 'ok' && family.published : family.essential,
  );
  const unproven = seen.filter(family => family.observer !== 'online');
  const value = unproven.map(family => `${family.family} ${family.observer}`).join(', ');
  return found(seen.length > 0 && unproven.length === 0, value === '' ? 'online' : value, 'online');
}
