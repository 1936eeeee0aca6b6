/** What a simulation came to, for a person and as data: the count, the table of what occurred, the stories. */
import { clean } from '../../config/problem.ts';
import { type Covered, COVERED, toData } from '../../simulate/coverage.ts';
import type { Missing } from '../../simulate/floor.ts';
import type { ScenarioResult } from '../../simulate/scenario/run.ts';
import { CHAPTERS, type vocabulary } from '../../simulate/scenario/vocabulary.ts';
import { faultInWords } from '../../simulate/scenario/fault-words.ts';
import { Where } from '../../simulate/scenario/phrases.ts';
import { sayHappening } from '../../simulate/scenario/say.ts';
import type { Armed, Happening, Script } from '../../simulate/script.ts';
import type { SeedsReport, SeedViolation } from '../../simulate/seeds.ts';
import { COLUMNS, count, narrow, wrap } from './text.ts';

/** A violation with its story. */
export interface Found extends SeedViolation {
  readonly story: readonly string[];
  readonly replay: string;
}

export interface SeedsAccount {
  readonly report: SeedsReport;
  /** µs of all processes. */
  readonly cpuUs: number;
  readonly found: readonly Found[];
  readonly never: readonly Missing[];
  /** What cannot occur, and why. */
  readonly cannot: Readonly<Record<string, string>>;
  /** What never occurred is a failure. */
  readonly cover: boolean;
  /** Seeds that were asked for. */
  readonly wanted: number;
  /** A signal ended it before all of them were lived through. */
  readonly interrupted: boolean;
}

const TITLES: Readonly<Record<Covered, string>> = {
  fault: 'Faults, and what people did',
  rule: 'Rules of the judge',
  gate: 'Refusals of the gate',
  step: 'Outcomes of steps',
  run: 'Ends of runs',
  standing: 'Reasons for not acting',
};
/** More violations than that are counted, not listed. */
const LISTED = 20;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** @returns simulated hours per CPU second, with one decimal where that says something */
export function hoursPerSecond(simulatedMs: number, cpuUs: number): number {
  const figure = cpuUs === 0 ? 0 : simulatedMs / HOUR_MS / (cpuUs / 1e6);
  return figure < 10 ? Math.round(figure * 10) / 10 : Math.round(figure);
}

export function seedsText(account: SeedsAccount): string {
  const { report, cpuUs, found, wanted, interrupted } = account;
  const why = interrupted ? 'INTERRUPTED: the rest is not proved' : 'ended early';
  const cut = report.seeds < wanted ? ` (of ${wanted}; ${why})` : '';
  const hours = Math.round(report.simulatedMs / HOUR_MS);
  const blocks = [
    COVERED.map(area => table(area, report.coverage[area])).join('\n'),
    ...found.map(({ story }) => `${storyText(story)}\n`),
    listText(account),
    neverText(account),
    [
      `${count(report.seeds, 'seed')}${cut} from ${report.from}, ${report.hours} h of faults each: ${count(report.violations.length, 'violation')}`,
      `${hours} simulated hours in ${Math.round(cpuUs / 1e6)} CPU seconds: ${hoursPerSecond(report.simulatedMs, cpuUs)} simulated hours per CPU second`,
      `the longest calm took ${Math.round(report.longestCalmMs / MINUTE_MS)} minutes to come to rest; allowed are at most ${Math.round(report.calmBoundMs / MINUTE_MS)}`,
      ...(account.cover && !interrupted && account.never.length > 0
        ? [`failed: ${count(account.never.length, 'thing')} that must occur never did, as told above`]
        : []),
      '',
    ]
      .map(narrow)
      .join('\n'),
  ];
  return blocks.filter(block => block !== '').join('\n');
}

/** What is counted, in the words in which it can be written down. */
function inWords(area: Covered, name: string): string {
  return (area === 'fault' ? faultInWords(name) : null) ?? name;
}

/** Counts in two columns, read downwards; in one where a name takes more than half a line. */
function table(area: Covered, counts: ReadonlyMap<string, number>): string {
  const cells = [...counts]
    .map(([name, times]) => [inWords(area, name), times] as const)
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([name, times]) => `${String(times).padStart(9)}  ${name}`);
  const width = COLUMNS / 2;
  const columns = cells.some(cell => cell.length >= width) ? 1 : 2;
  const rows = Math.ceil(cells.length / columns);
  const lines = Array.from({ length: rows }, (_, row) => {
    const [left = '', right = ''] = [cells[row], columns === 1 ? '' : cells[row + rows]];
    return `${left.padEnd(width - 1)} ${right}`.trimEnd();
  });
  return [TITLES[area], ...(lines.length === 0 ? ['     none'] : lines), ''].join('\n');
}

