/** The two steps that a switchover puts in place of the fence: the old site stops writing, the new one catches up. */
import type { CatchUpStep, QuiesceStep } from '../../model/plan.ts';
import type { StepHandler } from '../context.ts';
import { runCommand } from './command.ts';

export const quiesce: StepHandler<QuiesceStep> = {
  guarded: true,
  async settled() {
    return null;
  },
  async act(step, context) {
    await runCommand(context, step.site, step.shell, step.run, 'quiesce');
    return { confirmedBy: 'exit-status', summary: `${step.site} takes no more writes` };
  },
};

export const catchUp: StepHandler<CatchUpStep> = {
  guarded: true,
  async settled() {
    return null;
  },
  async act(step, context) {
    await runCommand(context, step.site, step.shell, step.run, 'catch-up');
    return { confirmedBy: 'exit-status', summary: `${step.site} has all data` };
  },
};
