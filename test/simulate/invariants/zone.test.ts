/** Invariants 3, 4 and 11: what is written to the zone, by which epoch, and who stays out. */
import assert from 'node:assert/strict';
import type { EpochRecord } from '../../../src/model/epoch.ts';
import type { ClaimStep, Plan } from '../../../src/model/plan.ts';
import type { RecordSet } from '../../../src/model/signal.ts';
import type { Change } from '../../../src/model/state.ts';
import { planHash } from '../../../src/plan/hash.ts';
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
  P,
  planOf,
  PROMOTE,
  promoted,
  runOf,
  starts,
  toldZone,
  withdrawal,
} from './bystander.ts';

const hashed = (plan: Plan): Plan => ({ ...plan, hash: planHash(plan) });
const BEFORE = epoch(7, 'home');
const AFTER = epoch(8, 'away', 'r-1');
const CLAIM = claimed(8, 'r-1');
const OTHER = epoch(9, 'third', 'r-9');

function begun(invariant: number, plan: Plan = hashed(planOf())): Bystander {
  const stage = new Bystander(invariant);
  stage.epochs.set('mail', BEFORE);
  return stage
    .at(10)
    .commit(P, ...starts(plan))
    .at(11)
    .commit(P, intent(FLIP, plan));
}

const flip = (stage: Bystander, after: EpochRecord = AFTER, sets: readonly RecordSet[] = [A('away')]) =>
  stage.at(12).zone(P, BEFORE, after, { after: sets }).found;

describe('invariant 3: the change that was gated', () => {
  it('the flip of the plan is fine', () => assert.deepEqual(flip(begun(3)), []));
  it('a foreign name is not', () => {
    assert.deepEqual(flip(begun(3), AFTER, [A('away'), A('away', 'bank.example.org')]), [
      'p1 changed the zone at bank.example.org A, which mail does not own',
    ]);
  });
  it('nor another value, or another site', () => {
    assert.deepEqual(flip(begun(3), AFTER, [A('192.0.2.66')]), [
      'p1 changed the zone: mail.example.org A is now 60 192.0.2.66, plan p-1 says 60 203.0.113.2',
    ]);
    assert.deepEqual(flip(begun(3), epoch(8, 'third', 'r-1')), [
      'p1 changed the zone to epoch 8 active third, plan p-1 says epoch 8 active away',
    ]);
  });
  it('nor a change for a run that nobody began, or for a plan that was not started', () => {
    assert.deepEqual(flip(begun(3), epoch(8, 'away', 'r-9')), [
      'p1 changed the zone of mail for r-9, which is no run that was begun',
    ]);
    const plan = hashed(planOf());
    const stage = new Bystander(3).commit(P, { kind: 'plan', plan, status: 'proposed' });
    assert.deepEqual(flip(stage.commit(P, { kind: 'run', run: runOf(plan) })), [
      'p1 changed the zone of mail for plan p-1, which was never started',
    ]);
  });
  it('nor a plan that changed on the way, or is not that of its hash', () => {
    const plan = hashed(planOf());
    const stage = new Bystander(3).commit(P, { kind: 'plan', plan, status: 'proposed' });
    const other = { ...plan, to: 'third' };
    stage.commit(P, { kind: 'plan', plan: other, status: 'started' });
    assert.deepEqual(stage.found, [
      'p1 committed plan p-1 (started) with another content than it was stored with',
    ]);
    const forged = new Bystander(3).commit(P, ...starts({ ...plan, id: 'p-2', from: 'third' }));
    assert.deepEqual(forged.found, ['p1 started plan p-2, whose content is not that of its hash']);
  });
  it('nor a deletion of what stood otherwise', () => {
    const plan = hashed(withdrawal());
    const after = epoch(8, 'home', 'r-1');
    const six = (value: string): RecordSet => ({ ...A('home'), type: 'AAAA', values: [value] });
    const fine = begun(3, plan)
      .at(12)
      .zone(P, BEFORE, after, { before: [A('home'), six('2001:db8::1')] });
    assert.deepEqual(fine.found, []);
    const wrong = begun(3, plan)
      .at(12)
      .zone(P, BEFORE, after, { before: [A('home'), six('2001:db8::9')] });
    assert.deepEqual(wrong.found, [
      'p1 changed the zone: plan p-1 deletes mail.example.org AAAA otherwise than it stood',
    ]);
  });
  it('a claim is of the epoch alone, as it was planned; it may be given back, and is flipped upon', () => {
    const { steps } = planOf();
    const [flipStep] = steps.flatMap(step => (step.kind === 'flip' ? [step] : []));
    assert.ok(flipStep !== undefined, 'no flip');
    const later = { ...flipStep, change: { ...flipStep.change, nextEpoch: { epoch: 9, active: 'away' } } };
    const nextEpoch = { epoch: 8, active: 'home', claim: { busyS: 500, stepS: 300 } };
    const change = { ...flipStep.change, expectEpoch: null, nextEpoch, upserts: [], deletes: [] };
    const claim: ClaimStep = { kind: 'claim', change, settleMs: 0, limitMs: 30_000 };
    const plan = hashed(planOf({ steps: [claim, ...steps.map(step => (step === flipStep ? later : step))] }));
    const change3 = (before: EpochRecord, after: EpochRecord, site: string) =>
      begun(3, plan)
        .at(12)
        .zone(P, before, after, { after: [A(site)] }).found;
    assert.deepEqual(change3(BEFORE, CLAIM, 'home'), []);
    assert.deepEqual(change3(CLAIM, epoch(9, 'home', 'r-1'), 'home'), [], 'given back');
    assert.deepEqual(change3(CLAIM, epoch(9, 'away', 'r-1'), 'away'), [], 'flipped');
    assert.match(change3(BEFORE, CLAIM, 'away')[0] ?? '', /with a claim, and not the epoch alone/);
    assert.match(
      change3(BEFORE, epoch(8, 'home', 'r-1'), 'home')[0] ?? '',
      /with another claim than was planned/,
    );
    assert.match(change3(BEFORE, epoch(9, 'away', 'r-1'), 'away')[0] ?? '', /without its claim/);
  });
  it('what others do to the zone is theirs', () => {
    assert.deepEqual(new Bystander(3).zone(null, BEFORE, null).found, []);
  });
});

