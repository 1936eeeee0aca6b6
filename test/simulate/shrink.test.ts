import assert from 'node:assert/strict';
import { createCoverage } from '../../src/simulate/coverage.ts';
import { type Outcome, runScript, type Violation } from '../../src/simulate/run.ts';
import { shrink, withOnly } from '../../src/simulate/shrink.ts';
import type { Happening, Script } from '../../src/simulate/script.ts';
import { artificialScript, displeased } from './artificial.ts';

const VIOLATION: Violation = { invariant: 3, sentence: 'so it is', at: Number.POSITIVE_INFINITY };

/** So many happenings, a minute apart. */
function many(count: number): Script {
  const happenings = Array.from({ length: count }, (_, index): Happening => ({
    kind: 'box-on',
    at: index * 60_000,
    box: `box-${index + 1}`,
  }));
  return artificialScript(happenings);
}

/** A world in which the invariant is violated when all of these are there. */
function needing(wanted: readonly number[], invariant = 3) {
  return async ({ happenings }: Script): Promise<Outcome> => {
    const there = new Set(happenings.map(one => ('box' in one ? one.box : '')));
    const violated = wanted.every(number => there.has(`box-${number}`));
    const violations = violated ? [{ invariant, sentence: `with ${there.size}`, at: 1 }] : [];
    return { violations, coverage: createCoverage(), simulatedMs: 0, restedAfterMs: 0 };
  };
}

describe('simulate: shrinking', () => {
  for (const wanted of [[5], [1, 20], [7, 8], [2, 9, 13], [], Array.from({ length: 20 }, (_, i) => i + 1)]) {
    it(`finds that of twenty it needs ${wanted.join(', ') || 'none'}`, async () => {
      const { numbers, script, violation, runs } = await shrink(many(20), VIOLATION, {
        run: needing(wanted),
        mostRuns: 500,
      });
      assert.deepEqual(numbers, wanted);
      assert.equal(script.happenings.length, wanted.length);
      assert.equal(violation.sentence, wanted.length === 20 ? 'so it is' : `with ${wanted.length}`);
      assert.ok(runs < 120, `${runs} runs`);
    });
  }

  it('does not take another invariant for the same', async () => {
    const run = async (script: Script): Promise<Outcome> =>
      script.happenings.length < 5 ? needing([], 4)(script) : needing([], 3)(script);
    const { numbers, violation } = await shrink(many(8), VIOLATION, { run });
    assert.equal(numbers.length, 5);
    assert.equal(violation.invariant, 3);
  });

  it('leaves away at once what came after the violation', async () => {
    const asked: number[] = [];
    const run = async (script: Script) => {
      asked.push(script.happenings.length);
      return needing([2])(script);
    };
    await shrink(many(20), { ...VIOLATION, at: 3 * 60_000 }, { run });
    assert.equal(asked[0], 4);
  });

  it('ends after so many runs, or when it is told to, with what there is', async () => {
    const bounded = await shrink(many(20), VIOLATION, { run: needing([3, 17]), mostRuns: 4 });
    assert.equal(bounded.runs, 4);
    assert.ok(bounded.numbers.includes(3) && bounded.numbers.includes(17));
    const stopped = await shrink(many(20), VIOLATION, { run: needing([3]), isOver: () => true });
    assert.deepEqual([stopped.runs, stopped.numbers.length, stopped.violation], [0, 20, VIOLATION]);
  });

  it('keeps the places that the happenings had', () => {
    const kinds = withOnly(artificialScript(), [6, 3, 99]).happenings.map(({ kind }) => kind);
    assert.deepEqual(kinds, ['foreign-record', 'box-off']);
  });

  it('shrinks what really ran', async function () {
    this.timeout(60_000);
    const run = (script: Script) => runScript(script, { checkers: displeased, calm: false });
    const script = artificialScript();
    const [violation] = (await run(script)).violations;
    assert.ok(violation !== undefined, 'nobody was displeased');
    const { numbers } = await shrink(script, violation, { run });
    assert.deepEqual(numbers, [3, 6]);
  });
});
