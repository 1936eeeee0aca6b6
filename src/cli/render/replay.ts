/** A replay for a person: the decisions line by line and what they come to, or several policies side by side. */
import { duration, instant } from '../../announce/plain.ts';
import type { LogEntry, Move, Summary } from '../../replay/log.ts';
import type { Replay } from '../../replay/replay.ts';
import type { TraceHeader } from '../../replay/trace.ts';
import { clean, count, field, pad, wrap } from './text.ts';

/** One policy, played through. */
export interface Played extends Replay {
  /** What was set, as it was typed; empty: the config as it is. */
  readonly policy: readonly string[];
}

export interface About {
  readonly file: string;
  readonly header: TraceHeader;
  readonly lines: number;
  readonly falseWithinMs: number;
}

export function replayText(about: About, played: Played): string {
  const { log, summary } = played;
  const lines = [...head(about, played), wrap(policyName(played), 'policy '), ''];
  lines.push(...log.map(line), ...(log.length === 0 ? ['no decision: the trace has no sample'] : []), '');
  return `${[...lines, ...sums(about, summary)].join('\n')}\n`;
}

function head({ file, header, lines }: About, { remarks, interruptedAt }: Played): readonly string[] {
  const { service, runner, from, to } = header;
  const span = `${instant(from)} to ${instant(to)}`;
  const told = `${service} as ${runner} recorded it, ${span}, ${count(lines, 'line')}`;
  return [
    wrap(told, `trace ${clean(file)}: `, '  '),
    ...(interruptedAt === null
      ? []
      : [
          wrap(
            `interrupted at ${instant(interruptedAt)}: nothing is told of what comes after`,
            '  note: ',
            '        ',
          ),
        ]),
    ...remarks.map(remark => wrap(remark, '  note: ', '        ')),
  ];
}

function policyName({ policy }: Played): string {
  return policy.length === 0 ? 'as configured' : clean(policy.join(', '));
}

function line(entry: LogEntry): string {
  return wrap(clean(words(entry)), `${instant(entry.at)}  `, ' '.repeat(22));
}

function words(entry: LogEntry): string {
  switch (entry.what) {
    case 'verdict':
      return `${entry.class} at ${entry.site} (rule ${entry.rule}): ${entry.sentence}`;
    case 'standing':
      return entry.refused.length > 0
        ? `refused by the gate: ${entry.refused.map(row => `${row.number} ${row.code}: found ${row.value}, asked ${row.threshold}`).join('; ')}`
        : `nothing is done (${entry.code}): ${entry.detail}`;
    case 'move':
      return `WOULD RUN ${entry.kind} ${entry.from} -> ${entry.to}${entry.recorded === null ? '' : ` (as run ${entry.recorded} did)`}: ${entry.steps.join('; ')}`;
    case 'proposal':
      return `would ask a person: ${entry.kind} ${entry.from} -> ${entry.to}: ${entry.steps.join('; ')}`;
    case 'followed':
      return `run ${entry.run} did the same ${duration(entry.laterMs)} later`;
    case 'returned':
      return `${entry.site} is well again ${duration(entry.afterMs)} after that decision${entry.helped ? '' : ', with nothing done'}${entry.isFalse ? ': a FALSE move' : ''}`;
    case 'recorded':
      return `in truth: ${entry.kind} ${entry.from} -> ${entry.to} ${entry.automatic ? 'by itself' : 'by a person'} (run ${entry.run}, ${entry.status})`;
    case 'given-up':
      return `the supposed move is taken back: ${entry.why}`;
    case 'gap':
      return `nothing was recorded in the last ${duration(entry.forMs)}`;
  }
}

function sums({ falseWithinMs }: About, summary: Summary): readonly string[] {
  const { classes, watchedMs, unwatchedMs, moves, proposals, refusals, recordedRuns } = summary;
  const gone = unwatchedMs === 0 ? '' : `, and not for ${duration(unwatchedMs)}`;
  return [
    field('watched', `${duration(watchedMs)}${gone}; ${count(summary.decisions, 'decision')}`, 20),
    ...classes.map(({ class: name, ms }) => field(name, `${duration(ms)} (${share(ms, watchedMs)})`, 20)),
    field('moves by itself', movesText(summary, falseWithinMs), 20),
    field(
      'really made',
      `${count(recordedRuns, 'run')} by itself, ${moves.filter(isMade).length} of them the same`,
      20,
    ),
    field('asked a person', count(proposals, 'time'), 20),
    ...outagesText(summary),
    field('refused', `${count(refusals, 'time')} by the gate`, 20),
  ];
}

