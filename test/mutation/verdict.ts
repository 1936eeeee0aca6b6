/**
 * The last word of ./scripts/mutate: reads Stryker's report and the list of survivors that are argued for, prints the
 * score and what is not accounted for. A survivor is known by the text of its line, not by its number, so that the list
 * outlives changes elsewhere in the file, and ends with the line that it argues for.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { judgeReport, type Known, type Report } from './survivors.ts';

const LEAST_PERCENT = 90;
const LIST = 'test/mutation/survivors.yaml';

function main(file: string): boolean {
  const report: Report = JSON.parse(readFileSync(file, 'utf8'));
  const known: readonly Known[] = parse(
    readFileSync(fileURLToPath(new URL('./survivors.yaml', import.meta.url)), 'utf8'),
  );
  const { score, counts, unargued, settled } = judgeReport(report, known);

  for (const { file: path, noticed, of } of counts) {
    console.log(
      `${(of === 0 ? 100 : (100 * noticed) / of).toFixed(1).padStart(6)} %  ${path}  ${noticed} of ${of}`,
    );
  }
  if (settled.length > 0) {
    console.log(`\nIn ${LIST}, but noticed now or gone: take them out.`);
    for (const { file: path, line, now } of settled) console.log(`  ${path}: ${line}  →  ${now}`);
  }
  if (unargued.length > 0) {
    console.log(`\nSurvived, and not in ${LIST}: write a test, delete the code, or argue.\n`);
    console.log(stringify([{ why: '', mutants: unargued }], { lineWidth: 0 }));
  }
  const argued = counts.reduce((sum, { noticed, of }) => sum + of - noticed, 0) - unargued.length;
  console.log(
    `\nmutation score ${score.toFixed(1)} % (at least ${LEAST_PERCENT}), ${argued} survivors argued for, ${unargued.length} not`,
  );
  return score >= LEAST_PERCENT && unargued.length === 0;
}

process.exitCode = main(process.argv[2] ?? '') ? 0 : 1;
