/** Invariants 5, 6 and 8: what may begin a run, and when. */
import assert from 'node:assert/strict';
import type { Plan } from '../../../src/model/plan.ts';
import type { Run } from '../../../src/model/state.ts';
import type { Actor } from '../../../src/simulate/events.ts';
import {
  actor,
  audit,
  Bystander,
  claimed,
  P,
  planOf,
  promoted,
  runOf,
  SKETCH,
  starts,
  toldHost,
  WALL,
  withdrawal,
} from './bystander.ts';

/** A probe of 0 s that is told at once. */
function probe(stage: Bystander, ok: boolean, site = 'home', family: 'v4' | 'v6' = 'v4'): Bystander {
  const { now: from } = stage;
  return stage.see({ kind: 'told-probe', service: 'mail', site, probe: 'http', family, ok, from, by: P });
}

const reference = (stage: Bystander, ok = true, family: 'v4' | 'v6' = 'v4') =>
  stage.see({ kind: 'told-reference', family, ok, by: P });

/** Three failures from 100 s to 110 s, with a reference that answers. */
function failing(stage: Bystander, family: 'v4' | 'v6' = 'v4'): Bystander {
  for (const second of [100, 105, 110])
    reference(probe(stage.at(second), false, 'home', family), true, family);
  return stage;
}

const SHORT =
  'automatic failover r-1 of mail from home: v4: 0 of 1 required probes had failed 3 times for 10 s';

describe('invariant 5: one blind observer', () => {
  const begin = (stage: Bystander, plan: Plan = planOf()) => stage.commit(P, ...starts(plan)).found;

  it('failures as many and as long as the thresholds ask are enough, two are not', () => {
    assert.deepEqual(begin(failing(new Bystander(5)).at(110)), []);
    const two = reference(probe(probe(new Bystander(5).at(100), false).at(110), false));
    assert.deepEqual(begin(two), [SHORT]);
  });
  it('three within a moment are not', () => {
    const quick = new Bystander(5).at(100);
    for (const second of [100, 101, 102]) reference(probe(quick.at(second), false));
    assert.deepEqual(begin(quick), [SHORT]);
    const jump = { kind: 'clock-jumps', at: 0, station: 'desk', byMs: 60_000 } as const;
    const unsure = new Bystander(5).see({ kind: 'happening', happening: jump, over: false });
    for (const second of [100, 101, 102]) reference(probe(unsure.at(second), false));
    assert.deepEqual(begin(unsure), []);
  });
  it('a success in between begins the count anew', () => {
    const stage = failing(new Bystander(5));
    assert.deepEqual(begin(reference(probe(probe(stage.at(112), true).at(120), false))), [SHORT]);
  });
  it('nothing counts that was seen while cut off, nor without a reference', () => {
    const blind = new Bystander(5);
    blind.offline.add('desk v4');
    const unseen = 'no required probe was seen failing while its own network was up';
    assert.deepEqual(begin(failing(blind)), [`automatic failover r-1 of mail from home: v4: ${unseen}`]);
    const alone = new Bystander(5);
    for (const second of [100, 105, 110]) probe(alone.at(second), false);
    assert.deepEqual(begin(alone), [
      'automatic failover r-1 of mail from home: v4: no reference has answered since',
    ]);
  });
  it('failures that a reference has shown to be ours do not count', () => {
    const stage = new Bystander(5);
    stage.offline.add('desk v4');
    for (const second of [100, 105]) reference(probe(stage.at(second), false), false);
    stage.offline.clear();
    assert.deepEqual(begin(reference(probe(stage.at(110), false))), [SHORT]);
  });
  it('what a process was told of our own blindness, another knows when it was written down', () => {
    const Q = actor('q1');
    const shown = (savedFor: string | null) => {
      const stage = new Bystander(5);
      stage.offline.add('desk v4');
      for (const second of [100, 105])
        probe(stage.at(second), false).see({ kind: 'told-reference', family: 'v4', ok: false, by: Q });
      const seen = { reference: 'r', family: 'v4', at: WALL + 105_000, tookMs: 0, ok: false } as const;
      const evidence = { samples: [], references: [seen], hosts: [], zones: [], freshness: [] };
      if (savedFor !== null) stage.commit(Q, { kind: 'evidence', service: savedFor, evidence });
      stage.offline.clear();
      return begin(reference(probe(reference(stage.at(106)).at(110), false)));
    };
    assert.deepEqual(shown('mail'), [SHORT]);
    assert.deepEqual(shown('web'), [], 'the evidence of each service is read by itself');
    assert.deepEqual(shown(null), []);
  });
  it('who slept over a clock that was set may have begun long before', () => {
    const stage = () => probe(new Bystander(5).at(10), true).at(100);
    const jump = { kind: 'clock-jumps', at: 0, station: 'desk', byMs: -60_000 } as const;
    const set = (one: Bystander) =>
      one.see({ kind: 'happening', happening: jump, scripted: jump, over: false });
    assert.equal(begin(stage()).length, 1);
    assert.deepEqual(begin(set(stage())), []);
    assert.equal(begin(set(stage()).see(toldHost('running')).at(101)).length, 1, 'awake');
  });
  it('stale failures do not count', () => {
    assert.deepEqual(begin(failing(new Bystander(5)).at(1200)), [
      'automatic failover r-1 of mail from home: v4: no required probe was seen failing while its own network was up',
    ]);
  });
  it('a lock needs one failure and the flag since, and only as PROVIDER_LOCK', () => {
    const because = { class: 'PROVIDER_LOCK', rule: 30, at: 0 } as const;
    const once = () => reference(probe(new Bystander(5).at(100), false));
    const flag = toldHost('running', { v4: true, v6: false });
    assert.deepEqual(begin(once().see(flag), planOf({ because })), []);
    assert.deepEqual(begin(once(), planOf({ because })), [
      'automatic failover r-1 of mail from home: v4: the hoster has not said since that it is locked',
    ]);
    assert.deepEqual(begin(once().see(flag)), [SHORT]);
  });
  it('a family is withdrawn for its own failures', () => {
    assert.deepEqual(begin(failing(new Bystander(5), 'v6'), withdrawal()), []);
    assert.deepEqual(begin(failing(new Bystander(5)), withdrawal()), [
      'automatic withdraw r-1 of mail from home: v6 is withdrawn, and no required probe was seen failing while its own network was up',
    ]);
  });
  it("a person's run needs none of it", () => {
    assert.deepEqual(
      begin(new Bystander(5), planOf({ origin: { by: 'operator', operator: 'a', reason: 'b' } })),
      [],
    );
  });
});

