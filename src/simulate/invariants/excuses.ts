/**
 * What a process may rely on when it promotes: the few grounds on which the old site counts as gone. Each is a fact that
 * was told to this process in this run, or that really was so; an override counts only with its audit.
 */
import type { Override, Plan } from '../../model/plan.ts';
import type { Truth } from '../events.ts';
import type { Past, PastRun } from './past.ts';

/** A person named the risk, with a name and a reason that were committed with the run or before. */
export function isAudited(past: Past, run: PastRun, override: Override): boolean {
  const { plan } = run;
  if (plan === null || plan.origin.by !== 'operator' || !plan.overrides.includes(override)) return false;
  const service = run.first.service;
  return [...run.audits, ...past.audits.map(({ entry }) => entry)].some(
    entry =>
      (entry.service === service || entry.service === null) &&
      entry.overrides.includes(override) &&
      entry.operator !== '' &&
      entry.reason !== '',
  );
}

/** A fence that waits looks at the site every 2 s, and begins anew when it was late by more than 1 s: it can't see that it is in touch for less, ms. */
const GLIMPSE_MS = 3000;

/**
 * The site's own lease has really run out since the run first wrote down that it would wait for it: all the lease long it was
 * in touch with nobody.
 */
export function isWaitedOut(past: Past, run: PastRun, truth: Truth): boolean {
  const step = run.plan?.steps.find(one => one.kind === 'fence' && one.method === 'wait');
  if (step?.kind !== 'fence') return false;
  const { service } = run.first;
  const site = past.roll.site(service, step.site);
  const intent = past.firstIntent(run.first.id, 'fence');
  if (intent === null || site === null) return false;
  const glimpseMs = GLIMPSE_MS + 6 * past.roll.cast.latencyMs;
  const span = { from: intent.at, to: truth.now, glimpseMs };
  return truth.outOfTouchMs(service, step.site, span) >= site.fence.leaseMs;
}

/** The hoster has told this process, at work on this run, that the machine is off or locked in every family. */
export function isToldFenced(past: Past, process: string, run: PastRun, site: string): boolean {
  const server = past.roll.site(run.first.service, site)?.server ?? null;
  if (server === null) return false;
  const since = past.since(process, run);
  const { off, locked } = past.told.box(process, server);
  return off >= since || (fencesByLock(run.plan) && locked >= since);
}

export function fencesByLock(plan: Plan | null): boolean {
  return plan?.steps.some(step => step.kind === 'fence' && step.method === 'provider-lock') ?? false;
}

/** A process at work on a run, and when it had its deed done: it may fall asleep before it is. */
export interface Asked {
  readonly process: string;
  readonly run: PastRun;
  readonly askedAt: number;
}

/** The fence agent has worked, or its check has lied: both look the same to the process. */
export function isFencedByCommand(past: Past, asked: Asked, truth: Truth): boolean {
  const { process, run } = asked;
  const step = run.plan?.steps.find(one => one.kind === 'fence' && one.method === 'command');
  if (step?.kind !== 'fence') return false;
  const { service } = run.first;
  const since = past.since(process, run);
  return (
    truth.isFenced(service, step.site) ||
    (past.fences.fencedAt(service, step.site) >= since && cameFreeJustNow(past, asked, step.site, truth)) ||
    past.faults.liedSince(service, step.site, 'fence-check', since)
  );
}

/** No call that promotes takes that long to be begun, ms. */
const ASLEEP_MS = 10_000;
/** What a process that is slowed down was told no longer ago than this counts as new, ms: older answers are asked for once more. */
const OLD_MS = 20_000;

/**
 * Whether the site has come free too shortly before the deed was asked for, for the process to have found out: what was confirmed is
 * asked again right before each, by a process that slept in the question, too. One whose question the hoster does not answer may know
 * less, where the fence is a deed of ours. A lock is another's: who cannot ask for it must not rely on it.
 */
export function cameFreeJustNow(past: Past, { run, askedAt }: Asked, site: string, truth: Truth): boolean {
  const { by, first, plan } = run;
  const { faults, roll } = past;
  const at = truth.now;
  const slowMs = faults.disturbed(by.station, at) ? OLD_MS : 0;
  const lately = faults.slack(by.station, at) + slowMs + 6 * roll.cast.latencyMs;
  const hoster = roll.site(first.service, site)?.provider ?? '';
  return (
    past.fences.freedAt(first.service, site) >= askedAt - lately ||
    (!fencesByLock(plan) && faults.apiFailed(hoster, at))
  );
}

/** The quiesce command of the old site said that it had worked, and had not: nothing else tells of it. */
export function isLiedTo(past: Past, process: string, run: PastRun, site: string): boolean {
  const hands = run.plan?.steps.some(step => step.kind === 'quiesce' && step.site === site) ?? false;
  return hands && past.faults.liedSince(run.first.service, site, 'quiesce', past.since(process, run));
}

/**
 * The process fell asleep within the very call that promotes, having asked for the fence right before it: nothing could have told
 * it what has changed since, not even that another has taken the run over.
 */
export function sleptWithin(past: Past, { process, run, askedAt }: Asked, truth: Truth): boolean {
  const step = run.plan?.steps.find(one => one.kind === 'fence');
  // A wait is nothing that could be asked for.
  if (step?.kind !== 'fence' || step.method === 'wait') return false;
  const { site } = step;
  const { service } = run.first;
  const server = past.roll.site(service, site)?.server ?? '';
  const { off, locked } = past.told.box(process, server);
  const fencedAt = Math.max(off, locked, past.fences.fencedAt(service, site));
  return truth.now - askedAt > ASLEEP_MS && fencedAt >= run.at;
}
