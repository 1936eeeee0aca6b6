/** What `hold` and `resume` answer: what now is in force, with the real state of the service beside it. */
import type { Mode } from '../../model/service.ts';
import type { Hold, Run } from '../../model/state.ts';
import type { HoldReport } from '../../orders/hold.ts';
import { clean, field, type Paint, painter, when } from './text.ts';

/** The same as plain data; instants are ms since the Unix epoch. */
export function holdData({ before, after, openRun }: HoldReport) {
  return {
    service: after.service,
    hold: shown(after.hold),
    replaced: shown(before.hold),
    verdict: after.lastVerdict?.class ?? null,
    active: after.active,
    openRun: openRun?.id ?? null,
  };
}

function shown(hold: Hold | null): Omit<Hold, 'service'> | null {
  if (hold === null) return null;
  const { owner, reason, since, until } = hold;
  return { owner, reason, since, until };
}

/** @param colours whether a person reads it in a terminal */
export function holdText(reports: readonly HoldReport[], mode: Mode, now: number, colours: boolean): string {
  const paint = painter(colours);
  return reports
    .map(report => {
      const { before, after } = report;
      const lines = [paint.bold(`${after.service}: held`)];
      if (after.hold !== null) lines.push(field('hold', holdLine(after.hold, now)));
      if (before.hold !== null) lines.push(field('replaces', holdLine(before.hold, now)));
      return [...lines, ...stateLines(report, mode, paint), ''].join('\n');
    })
    .join('');
}

export function resumeText(
  reports: readonly HoldReport[],
  mode: Mode,
  now: number,
  colours: boolean,
): string {
  const paint = painter(colours);
  return reports
    .map(report => {
      const { before, after } = report;
      const lines = [paint.bold(`${after.service}: ${resumed(before.hold, now)}`)];
      if (before.hold !== null) lines.push(field('was', holdLine(before.hold, now)));
      return [...lines, ...stateLines(report, mode, paint), ''].join('\n');
    })
    .join('');
}

function resumed(hold: Hold | null, now: number): string {
  if (hold === null) return 'there was no hold';
  return hold.until !== null && hold.until <= now ? 'the hold had run out already' : 'resumed';
}

/** `ada until 2026-… (in 2 h), since 2026-… (just now): moving the rack` */
export function holdLine(hold: Omit<Hold, 'service'>, now: number): string {
  const until = hold.until === null ? 'until resumed' : `until ${when(hold.until, now)}`;
  return `${clean(hold.owner)} ${until}, since ${when(hold.since, now)}: ${clean(hold.reason)}`;
}

function stateLines({ after, openRun }: HoldReport, mode: Mode, paint: Paint): readonly string[] {
  const verdict = after.lastVerdict;
  const lines = [
    field(
      'state',
      verdict === null ? 'never looked at' : `${verdict.class} at ${verdict.site}, epoch ${after.epoch}`,
    ),
    field('mode', `${mode}: ${MODE_MEANS[mode]}`),
  ];
  if (openRun !== null) lines.push(field('run', paint.yellow(openRunLine(openRun, after.hold !== null))));
  return lines;
}

const MODE_MEANS: Readonly<Record<Mode, string>> = {
  observe: 'nothing is switched anyway',
  propose: 'nothing is switched without a person anyway',
  act: 'without a hold it does what the policy of the service says',
};

function openRunLine(run: Run, held: boolean): string {
  const what = `${run.id}, ${run.kind} to ${run.to}, is ${run.status === 'running' ? 'under way' : run.status}`;
  if (!held) return `${what}: it goes on with the next look`;
  return run.flipped
    ? `${what}: DNS was changed already, it is seen through`
    : `${what}: it stops before its next step`;
}
