/** The plans of the main cases in words, as `understudy plan` prints them: a change of what would be done is seen in review. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeStep } from '../../src/announce/steps.ts';
import { finalEpoch } from '../../src/model/plan.ts';
import { CASES } from './cases.ts';
import { planOf, verdictOf } from './scene.ts';

const FOLDER = fileURLToPath(new URL('./golden/', import.meta.url));

describe('plan: the main cases in words', () => {
  for (const { title, scene, request } of CASES) {
    it(title, () => {
      const made = planOf(scene, request);
      const verdict = verdictOf(scene);
      const text = [
        `${made.kind} of ${made.service} from ${made.from} to ${made.to}, epoch ${made.baseEpoch} → ${finalEpoch(made)}`,
        `because ${verdict.class}, rule ${verdict.rule}`,
        ...made.steps.map((step, index) => `${index + 1}. ${describeStep(step)}`),
        '',
      ].join('\n');
      const file = `${FOLDER}${title}.txt`;
      if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
      const hint =
        'if that is meant, look at the difference after: UPDATE_GOLDEN=1 npx mocha test/plan/golden.test.ts';
      assert.ok(existsSync(file), `${file} is missing; ${hint}`);
      assert.equal(text, readFileSync(file, 'utf8'), `the plan has changed; ${hint}`);
    });
  }

  it('has no golden file without a case', () => {
    const files = readdirSync(FOLDER).map(name => name.replace(/\.txt$/, ''));
    assert.deepEqual(files.sort(), CASES.map(({ title }) => title).sort());
  });
});
