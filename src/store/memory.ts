/**
 * The store without a file: for the simulator, the sandbox and tests. It keeps what SQLite would keep (every change goes
 * through JSON, so an `undefined` or a Secret ends the same way in both) and outlives `close()`, so that a simulated
 * restart finds the state of before.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '../model/plan.ts';
import type {
  AuditEntry,
  Change,
  Decision,
  Hold,
  Incident,
  JournalEntry,
  Notice,
  OutboxItem,
  Run,
  StoredPlan,
} from '../model/state.ts';
import { LeaseLostError, StateMovedError } from '../ports/errors.ts';
import type { Lease, Store } from '../ports/store.ts';
import {
  FRESH_STATE,
  isOpen,
  mergedTold,
  type PatchedState,
  patched,
  planConflict,
  planUnknown,
} from './common.ts';
import { EvidenceKept } from './evidence-kept.ts';
import { keepable } from './keepable.ts';

/** Maps keep the order of first insertion, which is the order of `seq` in SQLite; an update stays in its place. */
interface Tables {
  readonly leases: Map<string, Lease>;
  readonly services: Map<string, PatchedState>;
  readonly holds: Map<string, Hold>;
  readonly decisions: Map<string, Decision>;
  readonly incidents: Map<string, Incident>;
  readonly plans: Map<string, StoredPlan>;
  readonly runs: Map<string, Run>;
  readonly journals: Map<string, JournalEntry[]>;
  readonly notices: Map<string, Notice>;
  readonly audit: AuditEntry[];
  /** Undelivered items only. */
  readonly outbox: Map<number, OutboxItem>;
  /** By service. */
  readonly evidence: Map<string, EvidenceKept>;
  lastSeq: number;
}

/** @returns an empty store; share the object to share the state */
export function createMemoryStore(): Store {
  const tables: Tables = {
    leases: new Map(),
    services: new Map(),
    holds: new Map(),
    decisions: new Map(),
    incidents: new Map(),
    plans: new Map(),
    runs: new Map(),
    journals: new Map(),
    notices: new Map(),
    audit: [],
    outbox: new Map(),
    evidence: new Map(),
    lastSeq: 0,
  };
  return {
    ...leasing(tables),
    ...reading(tables),
    commit: async (changes, guard) => {
      // All that can refuse comes first, so that a refused list has touched nothing.
      const copies = keepable(changes) as readonly Change[];
      if (guard !== undefined) ours(tables, guard.lease, guard.now);
      refuseOutrun(tables, copies);
      refuseBadPlans(tables, copies);
      if (guard?.extendMs !== undefined) extend(tables, guard.lease, guard.extendMs, guard.now);
      for (const change of copies)
        (APPLY[change.kind] as (tables: Tables, change: Change) => void)(tables, change);
    },
    prune: async (before, keep) => prune(tables, before, Math.trunc(keep) || 0),
    close: async () => {},
  };
}

function leasing(tables: Tables): Pick<Store, 'acquire' | 'renew' | 'release'> {
  return {
    acquire: async (name, owner, ttlMs, now, isDead) => {
      const current = tables.leases.get(name);
      if (current !== undefined && current.until > now && isDead?.(current.owner) !== true)
        return { heldBy: current };
      const held: Lease = { name, owner, token: (current?.token ?? 0) + 1, until: now + ttlMs };
      tables.leases.set(name, held);
      return { held };
    },
    renew: async (lease, ttlMs, now) => extend(tables, lease, ttlMs, now),
    release: async lease => {
      const current = tables.leases.get(lease.name);
      if (current !== undefined && isSame(current, lease))
        tables.leases.set(lease.name, { ...current, until: 0 });
    },
  };
}

function isSame(left: Lease, right: Lease): boolean {
  return left.owner === right.owner && left.token === right.token;
}

function ours(tables: Tables, lease: Lease, now: number): Lease {
  const current = tables.leases.get(lease.name);
  if (current === undefined || !isSame(current, lease) || current.until <= now)
    throw new LeaseLostError(lease.name);
  return current;
}

/** Never shortens a lease. */
function extend(tables: Tables, lease: Lease, ttlMs: number, now: number): Lease {
  const current = ours(tables, lease, now);
  const extended = { ...current, until: Math.max(current.until, now + ttlMs) };
  tables.leases.set(lease.name, extended);
  return extended;
}

function reading(
  tables: Tables,
): Omit<Store, 'acquire' | 'renew' | 'release' | 'commit' | 'prune' | 'close'> {
  const of = <T extends { readonly service: string | null }>(
    rows: Iterable<T>,
    query: { readonly service?: string; readonly limit: number },
  ): readonly T[] =>
    [...rows]
      .filter(({ service }) => query.service === undefined || service === query.service)
      .reverse()
      .slice(0, Math.max(Math.trunc(query.limit), 0));
  return {
    service: async name => ({
      ...(tables.services.get(name) ?? FRESH_STATE),
      service: name,
      incident: newest(tables.incidents.values(), name, isOpenIncident),
      hold: tables.holds.get(name) ?? null,
      lastRun: newest(tables.runs.values(), name),
      lastVerdict: tables.decisions.get(name)?.verdict ?? null,
    }),
    evidence: async (service, since) => (tables.evidence.get(service) ?? new EvidenceKept()).since(since),
    decision: async service => tables.decisions.get(service) ?? null,
    plan: async id => tables.plans.get(id) ?? null,
    proposed: async service =>
      [...tables.plans.values()]
        .filter(({ plan, status }) => plan.service === service && status === 'proposed')
        .reverse(),
    run: async id => tables.runs.get(id) ?? null,
    openRun: async service => newest(tables.runs.values(), service, isOpen),
    runs: async query => of(tables.runs.values(), query),
    journal: async run => [...(tables.journals.get(run) ?? [])],
    incidents: async query => of(tables.incidents.values(), query),
    notices: async query => of(tables.notices.values(), query),
    audit: async query => of(tables.audit, query),
    outbox: async (sink, limit) =>
      [...tables.outbox.values()].filter(item => item.sink === sink).slice(0, limit),
  };
}

