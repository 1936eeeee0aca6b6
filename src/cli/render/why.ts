/** The last decision as a person reads it at 03:00: what it was, by which rule, what was seen, what the gate said. */
import { holdInForce } from '../../model/hold.ts';
import { duration } from '../../announce/plain.ts';
import type { RuleTrace } from '../../judge/judge.ts';
import type { FamilyObservation, ProbeObservation } from '../../model/observation.ts';
import type { Service } from '../../model/service.ts';
import type { Decision, GateResult, ServiceState } from '../../model/state.ts';
import { holdLine } from './hold.ts';
import { ago, clean, count, field, type Paint, pad, painter, when, wrap } from './text.ts';

export interface WhyReport {
  readonly service: Service;
  readonly decision: Decision;
  readonly state: ServiceState;
  readonly rules: readonly RuleTrace[];
  readonly next: readonly string[];
  readonly now: number;
}

/** @param colours whether a person reads it in a terminal */
export function whyText(report: WhyReport, colours: boolean): string {
  const paint = painter(colours);
  const { decision, state, now } = report;
  const { verdict } = decision;
  const held = holdInForce(state.hold, now) !== null;
  const lines = [
    paint.bold(`${decision.service}: ${verdict.class} at ${verdict.site}`),
    wrap(`${verdict.sentence} (rule ${verdict.rule})`, '  '),
    wrap(`judged ${when(decision.at, now)}`, '  '),
    ...(held && state.hold !== null
      ? [wrap(paint.yellow(`held by ${holdLine(state.hold, now)}`), '  ')]
      : []),
    ...section(
      'Rules, the first that matches decides',
      report.rules.map(trace => ruleLine(trace, paint)),
    ),
    ...section('What was seen', seenLines(decision, paint)),
    ...section('Gate', gateLines(decision, paint)),
    ...section('Outcome', outcomeLines(report)),
    ...section('Next', report.next.length === 0 ? ['  nothing'] : report.next.map(step => wrap(step, '  '))),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return ['', title, ...lines];
}

function ruleLine({ rule, matched, cells }: RuleTrace, paint: Paint): string {
  // Of a rule that did not match, what spoke against it; of the one that did, all that spoke for it.
  const telling = matched ? cells : cells.filter(cell => !cell.ok);
  const facts = telling.map(cell =>
    cell.ok
      ? `${cell.fact} is ${cell.value}`
      : `${cell.fact} is ${cell.value}, wants ${cell.wanted.join(' or ')}`,
  );
  const text = facts.length === 0 ? 'matches always' : facts.join('; ');
  const mark = matched ? paint.green('yes') : 'no ';
  return wrap(text, `  ${String(rule.number).padStart(3)} ${rule.class.padEnd(16)} ${mark} `, ' '.repeat(27));
}

function seenLines({ observation }: Decision, paint: Paint): readonly string[] {
  const { at, host, hostAgeMs, warnings } = observation;
  const lines = observation.families.flatMap(family => [
    wrap(familyLine(family, paint), '  '),
    ...family.probes.map(probe => probeLine(probe, at, paint)),
  ]);
  if (host !== null) {
    const age = hostAgeMs === null ? '' : `, asked ${duration(hostAgeMs)} before`;
    lines.push(
      wrap(
        host.error === undefined
          ? `hoster: ${host.power ?? 'power unknown'}${age}`
          : `hoster: could not be asked: ${clean(host.error)}${age}`,
        '  ',
      ),
    );
  }
  lines.push(...warnings.map(warning => wrap(paint.yellow(`warning: ${clean(warning)}`), '  ')));
  return lines.length === 0 ? ['  nothing'] : lines;
}

function familyLine(family: FamilyObservation, paint: Paint): string {
  const kind = `${family.essential ? 'essential' : 'not essential'}, ${family.published ? 'published' : 'not published'}`;
  const lock =
    family.blocked === null
      ? 'lock not known'
      : family.blocked
        ? paint.red('LOCKED by the hoster')
        : 'not locked';
  const state = family.state === 'ok' ? paint.green('ok') : paint.red(family.state);
  return `${family.family} is ${state} (${kind}); our own network ${family.observer}; ${lock}`;
}

function probeLine(probe: ProbeObservation, at: number, paint: Paint): string {
  const parts: string[] = [];
  if (probe.consecutiveFailures > 0)
    parts.push(`${count(probe.consecutiveFailures, 'failure')} over ${duration(probe.failingForMs)}`);
  if (probe.lastFailure !== null) parts.push(probe.lastFailure);
  if (probe.lastDetail !== null) parts.push(`"${clean(probe.lastDetail)}"`);
  if (probe.lastAt !== null) parts.push(`last ${ago(probe.lastAt, at)}`);
  if (probe.state !== 'ok')
    parts.push(probe.lastOkAt === null ? 'never ok' : `ok ${ago(probe.lastOkAt, at)}`);
  if (!probe.required) parts.push('not required');
  const state = probe.state === 'ok' ? paint.green('ok') : paint.red(probe.state);
  return wrap(parts.join('; '), `    ${probe.probe.padEnd(10)} ${pad(state, 8)} `, ' '.repeat(24));
}

function gateLines({ gate, plan }: Decision, paint: Paint): readonly string[] {
  if (gate.length === 0) return ['  not asked: there was no plan to let through'];
  const refused = gate.filter(row => !row.ok).length;
  const head = `  plan ${plan ?? 'none'}: ${refused === 0 ? `all ${gate.length} rows let it through` : `${refused} of ${gate.length} rows refuse`}`;
  return [head, ...gate.flatMap(row => gateLine(row, paint))];
}

function gateLine(row: GateResult, paint: Paint): readonly string[] {
  const mark = row.ok ? paint.green('ok') : paint.red('REFUSED');
  const line = wrap(
    `found ${clean(row.value)}, asked ${clean(row.threshold)}`,
    `  ${String(row.number).padStart(3)} ${row.code.padEnd(14)} ${pad(mark, 7)} `,
    ' '.repeat(29),
  );
  return row.ok ? [line] : [line, wrap(row.sentence, ' '.repeat(29))];
}

function outcomeLines({ decision, state, now }: WhyReport): readonly string[] {
  const { standing } = decision;
  const lines =
    standing === null
      ? ['  the plan was let through and run']
      : [wrap(`${standing.code}: ${clean(standing.detail)}`, '  ')];
  const run = state.lastRun;
  if (run !== null) {
    const ended =
      run.endedAt === null ? `since ${when(run.startedAt, now)}` : `ended ${when(run.endedAt, now)}`;
    lines.push(
      field(
        'last run',
        `${run.id}, ${run.kind} to ${run.to}: ${run.status}, ${ended}${run.note === null ? '' : `; ${clean(run.note)}`}`,
      ),
    );
  }
  return lines;
}
