/** What a confirmed step writes into the state: the epoch, who is active, who stays out, whose last deed is waited for. */
import assert from 'node:assert/strict';
import { consequences, precautions } from '../../src/execute/consequences.ts';
import type { Plan, Step } from '../../src/model/plan.ts';
import type { Change } from '../../src/model/state.ts';
import { caseOf } from '../plan/cases.ts';
import { makeRun, makeState, NOW } from '../plan/scene.ts';

const rival = { owner: 'r-9', since: NOW - 700_000, busyMs: 600_000, stepMs: 300_000, until: null };

function after(plan: Plan, kind: Step['kind'], state = makeState()): readonly Change[] {
  const step = plan.steps.find(entry => entry.kind === kind);
  assert.ok(step !== undefined, `no ${kind}`);
  return consequences(plan, makeRun(), step, state, NOW);
}

function patchOf(changes: readonly Change[]) {
  const [patch] = changes.flatMap(change => (change.kind === 'service' ? [change.patch] : []));
  return patch ?? {};
}

describe('consequences', () => {
  const { plan } = caseOf('failover');

  it('of a claim: the epoch, and nothing else', () => {
    const changes = after(plan, 'claim');
    assert.deepEqual(
      changes.map(change => change.kind),
      ['service'],
    );
    assert.deepEqual(patchOf(changes), { epoch: 5, maxEpoch: 5 });
  });

  it('of a flip: who is active, and who stays out', () => {
    const { active, epoch, quarantined } = patchOf(after(plan, 'flip'));
    assert.deepEqual([active, epoch, quarantined?.map(({ site }) => site)], ['away', 6, ['home']]);
  });

  it('of no other step: nothing', () => {
    for (const kind of ['fence', 'promote', 'check', 'verify', 'announce'] as const)
      assert.deepEqual(after(plan, kind), [], kind);
  });

  it('whose claim is superseded is remembered until a claim of ours has waited for its last deed', () => {
    const known = makeState({ rival });
    const [claim] = plan.steps;
    assert.ok(claim?.kind === 'claim');
    const [change] = precautions(plan, claim, known, NOW);
    const until = NOW + claim.limitMs + rival.stepMs;
    assert.deepEqual(change, { kind: 'service', service: 'web', patch: { rival: { ...rival, until } } });
    assert.deepEqual(precautions(plan, claim, makeState(), NOW), [], 'nobody');
    assert.equal(patchOf(after(plan, 'claim', known)).rival, null);
    const withdrawn = patchOf(after(caseOf('withdraw').plan, 'flip', known)).rival;
    assert.deepEqual(
      withdrawn,
      { ...rival, until: NOW + rival.stepMs },
      'addresses alone wait for nobody: the next must',
    );
  });
});
