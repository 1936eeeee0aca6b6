/** The result of a cycle for a person, for a program, and as an exit code. */
import type { Run, RunStatus } from '../model/state.ts';
import type { CycleReport } from '../reconcile/cycle.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const RUN_CODES: Readonly<Record<RunStatus, ExitCode>> = {
  running: EXIT.unverified,
  interrupted: EXIT.unverified,
  done: EXIT.ok,
  unverified: EXIT.unverified,
  failed: EXIT.failed,
  superseded: EXIT.superseded,
  abandoned: EXIT.failed,
};

export function exitOfRun(run: Run): ExitCode {
  return RUN_CODES[run.status];
}

/** Standings that are the normal course of things and not a refusal. */
const CALM = new Set(['nothing-to-do', 'policy-observe', 'awaiting-approval', 'looking', 'active-moved']);

/** @returns the exit code of a service's last report: of its run, else of what stands against acting */
export function exitOfReport(report: CycleReport): ExitCode {
  if (report.run !== null) return exitOfRun(report.run);
  return report.standing === null || CALM.has(report.standing.code) ? EXIT.ok : EXIT.refused;
}

/** @returns one line: `web: HEALTHY at hel1` and what was done or stands against it */
export function reportLine(report: CycleReport): string {
  const { verdict, standing, run, decision } = report;
  if (run !== null) {
    const now = run.to === verdict.site ? `; ${verdict.class} there` : '';
    return `${report.service}: ${run.kind} ${run.status} (run ${run.id}): ${run.note ?? ''}${now}`;
  }
  const head = `${report.service}: ${verdict.class} at ${verdict.site}`;
  if (standing !== null && standing.code !== 'nothing-to-do') {
    return `${head}: ${verdict.sentence}; not acting (${standing.code}): ${standing.detail}`;
  }
  const { warnings } = decision.observation;
  if (verdict.class === 'WARNED' && warnings.length > 0) return `${head}: ${warnings.join('; ')}`;
  return verdict.class === 'HEALTHY' ? head : `${head}: ${verdict.sentence}`;
}

/** The same as plain data. */
export function reportData(report: CycleReport) {
  const { verdict, standing, run } = report;
  return {
    service: report.service,
    verdict: verdict.class,
    rule: verdict.rule,
    site: verdict.site,
    at: new Date(verdict.at).toISOString(),
    standing:
      standing === null
        ? null
        : { code: standing.code, detail: standing.detail, plan: standing.plan ?? null },
    run:
      run === null
        ? null
        : {
            id: run.id,
            kind: run.kind,
            to: run.to,
            status: run.status,
            flipped: run.flipped,
            note: run.note,
          },
  };
}
