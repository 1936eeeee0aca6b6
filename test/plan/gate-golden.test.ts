/** What the gate says of every row, as `understudy why` shows it: for a good plan of each kind, and for each refusal. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GateResult } from '../../src/model/state.ts';
import { gate, refusals } from '../../src/plan/gate/gate.ts';
import { CASES, caseOf } from './cases.ts';
import { REFUSALS } from './refusals.ts';
import { gateInput } from './scene.ts';

const FOLDER = fileURLToPath(new URL('./golden-gate/', import.meta.url));

function words(results: readonly GateResult[]): readonly string[] {
  return results.map(({ number, code, value, threshold }) => {
    // Hashes change with every field that the model gains; that they are shown in short is what matters here.
    const said = `${value} (${threshold})`.replace(/\b[0-9a-f]{12}\b/g, 'a hash in short');
    return `  ${number} ${code}: ${said}`;
  });
}

function hold(name: string, text: string): void {
  const file = `${FOLDER}${name}.txt`;
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  const hint =
    'if that is meant, look at the difference after: UPDATE_GOLDEN=1 npx mocha test/plan/gate-golden.test.ts';
  assert.ok(existsSync(file), `${file} is missing; ${hint}`);
  assert.equal(text, readFileSync(file, 'utf8'), `the gate says something else; ${hint}`);
}

describe('gate: its findings in words', () => {
  it('of a failover, and what is said otherwise of the other good plans', () => {
    const usual = new Set<string>();
    const text = CASES.flatMap(({ title }) => {
      const { plan, scene } = caseOf(title);
      const said = words(gate(gateInput(scene, plan))).filter(line => !usual.has(line));
      if (title === 'failover') for (const line of said) usual.add(line);
      return [title, ...said];
    });
    hold('good', `${text.join('\n')}\n`);
  });

  it('of plans that are refused', () => {
    const text = REFUSALS.flatMap(({ row, title, of = 'failover', change }) => {
      const { plan, scene } = caseOf(of);
      return [`${row}: ${title}`, ...words(refusals(gate(change(gateInput(scene, plan), scene))))];
    });
    hold('refused', `${text.join('\n')}\n`);
  });
});
