/** The last step only marks that everything before it is journalled: the notices are in the outbox already. */
import type { AnnounceStep } from '../../model/plan.ts';
import type { StepHandler } from '../context.ts';

export const announce: StepHandler<AnnounceStep> = {
  guarded: false,
  async settled() {
    return null;
  },
  async act() {
    return { confirmedBy: 'best-effort', summary: 'people are told through the outbox' };
  },
};
