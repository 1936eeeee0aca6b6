/**
 * DNS is the truth about which site is active. Pure: from a reading of the zone to what the state must say. A reading
 * taken before our own last flip ended is of the past and says nothing (it would look like a rollback).
 */

import type { Service } from '../model/service.ts';
import type { ZoneReading } from '../model/signal.ts';
import type { Run, ServiceState } from '../model/state.ts';
import { publishedFamilies, siteOfRecords } from '../plan/records.ts';

export type Adoption = Partial<
  Pick<ServiceState, 'active' | 'epoch' | 'maxEpoch' | 'published' | 'quarantined'>
>;

/** @returns the fields of the state that the reading changes; none: `{}` */
export function adopt(
  service: Service,
  state: ServiceState,
  zone: ZoneReading | null,
  openRun: Run | null,
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
  const named = view.epoch?.active ?? siteOfRecords(service.sites, view) ?? state.active ?? home;
  const known = service.sites.some(site => site.name === named);
  if (known) set('active', named);
  else if (state.active === null) set('active', home);
  set('published', publishedFamilies(view));
  return adoption;
}

/** @returns whether the reading was begun before our own last run was through: the run changed DNS, or saw it changed */
export function isPast(zone: ZoneReading, lastRun: Run | null): boolean {
  if (lastRun === null || !(lastRun.flipped || lastRun.status === 'superseded')) return false;
  return zone.at < (lastRun.endedAt ?? Number.POSITIVE_INFINITY);
}
