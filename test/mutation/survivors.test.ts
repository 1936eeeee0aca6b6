/** The check of the mutation check: what it counts, and that no survivor slips through its list. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { judgeReport, type Known, type Report } from './survivors.ts';

const FILE = 'src/judge/one.ts';
const SOURCE = 'export function one(a: number) {\n  return a > 1 && a > 1;\n}\n';

const mutant = (status: string, start = 10, end = 15, replacement = 'a >= 1') => ({
  status,
  replacement,
  location: { start: { line: 2, column: start }, end: { line: 2, column: end } },
});
const report = (...mutants: readonly ReturnType<typeof mutant>[]): Report => ({
  files: { [FILE]: { source: SOURCE, mutants } },
});
const entry = { file: FILE, line: 'return a > 1 && a > 1;', was: 'a > 1', now: 'a >= 1' };
const argued = (...mutants: Known['mutants']): readonly Known[] => [{ why: 'because', mutants }];

describe('mutation check: the list of survivors', () => {
  it('scores what was noticed of what could be', () => {
    const { score, counts } = judgeReport(
      report(
        mutant('Killed'),
        mutant('Timeout'),
        mutant('Survived'),
        mutant('NoCoverage'),
        mutant('RuntimeError'),
      ),
      [],
    );
    assert.equal(score, 50);
    assert.deepEqual(counts, [{ file: FILE, noticed: 2, of: 4 }]);
  });

  it('names a survivor by its line and by what was put in place of what', () => {
    assert.deepEqual(judgeReport(report(mutant('Survived')), []).unargued, [entry]);
    const whole = mutant('NoCoverage', 1, 2, '{}');
    const body = { ...whole, location: { start: { line: 1, column: 32 }, end: { line: 3, column: 2 } } };
    assert.deepEqual(judgeReport(report(body), []).unargued, [
      { file: FILE, line: 'export function one(a: number) {', was: '{ return a > 1 && a > 1; }', now: '{}' },
    ]);
  });

  it('one entry speaks for one survivor, and only with a reason', () => {
    assert.deepEqual(judgeReport(report(mutant('Survived')), argued(entry)).unargued, []);
    const two = report(mutant('Survived'), mutant('Survived', 19, 24));
    assert.deepEqual(judgeReport(two, argued(entry)).unargued, [entry]);
    assert.deepEqual(judgeReport(two, argued(entry, entry)).unargued, []);
    assert.deepEqual(judgeReport(report(mutant('Survived')), [{ why: ' ', mutants: [entry] }]).unargued, [
      entry,
    ]);
  });

  it('tells of entries that are noticed now, in the files that were looked at', () => {
    const other = { ...entry, file: 'src/judge/two.ts' };
    assert.deepEqual(judgeReport(report(mutant('Killed')), argued(entry, other)).settled, [entry]);
  });

  it('the list argues for each group, and for each survivor in a file that exists', () => {
    const list: readonly Known[] = parse(readFileSync(new URL('./survivors.yaml', import.meta.url), 'utf8'));
    for (const { why, mutants } of list) {
      assert.ok(why.length > 20 && mutants.length > 0, why);
      for (const { file, line } of mutants) {
        const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
        assert.ok(
          source.split('\n').some(text => text.trim() === line),
          `${file} has no line "${line}" any more: correct or drop it in test/mutation/survivors.yaml`,
        );
      }
    }
  });
});
