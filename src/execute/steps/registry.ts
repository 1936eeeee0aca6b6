/** Every step kind has exactly one handler: the compiler refuses a kind without one. */
import type { Step, StepKind } from '../../model/plan.ts';
import type { StepHandler } from '../context.ts';
import { announce } from './announce.ts';
import { check } from './check.ts';
import { claim } from './claim.ts';
import { fence } from './fence.ts';
import { flip } from './flip.ts';
import { catchUp, quiesce } from './handover.ts';
import { promote } from './promote.ts';
import { snapshot } from './snapshot.ts';
import { verify } from './verify.ts';

export const STEP_HANDLERS = {
  claim,
  snapshot,
  quiesce,
  'catch-up': catchUp,
  fence,
  promote,
  check,
  flip,
  verify,
  announce,
} as const satisfies { [K in StepKind]: StepHandler<Extract<Step, { kind: K }>> };

/** @returns the handler of this step's kind, typed for it */
export function handlerOf<S extends Step>(step: S): StepHandler<S> {
  // The table above is checked kind by kind; TypeScript cannot follow the correlation through the lookup.
  return STEP_HANDLERS[step.kind] as unknown as StepHandler<S>;
}
