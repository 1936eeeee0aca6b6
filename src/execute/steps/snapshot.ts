/** Evidence from the old site before anything is stopped. Best effort: a dead site has none, and that delays nothing. */
import type { SnapshotStep } from '../../model/plan.ts';
import { asError } from '../../ports/errors.ts';
import type { StepHandler } from '../context.ts';
import { runCommand } from './command.ts';

export const snapshot: StepHandler<SnapshotStep> = {
  guarded: false,
  async settled() {
    return null;
  },
  async act(step, context) {
    try {
      await runCommand(context, step.site, step.shell, step.run, 'the snapshot');
      return { confirmedBy: 'exit-status', summary: `evidence taken on ${step.site}` };
    } catch (thrown) {
      return {
        confirmedBy: 'best-effort',
        summary: `no evidence from ${step.site}: ${asError(thrown).message}`,
      };
    }
  },
};
