/** A move by a person: the look changes nothing, and what was shown is what is run. */
import assert from 'node:assert/strict';
import type { Plan } from '../../src/model/plan.ts';
import { setHold } from '../../src/orders/hold.ts';
import { carryMove, type Draft, draftMove } from '../../src/orders/move.ts';
import type { Request } from '../../src/plan/view.ts';
import { Lab } from '../lab/world.ts';
import { programOf, WORDS } from './program.ts';

const REQUEST: Request = { kind: 'switchover', to: null, overrides: [], ...WORDS };

async function drafted(lab: Lab): Promise<{ readonly draft: Draft; readonly plan: Plan }> {
  const draft = await lab.clock.drive(draftMove(programOf(lab), lab.service, REQUEST));
  const { plan, standing } = draft.assessment;
  assert.equal(standing, null);
  assert.ok(plan !== null);
  return { draft, plan };
}

const carried = (lab: Lab, { draft, plan }: Awaited<ReturnType<typeof drafted>>) =>
  lab.clock.drive(carryMove(programOf(lab), draft, plan, REQUEST));

describe('orders: move', () => {
  it('the look does nothing and stores nothing', async () => {
    const lab = new Lab();
    const { plan } = await drafted(lab);
    assert.deepEqual(lab.deeds, []);
    assert.equal(await lab.store.plan(plan.id), null);
    assert.equal(await lab.store.decision('web'), null);
    assert.equal((await lab.store.service('web')).active, null);
  });

  it('of a zone that was rolled back it says that it was', async () => {
    const lab = new Lab();
    await lab.store.commit([{ kind: 'service', service: 'web', patch: { epoch: 9, maxEpoch: 9 } }]);
    const { assessment } = await lab.clock.drive(draftMove(programOf(lab), lab.service, REQUEST));
    assert.equal(assessment.verdict.class, 'ROLLED_BACK');
    assert.ok(assessment.gate.some(({ code, ok }) => code === 'rolled-back' && !ok));
  });

  it('runs the very plan that was shown, with the audit of who ordered it', async () => {
    const lab = new Lab();
    const shown = await drafted(lab);
    const { run } = await carried(lab, shown);
    assert.equal(run?.status, 'done');
    assert.equal(run?.automatic, false);
    assert.deepEqual((await lab.store.plan(shown.plan.id))?.plan, shown.plan);
    assert.deepEqual(lab.deeds, ['run quiesce home', 'run promote away', 'swap away 2']);
    const [entry] = await lab.store.audit({ limit: 9 });
    assert.deepEqual(
      [entry?.operator, entry?.action, entry?.reason, entry?.detail],
      ['ada', 'switchover', 'seen it', 'to away'],
    );
  });

  it('not when somebody holds the service since the person was asked: nothing is audited either', async () => {
    const lab = new Lab();
    const shown = await drafted(lab);
    const order = { operator: 'bob', owner: 'bob', reason: 'wait', now: lab.clock.now(), until: null };
    await setHold(programOf(lab), lab.settings.services, order);
    const { run, standing } = await carried(lab, shown);
    assert.equal(run, null);
    assert.match(standing?.detail ?? '', /held by bob/);
    assert.deepEqual(lab.deeds, []);
    const audit = await lab.store.audit({ limit: 9 });
    assert.deepEqual(
      audit.map(({ action }) => action),
      ['hold'],
    );
  });

  it('not on an epoch that another runner has raised since the person was asked', async () => {
    const lab = new Lab();
    const first = await drafted(lab);
    const second = await drafted(lab);
    await carried(lab, first);
    const deeds = [...lab.deeds];
    const { run, standing } = await carried(lab, second);
    assert.equal(run, null);
    assert.equal(standing?.code, 'refused-by-gate');
    assert.deepEqual(lab.deeds, deeds);
  });
});
