/** Invariant 1, where several installations watch: whose run supersedes another's claim waits for its last deed. */
import assert from 'node:assert/strict';
import type { EpochRecord } from '../../../src/model/epoch.ts';
import {
  actor,
  Bystander,
  claimed,
  epoch,
  FENCE,
  intent,
  P,
  planOf,
  PROMOTE,
  promoted,
  runOf,
  starts,
} from './bystander.ts';

const BEFORE = epoch(7, 'home');
const Q = actor('q1', 'run', 'loft');

/** A run at the desk has taken the epoch from this one at 100 s. */
function superseding(before: EpochRecord): Bystander {
  const stage = new Bystander(1);
  stage.writers.delete('mail home');
  const other = planOf({ id: 'p-9' });
  return stage
    .at(10)
    .commit(Q, ...starts(other, runOf(other, { id: 'r-9', token: 'r-9' })))
    .commit(P, ...starts(planOf()))
    .commit(P, intent(FENCE))
    .at(100)
    .zone(P, before, claimed(9, 'r-1'))
    .commit(P, intent(PROMOTE));
}

const tooSoon = ({ found }: Bystander) => found.filter(sentence => sentence.includes('was superseded'));

describe('invariant 1: the wait for another installation', () => {
  it('nothing is done before its longest deed must be over, and then it may be', () => {
    const stage = superseding(claimed(8, 'r-9')).at(393).see(promoted());
    assert.match(tooSoon(stage)[0] ?? '', /293 s after another installation's run was superseded/);
    assert.deepEqual(tooSoon(superseding(claimed(8, 'r-9')).at(395).see(promoted())), []);
  });
  it('one that an API supersedes long after it was asked to is waited for from then', () => {
    const stage = new Bystander(1);
    stage.writers.delete('mail home');
    stage
      .at(10)
      .commit(P, ...starts(planOf()))
      .commit(P, intent(FENCE))
      .at(100)
      .zone(P, claimed(8, 'r-elsewhere'), claimed(9, 'r-1'), { askedAt: 20_000 })
      .commit(P, intent(PROMOTE));
    assert.deepEqual(tooSoon(stage.at(315).see(promoted())), []);
  });
  it('of one that nobody knows as well', () => {
    assert.equal(tooSoon(superseding(claimed(8, 'r-elsewhere')).at(200).see(promoted())).length, 1);
  });
  it('nobody waits for a run that had ended, or for one of the same installation', () => {
    assert.deepEqual(tooSoon(superseding(BEFORE).at(101).see(promoted())), []);
    const own = superseding(claimed(8, 'r-1')).at(101).see(promoted());
    assert.deepEqual(tooSoon(own), []);
  });
});
