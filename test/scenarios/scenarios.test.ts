/**
 * Every scenario of this folder: what its file expects must come true, no invariant may be violated, and what happened must
 * be what the account beside it says. `UPDATE_GOLDEN=1 npx mocha test/scenarios/scenarios.test.ts` writes the accounts anew.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseScenario } from '../../src/simulate/scenario/parse.ts';
import { explainResult, runScenario, type ScenarioResult } from '../../src/simulate/scenario/run.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const UPDATE = process.env.UPDATE_GOLDEN === '1';
/** More than this nobody reads. */
const LONGEST_ACCOUNT = 42;

const names = readdirSync(FOLDER)
  .filter(name => name.endsWith('.scenario'))
  .map(name => name.replace('.scenario', ''));

function read(name: string) {
  const file = `test/scenarios/${name}.scenario`;
  return parseScenario(readFileSync(`${FOLDER}${name}.scenario`, 'utf8'), file);
}

describe('scenarios', function () {
  this.timeout(120_000);

  for (const name of names) {
    it(name, async () => {
      const scenario = read(name);
      const result = await runScenario(scenario);
      assert.deepEqual(explainResult(scenario, result), [], result.account.join('\n'));
      assert.ok(result.account.length <= LONGEST_ACCOUNT, `${result.account.length} lines`);
      holdAccount(name, result);
    });
  }

  it('each says what it is about, and what must happen', () => {
    for (const name of names) {
      const about = read(name).about.join('\n');
      assert.match(about, /Must happen: /, name);
      assert.ok(about.split('\n').length >= 3, name);
    }
  });

  it('the eighteen pains are all among them, and no account without its scenario', () => {
    const told = names.flatMap(name => read(name).about).join('\n');
    for (let pain = 1; pain <= 18; pain += 1) assert.match(told, new RegExp(`Pain ${pain}:`));
    const accounts = readdirSync(FOLDER).filter(file => file.endsWith('.account'));
    assert.deepEqual(
      accounts,
      names.map(name => `${name}.account`),
    );
  });

  it('the same file gives the same account twice', async () => {
    const [once, twice] = [
      await runScenario(read('two-sites-and-no-third')),
      await runScenario(read('two-sites-and-no-third')),
    ];
    assert.deepEqual(once, twice);
  });
});

function holdAccount(name: string, { account }: ScenarioResult): void {
  const golden = `${FOLDER}${name}.account`;
  const text = `${account.join('\n')}\n`;
  if (UPDATE) writeFileSync(golden, text);
  assert.equal(
    text,
    existsSync(golden) ? readFileSync(golden, 'utf8') : '',
    'the account has changed; UPDATE_GOLDEN=1 npx mocha test/scenarios/scenarios.test.ts writes it',
  );
}
