/**
 * What the gate must refuse: one change to a good plan or to the world each, and the rows that must see it. Tried by
 * gate.test.ts, printed by gate-golden.test.ts.
 */
import assert from 'node:assert/strict';
import { EPOCH_MOST } from '../../src/model/epoch.ts';
import type { FamilyObservation } from '../../src/model/observation.ts';
import { claimOf, type ClaimStep, type FlipStep, type Plan, type Step } from '../../src/model/plan.ts';
import type { Family } from '../../src/model/sample.ts';
import type { GateInput } from '../../src/plan/gate/finding.ts';
import { planHash } from '../../src/plan/hash.ts';
import type { SiteView } from '../../src/plan/view.ts';
import { makeService, makeSite } from '../lab/service.ts';
import { caseOf } from './cases.ts';
import {
  epochSet,
  gateInput,
  makeRun,
  makeScene,
  type makeState,
  NOW,
  planOf,
  type Scene,
  zoneOf,
} from './scene.ts';

/** The plan changed and hashed anew, as a planner with a fault would have drafted it. */
function redrafted(plan: Plan, patch: Partial<Plan>): Plan {
  const draft = { ...plan, ...patch };
  return { ...draft, hash: planHash(draft) };
}

function withSteps(plan: Plan, change: (steps: readonly Step[]) => readonly Step[]): Plan {
  return redrafted(plan, { steps: change(plan.steps) });
}

/** Changes the steps of one kind. */
function edit<K extends Step['kind']>(
  plan: Plan,
  kind: K,
  change: (step: Extract<Step, { kind: K }>) => Step,
): Plan {
  return withSteps(plan, steps =>
    steps.map(step => (step.kind === kind ? change(step as Extract<Step, { kind: K }>) : step)),
  );
}

/** Puts a second step behind each of this kind. */
function twice(plan: Plan, kind: Step['kind'], second: (step: Step) => Step): Plan {
  return withSteps(plan, steps =>
    steps.flatMap((step): readonly Step[] => (step.kind === kind ? [step, second(step)] : [step])),
  );
}

/** Puts a step in, the first that does something at a site. */
function behindClaim(plan: Plan, step: Step): Plan {
  return withSteps(plan, ([claim, ...rest]) => [...(claim === undefined ? [] : [claim]), step, ...rest]);
}

/** Changes what the claim writes. */
export function editClaim(input: GateInput, patch: Partial<ClaimStep['change']>): GateInput {
  return planned(
    input,
    edit(input.plan, 'claim', step => ({ ...step, change: { ...step.change, ...patch } })),
  );
}

/** Changes what the flip writes. */
function editFlip(
  input: GateInput,
  patch: (change: FlipStep['change']) => Partial<FlipStep['change']>,
): GateInput {
  return planned(
    input,
    edit(input.plan, 'flip', step => ({ ...step, change: { ...step.change, ...patch(step.change) } })),
  );
}

/** Gives the steps of one kind a moment more than the claim says. */
export function outlasting(input: GateInput, kind: Step['kind']): GateInput {
  const { claim } = claimOf(input.plan)?.change.nextEpoch ?? {};
  assert.ok(claim !== undefined);
  const limitMs = claim.stepS * 1000 + 1;
  return planned(
    input,
    edit(input.plan, kind, step => ({ ...step, limitMs })),
  );
}

function moved(steps: readonly Step[], kind: Step['kind'], to: number): readonly Step[] {
  const step = steps.find(entry => entry.kind === kind);
  assert.ok(step !== undefined);
  const rest = steps.filter(entry => entry !== step);
  return [...rest.slice(0, to), step, ...rest.slice(to)];
}

export const state = (input: GateInput, patch: Parameters<typeof makeState>[0]): GateInput => ({
  ...input,
  inventory: { ...input.inventory, state: { ...input.inventory.state, ...patch } },
});
/** A run has failed, and so many in a row. */
export const failed = (input: GateInput, patch: Parameters<typeof makeRun>[0], failures = 1): GateInput => {
  const lastFailure = makeRun({ flipped: false, status: 'failed', ...patch });
  return { ...input, inventory: { ...input.inventory, lastFailure, failures } };
};
const planned = (input: GateInput, plan: Plan): GateInput => ({ ...input, plan });
/** The same plan in another world. */
const inWorld = (input: GateInput, scene: Scene): GateInput => ({ ...gateInput(scene, input.plan) });

export interface Refusal {
  /** The row that must refuse. */
  readonly row: string;
  readonly title: string;
  /** The good plan that is changed; `failover` when left out. */
  readonly of?: string;
  readonly change: (input: GateInput, scene: Scene) => GateInput;
  /** Rows that see the same fault too. */
  readonly also?: readonly string[];
}