/** The last of the service's rows that is wanted; looked for without a copy, since it is asked several times a cycle. */
function newest<T extends { readonly service: string }>(
  rows: Iterable<T>,
  service: string,
  wanted: (row: T) => boolean = () => true,
): T | null {
  let found: T | null = null;
  for (const row of rows) if (row.service === service && wanted(row)) found = row;
  return found;
}

function isOpenIncident(incident: Incident): boolean {
  return incident.closedAt === null;
}

function refuseOutrun(tables: Tables, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind !== 'premise') continue;
    const { maxEpoch } = tables.services.get(change.service) ?? FRESH_STATE;
    if (maxEpoch !== change.maxEpoch) throw new StateMovedError(change.service, change.maxEpoch, maxEpoch);
  }
}

function refuseBadPlans(tables: Tables, changes: readonly Change[]): void {
  const coming = new Map<string, Plan>();
  const known = (id: string) => coming.get(id) ?? tables.plans.get(id)?.plan;
  for (const change of changes) {
    if (change.kind === 'plan') {
      const before = known(change.plan.id);
      if (before !== undefined && !isDeepStrictEqual(before, change.plan)) throw planConflict(change.plan.id);
      coming.set(change.plan.id, change.plan);
    }
    if (change.kind === 'plan-status' && known(change.plan) === undefined) throw planUnknown(change.plan);
  }
}

type Apply = {
  readonly [K in Change['kind']]: (tables: Tables, change: Extract<Change, { readonly kind: K }>) => void;
};

const APPLY: Apply = {
  premise: () => {},
  'evidence-cut': (tables, { service, after }) => tables.evidence.get(service)?.cut(after),
  evidence: (tables, { service, evidence }) => {
    const kept = tables.evidence.get(service) ?? new EvidenceKept();
    kept.add(evidence);
    tables.evidence.set(service, kept);
  },
  decision: (tables, { decision }) => void tables.decisions.set(decision.service, decision),
  service: (tables, { service, patch }) =>
    void tables.services.set(service, patched(tables.services.get(service) ?? FRESH_STATE, patch)),
  incident: (tables, { incident }) => {
    const { id } = incident;
    tables.incidents.set(id, mergedTold(tables.incidents.get(id) ?? null, incident));
  },
  plan: (tables, { plan, status }) => void tables.plans.set(plan.id, { plan, status }),
  'plan-status': (tables, { plan: id, status }) => {
    const stored = tables.plans.get(id);
    if (stored !== undefined) tables.plans.set(id, { ...stored, status });
  },
  run: (tables, { run }) => void tables.runs.set(run.id, run),
  journal: (tables, { entry }) => {
    const entries = tables.journals.get(entry.run);
    if (entries === undefined) tables.journals.set(entry.run, [entry]);
    else entries.push(entry);
  },
  hold: (tables, { hold }) => void tables.holds.set(hold.service, hold),
  resume: (tables, { service, since }) => {
    if (since === undefined || tables.holds.get(service)?.since === since) tables.holds.delete(service);
  },
  notice: (tables, { notice, sinks }) => {
    if (tables.notices.has(notice.id)) return; // told already: a repeat must not ring twice
    tables.notices.set(notice.id, notice);
    for (const sink of new Set(sinks)) {
      tables.lastSeq += 1;
      const seq = tables.lastSeq;
      tables.outbox.set(seq, { seq, sink, notice, attempts: 0, dueAt: notice.at, lastError: null });
    }
  },
  delivered: (tables, { seq }) => void tables.outbox.delete(seq),
  undelivered: (tables, { seq, dueAt, error }) => {
    const item = tables.outbox.get(seq);
    if (item !== undefined)
      tables.outbox.set(seq, { ...item, attempts: item.attempts + 1, dueAt, lastError: error });
  },
  audit: (tables, { entry }) => void tables.audit.push(entry),
};

/** The same rules as prune.ts has for SQLite; the conformance suite holds the two together. */
function prune(tables: Tables, before: number, keep: number): void {
  for (const kept of tables.evidence.values()) kept.drop(before);
  const { incidents, runs, journals, plans, decisions, notices, outbox } = tables;
  for (const { id, closedAt } of beyond([...incidents.values()], keep))
    if (closedAt !== null) incidents.delete(id);
  for (const run of beyond([...runs.values()], Math.max(keep, 1))) if (!isOpen(run)) runs.delete(run.id);
  for (const run of journals.keys()) if (!runs.has(run)) journals.delete(run);
  const needed = new Set([
    ...[...runs.values()].map(({ plan }) => plan),
    ...[...decisions.values()].map(({ plan }) => plan),
  ]);
  const stored = [...plans.values()].map(({ plan, status }) => ({
    id: plan.id,
    service: plan.service,
    status,
  }));
  for (const { id, status } of beyond(stored, keep))
    if (status !== 'proposed' && !needed.has(id)) plans.delete(id);
  const owed = new Set([...outbox.values()].map(({ notice }) => notice.id));
  for (const { id } of beyond([...notices.values()], keep)) if (!owed.has(id)) notices.delete(id);
}

/** All but the newest `keep` of each service. */
function beyond<T extends { readonly service: string }>(rows: readonly T[], keep: number): readonly T[] {
  const seen = new Map<string, number>();
  return [...rows].reverse().filter(({ service }) => {
    const nth = (seen.get(service) ?? 0) + 1;
    seen.set(service, nth);
    return nth > keep;
  });
}
