/**
 * Samples, history, provider signals → Observation of one site. Pure: `now` is a value.
 *
 * Three things are decided here and nowhere else: which samples still count (fresh, not from the future, not
 * taken while we were blind ourselves), when a streak of failures reaches its thresholds (counts *and* time),
 * and what a majority of vantages says (the lower median: two vantages must agree, of three two must).
 */

import type {
  FamilyObservation,
  FamilyState,
  Observation,
  ProbeObservation,
  ProbeState,
} from '../model/observation.ts';
import { FAMILIES, type Family, type Sample } from '../model/sample.ts';
import type { ProbeSpec, Service, Site } from '../model/service.ts';
import type { HostSignal } from '../model/signal.ts';
import type { Evidence, ServiceState } from '../model/state.ts';
import { factsOf } from './facts.ts';
import { firstOkAfter, lastOf, type Strand, strandsOf } from './strands.ts';
import { warningsOf } from './warnings.ts';

/** A sample this far in the future is a clock jump, not a measurement, ms. */
export const FUTURE_MS = 2000;

export interface ObserveInput {
  readonly service: Service;
  readonly site: Site;
  readonly evidence: Evidence;
  readonly state: Pick<ServiceState, 'active' | 'epoch' | 'maxEpoch' | 'published'>;
  /** Warnings about other sites, to be shown with the active one. */
  readonly warnings?: readonly string[];
  readonly now: number;
}

/** @returns what is known of `site`; for a standby every family it has counts as published */
export function observe(input: ObserveInput): Observation {
  const { service, site, evidence, state, now } = input;
  const host = latestHost(evidence.hosts, site.name, now);
  // Before the first reading no site is known to be active, and of none is it known what is published.
  const isActive = state.active === site.name;
  const strands = strandsOf(evidence.samples, site.name, now + FUTURE_MS);
  const families = FAMILIES.filter(family => site.addresses[family] !== undefined).map(family =>
    observeFamily(
      input,
      family,
      strands.filter(strand => strand.family === family),
      host,
      !isActive || (state.published?.includes(family) ?? true),
    ),
  );
  const warnings = [...warningsOf(service, site, families, evidence, host, now), ...(input.warnings ?? [])];
  return {
    service: service.name,
    site: site.name,
    at: now,
    families,
    host,
    hostAgeMs: host === null ? null : now - host.at,
    warnings,
    facts: factsOf(service, families, state, warnings),
  };
}

function latestHost(hosts: readonly HostSignal[], site: string, now: number): HostSignal | null {
  let latest: HostSignal | null = null;
  for (const signal of hosts) {
    if (signal.site !== site || signal.at > now + FUTURE_MS) continue;
    if (latest === null || signal.at >= latest.at) latest = signal;
  }
  return latest;
}

function observeFamily(
  input: ObserveInput,
  family: Family,
  own: readonly Strand[],
  host: HostSignal | null,
  published: boolean,
): FamilyObservation {
  const { service, evidence, now } = input;
  const oldest = now - service.pace.staleMs;
  const sight = ownSight(evidence, own, family, now, oldest);
  const usable =
    sight.seesFrom === -Infinity
      ? own
      : own.map(strand => ({
          ...strand,
          samples: strand.samples.filter(sample => sample.ok || sample.at >= sight.seesFrom),
        }));
  const probes = service.probes
    .filter(spec => spec.families.includes(family))
    .map(spec =>
      observeProbe(
        service,
        spec,
        usable.filter(strand => strand.probe === spec.id),
        now,
      ),
    );
  const required = probes.filter(probe => probe.required);
  const state = familyState(required, service.thresholds.downWhen);
  const since = streakStart(required, now);
  return {
    family,
    essential: service.essential.includes(family),
    published,
    state,
    observer: observerOf(sight, since, lastOf(usable, true), oldest),
    blocked: blockedOf(host, family, since, oldest),
    okForMs: okForMs(required, usable, now),
    probes,
  };
}

interface Sight {
  /** Newest instant at which every reference of the family failed. */
  readonly blindAt: number;
  /**
   * Failures from before say nothing: up to `blindAt`, and on until something answered again, since references are not asked
   * with every look. Infinity: nothing has answered yet; -Infinity: we were never blind.
   */
  readonly seesFrom: number;
  readonly lastOkAt: number;
  readonly lastAt: number;
}

/** References are asked in rounds that share one `at`; a round in which one answered proves the way out. */
function ownSight(
  evidence: Evidence,
  strands: readonly Strand[],
  family: Family,
  now: number,
  oldest: number,
): Sight {
  const rounds = new Map<number, boolean>();
  for (const sample of evidence.references) {
    // One from the future would prove our way out, or our blindness, until the clock has caught up.
    if (sample.family !== family || sample.at > now + FUTURE_MS) continue;
    rounds.set(sample.at, (rounds.get(sample.at) ?? false) || sample.ok);
  }
  let [blindAt, lastOkAt, lastAt] = [-Infinity, -Infinity, -Infinity];
  for (const [at, ok] of rounds) {
    lastAt = Math.max(lastAt, at);
    if (ok) lastOkAt = Math.max(lastOkAt, at);
    else blindAt = Math.max(blindAt, at);
  }
  // What is stale blinds no more; whether we see is unproven then.
  let seesFrom = blindAt < oldest ? blindAt + 1 : Infinity;
  // After the last blind round each was answered.
  for (const at of rounds.keys()) if (at > blindAt) seesFrom = Math.min(seesFrom, at);
  seesFrom = Math.min(seesFrom, firstOkAfter(strands, blindAt));
  return { blindAt, seesFrom, lastOkAt, lastAt };
}