const address = { name: 'www.example.org', type: 'A', ttlS: 60 } as const;
export const third = makeSite('third', { server: '3', addresses: { v4: '127.0.0.13' } });
export const measured = makeService({
  sites: [
    makeSite('home', { addresses: { v4: '127.0.0.11', v6: '::1' } }),
    makeSite('away', { freshness: { argv: ['lag'], limitMs: 1000 }, maxLagMs: 60_000 }),
  ],
});
export const lag = (lagMs: number, ago: number) => ({ service: 'web', site: 'away', at: NOW - ago, lagMs });

/** A run of another installation that has claimed the service for ten minutes. */
export const rival = { owner: 'r-other', since: NOW, busyMs: 600_000, stepMs: 105_000, until: null };

/** The same measurement where no age is too old. */
export const anyAge = makeService({
  sites: measured.sites.map(site => ({ ...site, maxLagMs: null })),
});

/** How far our own network was seen to be up in one family, changed. */
export const observed =
  (of: Family, observer: FamilyObservation['observer']) =>
  (family: FamilyObservation): FamilyObservation =>
    family.family === of ? { ...family, observer } : family;

/** What was seen of a site, changed. */
export function seen(
  input: GateInput,
  of: 'active' | 'standbys',
  change: (family: FamilyObservation) => FamilyObservation,
): GateInput {
  const changed = (view: SiteView): SiteView => ({
    ...view,
    observation: { ...view.observation, families: view.observation.families.map(change) },
  });
  const { active, standbys } = input.inventory;
  const inventory =
    of === 'active' ? { active: changed(active) } : { standbys: standbys.map(view => changed(view)) };
  return { ...input, inventory: { ...input.inventory, ...inventory } };
}

function optionalProbes(input: GateInput): GateInput {
  return seen(input, 'standbys', family => ({
    ...family,
    probes: family.probes.map(probe => ({ ...probe, required: false })),
  }));
}

