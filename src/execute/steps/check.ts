/** The standby's own probes, at its own address, must pass before DNS points there. */
import type { CheckStep } from '../../model/plan.ts';
import { UnderstudyError } from '../../ports/errors.ts';
import { OwnNetworkError, type StepHandler, siteOf } from '../context.ts';
import { lookAt } from './look.ts';

export const check: StepHandler<CheckStep> = {
  guarded: false,
  async settled() {
    return null;
  },
  async act(step, context) {
    const site = siteOf(context, step.site);
    for (;;) {
      const looks = await lookAt(context, site, step.families);
      const failing = looks.flatMap(look => look.failing);
      if (failing.length === 0) {
        return { confirmedBy: 'probe', summary: `${step.site} answers in ${step.families.join(' and ')}` };
      }
      if (context.signal.aborted) {
        const blind = looks.find(look => look.failing.length > 0 && look.sees === false);
        if (blind !== undefined)
          throw new OwnNetworkError(blind.family, `whether ${step.site} is well can't be told`);
        throw new UnderstudyError({
          code: 'standby-unwell',
          message: `${step.site} does not pass its probes within ${step.limitMs / 1000} s: ${failing.join(', ')}`,
          next: `look at ${step.site}; the last answer stands`,
        });
      }
      await context.clock.sleep(context.service.pace.fastMs, context.signal);
    }
  },
};