const DEED =
  'promoted of away (mail) by p1 for run r-1: the zone holds epoch 9 active third owner r-9, and no claim of this run';

describe('invariant 4: an old epoch changes nothing', () => {
  const toPromote = (told: EpochRecord | null) => {
    const stage = new Bystander(4);
    stage.epochs.set('mail', CLAIM);
    stage
      .at(10)
      .commit(P, ...starts(planOf()))
      .commit(P, intent(FENCE))
      .at(20);
    if (told !== null) stage.see(toldZone(told));
    return stage;
  };
  it('the next epoch of the plan is fine, any other is not', () => {
    assert.deepEqual(flip(begun(4)), []);
    assert.deepEqual(flip(begun(4), epoch(9, 'away', 'r-1')), ['p1 changed the epoch of mail from 7 to 9']);
    const old = begun(4, planOf({ baseEpoch: 6 }));
    assert.deepEqual(flip(old), ['p1 changed the epoch of mail from 7 with plan p-1, which was built on 6']);
  });
  it('a promotion under the claim of the run is fine', () => {
    assert.deepEqual(toPromote(CLAIM).commit(P, intent(PROMOTE)).see(promoted()).found, []);
  });
  it('one without it is not: before it was taken, or after it was given back', () => {
    for (const held of [BEFORE, epoch(9, 'home', 'r-1')]) {
      const stage = toPromote(null);
      stage.epochs.set('mail', held);
      const [found] = stage.see(toldZone(held)).commit(P, intent(PROMOTE)).see(promoted()).found;
      assert.match(found ?? '', /and no claim of this run, and it was told so$/);
    }
  });
  it('a flip upon the claim of its run is fine, upon another’s it is not', () => {
    const after = epoch(9, 'away', 'r-1');
    assert.deepEqual(begun(4).at(12).zone(P, CLAIM, after).found, []);
    const [found] = begun(4)
      .at(12)
      .zone(P, { ...CLAIM, owner: 'r-9' }, after).found;
    assert.match(found ?? '', /with plan p-1, which was built on 7/);
  });
  it('one after another epoch was told is not', () => {
    const stage = toPromote(null).at(19).zone(null, CLAIM, OTHER).at(20).see(toldZone(OTHER));
    assert.deepEqual(stage.commit(P, intent(PROMOTE)).see(promoted()).found, [`${DEED}, and it was told so`]);
  });
  it('what a concurrent look tells in the middle of the deed, as when it wakes up, comes too late for it, and not for long', () => {
    const woken = (lateMs: number) => {
      const stage = toPromote(CLAIM).commit(P, intent(PROMOTE)).zone(null, CLAIM, OTHER);
      stage.at(50).see(toldZone(OTHER)).now += lateMs;
      return stage.see(promoted()).found;
    };
    assert.deepEqual(woken(500), []);
    assert.deepEqual(woken(2000), [`${DEED}, and it was told so`]);
  });
  it('nor one that did not ask', () => {
    const stage = toPromote(null).at(15).zone(null, CLAIM, OTHER).at(20);
    assert.deepEqual(stage.commit(P, intent(PROMOTE)).see(promoted()).found, [
      `${DEED}, and it did not ask during the step`,
    ]);
  });
  it('a change after it had asked is a race that nobody sees', () => {
    const stage = toPromote(CLAIM).commit(P, intent(PROMOTE)).at(21).zone(null, CLAIM, OTHER);
    assert.deepEqual(stage.see(promoted()).found, []);
  });
  it('a machine is not powered off without an intent', () => {
    const asked = { kind: 'power-asked', box: '1001', power: 'off', by: P, askedAt: 20_000 } as const;
    const none = new Bystander(4).at(20).see(asked);
    assert.deepEqual(none.found, ['power-asked of home (mail) by p1 for run none: no such run was begun']);
    assert.deepEqual(toPromote(CLAIM).see(asked).found, []);
  });
  it('of two runs that share the machine it is the one that the process was at', () => {
    const asked = { kind: 'power-asked', box: '1001', power: 'off', by: P, askedAt: 40_000 } as const;
    const other = planOf({ id: 'p-2', service: 'web' });
    const ended = { kind: 'run', run: runOf(other, { id: 'r-2', token: 'r-2', status: 'failed' }) } as const;
    const both = (...after: readonly Change[]) =>
      toPromote(CLAIM)
        .at(21)
        .commit(P, ...starts(other, runOf(other, { id: 'r-2', token: 'r-2' })))
        .commit(P, intent(FENCE, other, 'r-2'))
        .at(30)
        .commit(P, ...after)
        .at(40);
    assert.deepEqual(both(ended).see(asked).found, []);
    assert.equal(both().see(asked).found.length, 1, 'the last of those that it is at');
  });
  it('nor is it long after it was asked for: that is judged by what was known then', () => {
    const asked = { kind: 'power-asked', box: '1001', power: 'off', by: P, askedAt: 20_000 } as const;
    const stage = toPromote(CLAIM).commit(P, intent(PROMOTE)).at(21).zone(null, CLAIM, OTHER);
    assert.deepEqual(stage.at(80).see(toldZone(OTHER), asked).found, []);
    const early = toPromote(CLAIM).at(21).zone(null, CLAIM, OTHER).at(80).see(toldZone(OTHER));
    assert.match(early.at(90).see({ ...asked, askedAt: 90_000 }).found[0] ?? '', /and it was told so$/);
  });
});

