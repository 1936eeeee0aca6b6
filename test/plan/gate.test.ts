/** Every row of the gate: good plans pass it, and one change to a good plan or to the world makes just it refuse. */
import assert from 'node:assert/strict';
import { EPOCH_MOST } from '../../src/model/epoch.ts';
import type { FamilyObservation } from '../../src/model/observation.ts';
import { finalEpoch } from '../../src/model/plan.ts';
import { age, type GateInput } from '../../src/plan/gate/finding.ts';
import { gate, refusals } from '../../src/plan/gate/gate.ts';
import { GATE_ROWS } from '../../src/plan/gate/rows.ts';
import { planHash } from '../../src/plan/hash.ts';
import { makeService, makeSite, POWER_OFF } from '../lab/service.ts';
import { CASES, caseOf } from './cases.ts';
import {
  anyAge,
  editClaim,
  failed,
  lag,
  measured,
  observed,
  outlasting,
  REFUSALS,
  rival,
  seen,
  state,
  third,
} from './refusals.ts';
import { epochSet, gateInput, makeRun, makeScene, makeState, NOW, planOf, zoneOf } from './scene.ts';

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
    const lifted = state(input, { ackedRun: 'r-1' });
    const acked = { ...lifted.inventory, lastFlip: makeRun({ endedAt: NOW - 10_000 }) };
    assert.deepEqual(refusals(gate({ ...input, inventory: acked })), []);
  });

  it('another site is tried at once after a failure, the same one after the pause', () => {
    const { plan, scene } = caseOf('failover');
    for (const run of [{ to: 'third' }, { endedAt: NOW - 60_000 }])
      assert.deepEqual(refusals(gate(failed(gateInput(scene, plan), run))), []);
  });

  it('a person may act where the program may not by itself', () => {
    const { plan, scene } = caseOf('failover');
    const unproven = gateInput({ ...scene, ages: { ...scene.ages, references: 5000 } }, plan);
    const input = { ...unproven, verdict: gateInput(scene, plan).verdict };
    const blocked = failed({ ...input, guardedDns: false }, {});
    const inventory = { ...blocked.inventory, lastFlip: makeRun() };
    assert.deepEqual(refusals(gate({ ...blocked, inventory, approvedBy: 'ann' })), []);
    assert.deepEqual(
      refusals(gate({ ...blocked, inventory })).map(row => row.code),
      ['block-window', 'retry-pause', 'observer', 'guarded-dns'],
    );
  });

  it('a wait in a family in which we are cut off, where nothing required is probed there, and any other fence', () => {
    const waiting = caseOf('failover-wait');
    const optional = (family: FamilyObservation) => ({
      ...observed('v6', 'offline')(family),
      probes: family.probes.map(probe => ({ ...probe, required: family.family === 'v4' })),
    });
    const input = seen(gateInput(waiting.scene, waiting.plan), 'active', optional);
    assert.deepEqual(refusals(gate(input)), []);
    const { plan, scene } = caseOf('failover');
    assert.deepEqual(refusals(gate(seen(gateInput(scene, plan), 'active', observed('v6', 'offline')))), []);
  });

  it('a person is asked all but what guards against the program itself', () => {
    const waived = ['policy', 'block-window', 'retry-pause', 'observer', 'neighbours', 'guarded-dns'];
    const { plan, scene } = caseOf('failover');
    const input = gateInput(scene, plan);
    const codes = GATE_ROWS.map(row => row.code);
    const asked = gateInput(scene, planOf(scene, {}));
    for (const person of [asked, { ...input, approvedBy: 'ann' }]) {
      const applied = gate(person).map(row => row.code);
      assert.deepEqual(
        codes.filter(code => !applied.includes(code)),
        waived,
      );
    }
    assert.deepEqual(
      gate(input).map(row => row.code),
      codes,
    );
    assert.deepEqual(
      GATE_ROWS.filter(row => row.applies === 'automatic').map(row => row.code),
      waived,
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

  it('fence-first: a withdrawal with any step that moves a service', () => {
    const moving = ['failover-command-fence-and-snapshot', 'switchover'].flatMap(
      title => caseOf(title).plan.steps,
    );
    const tried = new Set<string>();
    for (const step of moving) {
      if (step.kind === 'flip' || step.kind === 'verify' || step.kind === 'announce') continue;
      const { plan, scene } = caseOf('withdraw');
      const changed = { ...plan, steps: [{ ...step, site: 'home' }, ...plan.steps] };
      const results = refusals(gate(gateInput(scene, { ...changed, hash: planHash(changed) })));
      assert.deepEqual(
        results.map(row => row.code),
        // What is claimed, the flip of a withdrawal does not replace.
        step.kind === 'claim' ? ['fence-first', 'epoch'] : ['fence-first'],
        step.kind,
      );
      tried.add(step.kind);
    }
    assert.deepEqual([...tried].sort(), [
      'catch-up',
      'check',
      'claim',
      'fence',
      'promote',
      'quiesce',
      'snapshot',
    ]);
  });

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

describe('gate: what it has nothing against', () => {
  const refused = (input: GateInput) => refusals(gate(input)).map(({ code, value }) => `${code}: ${value}`);
  const found = (input: GateInput, code: string) => gate(input).find(row => row.code === code)?.value;
  const good = (title = 'failover') => {
    const { plan, scene } = caseOf(title);
    return { plan, scene, input: gateInput(scene, plan) };
  };

  it('the last instant of a plan', () => {
    const { input, plan } = good('withdraw');
    assert.deepEqual(refused({ ...input, now: plan.expiresAt, approvedBy: 'ann' }), []);
  });

  it('a claim of another installation that has had its time, by a clock either way', () => {
    for (const since of [NOW - rival.busyMs, NOW + rival.busyMs]) {
      const late = { ...rival, since };
      const { scene } = caseOf('failover');
      const known = { ...scene, state: { ...scene.state, rival: late } };
      const waiting = gateInput(known, planOf(known));
      assert.deepEqual([refused(waiting), found(waiting, 'claimed')], [[], 'r-other, waited for']);
      // A plan that was drafted before the claim was seen does not wait for the last deed.
      assert.match(found(state(good().input, { rival: late }), 'claimed') ?? '', /is not waited for$/);
    }
    assert.equal(found(good().input, 'claimed'), 'nobody');
    assert.equal(found(state(good().input, { rival }), 'claimed'), 'r-other');
  });

  it('a claim that names just the length of the longest deed, whatever a wait, a check or a flip may last', () => {
    const nextEpoch = { epoch: 5, active: 'home', claim: { busyS: 600, stepS: 300 } };
    assert.deepEqual(refused(editClaim(good().input, { nextEpoch })), [], 'the promotion may last 300 s');
    for (const kind of ['fence', 'check', 'flip'] as const)
      assert.deepEqual(refused(outlasting(good('failover-wait').input, kind)), [], kind);
  });

  it('the highest epoch that can be written', () => {
    const epoch = EPOCH_MOST - 2;
    const zone = zoneOf(makeService(), 'home', ['v4', 'v6'], epochSet(epoch, 'home'));
    const scene = makeScene({ zone, state: makeState({ epoch, maxEpoch: epoch }) });
    const plan = planOf(scene);
    assert.deepEqual([finalEpoch(plan), refused(gateInput(scene, plan))], [EPOCH_MOST, []]);
  });

  it('another site in quarantine', () => {
    const quarantined = [{ site: 'third', since: 0, run: 'r-0' }];
    assert.deepEqual(refused(state(good().input, { quarantined })), []);
  });

  it('a run that ended a moment ago without failing, and without changing DNS', () => {
    const lastRun = makeRun({ flipped: false, status: 'abandoned' });
    assert.deepEqual(refused(state(good().input, { lastRun })), []);
  });

  it('a block window that a person has lifted', () => {
    const lifted = state(good().input, { ackedRun: 'r-1' });
    const input = { ...lifted, inventory: { ...lifted.inventory, lastFlip: makeRun() } };
    assert.deepEqual([refused(input), found(input, 'block-window')], [[], 'lifted by ack']);
  });

  it('families that are not looked through: the plan neither needs nor withdraws them', () => {
    const unproven =
      (name: string, patch: Partial<FamilyObservation> = {}) =>
      (family: FamilyObservation) =>
        family.family === name ? { ...family, observer: 'unproven' as const, ...patch } : family;
    assert.deepEqual(refused(seen(good().input, 'active', unproven('v6'))), []);
    const { input } = good('withdraw');
    assert.deepEqual(refused(seen(input, 'active', unproven('v4'))), [], 'it is well');
    const gone = { state: 'down', published: false } as const;
    assert.deepEqual(refused(seen(input, 'active', unproven('v4', gone))), [], 'it is not published');
  });

  it('the other way round: leaving the second site by its own fence', () => {
    const service = makeService();
    const scene = makeScene({
      state: makeState({ active: 'away', published: ['v4'] }),
      down: ['away v4'],
      zone: zoneOf(service, 'away', ['v4'], epochSet(4, 'away')),
    });
    const plan = planOf(scene);
    assert.deepEqual([plan.from, plan.to, refused(gateInput(scene, plan))], ['away', 'home', []]);
  });

  it('a power-off that waits for nothing, whatever lease the config names', () => {
    const fence = { ...POWER_OFF, leaseMs: 30_000 };
    const service = makeService({ sites: [makeSite('home', { fence }), makeSite('away')] });
    const scene = makeScene({ service, zone: zoneOf(service, 'home', ['v4'], epochSet(4, 'home')) });
    const drafted = planOf(scene);
    const steps = drafted.steps.map(step => (step.kind === 'fence' ? { ...step, waitMs: 0 } : step));
    const plan = { ...drafted, steps };
    assert.deepEqual(refused(gateInput(scene, { ...plan, hash: planHash(plan) })), []);
  });

  it('a lock of the only address there is', () => {
    const service = makeService({ sites: [makeSite('home'), makeSite('away')] });
    const scene = makeScene({
      service,
      locked: ['home v4'],
      state: makeState({ published: ['v4'] }),
      zone: zoneOf(service, 'home', ['v4'], epochSet(4, 'home')),
    });
    const plan = planOf(scene);
    assert.ok(plan.steps.some(step => step.kind === 'fence' && step.method === 'provider-lock'));
    assert.deepEqual(refused(gateInput(scene, plan)), []);
  });

  it('neighbours on a machine that is only waited for, or that the hoster has cut off already', () => {
    for (const title of ['failover-wait', 'failover-by-lock', 'withdraw'])
      assert.deepEqual(refused({ ...good(title).input, neighbours: ['mail'] }), [], title);
    assert.deepEqual(
      refused({ ...good('failover-command-fence-and-snapshot').input, neighbours: ['mail', 'irc'] }),
      ['neighbours: mail, irc needs it'],
      'a fence command cuts it off',
    );
  });

  it('an optional probe of the target that fails, and a look that is just recent enough', () => {
    const { input } = good();
    const ping = (family: FamilyObservation): FamilyObservation => ({
      ...family,
      probes: family.probes.flatMap(probe => [
        probe,
        { ...probe, probe: 'ping', required: false, state: 'down' as const },
      ]),
    });
    assert.deepEqual(refused(seen(input, 'standbys', ping)), []);
    const { plan, scene } = good('switchover');
    assert.deepEqual(refused(gateInput({ ...scene, ages: { ...scene.ages, standby: 5000 } }, plan)), []);
  });

  it('data of any age where no age is too old, and what a person said may be lost', () => {
    const old = makeScene({ service: anyAge, freshness: [lag(600_000, 0)] });
    assert.deepEqual(refused(gateInput(old, planOf(old))), []);
    const stale = makeScene({ service: measured, freshness: [lag(600_000, 0)] });
    const input = gateInput(stale, planOf(stale, { overrides: ['allow-data-loss'] }));
    assert.equal(found(input, 'target-data'), 'allowed by ann');
  });

  it('spans in the largest whole unit that still says something', () => {
    const spans = [0, 1499, 119_999, 120_000, 7_199_999, 7_200_000, 10_800_000];
    assert.deepEqual(spans.map(age), ['0 s', '1 s', '120 s', '2 min', '120 min', '2 h', '3 h']);
  });
});
