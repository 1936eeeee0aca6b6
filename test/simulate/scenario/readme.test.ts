/** The incident that README.md writes down comes true as it says. */
import assert from 'node:assert/strict';
import { parseScenario } from '../../../src/simulate/scenario/parse.ts';
import { explainResult, runScenario } from '../../../src/simulate/scenario/run.ts';
import { blocksOf, readme } from '../../readme/markdown.ts';

describe('scenario: the example of the README', function () {
  this.timeout(60_000);

  it('holds', async () => {
    const [block] = blocksOf(readme()).filter(({ note }) => note === 'scenario');
    assert.ok(block !== undefined);
    const scenario = parseScenario(block.text, 'README.md');
    const result = await runScenario(scenario);
    assert.deepEqual(explainResult(scenario, result), [], result.account.join('\n'));
    assert.ok(result.account.some(line => line.includes('failover to away is done')));
  });

  it('says how many scenarios there are, as nearly as "some thirty" is meant', async () => {
    const { readdirSync } = await import('node:fs');
    const folder = new URL('../../scenarios/', import.meta.url);
    const count = readdirSync(folder).filter(name => name.endsWith('.scenario')).length;
    assert.ok(count >= 25 && count < 45, String(count));
  });
});
