/** Invariants 7, 9, 10 and 12: holds, known states, notices and secrets. */
import assert from 'node:assert/strict';
import type { Hold, Incident } from '../../../src/model/state.ts';
import { CANARY } from '../../../src/simulate/cast.ts';
import {
  A,
  actor,
  audit,
  Bystander,
  claimed,
  epoch,
  FENCE,
  FLIP,
  intent,
  notice,
  P,
  planOf,
  PROMOTE,
  promoted,
  runOf,
  SKETCH,
  starts,
  toldHost,
  toldState,
  toldZone,
  WALL,
} from './bystander.ts';

const HOLD: Hold = { service: 'mail', owner: 'alice', reason: 'work', since: WALL, until: null };
const ALICE = actor('p7', 'hold');
const held = (hold: Hold = HOLD) => ({ kind: 'hold', hold }) as const;
const resume = { kind: 'resume', service: 'mail' } as const;

describe('invariant 7: a hold wins', () => {
  const begun = () =>
    new Bystander(7)
      .at(10)
      .commit(P, ...starts(planOf()))
      .commit(P, intent(FENCE));
  const part = (name: string) =>
    ({
      kind: 'command',
      service: 'mail',
      site: 'away',
      command: 'promote',
      part: name,
      by: P,
      run: 'r-1',
    }) as const;
  const promote = (stage: Bystander) => stage.commit(P, intent(PROMOTE)).see(promoted()).found;
  const WRONG = 'promoted of away (mail) by p1 for run r-1, which alice holds: set 10 s before the step';

  it('no deed of a step that was begun under it', () => {
    assert.deepEqual(promote(begun().at(20).commit(ALICE, held()).at(30).see(toldHost('off'))), [WRONG]);
    assert.deepEqual(
      promote(
        begun()
          .at(20)
          .commit(ALICE, held())
          .see({ kind: 'calm' })
          .commit(actor('p8', 'resume'), resume)
          .at(30)
          .see(toldHost('off')),
      ),
      [],
    );
    const over = { ...HOLD, until: WALL + 25_000 };
    assert.deepEqual(promote(begun().at(20).commit(ALICE, held(over)).at(30).see(toldHost('off'))), []);
  });
  it('a hold may have run out by a clock that was set since', () => {
    const hold = { ...HOLD, until: WALL + 600_000 };
    // Set in the very moment of the hold, or later.
    const jump = { kind: 'clock-jumps', at: 0, station: 'desk', byMs: 7_200_000 } as const;
    const parts = (jumpAt: number | null) => {
      const stage = begun()
        .at(20)
        .commit(P, intent(PROMOTE))
        .see(part('db'))
        .at(21)
        .commit(ALICE, held(hold));
      if (jumpAt !== null) stage.at(jumpAt).see({ kind: 'happening', happening: jump, over: false });
      return stage.at(22).see(toldState({ hold }), part('mail')).found.length;
    };
    assert.deepEqual([parts(null), parts(21), parts(21.5)], [1, 0, 0]);
  });
  it('a claim is a deed, to give it back is none', () => {
    const taken = claimed(8, 'r-1');
    const under = () =>
      begun().at(20).commit(ALICE, held()).at(30).see(toldHost('off')).commit(P, intent(FENCE));
    assert.equal(under().zone(P, epoch(7, 'home'), taken).found.length, 1);
    assert.deepEqual(under().zone(P, taken, epoch(9, 'home', 'r-1')).found, []);
  });
  it('forgives who had no occasion to see it', () => {
    assert.deepEqual(promote(begun().at(20).commit(ALICE, held()).at(3600)), []);
    assert.deepEqual(promote(begun().at(20).see(toldHost('off')).at(20.5).commit(ALICE, held())), []);
  });
  it('a step that was begun before goes on, another part of it does not', () => {
    const stage = begun().at(20).commit(P, intent(PROMOTE)).see(part('db')).at(21).commit(ALICE, held());
    assert.deepEqual(stage.at(22).see(promoted()).found, []);
    stage.see(toldState({ hold: HOLD }), part('mail'));
    assert.deepEqual(stage.found, [
      'p1 began mail of the promotion of away (mail) for run r-1 after it was told that alice holds it',
    ]);
  });
  it('a power-off is not asked for once more by who could have seen it', () => {
    const off = (seconds: number) =>
      ({ kind: 'power-asked', box: '1001', power: 'off', by: P, askedAt: seconds * 1000 }) as const;
    const again = (awake: boolean) => {
      const stage = begun().at(11).see(off(11)).at(20).commit(ALICE, held()).at(60);
      if (awake) stage.see(toldHost('running'));
      return stage.at(70).see(off(70)).found;
    };
    assert.deepEqual(again(false), []);
    assert.deepEqual(again(true), [
      'power-asked of home (mail) by p1 for run r-1, which alice holds: set 50 s before, and another attempt was made',
    ]);
    const once = begun().at(20).commit(ALICE, held()).at(60).see(toldHost('running')).at(70).see(off(70));
    assert.deepEqual(once.found, [], 'the first belongs to the step');
  });
  it('a flip that was surely refused is not tried again, one in doubt is', () => {
    const swap = (outcome: 'refused' | 'doubt') =>
      ({ kind: 'told-swap', service: 'mail', owner: 'r-1', outcome, by: P }) as const;
    const retried = (outcome: 'refused' | 'doubt') =>
      begun()
        .at(20)
        .commit(P, intent(FLIP))
        .at(21)
        .commit(ALICE, held())
        .at(25)
        .see(swap(outcome))
        .at(26)
        .zone(P, epoch(7, 'home'), epoch(8, 'away', 'r-1')).found;
    assert.deepEqual(retried('doubt'), []);
    assert.deepEqual(retried('refused'), [
      'zone of away (mail) by p1 for run r-1, which alice holds: set 5 s before, and another attempt was made',
    ]);
  });
  it('it survives a restart, and only a person lifts it', () => {
    const Q = actor('p2');
    const later = () => new Bystander(7).at(10).commit(ALICE, held()).at(100).see({ kind: 'started', by: Q });
    assert.deepEqual(later().see(toldState({ hold: HOLD }, Q)).found, []);
    assert.deepEqual(later().see(toldState({}, Q)).found, [
      'p2 was told that mail is not held, and alice has held it since',
    ]);
    assert.deepEqual(later().commit(Q, resume).found, [
      'p2 (run) lifted the hold of alice on mail, which had not run out',
    ]);
    const asked = { kind: 'resume', at: 0, station: 'desk', operator: 'bob', service: 'mail' } as const;
    const order = (service: string) =>
      later().see({ kind: 'happening', happening: { ...asked, service }, over: false });
    assert.deepEqual(order('mail').commit(actor('p8', 'resume'), resume).found, []);
    assert.equal(order('irc').commit(actor('p8', 'resume'), resume).found.length, 1);
  });
  it('a run that is under way is seen by its steps meanwhile, for as long as the longest may take', () => {
    const decision = { kind: 'decision', decision: { service: 'mail' } } as never;
    const after = (seconds: number) =>
      new Bystander(7)
        .at(10)
        .commit(P, decision)
        .commit(ALICE, held())
        .commit(P, ...starts(planOf()))
        .at(seconds)
        .commit(P, decision).found.length;
    assert.deepEqual([after(600), after(620)], [0, 1]);
  });
  it('the real state stays visible beside it', () => {
    const decision = { kind: 'decision', decision: { service: 'mail' } } as never;
    const stage = () => new Bystander(7).at(10).commit(P, decision).commit(ALICE, held());
    assert.deepEqual(stage().at(300).commit(P, decision).found, []);
    const silent =
      'mail is held by alice, and desk has committed no decision of it for 390 s (300 s are allowed)';
    assert.deepEqual(stage().at(400).commit(P, decision).found, [silent]);
    assert.deepEqual(stage().at(400).end().found, [silent]);
    const disk = { kind: 'disk', at: 0, station: 'desk', how: 'full' } as const;
    assert.deepEqual(
      stage().see({ kind: 'happening', happening: disk, over: false }).at(400).end().found,
      [],
    );
  });
});