export const REFUSALS: readonly Refusal[] = [
  { row: 'mode', title: 'mode propose', change: input => ({ ...input, mode: 'propose' }) },
  {
    row: 'mode',
    title: 'an override in a plan that no person asked for',
    change: input => ({
      ...planned(input, redrafted(input.plan, { overrides: ['mode-act'] })),
      mode: 'propose',
    }),
  },
  {
    row: 'policy',
    title: 'the policy of the class is propose',
    change: input => ({
      ...input,
      inventory: {
        ...input.inventory,
        service: makeService({ policy: { ...makeService().policy, UNREACHABLE: 'propose' } }),
      },
    }),
  },
  {
    row: 'called-for',
    title: 'a failover for a class that calls for a withdrawal',
    change: input => ({ ...input, verdict: { ...input.verdict, class: 'PARTIAL_FAMILY' } }),
  },
  {
    row: 'called-for',
    title: 'a person approves it when the site is well again',
    change: input => ({ ...input, approvedBy: 'ann', verdict: { ...input.verdict, class: 'HEALTHY' } }),
  },
  {
    row: 'hold',
    title: 'a hold without end',
    change: input =>
      state(input, { hold: { service: 'web', owner: 'ann', reason: 'x', since: 0, until: null } }),
  },
  {
    row: 'hold',
    title: 'a hold that ends a moment from now',
    change: input =>
      state(input, { hold: { service: 'web', owner: 'ann', reason: 'x', since: 0, until: NOW + 1 } }),
  },
  {
    row: 'expired',
    title: 'one millisecond late',
    change: input => ({ ...input, now: input.plan.expiresAt + 1, approvedBy: 'ann' }),
    also: ['target-health'],
  },
  {
    row: 'hash',
    title: 'one limit changed in the store',
    change: input =>
      planned(input, { ...input.plan, steps: input.plan.steps.map(step => ({ ...step, limitMs: 1 })) }),
  },
  {
    row: 'run-open',
    title: 'a run under way',
    change: input => ({ ...input, openRun: makeRun({ endedAt: null, status: 'running' }) }),
  },
  {
    row: 'block-window',
    title: 'a run that changed DNS ended within it',
    change: input => ({
      ...input,
      inventory: { ...input.inventory, lastFlip: makeRun({ endedAt: NOW - 3_599_999 }) },
    }),
  },
  {
    row: 'block-window',
    title: 'lifted for an earlier run, not for this one',
    change: input => {
      const held = state(input, { ackedRun: 'r-0' });
      return { ...held, inventory: { ...held.inventory, lastFlip: makeRun({ endedAt: NOW - 10_000 }) } };
    },
  },
  {
    row: 'block-window',
    title: 'hidden by a run that failed after it',
    change: input => {
      const { inventory, ...rest } = failed(input, { to: 'third' });
      return { ...rest, inventory: { ...inventory, lastFlip: makeRun({ id: 'r-0' }) } };
    },
  },
  {
    row: 'retry-pause',
    title: 'the same target failed a moment ago',
    change: input => failed(input, { endedAt: NOW - 59_999 }),
  },
  {
    row: 'retry-pause',
    title: 'the fourth failure in a row is eight pauses old, less a moment',
    change: input => failed(input, { endedAt: NOW - 479_999 }, 4),
  },
  {
    row: 'retry-pause',
    title: 'a withdrawal failed a moment ago',
    of: 'withdraw',
    change: input => failed(input, { kind: 'withdraw', to: 'other' }),
  },
  {
    row: 'observer',
    title: 'no reference has been asked since the failures began',
    change: (input, scene) => ({
      ...inWorld(input, { ...scene, ages: { ...scene.ages, references: 5000 } }),
      verdict: input.verdict,
    }),
  },
  {
    row: 'observer',
    title: 'our own IPv6 is not proven, and IPv6 is to be withdrawn',
    of: 'withdraw',
    change: (input, scene) => ({
      ...inWorld(input, { ...scene, ages: { ...scene.ages, references: 5000 } }),
      verdict: input.verdict,
    }),
  },
  {
    row: 'source',
    title: 'the service has moved since',
    of: 'withdraw',
    change: input => planned(input, redrafted(input.plan, { from: 'away', to: 'away' })),
    also: ['fenced-target', 'target-records', 'epoch'],
  },
  {
    row: 'claim-first',
    title: 'no claim: the flip is tied to the epoch itself',
    change: input =>
      planned(
        input,
        edit(
          withSteps(input.plan, steps => steps.filter(step => step.kind !== 'claim')),
          'flip',
          step => ({
            ...step,
            change: {
              ...step.change,
              expectEpoch: epochSet(4, 'home'),
              nextEpoch: { epoch: 5, active: 'away' },
            },
          }),
        ),
      ),
  },
  {
    row: 'claim-first',
    title: 'no claim, though the flip waits for one',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => steps.filter(step => step.kind !== 'claim')),
      ),
    also: ['epoch'],
  },
  {
    row: 'claim-first',
    title: 'evidence is taken before the claim',
    of: 'failover-command-fence-and-snapshot',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => moved(steps, 'claim', 1)),
      ),
  },
  {
    row: 'claim-first',
    title: 'claimed twice',
    change: input =>
      planned(
        input,
        twice(input.plan, 'claim', step => step),
      ),
  },
  {
    row: 'claim-first',
    title: 'a claim that nobody would see',
    change: input => editClaim(input, { nextEpoch: { epoch: 5, active: 'home' } }),
  },
  {
    row: 'claim-first',
    title: 'a claim that names the target',
    change: input =>
      editClaim(input, { nextEpoch: { epoch: 5, active: 'away', claim: { busyS: 60, stepS: 30 } } }),
  },
  {
    row: 'claim-first',
    title: 'a claim that points to the target already',
    change: input => editClaim(input, { upserts: [{ ...address, values: ['127.0.0.12'] }] }),
    also: ['blast-radius'],
  },
  {
    row: 'claim-first',
    title: 'a claim that deletes an address',
    of: 'switchover',
    change: input => editClaim(input, { deletes: [{ ...address, values: ['127.0.0.11'] }] }),
    also: ['blast-radius'],
  },
  {
    row: 'fence-first',
    title: 'no fence',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => steps.filter(step => step.kind !== 'fence')),
      ),
  },
  {
    row: 'fence-first',
    title: 'promoted before it is fenced',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => moved(steps, 'fence', 2)),
      ),
  },
  {
    row: 'fence-first',
    title: 'fenced after the flip',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps =>
          moved(
            steps.filter(s => s.kind !== 'promote'),
            'fence',
            3,
          ),
        ),
      ),
  },
  {
    row: 'fence-first',
    title: 'the fence of another machine',
    change: input =>
      planned(
        input,
        edit(input.plan, 'fence', step => ({ ...step, server: '2' })),
      ),
  },
  {
    row: 'fence-first',
    title: 'a fence through another provider',
    change: input =>
      planned(
        input,
        edit(input.plan, 'fence', step => ({ ...step, provider: 'other' })),
      ),
  },
  {
    row: 'fence-first',
    title: 'the fence of another machine, though a person has skipped the fence',
    of: 'failover-skip-fence',
    change: input => {
      const fence = caseOf('failover').plan.steps.find(step => step.kind === 'fence');
      assert.ok(fence !== undefined);
      return planned(input, behindClaim(input.plan, { ...fence, server: '2' }));
    },
  },
  {
    row: 'fence-first',
    title: 'a fence by another method than the config says',
    change: input =>
      planned(
        input,
        edit(input.plan, 'fence', step => ({ ...step, method: 'wait' })),
      ),
  },
  {
    row: 'fence-first',
    title: 'a wait that is shorter than the lease and its margin',
    of: 'failover-wait',
    change: input =>
      planned(
        input,
        edit(input.plan, 'fence', step => ({ ...step, waitMs: step.waitMs - 1 })),
      ),
  },
  {
    row: 'fence-first',
    title: 'a lock of one of two addresses',
    of: 'failover-by-lock',
    change: input =>
      planned(
        input,
        edit(input.plan, 'fence', step => ({ ...step, families: ['v4'] })),
      ),
  },
  {
    row: 'fence-first',
    title: 'a switchover without quiesce',
    of: 'switchover',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => steps.filter(step => step.kind !== 'quiesce')),
      ),
  },
  {
    row: 'fence-first',
    title: 'skip-fence in a plan that no person asked for',
    change: input =>
      planned(
        input,
        redrafted(input.plan, {
          overrides: ['skip-fence'],
          steps: input.plan.steps.filter(step => step.kind !== 'fence'),
        }),
      ),
  },
  {
    row: 'fence-first',
    title: 'a withdrawal that promotes on the way',
    of: 'withdraw',
    change: input => {
      const promote = caseOf('failover').plan.steps.find(step => step.kind === 'promote');
      assert.ok(promote?.kind === 'promote');
      return planned(
        input,
        withSteps(input.plan, steps => [{ ...promote, site: 'home' }, ...steps]),
      );
    },
  },
  {
    row: 'fence-first',
    title: 'a withdrawal that is a failover in disguise',
    change: input => planned(input, redrafted(input.plan, { kind: 'withdraw' })),
    also: ['called-for'],
  },
  {
    row: 'fence-seen',
    title: 'a wait, and our own IPv6 is cut off',
    of: 'failover-wait',
    change: input => seen(input, 'active', observed('v6', 'offline')),
  },
  {
    row: 'fence-seen',
    title: 'a wait that a person ordered, and our own IPv6 is not proven up',
    of: 'failover-wait',
    change: input => seen({ ...input, approvedBy: 'ann' }, 'active', observed('v6', 'unproven')),
  },
  {
    row: 'fence-seen',
    title: 'a wait that a person approved, and one required probe passes in IPv6',
    of: 'failover-wait',
    change: input =>
      seen({ ...input, approvedBy: 'ann' }, 'active', family => {
        const [http] = family.probes;
        assert.ok(http !== undefined);
        const other = { ...http, probe: 'smtp', state: 'ok' } as const;
        return family.family === 'v6' ? { ...family, probes: [...family.probes, other] } : family;
      }),
  },
  {
    row: 'fence-seen',
    title: 'a wait that a person approved, and nothing proves our own network in either family',
    of: 'failover-wait',
    change: input => {
      const [http] = input.inventory.active.observation.families.flatMap(({ probes }) => probes);
      assert.ok(http !== undefined);
      // Of several probes one that is required is enough for the site to keep its lease by it.
      const optional = { ...http, probe: 'extra', required: false };
      return seen({ ...input, approvedBy: 'ann' }, 'active', family => ({
        ...family,
        observer: 'unproven',
        probes: [...family.probes, optional],
      }));
    },
  },
  {
    row: 'fenced-target',
    title: 'the target is fenced',
    change: input =>
      planned(
        input,
        twice(input.plan, 'fence', step => ({ ...step, site: 'away' }) as Step),
      ),
  },
  {
    row: 'fenced-target',
    title: 'a bystander is fenced',
    change: input =>
      planned(
        input,
        twice(input.plan, 'fence', step => ({ ...step, site: 'third' }) as Step),
      ),
  },
  {
    row: 'fenced-target',
    title: 'another site than the target is promoted',
    change: input =>
      planned(
        input,
        edit(input.plan, 'promote', step => ({ ...step, site: 'third' })),
      ),
  },
  {
    row: 'fenced-target',
    title: 'the old site is verified instead of the new',
    change: input =>
      planned(
        input,
        edit(input.plan, 'verify', step => ({ ...step, site: 'home' })),
      ),
  },
  {
    row: 'one-flip',
    title: 'two flips',
    change: input =>
      planned(
        input,
        twice(input.plan, 'flip', step => step),
      ),
    also: ['blast-radius'],
  },
  {
    row: 'one-flip',
    title: 'no flip',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => steps.filter(step => step.kind !== 'flip')),
      ),
    also: ['target-records', 'epoch'],
  },
  {
    row: 'check-first',
    title: 'no check',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => steps.filter(step => step.kind !== 'check')),
      ),
  },
  {
    row: 'check-first',
    title: 'checked before it is promoted',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => moved(steps, 'check', 1)),
      ),
  },
  {
    row: 'check-first',
    title: 'checked after the flip',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => moved(steps, 'check', 4)),
      ),
  },
  {
    row: 'check-first',
    title: 'a family that is published is not checked',
    of: 'switchover',
    change: input =>
      planned(
        input,
        edit(input.plan, 'check', step => ({ ...step, families: ['v4'] })),
      ),
  },
  {
    row: 'owned-records',
    title: 'a name that is not the service’s',
    change: input =>
      editFlip(input, change => ({
        upserts: [...change.upserts, { ...address, name: 'mx.example.org', values: ['127.0.0.12'] }],
      })),
    also: ['blast-radius'],
  },
  {
    row: 'owned-records',
    title: 'a TXT beside the epoch',
    of: 'withdraw',
    change: input => editFlip(input, () => ({ upserts: [{ ...address, type: 'TXT', values: ['"x"'] }] })),
  },
  {
    row: 'owned-records',
    title: 'the claim takes the epoch of another service',
    change: input => editClaim(input, { epochName: '_understudy-mail.example.org' }),
  },
  {
    row: 'owned-records',
    title: 'the epoch of another service',
    change: input => editFlip(input, () => ({ epochName: '_understudy-mail.example.org' })),
  },
  {
    row: 'blast-radius',
    title: 'one set more than there can be',
    change: input => editFlip(input, change => ({ upserts: [...change.upserts, ...change.upserts] })),
    also: ['target-records'],
  },
  {
    row: 'foreign-values',
    title: 'somebody has put another address there',
    change: (input, scene) =>
      inWorld(input, {
        ...scene,
        zone: scene.zone && {
          ...scene.zone,
          records: scene.zone.records.map(set =>
            set.type === 'A' ? { ...set, values: ['192.0.2.7'] } : set,
          ),
        },
      }),
  },
  {
    row: 'target-records',
    title: 'the address of another site',
    change: input => editFlip(input, () => ({ upserts: [{ ...address, values: ['127.0.0.13'] }] })),
  },
  {
    row: 'target-records',
    title: 'the old address beside the new',
    change: input =>
      editFlip(input, () => ({ upserts: [{ ...address, values: ['127.0.0.12', '127.0.0.11'] }] })),
  },
  {
    row: 'target-records',
    title: 'the AAAA of the old site left standing',
    change: input => editFlip(input, () => ({ deletes: [] })),
  },
  {
    row: 'target-records',
    title: 'a delete of a set that is not there so',
    change: input =>
      planned(
        input,
        edit(input.plan, 'flip', step => ({
          ...step,
          change: { ...step.change, deletes: step.change.deletes.map(set => ({ ...set, ttlS: 61 })) },
        })),
      ),
  },
  {
    row: 'target-records',
    title: 'a withdrawal that leaves no address',
    of: 'withdraw',
    change: input =>
      planned(
        input,
        edit(input.plan, 'verify', step => ({ ...step, families: [] })),
      ),
  },
  {
    row: 'epoch',
    title: 'DNS has another epoch by now',
    change: input => {
      const { zone } = input.inventory;
      assert.ok(zone?.view !== undefined);
      const view = { ...zone.view, epochSet: epochSet(4, 'home', 'r-other') };
      return { ...input, inventory: { ...input.inventory, zone: { ...zone, view } } };
    },
  },
  {
    row: 'epoch',
    title: 'raised by three',
    change: input => editFlip(input, change => ({ nextEpoch: { ...change.nextEpoch, epoch: 7 } })),
  },
  {
    row: 'epoch',
    title: 'the claim raises it by two',
    change: input =>
      editClaim(input, { nextEpoch: { epoch: 6, active: 'home', claim: { busyS: 600, stepS: 600 } } }),
  },
  {
    row: 'epoch',
    title: 'the claim raises it by two, and the flip by one more',
    change: input =>
      editFlip(
        editClaim(input, { nextEpoch: { epoch: 6, active: 'home', claim: { busyS: 600, stepS: 600 } } }),
        change => ({ nextEpoch: { ...change.nextEpoch, epoch: 7 } }),
      ),
  },
  {
    row: 'epoch',
    title: 'a withdrawal that raises it by two',
    of: 'withdraw',
    change: input => editFlip(input, change => ({ nextEpoch: { ...change.nextEpoch, epoch: 6 } })),
  },
  {
    row: 'epoch',
    title: 'a restoration that raises it by two',
    of: 'restore',
    change: input => editFlip(input, change => ({ nextEpoch: { ...change.nextEpoch, epoch: 6 } })),
  },
  {
    row: 'epoch',
    title: 'the claim is tied to what an earlier run wrote',
    change: input => editClaim(input, { expectEpoch: epochSet(4, 'home', 'r-older') }),
  },
  {
    row: 'epoch',
    title: 'the claim is to be the first epoch, and there is one',
    change: input => editClaim(input, { expectEpoch: null }),
  },
  {
    row: 'epoch',
    title: 'the flip would replace another epoch than the claim',
    change: input => editFlip(input, () => ({ expectEpoch: epochSet(4, 'home') })),
  },
  {
    row: 'epoch',
    title: 'the flip leaves the service claimed',
    change: input =>
      editFlip(input, change => ({ nextEpoch: { ...change.nextEpoch, claim: { busyS: 60, stepS: 30 } } })),
  },
  {
    row: 'epoch',
    title: 'a withdrawal that waits for a claim',
    of: 'withdraw',
    change: input => editFlip(input, () => ({ expectEpoch: 'claimed' })),
  },
  {
    row: 'claimed',
    title: 'a run of another installation is under way',
    change: input => state(input, { rival: { ...rival, since: NOW } }),
  },
  {
    row: 'claimed',
    title: 'its last second',
    change: input => state(input, { rival: { ...rival, since: NOW - rival.busyMs + 1 } }),
  },
  {
    row: 'claimed',
    title: 'seen by a clock that was set back since',
    change: input => state(input, { rival: { ...rival, since: NOW + rival.busyMs - 1 } }),
  },
  {
    row: 'claimed',
    title: 'a person asks for it, all the same',
    of: 'failover-skip-fence',
    change: input => state(input, { rival: { ...rival, since: NOW } }),
  },
  {
    row: 'claimed',
    title: 'an address is to be withdrawn meanwhile',
    of: 'withdraw',
    change: input => state(input, { rival: { ...rival, since: NOW } }),
  },
  {
    row: 'epoch',
    title: 'not raised',
    change: input => editFlip(input, change => ({ nextEpoch: { ...change.nextEpoch, epoch: 4 } })),
  },
  {
    row: 'epoch',
    title: 'names another site than the target',
    change: input => editFlip(input, change => ({ nextEpoch: { ...change.nextEpoch, active: 'third' } })),
  },
  {
    row: 'epoch',
    title: 'built on another',
    change: input => planned(input, redrafted(input.plan, { baseEpoch: 5 })),
  },
  {
    row: 'epoch',
    title: 'the zone could not be read',
    change: input => ({
      ...input,
      inventory: { ...input.inventory, zone: { service: 'web', at: NOW, error: 'refused' } },
    }),
    also: ['target-records'],
  },
  { row: 'rolled-back', title: 'a higher epoch was seen', change: input => state(input, { maxEpoch: 5 }) },
  {
    row: 'config',
    title: 'the config has another TTL by now',
    change: input => {
      const { service } = input.inventory;
      const changed = { ...service, dns: { ...service.dns, ttlS: 61 } };
      return { ...input, inventory: { ...input.inventory, service: changed } };
    },
  },
  {
    row: 'neighbours',
    title: 'another service is well on the machine that would lose its power',
    change: input => ({ ...input, neighbours: ['mail'] }),
  },
  {
    row: 'guarded-dns',
    title: 'a provider without compare-and-swap',
    change: input => ({ ...input, guardedDns: false }),
  },
  {
    row: 'quarantine',
    title: 'the target was failed over from',
    change: input => state(input, { quarantined: [{ site: 'away', since: 0, run: 'r-0' }] }),
  },
  {
    row: 'target-health',
    title: 'a required probe of the target fails',
    change: (input, scene) => inWorld(input, { ...scene, down: [...scene.down, 'away v4'] }),
  },
  {
    row: 'target-health',
    title: 'the target was seen before the trouble began',
    change: (input, scene) => inWorld(input, { ...scene, ages: { ...scene.ages, standby: 1500 } }),
  },
  {
    row: 'target-health',
    title: 'the target was seen too long ago',
    of: 'switchover',
    change: (input, scene) => inWorld(input, { ...scene, ages: { ...scene.ages, standby: 5001 } }),
  },
  {
    row: 'target-health',
    title: 'an essential family would not be published',
    change: input => ({
      ...input,
      inventory: { ...input.inventory, service: makeService({ essential: ['v4', 'v6'] }) },
    }),
  },
  {
    row: 'target-lock',
    title: 'the hoster has locked the target',
    change: (input, scene) => inWorld(input, { ...scene, locked: ['away v4'] }),
  },
  {
    row: 'target-lock',
    title: 'a family that is still locked is published again',
    of: 'restore',
    change: (input, scene) => ({
      ...inWorld(input, { ...scene, locked: ['home v6'] }),
      verdict: input.verdict,
    }),
  },
  {
    row: 'target-data',
    title: 'the age of the data was not measured',
    also: ['config'],
    change: input => gateInput(makeScene({ service: measured }), input.plan),
  },
  {
    row: 'target-data',
    title: 'the data was fresh enough when measured, but has aged since',
    also: ['config'],
    change: input => gateInput(makeScene({ service: measured, freshness: [lag(59_000, 1001)] }), input.plan),
  },
  {
    row: 'owned-records',
    title: 'tied to a record of another service',
    change: input =>
      planned(
        input,
        edit(input.plan, 'claim', step => ({
          ...step,
          change: {
            ...step.change,
            expectEpoch: { ...epochSet(4, 'home'), name: '_understudy-mail.example.org' },
          },
        })),
      ),
  },
  {
    row: 'target-records',
    title: 'a set that the plan leaves alone holds the address of a stranger',
    of: 'withdraw',
    change: (input, scene) =>
      inWorld(input, {
        ...scene,
        zone: scene.zone && {
          ...scene.zone,
          records: scene.zone.records.map(set =>
            set.type === 'A' ? { ...set, values: ['192.0.2.7'] } : set,
          ),
        },
      }),
  },
  {
    row: 'target-records',
    title: 'a withdrawal of all that there is',
    of: 'withdraw',
    change: (input, scene) =>
      planned(
        input,
        edit(
          edit(input.plan, 'verify', step => ({ ...step, families: [] })),
          'flip',
          step => ({ ...step, change: { ...step.change, upserts: [], deletes: scene.zone?.records ?? [] } }),
        ),
      ),
  },
  {
    row: 'target-records',
    title: 'a family that the target does not have',
    change: input =>
      planned(
        input,
        edit(
          edit(input.plan, 'verify', step => ({ ...step, families: ['v4', 'v6'] })),
          'check',
          step => ({ ...step, families: ['v4', 'v6'] }),
        ),
      ),
    also: ['target-health'],
  },
  {
    row: 'target-records',
    title: 'nothing is verified',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => steps.filter(step => step.kind !== 'verify')),
      ),
    also: ['target-health'],
  },
  {
    row: 'epoch',
    title: 'the zone has never been read',
    change: input => ({ ...input, inventory: { ...input.inventory, zone: null } }),
    also: ['target-records'],
  },
  {
    row: 'epoch',
    title: 'the same text under another number: the reading contradicts itself',
    change: input => {
      const { zone } = input.inventory;
      assert.ok(zone?.view?.epoch != null);
      const view = { ...zone.view, epoch: { ...zone.view.epoch, epoch: 5 } };
      return { ...input, inventory: { ...input.inventory, zone: { ...zone, view } } };
    },
  },
  {
    row: 'target-health',
    title: 'the target is no site of the config',
    change: input => planned(input, redrafted(input.plan, { to: 'moon' })),
    also: ['check-first', 'epoch', 'fenced-target', 'target-records'],
  },
  {
    row: 'source',
    title: 'it leaves a site that the config does not have',
    change: input => planned(input, redrafted(input.plan, { from: 'moon' })),
    also: ['claim-first', 'fence-first', 'fenced-target'],
  },
  {
    row: 'fence-first',
    title: 'a withdrawal that ends elsewhere',
    of: 'withdraw',
    change: input => planned(input, redrafted(input.plan, { to: 'away' })),
    also: ['epoch', 'fenced-target', 'target-records'],
  },
  {
    row: 'fence-first',
    title: 'the only fence is that of the target',
    change: input =>
      planned(
        input,
        edit(input.plan, 'fence', step => ({ ...step, site: 'away' })),
      ),
    also: ['fenced-target'],
  },
  {
    row: 'fence-first',
    title: 'evidence is taken, but nothing is fenced',
    of: 'failover-command-fence-and-snapshot',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => steps.filter(step => step.kind !== 'fence')),
      ),
  },
  {
    row: 'fence-first',
    title: 'no fence and no promotion of a service that could diverge',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => steps.filter(({ kind }) => kind !== 'fence' && kind !== 'promote')),
      ),
  },
  {
    row: 'fence-first',
    title: 'a stateless service, yet something is promoted without a fence',
    of: 'failover-stateless',
    change: input => {
      const promote = caseOf('failover').plan.steps.find(step => step.kind === 'promote');
      assert.ok(promote !== undefined);
      return planned(input, behindClaim(input.plan, promote));
    },
    also: ['claim-first'],
  },
  {
    row: 'claim-first',
    title: 'others would not wait for the longest deed',
    change: input =>
      editClaim(input, { nextEpoch: { epoch: 5, active: 'home', claim: { busyS: 600, stepS: 1 } } }),
  },
  {
    row: 'claim-first',
    title: 'others would not wait for the end of the old site’s quiesce',
    of: 'switchover',
    change: input => outlasting(input, 'quiesce'),
  },
  {
    row: 'claim-first',
    title: 'others would not wait until the target has caught up',
    of: 'switchover',
    change: input => outlasting(input, 'catch-up'),
  },
  {
    row: 'claim-first',
    title: 'others would not wait for a fence command',
    of: 'failover-command-fence-and-snapshot',
    change: input => outlasting(input, 'fence'),
  },
  {
    row: 'claim-first',
    title: 'others would not wait for a promotion',
    change: input => outlasting(input, 'promote'),
  },
  {
    row: 'claimed',
    title: 'it had its time, and its last deed is not waited for',
    change: input => state(input, { rival: { ...rival, since: NOW - rival.busyMs } }),
  },
  {
    row: 'claimed',
    title: 'it had its time, and without a claim nothing waits for its last deed',
    change: input =>
      state(
        planned(
          input,
          withSteps(input.plan, steps => steps.filter(step => step.kind !== 'claim')),
        ),
        { rival: { ...rival, since: NOW - rival.busyMs } },
      ),
    also: ['claim-first', 'epoch'],
  },
  {
    row: 'epoch',
    title: 'one that could not be written',
    change: (_, scene) => {
      const epochSetAt = epochSet(EPOCH_MOST - 1, 'home');
      const zone = zoneOf(scene.service, 'home', ['v4', 'v6'], epochSetAt);
      const high = {
        ...scene,
        zone,
        state: { ...scene.state, epoch: EPOCH_MOST - 1, maxEpoch: EPOCH_MOST - 1 },
      };
      return gateInput(high, planOf(high));
    },
  },
  {
    row: 'check-first',
    title: 'the old site is checked',
    change: input =>
      planned(
        input,
        edit(input.plan, 'check', step => ({ ...step, site: 'home' })),
      ),
    also: ['fenced-target'],
  },
  {
    row: 'check-first',
    title: 'nothing is promoted, and nothing checked either',
    of: 'failover-stateless',
    change: input =>
      planned(
        input,
        withSteps(input.plan, steps => steps.filter(step => step.kind !== 'check')),
      ),
  },
  {
    row: 'fenced-target',
    title: 'a failover to the site that it leaves',
    change: input =>
      planned(
        input,
        redrafted(input.plan, {
          to: 'home',
          steps: input.plan.steps.map(step => ('site' in step ? { ...step, site: 'home' } : step)),
        }),
      ),
    also: ['epoch', 'target-health', 'target-records'],
  },
  {
    row: 'target-health',
    title: 'no probe of the target is required',
    change: input => optionalProbes(input),
  },
  {
    row: 'target-data',
    title: 'stale data, and a person who has not said that it may be lost',
    change: () => {
      const scene = makeScene({ service: measured, freshness: [lag(0, 0)] });
      const plan = planOf(scene, {});
      return gateInput({ ...scene, freshness: [lag(60_001, 0)] }, plan);
    },
  },
  {
    row: 'target-data',
    title: 'the measurement failed',
    also: ['config'],
    change: input => {
      const failed = { service: 'web', site: 'away', at: NOW, error: 'no connection' };
      return gateInput(makeScene({ service: measured, freshness: [failed] }), input.plan);
    },
  },
  {
    row: 'target-data',
    title: 'any age would do, but there is none',
    also: ['config'],
    change: input => gateInput(makeScene({ service: anyAge }), input.plan),
  },
  {
    row: 'target-records',
    title: 'a stranger in a name that the plan leaves alone',
    of: 'switchover',
    change: (input, scene) => {
      const records = scene.zone?.records ?? [];
      const { name } = records.find(set => set.name !== address.name) ?? address;
      const stranger = records.map(set => (set.name === name ? { ...set, values: ['192.0.2.7'] } : set));
      return planned(
        inWorld(input, { ...scene, zone: scene.zone && { ...scene.zone, records: stranger } }),
        edit(input.plan, 'flip', step => ({
          ...step,
          change: { ...step.change, upserts: step.change.upserts.filter(set => set.name !== name) },
        })),
      );
    },
  },
  {
    row: 'foreign-values',
    title: 'strangers in both families',
    change: (input, scene) => {
      const strange = { A: '192.0.2.7', AAAA: '2001:db8::7', TXT: '' };
      const records = (scene.zone?.records ?? []).map(set => ({ ...set, values: [strange[set.type]] }));
      return inWorld(input, { ...scene, zone: scene.zone && { ...scene.zone, records } });
    },
    also: ['target-records'],
  },
  {
    row: 'owned-records',
    title: 'two names that are not the service’s',
    change: input =>
      planned(
        input,
        edit(input.plan, 'flip', step => ({
          ...step,
          change: {
            ...step.change,
            upserts: [
              ...step.change.upserts,
              ...['mx', 'ns'].map(host => ({ ...address, name: `${host}.example.org`, values: [] })),
            ],
          },
        })),
      ),
    also: ['blast-radius'],
  },
  {
    row: 'target-records',
    title: 'nothing changes',
    change: input => editFlip(input, () => ({ upserts: [], deletes: [] })),
  },
  {
    row: 'target-lock',
    title: 'both families of the target are locked',
    of: 'switchover',
    change: (input, scene) => inWorld(input, { ...scene, locked: ['away v4', 'away v6'] }),
  },
  {
    row: 'observer',
    title: 'a withdrawal though nothing fails',
    of: 'withdraw',
    change: input => seen(input, 'active', family => ({ ...family, state: 'ok' })),
  },
  {
    row: 'observer',
    title: 'two essential families, neither proven',
    change: input => seen(input, 'active', family => ({ ...family, essential: true, observer: 'unproven' })),
  },
  {
    row: 'target-health',
    title: 'neither of two essential families would be published',
    change: input => {
      const service = makeService({ essential: ['v4', 'v6'] });
      const none = edit(input.plan, 'verify', step => ({ ...step, families: [] }));
      return { ...planned(input, none), inventory: { ...input.inventory, service } };
    },
    also: ['target-records'],
  },
];
