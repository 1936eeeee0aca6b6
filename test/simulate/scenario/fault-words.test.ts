/** What the table of a simulation counts can be written down: each name as a sentence, and the sentence is what was counted. */
import assert from 'node:assert/strict';
import { faultName } from '../../../src/simulate/coverage.ts';
import { wanted } from '../../../src/simulate/floor.ts';
import { faultInWords } from '../../../src/simulate/scenario/fault-words.ts';
import { parseScenario } from '../../../src/simulate/scenario/parse.ts';

const HEAD = `service SERVICE
  site SITE at hoster
  site other
  probes PROBE
station STATION runs daemon
sinks SINK
`;
/** For the slots that are no names. */
const EXAMPLES = {
  DURATION: '5m',
  MARGIN: '2d',
  LEAP: '+5m',
  NUMBER: '3',
  PPM: '200',
  ADDRESS: '203.0.113.9',
  TEXT: '"v=1"',
};

function example(sentence: string): string {
  return Object.entries(EXAMPLES).reduce((text, [slot, value]) => text.replace(slot, value), sentence);
}

describe('scenario: the faults of the table in words', () => {
  const faults = wanted().filter(({ area }) => area === 'fault');

  it('are sentences of the language, and each is what was counted', () => {
    assert.ok(faults.length > 80);
    for (const { name } of faults) {
      const sentence = faultInWords(name);
      assert.ok(sentence !== null, name);
      const { script } = parseScenario(`${HEAD}at 02:13 ${example(sentence)}\n`, name);
      const [happening] = script.happenings;
      assert.ok(happening !== undefined, sentence);
      assert.equal(faultName(happening), name, sentence);
    }
  });

  it('differ where what is counted differs', () => {
    assert.equal(new Set(faults.map(({ name }) => faultInWords(name))).size, faults.length);
  });

  it('are as short as the sentence may be', () => {
    assert.equal(faultInWords('box-off'), 'the machine of SITE of SERVICE goes off');
    assert.equal(faultInWords('site-fails status'), 'SITE of SERVICE errs');
    assert.equal(faultInWords('crash after'), 'the runner of STATION crashes after call NUMBER');
    assert.equal(
      faultInWords('switchover skip-fence allow-data-loss'),
      'PERSON orders a switchover of SERVICE with skip-fence, allow-data-loss',
    );
  });

  it('are nothing for what is no fault', () => {
    for (const name of ['', 'nonsense', 'disk melts', '30 PROVIDER_LOCK', 'lock twice'])
      assert.equal(faultInWords(name), null, name);
  });
});