describe('invariant 9: known states', () => {
  const run = (patch: Parameters<typeof runOf>[1]) => ({ kind: 'run', run: runOf(planOf(), patch) }) as const;
  const active = (site: string) => ({ kind: 'service', service: 'mail', patch: { active: site } }) as const;
  const BEFORE = epoch(7, 'home');
  const AFTER = epoch(8, 'away', 'r-1');

  it('what has ended stays ended, what has flipped stays flipped', () => {
    const ended = () => new Bystander(9).commit(P, ...starts(planOf())).commit(P, run({ status: 'failed' }));
    assert.deepEqual(ended().commit(P, run({ status: 'failed' })).found, []);
    assert.deepEqual(ended().commit(P, run({ status: 'failed', endedAt: WALL + 1 })).found, [
      'run r-1 of mail had ended and was ended once more',
    ]);
    assert.deepEqual(ended().commit(P, run({ status: 'running' })).found, [
      'run r-1 of mail had ended as failed and was made running',
    ]);
    const stage = new Bystander(9)
      .zone(P, BEFORE, AFTER)
      .commit(P, run({ flipped: true }))
      .commit(P, run({}));
    assert.deepEqual(stage.found, ['run r-1 of mail had flipped and is said not to have']);
  });
  it('flipped is what the zone has held', () => {
    assert.deepEqual(new Bystander(9).commit(P, run({ flipped: true })).found, [
      'run r-1 of mail is said to have flipped, and the zone never held its token',
    ]);
  });
  it('active is what the zone named since it was read', () => {
    const told = () => new Bystander(9).zone(null, null, BEFORE).at(5).see(toldZone(BEFORE));
    assert.deepEqual(
      told().commit(P, active('home')).zone(P, BEFORE, AFTER).commit(P, active('away')).found,
      [],
    );
    assert.deepEqual(told().commit(P, active('away')).found, [
      'p1 set away active for mail, which the zone did not name at any time since it was read',
    ]);
    const next = actor('p2');
    const later = () => told().at(60).zone(null, BEFORE, AFTER).at(70).see(toldZone(AFTER, next));
    assert.deepEqual(later().commit(next, active('home')).found, [], 'that answer has just come');
    assert.equal(later().at(71).commit(next, active('home')).found.length, 1);
    assert.deepEqual(new Bystander(9).commit(P, active('home')).found, []);
    assert.deepEqual(new Bystander(9).commit(P, active('away')).found, [
      'p1 set away active for mail without having read the zone',
    ]);
  });
  it('no process ends with a mistake of the program', () => {
    const ended = (error: string) =>
      new Bystander(9).see({ kind: 'ended', how: 'failed', error, by: P }).found;
    assert.deepEqual(ended('store-full: the disk is full'), []);
    assert.deepEqual(ended("TypeError: Cannot read properties of undefined (reading 'x')"), [
      "p1 (run) ended with a mistake of the program: TypeError: Cannot read properties of undefined (reading 'x')",
    ]);
    assert.equal(ended('internal: store.foo is not a function').length, 1);
  });
  it('after the calm no run is open, and the state names the active site', () => {
    const stage = () =>
      new Bystander(9).zone(null, null, BEFORE).see(toldZone(BEFORE)).commit(P, active('home'));
    assert.deepEqual(stage().end().found, []);
    assert.deepEqual(
      stage()
        .commit(P, ...starts(planOf()))
        .end().found,
      ['after the calm desk still has run r-1 of mail open'],
    );
    assert.deepEqual(
      stage()
        .commit(P, ...starts(planOf()))
        .commit(P, held())
        .end().found,
      [],
    );
    assert.deepEqual(stage().zone(null, BEFORE, AFTER).end().found, [
      'after the calm desk takes home of mail for active, the epoch names away',
    ]);
  });
  it('after the calm an incident is closed, unless the truth explains it', () => {
    const incident: Incident = {
      id: 'i-1',
      service: 'mail',
      site: 'home',
      class: 'UNREACHABLE',
      openedAt: 0,
      closedAt: null,
      told: [],
    };
    const open = () => {
      const stage = new Bystander(9).zone(null, null, BEFORE).see(toldZone(BEFORE));
      stage.records = [A('home'), { ...A('home'), type: 'AAAA' }];
      return stage.commit(P, active('home'), { kind: 'incident', incident });
    };
    assert.deepEqual(open().end().found, [
      'after the calm desk still has incident i-1 (UNREACHABLE) of mail open, and home is well',
    ]);
    assert.deepEqual(
      open()
        .commit(P, { kind: 'incident', incident: { ...incident, closedAt: 1 } })
        .end().found,
      [],
    );
    const sick = open();
    sick.sick.add('mail home');
    assert.deepEqual(sick.end().found, []);
  });
  it('a run whose token the zone has held ends as flipped', () => {
    const flipped = () =>
      new Bystander(9)
        .at(1)
        .zone(null, null, BEFORE)
        .see(toldZone(BEFORE))
        .commit(P, ...starts(planOf()))
        .at(2)
        .zone(P, BEFORE, AFTER)
        .commit(P, active('away'))
        .at(3);
    assert.deepEqual(
      flipped()
        .commit(P, run({ status: 'done', flipped: true }))
        .end().found,
      [],
    );
    assert.deepEqual(
      flipped()
        .commit(P, run({ status: 'failed' }))
        .end().found,
      ['run r-1 of mail has changed the zone, and ended as failed, not flipped'],
    );
    // It landed while the end was being written by who slept over that.
    const asleep = new Bystander(9)
      .at(1)
      .zone(null, null, BEFORE)
      .see(toldZone(BEFORE))
      .commit(P, ...starts(planOf()))
      .at(2)
      .zone(P, BEFORE, AFTER)
      .at(900)
      .commit(P, run({ status: 'failed' }))
      .commit(P, active('away'));
    assert.deepEqual(asleep.end().found, []);
  });
});