/** A silent policy and a quiet month look the same otherwise. */
function outagesText({ outagesLeftAlone: left }: Summary): readonly string[] {
  if (left === 0) return [];
  const why = 'the active site was out for failing_for or longer, and it neither moved nor asked';
  return [field('outages not moved', `${left}: ${why} (too few looks, the policy, or the gate)`, 20)];
}

function movesText({ moves, falseMoves, unjudgedMoves }: Summary, falseWithinMs: number): string {
  if (moves.length === 0) return '0';
  const unjudged = unjudgedMoves === 0 ? '' : `; ${unjudgedMoves} not judged: really made`;
  return `${moves.length}, ${falseMoves} of them false (back by itself within ${duration(falseWithinMs)})${unjudged}`;
}

function isMade({ recorded }: Move): boolean {
  return recorded !== null;
}

function share(ms: number, of: number): string {
  return of === 0 ? 'no time' : `${((100 * ms) / of).toFixed(2)} %`;
}

type Row = readonly [label: string, cell: (summary: Summary) => string];

const ROWS: readonly Row[] = [
  ['moves by itself', ({ moves }) => String(moves.length)],
  ['  of them false', ({ falseMoves }) => String(falseMoves)],
  ['  not judged: made', ({ unjudgedMoves }) => String(unjudgedMoves)],
  ['  of them really made', ({ moves }) => String(moves.filter(isMade).length)],
  ['asked a person', ({ proposals }) => String(proposals)],
  ['outages not moved', summary => String(summary.outagesLeftAlone)],
  ['refused by the gate', ({ refusals }) => String(refusals)],
  ['time UNREACHABLE', summary => inClass(summary, 'UNREACHABLE')],
  ['time SUSPECT', summary => inClass(summary, 'SUSPECT')],
];

function inClass({ classes }: Summary, name: string): string {
  return duration(classes.find(entry => entry.class === name)?.ms ?? 0);
}

const LABEL = 24;
const CELL = 14;

export function comparisonText(about: About, columns: readonly Played[]): string {
  const [first] = columns;
  const names = columns.map((_, index) => columnName(index));
  const lines = [
    ...(first === undefined
      ? []
      : head(about, { ...first, interruptedAt: columns.at(-1)?.interruptedAt ?? null })),
    '',
    ...columns.map((column, index) => wrap(policyName(column), `${names[index]}  `)),
    '',
    row('', names),
    ...ROWS.map(([label, cell]) =>
      row(
        label,
        columns.map(({ summary }) => cell(summary)),
      ),
    ),
    '',
    wrap(
      `False: what was left is well again within ${duration(about.falseWithinMs)}, with nothing done. A move that was really made is not judged. Outages not moved: the active site was out for failing_for or longer, and the policy neither moved nor asked.`,
      '',
    ),
  ];
  for (const [index, { summary }] of columns.entries())
    for (const move of summary.moves)
      lines.push(wrap(moveText(move), `${names[index]}  ${instant(move.at)}  `));
  return `${lines.join('\n')}\n`;
}

function row(label: string, cells: readonly string[]): string {
  return (pad(label, LABEL) + cells.map(cell => pad(cell, CELL)).join('')).trimEnd();
}

/** A, B … Z, then numbers. */
function columnName(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : String(index + 1);
}

function moveText({ kind, from, to, recorded, returnedAfterMs, isFalse }: Move): string {
  const made = recorded === null ? '' : `, as run ${recorded} did`;
  const back = returnedAfterMs === null ? '' : `; ${from} well again after ${duration(returnedAfterMs)}`;
  return `${kind} ${from} -> ${to}${made}${back}${isFalse ? ': FALSE' : ''}`;
}
