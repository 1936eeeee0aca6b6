/**
 * The epoch's TXT record can be written by anyone who may write the zone. Whatever stands there is an epoch that can be
 * written again just so, or a sentence that says what is wrong; and it is never a licence to act.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type EpochRecord, formatEpoch, isEpochToken, parseEpoch } from '../../src/model/epoch.ts';
import { viewOf } from '../../src/providers/route53/records.ts';
import { adopt } from '../../src/reconcile/adopt.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { makeService } from '../lab/service.ts';
import { byteEdits, mutateText } from './bytes.ts';
import { assertFit, property } from './harness.ts';

const file = import.meta.url;
const VALID = 'v=1 epoch=7 active=away owner=r-0k3v9q2x4d';
const CLAIM = 'v=1 epoch=7 active=home owner=r-0k3v9q2x4d busy=680 step=315';
const anyValid = fc.constantFrom(VALID, CLAIM);
const service = makeService();

function assertEpoch(read: EpochRecord | string): void {
  if (typeof read === 'string') {
    assert.ok(read.length > 0 && read.length < 200, read);
    assertFit(read, 'what is said of the epoch');
    return;
  }
  assert.ok(Number.isSafeInteger(read.epoch) && read.epoch >= 1);
  assert.ok(isEpochToken(read.active) && isEpochToken(read.owner));
  assert.deepEqual(parseEpoch(formatEpoch(read)), read);
}

const text = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(anyValid, byteEdits).map(([valid, edits]) => mutateText(valid, edits)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
);

describe('property: the epoch record', () => {
  property('is an epoch or a sentence, whatever the text', text, input => assertEpoch(parseEpoch(input)), {
    file,
  });

  property(
    'as Route 53 stores it: is understood in one way, and moves nothing unless it names a site of ours',
    fc.record({
      values: fc.array(
        fc.oneof(
          fc.tuple(anyValid, byteEdits).map(([valid, edits]) => mutateText(`"${valid}"`, edits)),
          anyValid.map(valid => `"${valid}"`),
        ),
        { minLength: 1, maxLength: 3 },
      ),
      maxEpoch: fc.nat({ max: 9 }),
    }),
    async ({ values, maxEpoch }) => {
      const epochSet = { name: service.dns.epochName, type: 'TXT' as const, ttlS: 60, values };
      const view = viewOf(epochSet, []);
      assert.equal(view.epoch === null, view.epochProblem !== undefined);
      assertEpoch(view.epoch ?? view.epochProblem ?? '');
      const fresh = await createMemoryStore().service('web');
      const state = { ...fresh, active: 'home', epoch: maxEpoch, maxEpoch, published: ['v4' as const] };
      const adopted = adopt(service, state, { service: 'web', at: 1, view }, null, false);
      if (view.epoch === null) assert.deepEqual(adopted, {}, 'not understood: nothing is taken from it');
      else if (view.epoch.epoch < maxEpoch)
        assert.deepEqual(Object.keys(adopted), ['epoch'], 'rolled back: only that is taken from it');
      else {
        assert.ok(adopted.active === undefined || ['home', 'away'].includes(adopted.active ?? ''));
        assert.equal(adopted.rival?.owner, view.epoch.claim === undefined ? undefined : view.epoch.owner);
      }
    },
    { file },
  );

  property(
    'comes back as it was written, claimed or not',
    fc.record(
      {
        epoch: fc.integer({ min: 1, max: 1e15 - 1 }),
        active: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
        owner: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
        claim: fc.option(
          fc.record(
            { busyS: fc.nat({ max: 86_400 }), stepS: fc.nat({ max: 7200 }) },
            { noNullPrototype: true },
          ),
        ),
      },
      { noNullPrototype: true },
    ),
    ({ claim, ...rest }) => {
      const record: EpochRecord = claim === null ? rest : { ...rest, claim };
      assert.deepEqual(parseEpoch(formatEpoch(record)), record);
    },
    { file },
  );

  it('says that it is claimed, for how long and how long a deed may take', () => {
    assert.deepEqual(parseEpoch(CLAIM), {
      epoch: 7,
      active: 'home',
      owner: 'r-0k3v9q2x4d',
      claim: { busyS: 680, stepS: 315 },
    });
    assert.equal(formatEpoch(parseEpoch(CLAIM) as EpochRecord), CLAIM);
    const flipped = parseEpoch(VALID);
    assert.ok(typeof flipped !== 'string' && !('claim' in flipped), 'a flip has none');
    assert.deepEqual(parseEpoch(`${VALID} busy=86400 step=7200 later=1`), {
      epoch: 7,
      active: 'away',
      owner: 'r-0k3v9q2x4d',
      claim: { busyS: 86_400, stepS: 7200 },
    });
  });

  for (const words of [
    'busy=680',
    'step=315',
    'busy= step=',
    'busy=680 step=',
    'busy=-1 step=315',
    'busy=680 step=0.5',
    'busy=680s step=315s',
    'busy=0x10 step=1',
    'busy=86401 step=315',
    'busy=680 step=7201',
    'busy=1e5 step=1',
    'busy=9999999 step=1',
  ])
    it(`is refused with ${words}`, () => {
      assert.equal(
        parseEpoch(`${VALID} ${words}`),
        'busy= and step= must both be whole seconds, of at most 86400 and 7200',
      );
    });

  it('is refused with a claim that is said twice', () => {
    assert.equal(parseEpoch(`${CLAIM} busy=1`), '"busy=1" repeats a key');
  });

  it('is shown without control characters (found by the properties above)', () => {
    for (const wrong of ['\u001b[2Jx', 'v=\u001b[2J', 'v=1 epoch=\u202e1', 'a=1 a\u0007=2'])
      assertFit(String(parseEpoch(wrong)), 'what is said of the epoch');
  });
});
