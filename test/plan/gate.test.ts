/** Every row of the gate: good plans pass it, and one change to a good plan or to the world makes just it refuse. */
import assert from 'node:assert/strict';
import { gate, refusals } from '../../src/plan/gate/gate.ts';
import { GATE_ROWS } from '../../src/plan/gate/rows.ts';
import { makeService } from '../lab/service.ts';
import { CASES, caseOf } from './cases.ts';
import { lag, measured, REFUSALS, state, third } from './refusals.ts';
import { gateInput, makeRun, makeScene, NOW, planOf } from './scene.ts';

describe('gate: good plans pass every row', () => {
  for (const { title } of CASES) {
    it(title, () => {
      const { plan, scene, request } = caseOf(title);
      const results = gate(gateInput(scene, plan));
      assert.deepEqual(refusals(results), []);
      const automatic = request === null;
      const rows = GATE_ROWS.filter(row => automatic || row.applies === 'always');
      assert.deepEqual(
        results.map(row => row.code),
        rows.map(row => row.code),
      );
    });
  }

  it('with all that stands just short of a limit', () => {
    const { plan, scene } = caseOf('failover');
    const hold = { service: 'web', owner: 'ann', reason: 'x', since: 0, until: NOW };
    const input = state(gateInput({ ...scene, ages: { ...scene.ages, standby: 1000 } }, plan), { hold });
    const lastFlip = makeRun({ endedAt: NOW - 3_600_000 });
    assert.deepEqual(refusals(gate({ ...input, inventory: { ...input.inventory, lastFlip } })), []);
    const lifted = state(input, { ackedAt: NOW - 10_000 });
    const acked = { ...lifted.inventory, lastFlip: makeRun({ endedAt: NOW - 10_000 }) };
    assert.deepEqual(refusals(gate({ ...input, inventory: acked })), []);
  });

  it('another site is tried at once after a failure, the same one after the pause', () => {
    const { plan, scene } = caseOf('failover');
    const failed = { flipped: false, status: 'failed' } as const;
    for (const lastRun of [
      makeRun({ ...failed, to: 'third' }),
      makeRun({ ...failed, endedAt: NOW - 60_000 }),
    ])
      assert.deepEqual(refusals(gate(state(gateInput(scene, plan), { lastRun }))), []);
  });

  it('a person may act where the program may not by itself', () => {
    const { plan, scene } = caseOf('failover');
    const unproven = gateInput({ ...scene, ages: { ...scene.ages, references: 5000 } }, plan);
    const input = { ...unproven, verdict: gateInput(scene, plan).verdict };
    const blocked = state(
      { ...input, guardedDns: false },
      { lastRun: makeRun({ flipped: false, status: 'failed' }) },
    );
    const inventory = { ...blocked.inventory, lastFlip: makeRun() };
    assert.deepEqual(refusals(gate({ ...blocked, inventory, approvedBy: 'ann' })), []);
    assert.deepEqual(
      refusals(gate({ ...blocked, inventory })).map(row => row.code),
      ['block-window', 'retry-pause', 'observer', 'guarded-dns'],
    );
  });

  it('a person may take stale data, and act against the mode, by name', () => {
    const scene = makeScene({ service: measured, freshness: [lag(600_000, 0)] });
    const plan = planOf(scene, { overrides: ['allow-data-loss', 'mode-act'] });
    assert.deepEqual(refusals(gate({ ...gateInput(scene, plan), mode: 'observe' })), []);
  });

  it('data that is just fresh enough', () => {
    const scene = makeScene({ service: measured, freshness: [lag(59_000, 1000)] });
    assert.deepEqual(refusals(gate(gateInput(scene, planOf(scene)))), []);
  });
});

describe('gate: one change is refused', () => {
  for (const { row, title, of = 'failover', change, also = [] } of REFUSALS) {
    it(`${row}: ${title}`, () => {
      const { plan, scene } = caseOf(of);
      const input = change(gateInput(scene, plan), scene);
      assert.deepEqual(
        refusals(gate(input))
          .map(result => result.code)
          .sort(),
        [row, ...also].sort(),
      );
    });
  }

  it('has a refusal for every row of the table', () => {
    const tried = new Set(REFUSALS.map(({ row }) => row));
    assert.deepEqual(
      GATE_ROWS.map(row => row.code).filter(code => !tried.has(code)),
      [],
    );
  });

  it('knows a third site as a bystander too', () => {
    const service = makeService({ sites: [...makeService().sites, third] });
    const scene = makeScene({ service });
    assert.equal(planOf(scene).to, 'away');
    assert.deepEqual(refusals(gate(gateInput(scene, planOf(scene)))), []);
  });
});