/**
 * Blind since the last answer of anything: then the old success that is still fresh says nothing about now either.
 * References are asked only while something fails, so an answer of the site itself after them counts as sight.
 */
function observerOf(
  sight: Sight,
  since: number | null,
  lastOkAt: number,
  oldest: number,
): FamilyObservation['observer'] {
  const blind = sight.blindAt === sight.lastAt;
  if (blind && sight.blindAt >= Math.max(lastOkAt, oldest)) return 'offline';
  if (since === null) return 'online';
  return sight.lastOkAt >= Math.max(since, oldest) ? 'online' : 'unproven';
}

/** When failing, only a flag read since the failures began counts: an older one tells of another time. */
function blockedOf(
  host: HostSignal | null,
  family: Family,
  since: number | null,
  oldest: number,
): boolean | null {
  if (host?.blocked === undefined || host.at < (since ?? oldest)) return null;
  return host.blocked[family];
}

function streakStart(required: readonly ProbeObservation[], now: number): number | null {
  const spans = required.filter(probe => probe.consecutiveFailures > 0);
  if (spans.length === 0) return null;
  return now - Math.min(...spans.map(probe => probe.failingForMs));
}

function observeProbe(
  service: Service,
  spec: ProbeSpec,
  strands: readonly Strand[],
  now: number,
): ProbeObservation {
  const views = strands
    .map(({ samples }) => observeVantage(service, spec, samples, now))
    .filter(view => view.state !== 'no-data')
    .sort((a, b) => BADNESS[a.state] - BADNESS[b.state]);
  return views[Math.floor((views.length - 1) / 2)] ?? observeVantage(service, spec, [], now);
}

const BADNESS: Readonly<Record<ProbeState, number>> = { 'no-data': 0, ok: 1, failing: 2, down: 3 };

function observeVantage(
  service: Service,
  spec: ProbeSpec,
  inOrder: readonly Sample[],
  now: number,
): ProbeObservation {
  const { thresholds, pace } = service;
  const staleBefore = now - pace.staleMs;
  const fresh = inOrder.slice(inOrder.findLastIndex(({ at }) => at < staleBefore) + 1);
  const newest = fresh.at(-1);
  const streak = unbroken(fresh.slice(fresh.findLastIndex(({ ok }) => ok) + 1), service, now);
  const [oldest] = streak;
  const failingForMs = oldest === undefined ? 0 : Math.max(0, now - oldest.at);
  const reached = streak.length >= thresholds.failures && failingForMs >= thresholds.failingForMs;
  return {
    probe: spec.id,
    required: spec.required,
    state: stateOf(newest, streak, reached),
    fresh: fresh.length,
    consecutiveFailures: streak.length,
    failingForMs,
    lastOkAt: inOrder.findLast(({ ok }) => ok)?.at ?? null,
    lastAt: newest?.at ?? null,
    lastFailure: newest?.failure ?? null,
    lastDetail: newest?.detail ?? null,
  };
}

/** A failure that is too old to be the end of a streak says nothing about now. */
function stateOf(newest: Sample | undefined, streak: readonly Sample[], reached: boolean): ProbeState {
  if (newest?.ok === true) return 'ok';
  if (streak.length === 0) return 'no-data';
  return reached ? 'down' : 'failing';
}

/**
 * So long without a look breaks a streak, ms: from cron the runs set the pace, and `interval` says nothing of it. A sample bears
 * the instant at which it was begun, and a look lasts as long as its slowest probe.
 */
function pauseMs({ pace, probes }: Service): number {
  const slowestMs = Math.max(0, ...probes.map(({ timeoutMs }) => timeoutMs));
  return Math.max(2 * pace.intervalMs, pace.staleMs / 2) + slowestMs;
}

/**
 * Failures in a row only if somebody looked in between: a standby that failed half an hour ago and was moved to since, or a
 * runner that was away, would else be one failure short of a failover.
 */
function unbroken(failures: readonly Sample[], service: Service, now: number): readonly Sample[] {
  const most = pauseMs(service);
  const before = failures.findLastIndex(({ at }, index) => (failures[index + 1]?.at ?? now) - at > most);
  return failures.slice(before + 1);
}

function familyState(required: readonly ProbeObservation[], downWhen: 'all' | 'any'): FamilyState {
  const known = required.filter(probe => probe.state !== 'no-data');
  if (known.length === 0) return 'no-data';
  const down = known.filter(probe => probe.state === 'down').length;
  const failing = known.filter(probe => probe.state === 'failing').length;
  // Of all that are asked for, not of those that have spoken: a probe without data can't vote for "all are down".
  if (down > 0 && (downWhen === 'any' || down === required.length)) return 'down';
  if (down + failing === 0) return 'ok';
  if (down + failing === required.length) return 'failing';
  return failing > 0 ? 'suspect' : 'degraded';
}

/** How long every required probe has been well without a break; 0 when one is not. */
function okForMs(required: readonly ProbeObservation[], usable: readonly Strand[], now: number): number {
  if (required.some(probe => probe.state !== 'ok')) return 0;
  const strands = usable.filter(({ probe }) => required.some(of => of.probe === probe));
  return Math.max(0, now - firstOkAfter(strands, lastOf(strands, false)));
}
