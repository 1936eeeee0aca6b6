/** Invariants 1 and 2: one writer, and the fence before the promotion. */
import assert from 'node:assert/strict';
import type { Plan } from '../../../src/model/plan.ts';
import {
  actor,
  audit,
  Bystander,
  epoch,
  FENCE,
  fenceStep,
  intent,
  P,
  planOf,
  PROMOTE,
  promoted,
  runOf,
  SKETCH,
  starts,
  toldHost,
} from './bystander.ts';

const LOCKED = { v4: true, v6: true };

function begun(invariant: number, plan: Plan = planOf(), sketch = SKETCH): Bystander {
  return new Bystander(invariant, sketch)
    .at(10)
    .commit(P, ...starts(plan))
    .at(11)
    .commit(P, intent(FENCE, plan));
}

function fenced(stage: Bystander): Bystander {
  stage.at(20).fenced.add('mail home');
  return stage
    .see({ kind: 'power', box: '1001', power: 'off', by: P }, toldHost('off'))
    .commit(P, intent(PROMOTE));
}

const BOTH = 'p1 promoted away of mail for run r-1 while home takes writes and is not fenced';

describe('invariant 1: one writer', () => {
  it('a promotion after the old site was powered off is fine', () => {
    assert.deepEqual(fenced(begun(1)).at(21).see(promoted()).found, []);
  });
  it('a promotion beside a site that takes writes is not', () => {
    assert.deepEqual(begun(1).at(21).see(promoted()).found, [BOTH]);
  });
  it('nor is one for a run that nobody began', () => {
    assert.deepEqual(new Bystander(1).at(21).see(promoted(P, 'away', 'r-9')).found, [
      'p1 promoted away of mail for run r-9 while home takes writes and is not fenced',
    ]);
  });
  it('forgives a site that came free after the process was told that it is fenced, and only then', () => {
    const stage = fenced(begun(1)).at(22);
    stage.fenced.delete('mail home');
    stage.see({ kind: 'power', box: '1001', power: 'running', by: null });
    assert.deepEqual(stage.at(23).see(promoted()).found, []);
    stage.at(24).see(toldHost('running'), promoted());
    assert.deepEqual(stage.found, [BOTH]);
  });
  it('a site that a flip has left which came into force late, and that is back, is no active one', () => {
    const later = (lands: boolean) => {
      const stage = fenced(begun(1)).at(30);
      stage.commit(P, { kind: 'run', run: runOf(planOf(), { status: 'failed' }) }).fenced.delete('mail home');
      stage.at(60).see({ kind: 'power', box: '1001', power: 'running', by: null });
      if (lands) stage.at(90).zone(P, epoch(7, 'home'), epoch(8, 'away', 'r-1'), { askedAt: 25_000 });
      const next = planOf(
        { id: 'p-2', from: 'away', to: 'third', baseEpoch: 8 },
        fenceStep('power-off', 'away'),
      );
      stage
        .at(200)
        .commit(P, ...starts(next, runOf(next, { id: 'r-2', token: 'r-2' })))
        .fenced.add('mail away');
      return stage.see(promoted(P, 'third', 'r-2')).found;
    };
    assert.deepEqual(later(true), []);
    assert.deepEqual(later(false), [
      'p1 promoted third of mail for run r-2 while home takes writes and is not fenced',
    ]);
  });
  it('nor is one that a switchover has left, late, and that a person has promoted again, or whose quiesce has lied', () => {
    const later = (what: 'by hand' | 'lied' | 'nothing') => {
      const moved = planOf({ kind: 'switchover' });
      const stage = new Bystander(1).at(10).commit(P, ...starts(moved));
      stage.commit(P, { kind: 'run', run: runOf(moved, { status: 'abandoned' }) });
      if (what === 'by hand') stage.at(50).see(promoted(null, 'home', null));
      const lie = {
        kind: 'command',
        at: 0,
        service: 'mail',
        site: 'home',
        command: 'quiesce',
        how: 'lies',
      } as const;
      if (what === 'lied')
        stage.see({ kind: 'happening', happening: { ...lie, forMs: 600_000 }, over: false });
      stage.at(90).zone(P, epoch(7, 'home'), epoch(8, 'away', 'r-1'), { askedAt: 25_000 });
      const next = planOf({ id: 'p-2', from: 'away', to: 'third', baseEpoch: 8 });
      stage.at(200).commit(P, ...starts(next, runOf(next, { id: 'r-2', token: 'r-2' })));
      return stage.see(promoted(P, 'third', 'r-2')).found;
    };
    assert.deepEqual(later('by hand'), []);
    assert.deepEqual(later('lied'), []);
    assert.equal(later('nothing').length, 1);
  });
  it('nor is one that came back in the very instant of the move, where nothing takes time', () => {
    const stage = new Bystander(1).at(10).commit(P, ...starts(planOf()));
    stage.fenced.add('mail home');
    stage
      .see({ kind: 'power', box: '1001', power: 'off', by: P }, toldHost('off'))
      .fenced.delete('mail home');
    stage.see({ kind: 'power', box: '1001', power: 'running', by: null });
    stage.zone(P, epoch(7, 'home'), epoch(8, 'away', 'r-1'));
    const next = planOf({ id: 'p-2', from: 'away', to: 'third', baseEpoch: 8 });
    stage.at(200).commit(P, ...starts(next, runOf(next, { id: 'r-2', token: 'r-2' })));
    assert.deepEqual(stage.see(promoted(P, 'third', 'r-2')).found, []);
  });
  it('who wakes up in the very deed is not blamed for what is told in that instant', () => {
    const woken = (second: number, askedAt = second * 1000) => {
      const stage = fenced(begun(1)).at(22);
      stage.fenced.delete('mail home');
      stage.see({ kind: 'power', box: '1001', power: 'running', by: null });
      const sleep = { kind: 'sleep', at: 0, station: 'desk', calls: 1, forMs: 30_000 } as const;
      stage.see({ kind: 'happening', happening: sleep, over: false });
      return stage.at(second).see(toldHost('running'), promoted(P, 'away', 'r-1', askedAt)).found;
    };
    assert.deepEqual(woken(52, 22_000), []);
    assert.deepEqual(woken(52), [BOTH], 'it slept before it had the command run, and has not asked again');
    assert.deepEqual(woken(30), [BOTH]);
  });
  it('a move of the zone beside a site that came free since the promotion is none better', () => {
    const stage = fenced(begun(1)).at(21).see(promoted());
    const moved = (second: number) =>
      stage.at(second).zone(P, epoch(7, 'home'), epoch(8, 'away', 'r-1')).found;
    stage.at(30).fenced.delete('mail home');
    stage.see({ kind: 'power', box: '1001', power: 'running', by: null });
    assert.deepEqual(moved(31), []);
    assert.deepEqual(moved(60), [
      'p1 moved mail to away for run r-1 while home takes writes and is not fenced',
    ]);
  });
  it('nor is it beside two, of which one has come free just now', () => {
    const stage = fenced(begun(1)).at(21).see(promoted());
    stage.writers.add('mail third');
    stage.at(30).fenced.delete('mail home');
    stage.see({ kind: 'power', box: '1001', power: 'running', by: null });
    assert.deepEqual(stage.at(31).zone(P, epoch(7, 'home'), epoch(8, 'away', 'r-1')).found, [
      'p1 moved mail to away for run r-1 while third takes writes and is not fenced',
    ]);
  });
  it('an API that does not answer is no excuse for whoever relies on a lock', () => {
    const relied = (method: 'power-off' | 'provider-lock') => {
      const stage = begun(1, planOf({}, fenceStep(method))).at(20);
      stage.fenced.add('mail home');
      const told = method === 'power-off' ? toldHost('off') : toldHost('running', LOCKED);
      stage.see({ kind: 'locked', box: '1001', family: 'v4', locked: true }, told).commit(P, intent(PROMOTE));
      const failing = { kind: 'api', at: 0, api: 'alpha', how: 'refuses', forMs: 600_000 } as const;
      stage.see({ kind: 'happening', happening: failing, over: false }).fenced.delete('mail home');
      stage.at(30).see({ kind: 'locked', box: '1001', family: 'v4', locked: false });
      return stage.at(70).see(promoted()).found;
    };
    assert.deepEqual(relied('power-off'), []);
    assert.deepEqual(relied('provider-lock'), [BOTH]);
  });
  it('hears a skipped fence only with its audit', () => {
    const plan = planOf({
      overrides: ['skip-fence'],
      origin: { by: 'operator', operator: 'alice', reason: 'x' },
    });
    const bare = new Bystander(1)
      .at(10)
      .commit(P, ...starts(plan))
      .see(promoted());
    assert.deepEqual(bare.found, [BOTH]);
    const named = audit({ overrides: ['skip-fence'] });
    assert.deepEqual(
      new Bystander(1)
        .at(10)
        .commit(P, ...starts(plan), named)
        .see(promoted()).found,
      [],
    );
  });
  it('does not count what a run left promoted that never flipped, unless people are led there', () => {
    const stage = fenced(begun(1)).at(21).see(promoted());
    stage.writers.add('mail away');
    const again = planOf({ id: 'p-2', to: 'third' });
    stage.commit(P, { kind: 'run', run: runOf(planOf(), { status: 'failed', endedAt: 1 }) });
    stage.at(30).commit(P, ...starts(again, runOf(again, { id: 'r-2', token: 'r-2' })));
    stage.see(promoted(P, 'third', 'r-2'));
    assert.deepEqual(stage.found, []);
    stage.served.set('mail away', 0.5);
    stage.see(promoted(P, 'third', 'r-2'));
    assert.deepEqual(stage.found, [
      'p1 promoted third of mail for run r-2 while away takes writes and is not fenced',
    ]);
  });
  it('sees a machine powered on by us beside another writer', () => {
    const stage = new Bystander(1).at(5);
    stage.writers.add('mail away');
    stage.see({ kind: 'power', box: '1001', power: 'running', by: P });
    assert.deepEqual(stage.found, [
      'a power of ours left home and away of mail both taking writes, not fenced',
    ]);
  });
  it('asks nothing of a stateless service', () => {
    const sketch = { services: [{ name: 'mail', sites: [{ name: 'home' }, { name: 'away' }], parts: [] }] };
    assert.deepEqual(begun(1, planOf(), sketch).at(21).see(promoted()).found, []);
  });
});

