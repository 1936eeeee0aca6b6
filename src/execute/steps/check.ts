/** The standby's own probes, at its own address, must pass before DNS points there. */
import type { CheckStep } from '../../model/plan.ts';
import { UnderstudyError } from '../../ports/errors.ts';
import { type StepHandler, siteOf } from '../context.ts';
import { failingProbes } from './look.ts';

export const check: StepHandler<CheckStep> = {
  guarded: false,
  async settled() {
    return null;
  },
  async act(step, context) {
    const site = siteOf(context, step.site);
    for (;;) {
      const failing = await failingProbes(context, site, step.families);
      if (failing.length === 0) {
        return { confirmedBy: 'probe', summary: `${step.site} answers in ${step.families.join(' and ')}` };
      }
      if (context.signal.aborted) {
        throw new UnderstudyError({
          code: 'standby-unwell',
          message: `${step.site} does not pass its probes within ${step.limitMs / 1000} s: ${failing.join(', ')}; no address was changed`,
          next: `look at ${step.site}; the last answer stands`,
        });
      }
      await context.clock.sleep(context.service.pace.fastMs, context.signal);
    }
  },
};
