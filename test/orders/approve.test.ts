/** A stored plan and the person who says yes to it. */
import assert from 'node:assert/strict';
import type { Settings } from '../../src/model/service.ts';
import type { PlanStatus } from '../../src/model/state.ts';
import {
  type Approval,
  carryApproval,
  draftApproval,
  findProposal,
  type Proposal,
} from '../../src/orders/approve.ts';
import { Lab } from '../lab/world.ts';
import { programOf, REFUSED, tick, WORDS } from './program.ts';

/** Home is away, and a plan waits. */
async function proposed(settings: Partial<Settings>): Promise<{ readonly lab: Lab; readonly id: string }> {
  const lab = new Lab({}, settings);
  lab.site('home', REFUSED);
  const { standing } = await tick(lab);
  assert.equal(standing?.code, 'awaiting-approval');
  assert.deepEqual(lab.deeds, []);
  return { lab, id: standing.plan ?? '' };
}

async function found(lab: Lab, id: string): Promise<Proposal> {
  const proposal = await findProposal(programOf(lab), id);
  assert.ok('plan' in proposal);
  return proposal;
}

async function refusal(lab: Lab, id: string, settings: Partial<Settings> = {}): Promise<string> {
  const program = programOf(lab, { settings: { ...lab.settings, ...settings } });
  const result = await findProposal(program, id);
  assert.ok('refused' in result, 'it may be approved all the same');
  return `${result.refused.code}: ${result.refused.message}`;
}

describe('orders: approve', () => {
  for (const [status, message] of [
    ['void', /^plan-not-waiting: plan p-\S+ is void already$/],
    ['started', /^plan-not-waiting: plan p-\S+ is started already$/],
  ] as const satisfies readonly (readonly [PlanStatus, RegExp])[]) {
    it(`not a plan that is ${status}`, async () => {
      const { lab, id } = await proposed({ mode: 'propose' });
      await lab.store.commit([{ kind: 'plan-status', plan: id, status }]);
      assert.match(await refusal(lab, id), message);
    });
  }

  it('a plan is void once the service is well again', async () => {
    const { lab, id } = await proposed({ mode: 'propose' });
    lab.site('home', 'well');
    assert.equal((await tick(lab)).verdict.class, 'HEALTHY');
    assert.match(await refusal(lab, id), /is void already/);
  });

  it('not a plan that was never made, nor one of a service that the config has lost', async () => {
    const { lab, id } = await proposed({ mode: 'propose' });
    assert.match(await refusal(lab, 'p-404'), /^plan-unknown: there is no plan "p-404"/);
    assert.match(await refusal(lab, id, { services: [] }), /^service-unknown: .*no service "web" any more/);
  });

  it('in mode propose only with mode-act, for once, and it stands in the audit', async () => {
    const { lab, id } = await proposed({ mode: 'propose' });
    const proposal = await found(lab, id);
    const asked: Approval = { ...WORDS, modeAct: false };
    const plain = await lab.clock.drive(draftApproval(programOf(lab), proposal, asked));
    assert.match(plain.assessment.standing?.detail ?? '', /against rule 10/);
    const refused = await lab.clock.drive(carryApproval(programOf(lab), proposal, plain, asked));
    assert.equal('run' in refused ? refused.run : undefined, null);
    assert.deepEqual([lab.deeds, await lab.store.audit({ limit: 9 })], [[], []]);

    const acting: Approval = { ...WORDS, modeAct: true };
    const program = programOf(lab);
    const drafted = await lab.clock.drive(draftApproval(program, proposal, acting));
    assert.equal(drafted.assessment.standing, null);
    const report = await lab.clock.drive(carryApproval(program, proposal, drafted, acting));
    assert.ok('run' in report, 'carried out');
    assert.equal(report.run?.status, 'done');
    assert.equal(report.run.plan, id);
    assert.equal(program.world.settings.mode, 'propose');
    const [entry] = await lab.store.audit({ limit: 9 });
    assert.deepEqual([entry?.action, entry?.overrides], ['approve', ['mode-act']]);
    assert.equal(entry?.detail, `plan ${id}, hash ${proposal.plan.hash}`);
  });

  it('not twice: the second yes to the same plan finds it started', async () => {
    const { lab, id } = await proposed({ mode: 'propose' });
    const proposal = await found(lab, id);
    const approval: Approval = { ...WORDS, modeAct: true };
    const one = await lab.clock.drive(draftApproval(programOf(lab), proposal, approval));
    const two = await lab.clock.drive(draftApproval(programOf(lab), proposal, approval));
    await lab.clock.drive(carryApproval(programOf(lab), proposal, one, approval));
    const deeds = [...lab.deeds];
    const second = await lab.clock.drive(
      carryApproval(programOf(lab), proposal, two, { ...approval, operator: 'bob' }),
    );
    assert.equal('refused' in second ? second.refused.code : 'carried out', 'plan-not-waiting');
    assert.deepEqual(lab.deeds, deeds);
  });

  it('not a plan that was voided while the person was asked, because the site had come back', async () => {
    const { lab, id } = await proposed({ mode: 'propose' });
    const proposal = await found(lab, id);
    const approval: Approval = { ...WORDS, modeAct: true };
    const drafted = await lab.clock.drive(draftApproval(programOf(lab), proposal, approval));
    lab.site('home', 'well');
    await tick(lab);
    const late = await lab.clock.drive(carryApproval(programOf(lab), proposal, drafted, approval));
    assert.equal('refused' in late ? late.refused.code : 'carried out', 'plan-not-waiting');
    assert.deepEqual(lab.deeds, []);
  });

  it('not when the verdict calls for it no more, though the plan still waits', async () => {
    const { lab, id } = await proposed({ mode: 'propose' });
    const proposal = await found(lab, id);
    lab.site('home', 'well');
    const approval: Approval = { ...WORDS, modeAct: true };
    const drafted = await lab.clock.drive(draftApproval(programOf(lab), proposal, approval));
    assert.match(drafted.assessment.standing?.detail ?? '', /calls for none, against rule 13/);
  });
});
