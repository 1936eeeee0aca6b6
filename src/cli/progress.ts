/** What a person who looks on sees: one line an event, on stderr, so that stdout stays the result. */
import type { Progress } from '../execute/journal.ts';
import type { Standing } from '../model/plan.ts';
import type { Run } from '../model/state.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Watcher } from '../reconcile/world.ts';
import type { Io } from './io.ts';

const MARK: Readonly<Record<Progress['event'], string>> = {
  intent: '…',
  receipt: 'ok',
  error: '!!',
  output: '  ',
};

/** Reasons that are part of the normal course. */
const NORMAL: ReadonlySet<Standing['code']> = new Set(['nothing-to-do', 'looking', 'active-moved']);

/** @param show false: only problems are shown (`--quiet`, `--json`) */
export function progressWatcher(io: Io, show: boolean): Watcher {
  const line = (text: string) => io.err(`${text}\n`);
  return {
    verdict: (verdict: Verdict) => {
      if (show)
        line(
          `${verdict.service}: ${verdict.class} at ${verdict.site}: ${verdict.sentence} (rule ${verdict.rule})`,
        );
    },
    standing: (service: string, standing: Standing) => {
      if (show && !NORMAL.has(standing.code))
        line(`${service}: not acting (${standing.code}): ${standing.detail}`);
    },
    runStarted: (run: Run) => {
      const word = run.kind === 'withdraw' || run.kind === 'restore' ? 'at' : 'to';
      if (show) line(`${run.service}: ${run.kind} ${word} ${run.to}, run ${run.id}`);
    },
    progress: (run: Run, event: Progress) => {
      if (!show || (event.event === 'intent' && !io.isTerminal)) return;
      line(
        `${run.service}: ${event.step}/${event.of} ${event.kind} ${MARK[event.event]} ${event.text}`.trimEnd(),
      );
    },
    problem: (service: string, message: string) =>
      line(`${service === '' ? 'understudy' : service}: ${message}`),
  };
}