describe('invariant 10: told once', () => {
  const problem = (id: string, incident: string | null = 'i-1', code = 'zone-unread') =>
    notice(id, { kind: 'problem', incident, data: { code } });
  const sent = (id: string, by = P) => {
    const change = notice(id);
    if (change.kind !== 'notice') throw new Error('a notice');
    return { kind: 'delivered', sink: 'irc', notice: change.notice, by } as const;
  };

  it('a problem once an incident', () => {
    const stage = new Bystander(10).commit(
      P,
      problem('n-1'),
      problem('n-2', 'i-2'),
      problem('n-3', 'i-1', 'other'),
    );
    assert.deepEqual(stage.found, []);
    stage.commit(P, problem('n-4'));
    assert.deepEqual(stage.found, ['desk told of the problem zone-unread of mail twice in incident i-1']);
  });
  it('without an incident not twice in a row', () => {
    const stage = new Bystander(10).commit(P, problem('n-1', null), notice('n-2'), problem('n-3', null));
    assert.deepEqual(stage.found, []);
    assert.deepEqual(stage.commit(P, problem('n-4', null)).found, [
      'desk told of the problem zone-unread of mail twice in a row, without an incident',
    ]);
  });
  it('delivered in order, again only directly or by another process', () => {
    const stage = () => new Bystander(10).commit(P, notice('n-1'), notice('n-2'), notice('n-3'));
    assert.deepEqual(stage().see(sent('n-1'), sent('n-1'), sent('n-2'), sent('n-3')).found, []);
    assert.deepEqual(stage().see(sent('n-2')).found, [
      'p1 sent n-2 to irc before n-1, which was committed first',
    ]);
    assert.deepEqual(stage().see(sent('n-9')).found, [
      'p1 sent n-9 to irc, which was never committed for it',
    ]);
    const thrice = stage().see(sent('n-1'), sent('n-2'), sent('n-3'), sent('n-1', actor('p2')));
    assert.deepEqual(thrice.found, []);
    assert.deepEqual(thrice.see(sent('n-1')).found, ['p1 sent n-1 to irc again after n-3']);
    const slept = stage().see(sent('n-1')).at(5).see(toldHost('running'));
    slept.at(10).see(...['n-1', 'n-2', 'n-3'].map(id => sent(id, actor('p2'))));
    assert.deepEqual(slept.at(1200).see(sent('n-1')).found, [], 'it was in doubt, tried again and slept');
  });
  it('when the calm ends all is delivered', () => {
    const stage = () => new Bystander(10).at(10).commit(P, notice('n-1'), notice('n-2'));
    assert.deepEqual(stage().see(sent('n-1'), sent('n-2')).at(1000).end().found, []);
    assert.deepEqual(stage().at(1000).end().found, [
      'after the calm desk has not sent n-1 to irc, nor 1 after it',
    ]);
    assert.deepEqual(stage().at(20).end().found, []);
  });
});

describe('invariant 12: secrets', () => {
  it('the canary stands nowhere', () => {
    const stage = () => new Bystander(12, SKETCH);
    assert.deepEqual(stage().commit(P, notice('n-1'), audit(), ...starts(planOf())).found, []);
    assert.deepEqual(
      stage().commit(P, notice('n-1', { data: { deep: [{ er: `token ${CANARY}` }] } })).found,
      ['p1 committed a secret in a change of kind notice'],
    );
    assert.deepEqual(stage().commit(P, audit({ detail: CANARY })).found, [
      'p1 committed a secret in a change of kind audit',
    ]);
    assert.deepEqual(stage().see({ kind: 'said', text: `Bearer ${CANARY}`, by: P }).found, [
      'p1 printed a secret',
    ]);
    assert.deepEqual(stage().see({ kind: 'ended', how: 'failed', error: CANARY, by: P }).found, [
      'p1 ended with a secret in its error',
    ]);
  });
});