describe('invariant 6: one run', () => {
  const ended = (seconds: number, patch: Partial<Run> = {}) =>
    runOf(planOf(), { status: 'done', flipped: true, endedAt: WALL + seconds * 1000, ...patch });
  const second = planOf({ id: 'p-2', to: 'third' });
  const next = (at: number, patch: Partial<Run> = {}) =>
    runOf(second, { id: 'r-2', token: 'r-2', startedAt: WALL + at * 1000, ...patch });
  const one = () =>
    new Bystander(6)
      .at(10)
      .commit(P, ...starts(planOf()))
      .at(60)
      .commit(P, { kind: 'run', run: ended(60) });

  it('two open runs are one too many', () => {
    const stage = new Bystander(6).commit(P, ...starts(planOf())).commit(P, ...starts(second, next(0)));
    assert.deepEqual(stage.found, ['runs r-1 and r-2 of mail are open at once at desk']);
  });
  it('the block window is counted from the end', () => {
    assert.deepEqual(
      one()
        .at(3661)
        .commit(P, ...starts(second, next(3661))).found,
      [],
    );
    assert.deepEqual(
      one()
        .at(3650)
        .commit(P, ...starts(second, next(3650))).found,
      [
        'automatic run r-2 of mail began 3590 s (true: 3590 s) after run r-1 ended, the block window is 3600 s',
      ],
    );
    assert.deepEqual(
      one()
        .at(100)
        .commit(P, ...starts(second, next(100, { automatic: false }))).found,
      [],
    );
  });
  it('by true time too: an end that was dated back shortens nothing', () => {
    const stage = new Bystander(6)
      .at(10)
      .commit(P, ...starts(planOf()))
      .at(600);
    stage.commit(P, { kind: 'run', run: ended(10) }).at(3620);
    assert.deepEqual(stage.commit(P, ...starts(second, next(3620))).found, [
      'automatic run r-2 of mail began 3610 s (true: 3020 s) after run r-1 ended, the block window is 3600 s',
    ]);
  });
  it("an ack lifts it, and only a person's", () => {
    const lift = { kind: 'service', service: 'mail', patch: { ackedRun: 'r-1' } } as const;
    const after = (by: typeof P) =>
      one()
        .at(70)
        .commit(by, lift)
        .at(100)
        .commit(P, ...starts(second, next(100)));
    assert.deepEqual(after(actor('p7', 'ack')).found, []);
    assert.equal(after(P).found.length, 1);
  });
  it('a run that changed nothing opens none', () => {
    const hand = ended(60, { id: 'r-0', status: 'failed', flipped: false, automatic: false });
    const failed = one().commit(P, { kind: 'run', run: hand });
    assert.equal(failed.at(70).commit(P, ...starts(second, next(70))).found.length, 1);
    const stage = new Bystander(6).commit(P, ...starts(planOf()));
    stage.commit(P, { kind: 'run', run: ended(0, { flipped: false, status: 'failed' }) });
    assert.deepEqual(stage.at(70).commit(P, ...starts(second, next(70))).found, []);
  });
  it('after the clock was set, one of the two clocks is enough', () => {
    const jump = { kind: 'clock-jumps', at: 0, station: 'desk', byMs: 1 } as const;
    const stage = one().at(70).see({ kind: 'happening', happening: jump, over: false });
    assert.deepEqual(stage.at(100).commit(P, ...starts(second, next(3700))).found, []);
    assert.equal(
      one()
        .at(70)
        .see({ kind: 'happening', happening: jump, over: false })
        .at(100)
        .commit(P, ...starts(second, next(100))).found.length,
      1,
    );
  });
  it('the deeds of two runs do not interleave, but for a sleeper', () => {
    const Q = actor('q1');
    const between = () =>
      one()
        .see(promoted(P, 'away', 'r-1'))
        .at(4000)
        .commit(Q, ...starts(second, next(4000)))
        .see(promoted(Q, 'third', 'r-2'));
    assert.deepEqual(
      between()
        .at(4100)
        .see(promoted(P, 'away', 'r-1')).found,
      [],
    );
    const awake = between()
      .at(4050)
      .see(toldHost('running'))
      .at(4100)
      .see(promoted(P, 'away', 'r-1'));
    assert.deepEqual(awake.found, [
      'promoted of away (mail) by p1 for run r-1: run r-2 by q1 has acted since this one had',
    ]);
  });
  it('a zone that was restored to the claim of a run gives it the turn back', () => {
    const Q = actor('q1');
    const stage = one()
      .see(promoted(P, 'away', 'r-1'))
      .at(4000)
      .commit(Q, ...starts(second, next(4000)))
      .see(promoted(Q, 'third', 'r-2'))
      .zone(null, claimed(9, 'r-2'), claimed(8, 'r-1'))
      .at(4050)
      .see(toldHost('running'))
      .at(4100)
      .see(promoted(P, 'away', 'r-1'));
    assert.deepEqual(stage.found, []);
  });
  it('nor do those of two processes for one run', () => {
    const found = one()
      .see(promoted(P, 'away', 'r-1'))
      .at(4000)
      .see(promoted(actor('q1'), 'away', 'r-1'))
      .at(4050)
      .see(toldHost('running'))
      .at(4100)
      .see(promoted(P, 'away', 'r-1')).found;
    assert.deepEqual(found, [
      'promoted of away (mail) by p1 for run r-1: run r-1 by q1 has acted since this one had',
    ]);
  });
});

