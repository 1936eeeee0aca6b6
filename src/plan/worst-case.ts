/**
 * The longest that the recovery can take when nothing fails but the site: from intervals, thresholds, step limits
 * and TTLs. Honest rather than pretty: resolvers that hold answers longer than the TTL are not in it.
 */
import type { Plan } from '../model/plan.ts';
import type { Service } from '../model/service.ts';

export interface WorstCase {
  readonly detectMs: number;
  readonly steps: readonly { readonly kind: string; readonly limitMs: number }[];
  readonly ttlMs: number;
  readonly totalMs: number;
}

/**
 * Detection: one whole interval until the first failing probe starts, then until both thresholds are reached;
 * a hang costs one time-out more, since re-probes overlap it.
 * @param atRisk how long until the runner looks at all: 0 for the daemon, the cron period for `tick`
 */
export function worstCase(service: Service, plan: Plan, atRisk = 0): WorstCase {
  const { pace, thresholds, probes, dns } = service;
  const timeout = Math.max(0, ...probes.filter(probe => probe.required).map(probe => probe.timeoutMs));
  const byCount =
    Math.max(timeout, pace.fastMs) + Math.max(0, thresholds.failures - 2) * pace.fastMs + timeout;
  const span = Math.max(byCount, thresholds.failingForMs + pace.fastMs + timeout);
  const detectMs = Math.max(pace.intervalMs, atRisk) + span;
  const steps = plan.steps
    .filter(step => step.kind !== 'announce' && step.kind !== 'verify')
    .map(step => ({ kind: step.kind, limitMs: step.limitMs }));
  const ttlMs = dns.ttlS * 1000;
  return {
    detectMs,
    steps,
    ttlMs,
    totalMs: detectMs + steps.reduce((sum, step) => sum + step.limitMs, 0) + ttlMs,
  };
}
