import assert from 'node:assert/strict';
import { RULES } from '../../src/judge/rules.ts';
import { GATE_ROWS } from '../../src/plan/gate/rows.ts';
import { count, createCoverage, faultName, fromData, merge, toData } from '../../src/simulate/coverage.ts';
import { createDice } from '../../src/simulate/dice.ts';
import { DRAWS } from '../../src/simulate/draws.ts';
import type { Event } from '../../src/simulate/events.ts';
import { CANNOT, neverOccurred, wanted } from '../../src/simulate/floor.ts';
import { generate } from '../../src/simulate/generate.ts';
import { type HappeningKind, type Happening } from '../../src/simulate/script.ts';
import { mergeReports, runSeeds } from '../../src/simulate/seeds.ts';

const actor = (program: string) => ({ process: `desk/boot/1/1/1`, station: 'desk', program });

function happens(happening: Happening): Event {
  return { at: 0, kind: 'happening', happening, over: false };
}

describe('simulate: the floor under the coverage', () => {
  it('asks for every rule of the judge, every row of the gate and every kind of fault', () => {
    const names = wanted().map(({ area, name }) => `${area} ${name}`);
    assert.equal(new Set(names).size, names.length, 'a name stands twice');
    for (const { number, class: verdict } of RULES) assert.ok(names.includes(`rule ${number} ${verdict}`));
    for (const { number, code } of GATE_ROWS) assert.ok(names.includes(`gate ${number} ${code}`));
    for (const kind of Object.keys(DRAWS) as HappeningKind[]) {
      const wants = kind === 'order' ? ['failover', 'switchover'] : [kind];
      for (const want of wants)
        assert.ok(
          names.some(name => name.startsWith(`fault ${want}`)),
          want,
        );
    }
  });

  it('knows the name of everything that is drawn', () => {
    const known = new Set(wanted().map(({ area, name }) => `${area} ${name}`));
    const dice = createDice(1);
    const { cast } = generate(1, 1);
    for (let round = 0; round < 400; round += 1)
      for (const [kind, { draw }] of Object.entries(DRAWS))
        for (const drawn of draw({ dice: dice.child(`${kind} ${round}`), cast, at: 0 }))
          assert.ok(known.has(`fault ${faultName(drawn)}`), faultName(drawn));
  });

  it('misses what did not occur, and nothing that did', () => {
    const coverage = createCoverage();
    const before = neverOccurred(coverage);
    assert.equal(before.length, wanted().length - Object.keys(CANNOT).length);
    count(coverage, happens({ kind: 'box-on', at: 0, box: '1' }));
    count(coverage, happens({ kind: 'api', at: 0, api: 'dns', how: 'lies' }));
    const gone = before.filter(one => !neverOccurred(coverage).some(left => left.name === one.name));
    assert.deepEqual(
      gone,
      [
        { area: 'fault', name: 'box-on' },
        { area: 'fault', name: 'api dns lies' },
      ].sort(
        (a, b) => before.findIndex(one => one.name === a.name) - before.findIndex(one => one.name === b.name),
      ),
    );
  });

  it('excuses only what is asked for, each with a reason', () => {
    const names = wanted().map(({ area, name }) => `${area} ${name}`);
    for (const [name, why] of Object.entries(CANNOT)) {
      assert.ok(names.includes(name), name);
      assert.match(why, /\w{4}/);
    }
  });

  it('counts what a person is told of a refusal, and of a runner only what is written down', () => {
    const coverage = createCoverage();
    const text = 'web: bank, against rule 40: only names …; 12, against rule 42: no more …';
    count(coverage, { at: 0, kind: 'said', text, by: actor('approve') });
    count(coverage, { at: 0, kind: 'said', text, by: actor('tick') });
    assert.deepEqual(toData(coverage).gate, { '40 owned-records': 1, '42 blast-radius': 1 });
  });

  it('goes from one process to another and adds up', () => {
    const coverage = createCoverage();
    for (let times = 0; times < 3; times += 1) count(coverage, happens({ kind: 'box-on', at: 0, box: '1' }));
    const copy = fromData(toData(coverage));
    assert.deepEqual(copy, coverage);
    merge(copy, coverage);
    assert.equal(copy.fault.get('box-on'), 6);
  });
});

describe('simulate: seeds', function () {
  this.timeout(60_000);

  it('come to the same in one go and in pieces, in whatever order', async () => {
    const whole = await runSeeds({ from: 5, count: 4, hours: 0.5 });
    const pieces = await Promise.all([
      runSeeds({ from: 7, count: 2, hours: 0.5 }),
      runSeeds({ from: 5, count: 2, hours: 0.5 }),
    ]);
    assert.equal(whole.seeds, 4);
    assert.ok(whole.simulatedMs > 4 * 1_800_000);
    assert.deepEqual(mergeReports(pieces), whole);
  });

  it('end when they are told to, and tell of each', async () => {
    const done: number[] = [];
    const report = await runSeeds({
      from: 1,
      count: 9,
      hours: 0.5,
      onProgress: progress => void done.push(progress.done),
      isOver: () => done.length === 2,
    });
    assert.deepEqual([report.seeds, done], [2, [1, 2]]);
  });
});
