/**
 * 2 No promotion without a confirmed fence, a provider lock, or a waited-out lease plus margin.
 *
 * The ground must be this run's, and this process's since it took the run up: what an earlier process was told an hour
 * ago is no confirmation now. That the old site happens to be fenced without anybody having asked is no excuse either:
 * the next time it will not be. Fence checks of a command are not told as events, so the world is asked instead whether
 * the site was cut off since then, or the check lied. A wait is measured in true time from the first intent to wait:
 * clocks may drift by 1 %, which is what the margin is for, so the bare lease is the bound. With a switchover the old site
 * hands over: it must have given up writing for this run, or take none.
 */
import type { Checker, EventOf, Truth } from '../events.ts';
import { isAudited, isFencedByCommand, isLiedTo, isToldFenced, isWaitedOut, sleptWithin } from './excuses.ts';
import type { Past, PastRun } from './past.ts';

export function createFencedFirst(past: Past): Checker {
  /** Runs that made a site give up writing, with the site. */
  const handedOver = new Set<string>();
  return {
    invariant: 2,
    sentence: 'No promotion without a confirmed fence, a provider lock, or a waited-out lease plus margin.',
    see(event, truth) {
      if (event.kind === 'demoted' && event.by !== null && event.run !== null)
        handedOver.add(`${event.run} ${event.site}`);
      return event.kind === 'promoted' && event.by !== null ? look(past, handedOver, event, truth) : null;
    },
  };
}

function look(
  past: Past,
  handedOver: ReadonlySet<string>,
  event: EventOf<'promoted'>,
  truth: Truth,
): string | null {
  const { service, site, by, askedAt = event.at } = event;
  if (by === null) return null;
  const run = event.run === null ? null : past.runOf(event.run);
  const who = `${by.process} promoted ${site} of ${service}`;
  if (run === null || run.plan === null) return `${who} for run ${event.run ?? 'none'}, which nobody began`;
  const { plan } = run;
  if (plan.service !== service || plan.to !== site)
    return `${who} for run ${run.first.id}, which is to move ${plan.service} to ${plan.to}`;
  if (past.roll.service(service)?.stateless === true) return null;
  if (isAudited(past, run, 'skip-fence')) return null;
  if (plan.kind === 'switchover') return afterHandOver(past, handedOver, run, by.process, truth, who);
  if (plan.kind !== 'failover') return `${who} for a ${plan.kind}, which promotes nothing`;
  const asked = { process: by.process, run, askedAt };
  if (isToldFenced(past, by.process, run, plan.from)) return null;
  if (isWaitedOut(past, run, truth)) return null;
  if (isFencedByCommand(past, asked, truth)) return null;
  if (sleptWithin(past, asked, truth)) return null;
  return `${who} for run ${run.first.id}, and it has no proof since it took the run up that ${plan.from} is fenced (${fenceOf(run)})`;
}

function afterHandOver(
  past: Past,
  handedOver: ReadonlySet<string>,
  run: PastRun,
  process: string,
  truth: Truth,
  who: string,
): string | null {
  const { id, service } = run.first;
  const from = run.plan?.from ?? '';
  const quiesce = past.roll.site(service, from)?.quiesce ?? null;
  if (quiesce === null || handedOver.has(`${id} ${from}`) || !truth.takesWrites(service, from)) return null;
  if (isLiedTo(past, process, run, from)) return null;
  return `${who} for switchover ${id}, and ${from} has not handed over`;
}

function fenceOf(run: PastRun): string {
  const step = run.plan?.steps.find(one => one.kind === 'fence');
  return step?.kind === 'fence' ? `fence step: ${step.method}` : 'no fence step';
}
