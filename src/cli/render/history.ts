/** What happened, as text and as data. A run's token is left out of both: it is what makes a write to DNS ours. */
import { duration, instant } from '../../announce/plain.ts';
import { describeStep } from '../../announce/steps.ts';
import type { Plan } from '../../model/plan.ts';
import type { AuditEntry, Incident, JournalEntry, Run } from '../../model/state.ts';
import { clean, field, type Paint, pad, painter, when, wrap } from './text.ts';

/** A run with all that is known of it. */
export interface RunRecord {
  readonly run: Run;
  /** Null when it was pruned. */
  readonly plan: Plan | null;
  readonly journal: readonly JournalEntry[];
}

export type Chapter =
  | { readonly kind: 'incident'; readonly at: number; readonly incident: Incident }
  | { readonly kind: 'audit'; readonly at: number; readonly entry: AuditEntry }
  | { readonly kind: 'run'; readonly at: number; readonly record: RunRecord };

/** One step of a run, from all its lines in the journal. */
export interface StepRecord {
  readonly step: number;
  readonly kind: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly outcome: 'done' | 'failed' | 'open';
  readonly confirmedBy: string | null;
  /** The receipt's summary or the error's message. */
  readonly summary: string | null;
}

/** @returns one record a step that was begun; the last intent and the last outcome count, as a resumed run has several */
export function stepsOf(journal: readonly JournalEntry[]): readonly StepRecord[] {
  const steps = new Map<number, StepRecord>();
  for (const entry of journal) {
    const before: StepRecord = steps.get(entry.step) ?? {
      step: entry.step,
      kind: entry.kind,
      startedAt: null,
      endedAt: null,
      outcome: 'open',
      confirmedBy: null,
      summary: null,
    };
    if (entry.event === 'intent')
      steps.set(entry.step, { ...before, startedAt: entry.at, endedAt: null, outcome: 'open' });
    else if (entry.event === 'receipt') {
      const { confirmedBy, summary } = entry.receipt;
      steps.set(entry.step, { ...before, endedAt: entry.at, outcome: 'done', confirmedBy, summary });
    } else if (entry.event === 'error')
      steps.set(entry.step, {
        ...before,
        endedAt: entry.at,
        outcome: 'failed',
        confirmedBy: null,
        summary: `${entry.message} (${entry.code})`,
      });
    else steps.set(entry.step, before);
  }
  return [...steps.values()].sort((a, b) => a.step - b.step);
}

/** Plain data; instants in ms since the Unix epoch. */
export function chapterData(chapter: Chapter) {
  if (chapter.kind === 'run') {
    const { run, journal } = chapter.record;
    return { kind: chapter.kind, at: chapter.at, run: withoutToken(run), steps: stepsOf(journal) };
  }
  return chapter;
}

/** The whole record of one run, with its plan and every line of the journal. */
export function runData({ run, plan, journal }: RunRecord) {
  return { run: withoutToken(run), plan, steps: stepsOf(journal), journal };
}

function withoutToken({ token: _, ...run }: Run): Omit<Run, 'token'> {
  return run;
}

/** @param colours whether a person reads it in a terminal */
export function historyText(chapters: readonly Chapter[], now: number, colours: boolean): string {
  if (chapters.length === 0) return 'nothing has happened yet: no incident, no run, nothing by a person\n';
  const paint = painter(colours);
  return `${chapters.map(chapter => chapterText(chapter, now, paint)).join('\n')}\n`;
}

function chapterText(chapter: Chapter, now: number, paint: Paint): string {
  if (chapter.kind === 'incident')
    return wrap(incidentText(chapter.incident, now), `${instant(chapter.at)}  `, '    ');
  if (chapter.kind === 'audit') return wrap(auditText(chapter.entry), `${instant(chapter.at)}  `, '    ');
  const { run, journal } = chapter.record;
  const lines = stepsOf(journal).map(step => stepLine(step, paint));
  return [wrap(runLine(run, paint), `${instant(chapter.at)}  `, '    '), ...lines].join('\n');
}