const UNPROVEN = (method: string) =>
  `p1 promoted away of mail for run r-1, and it has no proof since it took the run up that home is fenced (${method})`;

describe('invariant 2: fenced first', () => {
  it('a power-off that was read back is a proof; none at all is not', () => {
    assert.deepEqual(fenced(begun(2)).see(promoted()).found, []);
    assert.deepEqual(begun(2).at(21).see(promoted()).found, [UNPROVEN('fence step: power-off')]);
  });
  it('what was told before the run, or to another process, is no proof', () => {
    const before = new Bystander(2)
      .at(5)
      .see(toldHost('off'))
      .at(10)
      .commit(P, ...starts(planOf()));
    assert.deepEqual(before.at(12).see(promoted()).found, [UNPROVEN('fence step: power-off')]);
    const other = actor('p2');
    const resumed = begun(2).at(12).see(toldHost('off')).at(3600).commit(other, intent(PROMOTE));
    assert.deepEqual(resumed.see(promoted(other)).found, [
      UNPROVEN('fence step: power-off').replace('p1', 'p2'),
    ]);
  });
  it('a lock counts only where the plan fences by it', () => {
    const byLock = planOf({}, fenceStep('provider-lock'));
    assert.deepEqual(begun(2, byLock).see(toldHost('running', LOCKED), promoted()).found, []);
    assert.deepEqual(begun(2).see(toldHost('running', LOCKED), promoted()).found, [
      UNPROVEN('fence step: power-off'),
    ]);
    const half = begun(2, byLock).see(toldHost('running', { v4: true, v6: false }), promoted());
    assert.deepEqual(half.found, [UNPROVEN('fence step: provider-lock')]);
  });
  it('a wait is over when the lease is, by true time', () => {
    const sketch = {
      services: [
        { name: 'mail', sites: [{ name: 'home', fence: { method: 'wait' as const } }, { name: 'away' }] },
      ],
    };
    const plan = planOf({}, fenceStep('wait'));
    const away = () => {
      const bystander = begun(2, plan, sketch);
      bystander.sick.add('mail home');
      return bystander;
    };
    assert.deepEqual(away().at(41).see(promoted()).found, []);
    assert.deepEqual(away().at(40).see(promoted()).found, [UNPROVEN('fence step: wait')]);
    const well = begun(2, plan, sketch).at(41).see(promoted()).found;
    assert.deepEqual(well, [UNPROVEN('fence step: wait')], 'a site that answers gives nothing up');
  });
  it('a fence agent must have worked, unless its check lies', () => {
    const plan = planOf({}, fenceStep('command'));
    const isolated = {
      kind: 'isolated',
      service: 'mail',
      site: 'home',
      isolated: true,
      by: P,
      run: 'r-1',
    } as const;
    const worked = begun(2, plan);
    worked.fenced.add('mail home');
    assert.deepEqual(worked.see(isolated, promoted()).found, []);
    assert.deepEqual(begun(2, plan).see(promoted()).found, [UNPROVEN('fence step: command')]);
    const lie = {
      kind: 'command',
      at: 0,
      service: 'mail',
      site: 'home',
      command: 'fence-check',
      how: 'lies',
    } as const;
    const lied = new Bystander(2).see({ kind: 'happening', happening: lie, over: false }).at(10);
    assert.deepEqual(lied.commit(P, ...starts(plan)).see(promoted()).found, []);
  });
  it('a switchover needs the old site to have handed over', () => {
    const plan = planOf({ kind: 'switchover' });
    const demoted = { kind: 'demoted', service: 'mail', site: 'home', by: P, run: 'r-1' } as const;
    assert.deepEqual(begun(2, plan).see(demoted, promoted()).found, []);
    assert.deepEqual(begun(2, plan).see(promoted()).found, [
      'p1 promoted away of mail for switchover r-1, and home has not handed over',
    ]);
  });
  it('only the target of a run that was begun is promoted', () => {
    assert.deepEqual(begun(2).see(promoted(P, 'third')).found, [
      'p1 promoted third of mail for run r-1, which is to move mail to away',
    ]);
    assert.deepEqual(begun(2).see(promoted(P, 'away', null)).found, [
      'p1 promoted away of mail for run none, which nobody began',
    ]);
  });
});
