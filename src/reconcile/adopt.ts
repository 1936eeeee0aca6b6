/**
 * DNS is the truth about which site is active. Pure: from a reading of the zone to what the state must say. A reading
 * taken before our own last flip ended is of the past and says nothing (it would look like a rollback).
 */

import { FUTURE_MS } from '../judge/observe.ts';
import type { EpochRecord } from '../model/epoch.ts';
import type { Service } from '../model/service.ts';
import type { ZoneReading } from '../model/signal.ts';
import type { RivalClaim, Run, ServiceState } from '../model/state.ts';
import { publishedFamilies, siteOfRecords } from '../plan/records.ts';
import { ZONE_FRESH_MS } from '../plan/view.ts';

export type Adoption = Partial<
  Pick<ServiceState, 'active' | 'epoch' | 'maxEpoch' | 'published' | 'quarantined' | 'rival'>
>;

/**
 * @param isOurs whether the epoch was written by a run of this installation
 * @returns the fields of the state that the reading changes; none: `{}`
 */
export function adopt(
  service: Service,
  state: ServiceState,
  zone: ZoneReading | null,
  openRun: Run | null,
  isOurs: boolean,
): Adoption {
  const home = service.sites[0]?.name ?? null;
  const view = zone?.view;
  if (zone === null || view === undefined || openRun !== null) {
    return state.active === null ? { active: home } : {};
  }
  const adoption: Record<string, unknown> = {};
  const set = <K extends keyof Adoption>(key: K, value: Adoption[K]) => {
    if (JSON.stringify(state[key]) !== JSON.stringify(value)) adoption[key] = value;
  };
  const epoch = view.epoch?.epoch ?? 0;
  if (view.epochSet !== null && view.epoch === null) return state.active === null ? { active: home } : {};
  set('epoch', epoch);
  if (epoch < state.maxEpoch) return adoption;
  set('maxEpoch', epoch);
  set('rival', rivalOf(state, view.epoch, isOurs, zone.at));
  const named = view.epoch?.active ?? siteOfRecords(service.sites, view) ?? state.active ?? home;
  const known = service.sites.some(site => site.name === named);
  if (known) set('active', named);
  else if (state.active === null) set('active', home);
  set('published', publishedFamilies(view));
  const left = known ? leftBehind(state, view.epoch) : null;
  if (left !== null && !state.quarantined.some(entry => entry.site === left.site))
    adoption.quarantined = [...state.quarantined, { ...left, since: zone.at }];
  return adoption;
}

/**
 * The site that DNS has left without a run of ours that says so: a flip of ours that was given up for lost and came into
 * force after all, or another runner's. It stays out like any site that was failed over from (invariant 11): whether the
 * other runner's was a failover or an orderly switchover can't be read from the epoch, and a person can clear it.
 */
function leftBehind(
  { active, epoch: known, published, lastRun }: ServiceState,
  epoch: EpochRecord | null,
): { readonly site: string; readonly run: string } | null {
  if (epoch === null || active === null || epoch.active === active) return null;
  if (epoch.owner === lastRun?.token) {
    return lastRun.kind === 'failover' && !lastRun.flipped ? { site: active, run: lastRun.id } : null;
  }
  // Before the first reading `active` is only where the config begins.
  return published !== null && epoch.epoch > known ? { site: active, run: epoch.owner } : null;
}

/** Whose clock is right is not known: how long the other has had is counted from when we saw its claim first. */
function rivalOf(
  { rival }: ServiceState,
  epoch: EpochRecord | null,
  isOurs: boolean,
  at: number,
): RivalClaim | null {
  // What we have written over its claim tells it to stop; its last deed may be at work all the same.
  if (isOurs) return rival?.until != null && at < rival.until ? rival : null;
  if (epoch?.claim === undefined) return epoch?.owner === rival?.owner ? null : missed(rival, at);
  const { owner, claim } = epoch;
  if (rival?.owner === owner && rival.since <= at) return rival;
  return { owner, since: at, busyMs: claim.busyS * 1000, stepMs: claim.stepS * 1000, until: null };
}

/**
 * Its owner has neither flipped nor given it back, and no person has taken it out of the record by hand: the zone was restored, or
 * another has superseded it. The deed that it was at may be at work for as long as it said.
 */
function missed(rival: RivalClaim | null, at: number): RivalClaim | null {
  if (rival === null) return null;
  const until = rival.until ?? at + rival.stepMs;
  return at < until ? { ...rival, until } : null;
}

/** Looks that may lie between a reading and the decision that takes it up. */
const LOOKS = 2;

/**
 * What was read long ago was taken up long ago: nothing is to be learnt from it any more. And after a clock that was wrong and
 * is put right, a reading from before its error passes for the newest, and the epoch in it for a rollback.
 */
export function isRecent(zone: ZoneReading, { pace }: Service, now: number): boolean {
  return now - zone.at <= Math.max(ZONE_FRESH_MS, LOOKS * pace.intervalMs);
}

/** @returns whether the run changed DNS, or saw it changed: readings from before its end are of the past */
export function isTurn(run: Run): boolean {
  return run.flipped || run.status === 'superseded';
}

/**
 * @param lastTurn the newest run that is a turn, even if others failed after it
 * @returns whether the reading was begun before that run was through; never when the run's end is ahead of the clock,
 *   which was set back then and would make every reading past for hours
 */
export function isPast(zone: ZoneReading, lastTurn: Run | null, now: number): boolean {
  if (lastTurn === null || !isTurn(lastTurn)) return false;
  if (lastTurn.endedAt !== null && lastTurn.endedAt > now + FUTURE_MS) return false;
  return zone.at < (lastTurn.endedAt ?? Number.POSITIVE_INFINITY);
}
