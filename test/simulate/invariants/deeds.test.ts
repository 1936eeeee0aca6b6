/** What a run does at the wrong time: a site that is well is fenced (5), a journal is written in turns (6), too much is told (10). */
import assert from 'node:assert/strict';
import { actor, Bystander, FENCE, intent, notice, P, planOf, runOf, starts, toldHost } from './bystander.ts';

/** @param at when it is asked for, s */
const off = (at: number) =>
  ({ kind: 'power-asked', box: '1001', power: 'off', by: P, askedAt: at * 1000 }) as const;
const begun = (invariant: number, run = runOf(planOf())) =>
  new Bystander(invariant)
    .at(100)
    .commit(P, ...starts(planOf(), run))
    .commit(P, intent(FENCE));

/** That nothing had failed is another checker's business. */
const deeds = ({ found }: Bystander) => found.filter(sentence => sentence.includes(' fences '));

describe('invariant 5: a site that is well', () => {
  const WRONG = 'p1 fences home of mail for run r-1, which has been well for 41 s';
  /** The process has heard something just before: it is awake. */
  const fenced = (stage: Bystander) => deeds(stage.at(109).see(toldHost('running')).at(110).see(off(110)));

  it('is not fenced by a run of ours', () => {
    assert.deepEqual(fenced(begun(5)), [WRONG]);
  });
  it('may be fenced when it is not, or when a person says so, but not because we are blind', () => {
    const sick = begun(5);
    sick.sick.add('mail home');
    assert.deepEqual(fenced(sick), []);
    assert.deepEqual(fenced(begun(5, runOf(planOf(), { automatic: false }))), []);
    const blind = begun(5);
    blind.offline.add('desk v4');
    assert.deepEqual(fenced(blind), [WRONG]);
  });
  it('a process that slept within the very call is forgiven', () => {
    assert.deepEqual(deeds(begun(5).at(1300).see(off(1300))), []);
  });
});

describe('invariant 6: the journal of a run', () => {
  const Q = actor('q1');

  it('is not gone on with by a process that another has followed', () => {
    const stage = begun(6).at(200).commit(Q, intent(1)).at(210).commit(P, intent(2));
    assert.deepEqual(stage.found, ['p1 goes on with run r-1, which q1 had taken over']);
    const jump = { kind: 'clock-jumps', at: 0, station: 'desk', byMs: 360_000 } as const;
    const late = begun(6).at(200).commit(Q, intent(1));
    late.at(205).see({ kind: 'happening', happening: jump, scripted: jump, over: false });
    assert.deepEqual(late.at(210).commit(P, intent(2)).found, [], 'its lease was ended by the clock');
  });
  it('unless that one has let it go, or is gone', () => {
    const free = { kind: 'run', run: runOf(planOf(), { status: 'interrupted' }) } as const;
    assert.deepEqual(begun(6).at(200).commit(Q, intent(1), free).at(210).commit(P, intent(2)).found, []);
    const died = begun(6)
      .at(200)
      .commit(Q, intent(1))
      .see({ kind: 'ended', how: 'crashed', error: null, by: Q });
    assert.deepEqual(died.at(210).commit(P, intent(2)).found, []);
  });
});

describe('invariant 10: the same over and over', () => {
  const told = (times: number, everyS: number) => {
    const stage = new Bystander(10);
    for (let time = 0; time < times; time += 1)
      stage
        .at(100 + time * everyS)
        .commit(
          P,
          notice(`n-${time}`, { kind: 'run', text: `failover to away failed. Run r-${time}, ${time} s` }),
        );
    return stage.found;
  };

  it('fourteen times in an hour is borne, fifteen times is not', () => {
    assert.deepEqual(told(14, 30), []);
    assert.equal(told(15, 30).length, 1);
    assert.match(told(15, 30)[0] ?? '', /^desk told 15 times in an hour: failover to away failed/);
    assert.deepEqual(told(30, 600), []);
  });
});