function listText({ report, found }: SeedsAccount): string {
  const { violations } = report;
  const rest = violations.filter(one => !found.some(({ seed, at }) => seed === one.seed && at === one.at));
  if (rest.length === 0) return '';
  const lines = rest
    .slice(0, LISTED)
    .map(({ seed, invariant, sentence }) =>
      wrap(`seed ${seed}: invariant ${invariant}: ${clean(sentence, 400)}`, '  ', '    '),
    );
  const more = rest.length > LISTED ? [`  and ${rest.length - LISTED} more`] : [];
  return ['Other violations', ...lines, ...more, ''].join('\n');
}

function neverText({ never, cannot, cover }: SeedsAccount): string {
  if (!cover) return '';
  const excused = Object.entries(cannot).map(([name, why]) => wrap(why, `  ${name}: `, '    '));
  return [
    ...(never.length === 0 ? [] : ['Never occurred, so nothing is proved of it']),
    ...never.map(({ area, name }) => `  ${area} ${inWords(area, name)}`),
    ...(never.length === 0 ? [] : ['']),
    ...(excused.length === 0 ? [] : ['Cannot occur', ...excused, '']),
  ].join('\n');
}

/** The same as plain data. */
export function seedsData({ report, cpuUs, found, never, cannot, wanted, interrupted }: SeedsAccount) {
  return {
    interrupted,
    from: report.from,
    seeds: report.seeds,
    wanted,
    hours: report.hours,
    simulatedHours: report.simulatedMs / HOUR_MS,
    cpuSeconds: cpuUs / 1e6,
    hoursPerCpuSecond: hoursPerSecond(report.simulatedMs, cpuUs),
    longestCalmMs: report.longestCalmMs,
    calmBoundMs: report.calmBoundMs,
    violations: report.violations,
    stories: found,
    coverage: toData(report.coverage),
    never,
    cannot,
  };
}

/**
 * @param struck those that came
 * @param until what was to come later is only counted, ms since the beginning; null: nothing is
 * @returns the happenings of a seed with their numbers; `·` before those that are left out, which the last line says
 */
export function happeningLines(
  script: Script,
  numbers: readonly number[] | null,
  struck: ReadonlySet<Happening>,
  until: number | null = null,
): readonly string[] {
  const where = new Where(script.cast);
  const due = script.happenings.filter(({ at }) => until === null || at <= until);
  const later = script.happenings.length - due.length;
  const lines = due.map((happening, index) => {
    const number = index + 1;
    const out = numbers !== null && !numbers.includes(number);
    const minute = Math.floor(happening.at / MINUTE_MS);
    const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    const waits = happening.armed === undefined ? '' : `, ${sayArmed(happening.armed)}`;
    const aim = happening.aim === undefined ? '' : ` (or whichever site is ${AIMS[happening.aim.role]} then)`;
    return `${out ? '· ' : '  '}${String(number).padStart(3)}  ${time} ${sayHappening(happening, where)}${aim}${waits}${out || struck.has(happening) ? '' : never(happening)}`;
  });
  return [
    ...lines,
    ...(later === 0 ? [] : [`  and ${later} more that had not come yet`]),
    ...(lines.some(line => line.startsWith('·')) ? ['· left out by --only'] : []),
  ];
}

const AIMS = { active: 'active', standby: 'a standby' } as const;

function sayArmed({ on, afterMs }: Armed): string {
  return `${afterMs / 1000} s into the next ${on}`;
}

function never({ armed }: Happening): string {
  return armed === undefined ? ' (never came: it was over before)' : ` (never came: no ${armed.on} began)`;
}

export interface PlayedScenario extends ScenarioResult {
  readonly file: string;
  /** What went otherwise, a line each. */
  readonly complaints: readonly string[];
}

/** @param expected how many expectations it has */
export function scenarioText(
  { file, account, complaints, ok, interruptedAt }: PlayedScenario,
  expected: number,
): string {
  const end =
    interruptedAt !== null
      ? `interrupted before its end: ${count(complaints.length, 'thing')} went otherwise up to there`
      : ok
        ? `ok: ${count(expected, 'expectation')} met, no invariant violated`
        : `failed: ${count(complaints.length, 'thing')} went otherwise`;
  // The names in it are those of a file.
  const told = [...account, ...complaints].map(line => narrow(clean(line, 2_000)));
  const lines = [clean(`== ${file}`, 2_000), ...told, end];
  return `${lines.join('\n')}\n\n`;
}

/** A story as it is read; its last line is a command, which must stay in one piece. */
export function storyText(lines: readonly string[]): string {
  return lines.map(line => (line.startsWith('Replay: ') ? line : narrow(line))).join('\n');
}

/** The language of scenario files, as long as it is. */
export function vocabularyText(words: ReturnType<typeof vocabulary>): string {
  return CHAPTERS.map(chapter =>
    [
      chapter,
      ...words[chapter].map(({ pattern, doc }) => `${wrap(pattern, '  ', '    ')}\n${wrap(doc, '      ')}`),
      '',
    ].join('\n'),
  ).join('\n');
}
