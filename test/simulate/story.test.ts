import assert from 'node:assert/strict';
import { generate } from '../../src/simulate/generate.ts';
import { withOnly } from '../../src/simulate/shrink.ts';
import { replayCommand, tellStory } from '../../src/simulate/story.ts';
import { artificialScript, displeased } from './artificial.ts';

const HOURS = 0.5;

describe('simulate: a story', function () {
  this.timeout(60_000);

  it('tells the seed, the cast, the events that matter, the sentence and one command', async () => {
    const script = withOnly(artificialScript(), [3, 6]);
    const { violation, lines } = await tellStory(script, {
      hours: HOURS,
      numbers: [3, 6],
      checkers: displeased,
    });
    assert.equal(violation?.invariant, 3);
    const text = lines.join('\n');
    assert.equal(
      lines[0],
      'seed 7, 0.5 h of faults, happenings: 3, 6: invariant 3 is violated at 00:07:00.000',
    );
    assert.match(text, /Nobody switches a machine off in a zone that is not ours\./);
    assert.match(text, /! web was pointed elsewhere, and then this/);
    assert.match(text, /^web: home \(\d+ at \w+, v4\+v6, power-off\) · away /m);
    assert.match(text, /^station desk: daemon, again after 10s$/m);
    assert.match(text, /^00:04:00\.000 \*\*\* somebody points web to 192\.0\.2\.99$/m);
    assert.match(text, /^00:00:\S+ desk#1 run web: HEALTHY at home, rule 100$/m);
    assert.equal(lines.at(-1), 'Replay: understudy simulate --seed 7 --hours 0.5 --only 3,6');
  });

  it('leaves out the services that it is not about', async () => {
    const script = artificialScript();
    const { lines } = await tellStory(script, { hours: HOURS, numbers: null, checkers: displeased });
    assert.ok(lines.some(line => / run web: /.test(line)));
    assert.ok(!lines.some(line => / run mail: /.test(line)));
  });

  it('says so when nothing is violated', async () => {
    const { violation, lines } = await tellStory(withOnly(artificialScript(), []), {
      hours: HOURS,
      numbers: [],
    });
    assert.equal(violation, null);
    assert.match(lines.join('\n'), /happenings: none\nNo invariant is violated\./);
    assert.equal(lines.at(-1), 'Replay: understudy simulate --seed 7 --hours 0.5 --only none');
  });

  it('tells in the calm of no fault that it is over: all are healed by then', async () => {
    const blind = { kind: 'blind', at: 300_000, station: 'desk', families: ['v6'], forMs: 600_000 } as const;
    const { lines } = await tellStory(artificialScript([blind]), {
      hours: HOURS,
      numbers: null,
      most: Number.POSITIVE_INFINITY,
    });
    assert.ok(lines.some(line => line.includes('the calm begins')));
    assert.ok(!lines.some(line => line.includes('*** over:')));
  });

  it('has at most sixty lines, whatever went on; in full it has all', async () => {
    const script = generate(3, 1);
    const told = await tellStory(script, { hours: 1, numbers: null });
    const full = await tellStory(script, { hours: 1, numbers: null, most: Number.POSITIVE_INFINITY });
    assert.ok(told.lines.length <= 60, `${told.lines.length} lines`);
    assert.ok(full.lines.length > 60, `${full.lines.length} lines: choose another seed`);
    const gap = told.lines.filter(line => /lines are left out/.test(line));
    assert.equal(gap.length, 1);
    assert.equal(Number(/\d+/.exec(gap[0] ?? '')), full.lines.length - told.lines.length + 1);
    assert.ok(told.lines.every(line => line.length <= 160));
  });

  it('names the command that runs all of a seed again', () => {
    assert.equal(replayCommand(42, 8, null), 'understudy simulate --seed 42 --hours 8');
  });
});