function incidentText({ id, service, site, class: kind, openedAt, closedAt }: Incident, now: number): string {
  const end =
    closedAt === null
      ? `still open after ${duration(now - openedAt)}`
      : `over after ${duration(closedAt - openedAt)}`;
  return `${service}: incident ${id}, ${kind} at ${site}, ${end}`;
}

function auditText({ service, operator, action, reason, overrides, detail }: AuditEntry): string {
  const risks = overrides.length === 0 ? '' : `, overriding ${overrides.join(', ')}`;
  const more = detail === '' ? '' : ` (${clean(detail)})`;
  const because = reason === '' ? '' : `: ${clean(reason)}`;
  return `${service ?? 'all'}: ${action} by ${clean(operator)}${risks}${more}${because}`;
}

function runLine(run: Run, paint: Paint): string {
  const who = run.automatic ? 'automatic' : 'by a person';
  const took = run.endedAt === null ? '' : ` after ${duration(run.endedAt - run.startedAt)}`;
  const note = run.note === null ? '' : `; ${clean(run.note)}`;
  return `${run.service}: ${paint.bold(`run ${run.id}`)}, ${run.kind} to ${run.to}, ${who}: ${run.status}${took}${note}`;
}

function stepLine(step: StepRecord, paint: Paint): string {
  const took =
    step.startedAt === null || step.endedAt === null ? '' : duration(step.endedAt - step.startedAt);
  const mark = { done: paint.green('ok'), failed: paint.red('FAILED'), open: paint.yellow('open') }[
    step.outcome
  ];
  const confirmed = step.confirmedBy === null ? '' : ` (${step.confirmedBy})`;
  const text = `${clean(step.summary ?? 'begun, not ended')}${confirmed}`;
  return wrap(text, `    ${step.kind.padEnd(9)} ${pad(mark, 6)} ${took.padStart(10)}  `, ' '.repeat(33));
}

/** One run whole: what was planned, then the journal line by line. */
export function runText({ run, plan, journal }: RunRecord, now: number, colours: boolean): string {
  const paint = painter(colours);
  const lines = [
    wrap(runLine(run, paint), ''),
    field('started', when(run.startedAt, now)),
    field('ended', run.endedAt === null ? 'not yet' : when(run.endedAt, now)),
    field('DNS', run.flipped ? 'was changed by it' : 'was not changed by it'),
  ];
  if (plan === null) lines.push(field('plan', `${run.plan} (no longer kept)`));
  else {
    lines.push(
      field(
        'plan',
        `${plan.id}, made on epoch ${plan.baseEpoch}, because of ${plan.because.class} (rule ${plan.because.rule})`,
      ),
    );
    if (plan.overrides.length > 0) lines.push(field('overrides', plan.overrides.join(', ')));
    lines.push(
      ...plan.steps.map((step, index) => wrap(describeStep(step), `  ${String(index + 1).padStart(2)}. `)),
    );
  }
  lines.push('', 'Journal', ...journal.flatMap(entry => journalLines(entry, paint)));
  if (journal.length === 0) lines.push('  empty');
  return `${lines.join('\n')}\n`;
}

function journalLines(entry: JournalEntry, paint: Paint): readonly string[] {
  const head = `  ${new Date(entry.at).toISOString().slice(11, 23)}Z ${`${entry.step + 1}. ${entry.kind}`.padEnd(12)} `;
  switch (entry.event) {
    case 'intent':
      return [`${head}begins`];
    case 'receipt':
      return [
        wrap(`${paint.green('ok')} ${clean(entry.receipt.summary)} (${entry.receipt.confirmedBy})`, head),
        ...factLines(entry.receipt.facts),
      ];
    case 'error':
      return [wrap(`${paint.red('FAILED')} ${clean(entry.message)} (${entry.code})`, head)];
    case 'output':
      // Not wrapped: a line of output is searched for and copied as it was.
      return entry.lines.map(line => `${' '.repeat(12)}| ${clean(line)}`);
  }
}

function factLines(
  facts: Readonly<Record<string, string | number | boolean>> | undefined,
): readonly string[] {
  return Object.entries(facts ?? {}).map(
    ([name, value]) => `${' '.repeat(12)}  ${name} = ${clean(String(value))}`,
  );
}