describe('invariant 8: a viable target', () => {
  const well = (stage: Bystander) => probe(failing(stage).at(111), true, 'away');
  const begin = (
    stage: Bystander,
    plan: Plan = planOf(),
    ...also: Parameters<Bystander['commit']> extends [unknown, ...infer C] ? C : never
  ) => stage.commit(P, ...starts(plan), ...also).found;
  const WHAT = 'failover r-1 of mail to away:';

  it('one seen well since the trouble began is fine', () => {
    assert.deepEqual(begin(well(new Bystander(8)).at(112)), []);
  });
  it('what fails since we are cut off is no trouble of the site, whoever else was told so after us', () => {
    const stage = probe(new Bystander(8).at(100), true, 'away').at(110);
    stage.offline.add('desk v4');
    const cut = (by: Actor) => stage.see({ kind: 'told-reference', family: 'v4', ok: false, by });
    cut(P);
    cut(actor('q1'));
    const late = { site: 'home', probe: 'http', family: 'v4', ok: false, from: 108_000 } as const;
    stage.at(113).see({ kind: 'told-probe', service: 'mail', by: P, ...late });
    assert.deepEqual(begin(stage), []);
  });
  it('one never seen, seen failing, seen before, or long ago is not', () => {
    assert.deepEqual(begin(failing(new Bystander(8))), [`${WHAT} http v4 was never seen well there`]);
    assert.deepEqual(begin(probe(well(new Bystander(8)).at(115), false, 'away').at(120)), [
      `${WHAT} http v4 has failed there since 5 s ago`,
    ]);
    assert.deepEqual(begin(failing(probe(new Bystander(8).at(90), true, 'away')).at(111)), [
      `${WHAT} http v4 was last seen well there 21 s ago, before the trouble began`,
    ]);
    assert.deepEqual(begin(well(new Bystander(8)).at(180)), [
      `${WHAT} http v4 was last seen well there 69 s ago`,
    ]);
  });
  it('its data is fresh enough by the time of the run', () => {
    const sketch = {
      services: [{ name: 'mail', sites: [{ name: 'home' }, { name: 'away', maxLagMs: 60_000 }] }],
    };
    const lag = (lagMs: number, at = 121) =>
      well(new Bystander(8, sketch))
        .see({ kind: 'told-lag', service: 'mail', site: 'away', lagMs, by: P })
        .at(at);
    assert.deepEqual(begin(lag(50_000)), []);
    assert.deepEqual(begin(lag(55_000)), [`${WHAT} its data is 65 s old, 60 s are allowed`]);
    assert.deepEqual(begin(lag(55_000, 128)), [], 'it slept since, for less than a verdict may be old');
    assert.deepEqual(begin(lag(65_000, 128)), [`${WHAT} its data is 82 s old, 60 s are allowed`]);
    assert.deepEqual(begin(well(new Bystander(8, sketch))), [
      `${WHAT} the age of its data was never measured`,
    ]);
    const origin = { by: 'operator', operator: 'alice', reason: 'x' } as const;
    const plan = planOf({ overrides: ['allow-data-loss'], origin });
    assert.deepEqual(begin(lag(55_000), plan, audit({ overrides: ['allow-data-loss'] })), []);
  });
  it('an override is audited, by a person, and used once', () => {
    const origin = { by: 'operator', operator: 'alice', reason: 'x' } as const;
    const plan = planOf({ overrides: ['skip-fence'], origin });
    const words = audit({ overrides: ['skip-fence'] });
    const lacking = 'and no audit entry of its own names that with operator and reason';
    assert.deepEqual(begin(well(new Bystander(8)), plan, words), []);
    assert.deepEqual(begin(well(new Bystander(8)), plan), [`run r-1 of mail needs skip-fence, ${lacking}`]);
    assert.deepEqual(begin(well(new Bystander(8)), plan, audit({ overrides: ['skip-fence'], reason: ' ' })), [
      `run r-1 of mail needs skip-fence, ${lacking}`,
    ]);
    assert.deepEqual(begin(well(new Bystander(8)), planOf({ overrides: ['skip-fence'] }), words), [
      'run r-1 of mail needs skip-fence, and no person has asked for it',
    ]);
    const twice = well(new Bystander(8)).commit(P, ...starts(plan), words);
    twice.commit(P, ...starts(plan, runOf(plan, { id: 'r-2', token: 'r-2' })));
    assert.deepEqual(twice.found, [`run r-2 of mail needs skip-fence, ${lacking}`]);
  });
  it('nothing is done under another mode than act, save by name', () => {
    const stage = () => well(new Bystander(8, { ...SKETCH, mode: 'propose' }));
    assert.deepEqual(begin(stage()), [
      'run r-1 of mail needs mode-act, and no audit entry of its own names that with operator and reason',
    ]);
    assert.deepEqual(begin(stage(), planOf(), audit({ overrides: ['mode-act'] })), []);
  });
});
