/** The reads of the SQLite store: each is one statement, so each sees one moment. */

import type { Plan } from '../model/plan.ts';
import type {
  AuditEntry,
  Decision,
  Evidence,
  Incident,
  JournalEntry,
  Notice,
  OutboxItem,
  Run,
  ServiceState,
  StoredPlan,
} from '../model/state.ts';
import { FRESH_STATE, type PatchedState, parse } from './changes.ts';
import type { Database, Row, Value } from './database.ts';
import { joinEvidence } from './evidence.ts';

export function readService(db: Database, name: string): ServiceState {
  const row = db.get(
    `select (select state from service where name = ?1) as state,
            (select body from incident where service = ?1 and open = 1 order by seq desc limit 1) as incident,
            (select body from hold where service = ?1) as hold,
            (select body from run where service = ?1 order by seq desc limit 1) as run,
            (select verdict from decision where service = ?1) as verdict`,
    name,
  );
  return {
    service: name,
    ...(parseOrNull<PatchedState>(row?.state) ?? FRESH_STATE),
    incident: parseOrNull(row?.incident),
    hold: parseOrNull(row?.hold),
    lastRun: parseOrNull(row?.run),
    lastVerdict: parseOrNull(row?.verdict),
  };
}

export function readEvidence(db: Database, service: string, since: number): Evidence {
  // `+seq` keeps the planner on the index over time instead of walking the whole table in order of seq.
  const rows = db.all(
    'select body from evidence where service = ? and newest >= ? order by +seq',
    service,
    since,
  );
  return joinEvidence(bodies<Evidence>(rows), since);
}

export function readDecision(db: Database, service: string): Decision | null {
  return parseOrNull(db.get('select body from decision where service = ?', service)?.body);
}

export function readPlan(db: Database, id: string): StoredPlan | null {
  const row = db.get('select body, status from plan where id = ?', id);
  return row === undefined ? null : storedPlan(row);
}

export function readProposed(db: Database, service: string): readonly StoredPlan[] {
  return db
    .all(`select body, status from plan where service = ? and status = 'proposed' order by seq desc`, service)
    .map(storedPlan);
}

function storedPlan(row: Row): StoredPlan {
  return { plan: parse<Plan>(row.body), status: String(row.status) as StoredPlan['status'] };
}

export function readRun(db: Database, id: string): Run | null {
  return parseOrNull(db.get('select body from run where id = ?', id)?.body);
}

export function readOpenRun(db: Database, service: string): Run | null {
  return parseOrNull(
    db.get('select body from run where service = ? and open = 1 order by seq desc limit 1', service)?.body,
  );
}

export function readJournal(db: Database, run: string): readonly JournalEntry[] {
  return bodies(db.all('select body from journal where run = ? order by seq', run));
}

/** Newest first; of one service or of all. */
export function readHistory<T extends Run | Incident | Notice | AuditEntry>(
  db: Database,
  table: 'run' | 'incident' | 'notice' | 'audit',
  query: { readonly service?: string; readonly limit: number },
): readonly T[] {
  const limit = Math.min(Math.max(Math.trunc(query.limit), 0), Number.MAX_SAFE_INTEGER);
  const rows =
    query.service === undefined
      ? db.all(`select body from ${table} order by seq desc limit ?`, limit)
      : db.all(`select body from ${table} where service = ? order by seq desc limit ?`, query.service, limit);
  return bodies(rows);
}

export function readOutbox(db: Database, sink: string, limit: number): readonly OutboxItem[] {
  return db
    .all(
      `select outbox.seq, sink, attempts, due_at, last_error, body
       from outbox join notice on notice.seq = outbox.notice
       where sink = ? and delivered_at is null order by outbox.seq limit ?`,
      sink,
      limit,
    )
    .map(row => ({
      seq: Number(row.seq),
      sink: String(row.sink),
      notice: parse<Notice>(row.body),
      attempts: Number(row.attempts),
      dueAt: Number(row.due_at),
      lastError: row.last_error === null ? null : String(row.last_error),
    }));
}

function bodies<T>(rows: readonly Row[]): readonly T[] {
  return rows.map(({ body }) => parse<T>(body));
}

function parseOrNull<T>(body: Value | undefined): T | null {
  return body === null || body === undefined ? null : parse<T>(body);
}
