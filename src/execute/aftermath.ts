/** What a run that did not get to its end has done to the sites, in words: whoever is woken by it must know what stands. */
import type { Plan, Step } from '../model/plan.ts';
import { UnderstudyError } from '../ports/errors.ts';
import type { Journal } from './journal.ts';

/** What a run that failed has left behind, for the person who reads the one line; what is in doubt is said to be. */
export function aftermath(journal: Journal, plan: Plan, error: UnderstudyError): string {
  if (journal.flipped) return '';
  const left = leftBehind(journal, plan, error);
  if (left.length === 0 && hasClaimed(journal, plan, error))
    return '; nothing but the epoch in DNS was changed';
  return left.length === 0 ? '; nothing was changed' : `; no address was changed; ${left.join('; ')}`;
}

/** @returns a short text for each thing that was, or may have been, done at a site */
export function leftBehind(journal: Journal, plan: Plan, error: UnderstudyError): readonly string[] {
  return plan.steps.flatMap((step, index) => {
    const confirmed = journal.receiptAt(index) !== null;
    if (!confirmed && !journal.begun(index)) return [];
    if (step.kind === 'fence') return fenceLeft(step, confirmed, error);
    if (step.kind === 'quiesce')
      return [`${step.site} ${confirmed ? 'is' : 'may be'} quiesced: let it take writes again by hand`];
    if (step.kind === 'promote') return [`${step.site} ${confirmed ? 'was' : 'may be'} promoted`];
    return [];
  });
}

function hasClaimed(journal: Journal, { steps }: Plan, { applied }: UnderstudyError): boolean {
  const at = steps.findIndex(({ kind }) => kind === 'claim');
  return journal.receiptAt(at) !== null || (journal.begun(at) && applied === 'unknown');
}

function fenceLeft(
  step: Extract<Step, { kind: 'fence' }>,
  confirmed: boolean,
  error: UnderstudyError,
): readonly string[] {
  // It was said already that it is not.
  if (error.code === 'fence-lost' || isCalledOff(error)) return [];
  if (confirmed) return [`${step.site} stays fenced`];
  const doubtful = step.method === 'command' || (step.method === 'power-off' && error.applied === 'unknown');
  return doubtful ? [`${step.site} may be fenced all the same`] : [];
}

/** The site came back before it was fenced, or can't be seen any more: nothing has failed, and no pause keeps from judging it anew. */
export function isCalledOff(thrown: unknown): boolean {
  return thrown instanceof UnderstudyError && (thrown.code === 'site-well' || thrown.code === 'site-unseen');
}