describe('invariant 11: who was left stays out', () => {
  const moved = () => begun(11).at(12).zone(P, BEFORE, AFTER);
  const Q = actor('q1', 'run', 'loft');
  const out = [{ site: 'home', since: 0, run: 'r-1' }];
  const settled = () =>
    moved().commit(
      P,
      { kind: 'service', service: 'mail', patch: { quarantined: out } },
      { kind: 'run', run: runOf(planOf(), { flipped: true }) },
    );
  const dropped = { kind: 'service', service: 'mail', patch: { quarantined: [] } } as const;

  it('a promotion of the site that was left is a violation, of another it is not', () => {
    assert.deepEqual(moved().see(promoted(P, 'third', 'r-2')).found, []);
    assert.deepEqual(moved().see(promoted(P, 'home', 'r-2')).found, [
      'p1 promoted home (desk mail), which run r-1 had failed over from and no person has cleared',
    ]);
  });
  it('so is moving the zone there, and not a restore where fate put it', () => {
    const back = planOf({ id: 'p-2', kind: 'switchover', from: 'away', to: 'home', baseEpoch: 8 });
    const run = runOf(back, { id: 'r-2', token: 'r-2' });
    const stage = moved()
      .commit(P, ...starts(back, run))
      .zone(P, AFTER, epoch(9, 'home', 'r-2'));
    assert.deepEqual(stage.found, [
      'p1 moved the zone to home (desk mail), which run r-1 had failed over from and no person has cleared',
    ]);
    const restore = withdrawal({ id: 'p-3', kind: 'restore' });
    const kept = moved().commit(P, ...starts(restore, runOf(restore, { id: 'r-3', token: 'r-3' })));
    assert.deepEqual(kept.zone(P, AFTER, epoch(9, 'home', 'r-3')).found, []);
  });
  it('a person clears it, nobody else does', () => {
    const person = actor('p7', 'clear');
    const words = audit({ action: 'clear', detail: 'home, in quarantine since today (run r-1)' });
    assert.deepEqual(
      settled()
        .commit(person, dropped, words)
        .see(promoted(P, 'home', 'r-2')).found,
      [],
    );
    const lost = 'took home of mail out of quarantine, and no person had cleared it';
    assert.deepEqual(settled().commit(P, dropped).found, [`p1 (run) ${lost}`]);
    const other = audit({ action: 'clear', detail: 'third, in quarantine since today (run r-0)' });
    assert.deepEqual(settled().commit(person, dropped, other).found, [`p7 (clear) ${lost}`]);
  });
  it('another station keeps it out once it was told', () => {
    const knew = { kind: 'service', service: 'mail', patch: { active: 'home', published: ['v4'] } } as const;
    assert.deepEqual(moved().see(promoted(Q, 'home', 'r-2')).found, []);
    const stage = begun(11).commit(Q, knew).at(12).zone(P, BEFORE, AFTER).see(toldZone(AFTER, Q));
    assert.deepEqual(stage.see(promoted(Q, 'home', 'r-2')).found, [
      'q1 promoted home (loft mail), which run r-1 had failed over from and no person has cleared',
    ]);
  });
  it('one that takes up an older reading first, by which another site was active, no longer sees who was left', () => {
    const active = (site: string) =>
      ({
        kind: 'service',
        service: 'mail',
        patch: { active: site, published: ['v4'], quarantined: [] },
      }) as const;
    const told = () =>
      begun(11).commit(Q, active('home')).at(12).zone(P, BEFORE, AFTER).see(toldZone(AFTER, Q));
    assert.deepEqual(told().commit(Q, active('third')).at(13).commit(Q, active('away')).found, []);
    assert.deepEqual(told().commit(Q, active('away')).found, [
      'q1 made away active for mail, and home, which run r-1 had left, is not kept out',
    ]);
  });
  it('a flip that fate undid before it was known leaves nobody out', () => {
    assert.deepEqual(
      moved()
        .zone(null, AFTER, BEFORE)
        .see(promoted(P, 'home', 'r-2')).found,
      [],
    );
  });
  it('nor does one that another station undid by moving back before it was known', () => {
    const back = planOf({ id: 'p-2', from: 'away', to: 'home', baseEpoch: 8 });
    const run = runOf(back, { id: 'r-2', token: 'r-2' });
    const undone = (stage: Bystander) =>
      stage
        .commit(Q, ...starts(back, run))
        .zone(Q, AFTER, epoch(9, 'home', 'r-2'))
        .see(promoted(P, 'home', 'r-3')).found;
    assert.deepEqual(undone(moved()), []);
    assert.equal(undone(settled()).length, 1, 'what it knew of it keeps out');
  });
  it('nor does it at another station that was told of it and had not taken it up', () => {
    const knew = { kind: 'service', service: 'mail', patch: { active: 'home', published: ['v4'] } } as const;
    const told = () => begun(11).commit(Q, knew).at(12).zone(P, BEFORE, AFTER).see(toldZone(AFTER, Q));
    const undone = (stage: Bystander) =>
      stage.zone(null, AFTER, BEFORE).see(promoted(Q, 'home', 'r-2')).found;
    assert.deepEqual(undone(told()), []);
    const quarantined = [{ site: 'home', since: 0, run: 'r-1' }];
    const patch = { active: 'away', epoch: 8, maxEpoch: 8, quarantined };
    assert.deepEqual(undone(told().commit(Q, { kind: 'service', service: 'mail', patch })), [
      'q1 promoted home (loft mail), which run r-1 had failed over from and no person has cleared',
    ]);
  });
});
