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
import { FRESH_STATE, type PatchedState } from './common.ts';
import { type Database, type Row, textIn, numberIn } from './database.ts';
import { joinEvidence } from './evidence.ts';
import { type Kept, readBody, readBodyOrNull, readCount, readInstant, readWord } from './rows.ts';

const BODY = textIn('body');
const PLAN = ['id', 'service', 'body', 'status'].map(column => textIn(column)).join(', ');

export function readService(db: Database, name: string): ServiceState {
  const row = db.get(
    `select ${textIn('(select state from service where name = ?1)', 'state')},
            ${textIn('(select body from incident where service = ?1 and open = 1 order by seq desc limit 1)', 'incident')},
            ${textIn('(select body from hold where service = ?1)', 'hold')},
            ${textIn('(select body from run where service = ?1 order by seq desc limit 1)', 'run')},
            ${numberIn('(select open from run where service = ?1 order by seq desc limit 1)', 'run_open')},
            ${textIn('(select verdict from decision where service = ?1)', 'verdict')}`,
    name,
  );
  const service = { service: name };
  return {
    service: name,
    ...(readBodyOrNull<PatchedState>('service', row?.state) ?? FRESH_STATE),
    incident: readBodyOrNull('incident', row?.incident, { ...service, open: 1 }),
    hold: readBodyOrNull('hold', row?.hold, service),
    lastRun: readBodyOrNull('run', row?.run, { ...service, open: row?.run_open ?? 0 }),
    lastVerdict: readBodyOrNull('verdict', row?.verdict, service),
  };
}

export function readEvidence(db: Database, service: string, since: number): Evidence {
  // `+seq` keeps the planner on the index over time instead of walking the whole table in order of seq.
  const rows = db.all(
    `select ${BODY} from evidence where service = ? and newest >= ? order by +seq`,
    service,
    since,
  );
  return joinEvidence(bodies<Evidence>('evidence', rows), since);
}

export function readDecision(db: Database, service: string): Decision | null {
  const row = db.get(`select ${BODY} from decision where service = ?`, service);
  return readBodyOrNull('decision', row?.body, { service });
}

export function readPlan(db: Database, id: string): StoredPlan | null {
  const row = db.get(`select ${PLAN} from plan where id = ?`, id);
  return row === undefined ? null : storedPlan(row);
}

export function readProposed(db: Database, service: string): readonly StoredPlan[] {
  return db
    .all(`select ${PLAN} from plan where service = ? and status = 'proposed' order by seq desc`, service)
    .map(storedPlan);
}

const PLAN_STATUSES = ['proposed', 'started', 'void'] as const satisfies readonly StoredPlan['status'][];

function storedPlan(row: Row): StoredPlan {
  const { status, ...columns } = row;
  return {
    plan: readBody<Plan>('plan', row.body, columns),
    status: readWord(status, PLAN_STATUSES, 'plan.status'),
  };
}

export function readRun(db: Database, id: string): Run | null {
  const row = db.get(
    `select ${textIn('id')}, ${textIn('service')}, ${numberIn('open')}, ${BODY} from run where id = ?`,
    id,
  );
  return readBodyOrNull('run', row?.body, row);
}

export function readOpenRun(db: Database, service: string): Run | null {
  const row = db.get(
    `select ${BODY} from run where service = ? and open = 1 order by seq desc limit 1`,
    service,
  );
  return readBodyOrNull('run', row?.body, { service, open: 1 });
}

export function readJournal(db: Database, run: string): readonly JournalEntry[] {
  return bodies(
    'journal',
    db.all(`select ${textIn('run')}, ${BODY} from journal where run = ? order by seq`, run),
  );
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
      ? db.all(`select ${textIn('service')}, ${BODY} from ${table} order by seq desc limit ?`, limit)
      : db.all(
          `select ${textIn('service')}, ${BODY} from ${table} where service = ? order by seq desc limit ?`,
          query.service,
          limit,
        );
  return bodies(table, rows);
}

export function readOutbox(db: Database, sink: string, limit: number): readonly OutboxItem[] {
  return db
    .all(
      `select ${numberIn('outbox.seq', 'seq')}, ${textIn('sink')}, ${numberIn('attempts')}, ${numberIn('due_at')},
              ${textIn('last_error')}, ${BODY}
       from outbox join notice on notice.seq = outbox.notice
       where sink = ? and delivered_at is null order by outbox.seq limit ?`,
      sink,
      limit,
    )
    .map(row => ({
      seq: readCount(row.seq, 'outbox.seq'),
      sink: String(row.sink),
      notice: readBody<Notice>('notice', row.body),
      attempts: readCount(row.attempts, 'outbox.attempts'),
      dueAt: readInstant(row.due_at, 'outbox.due_at'),
      lastError: row.last_error === null ? null : String(row.last_error),
    }));
}

function bodies<T>(kept: Kept, rows: readonly Row[]): readonly T[] {
  return rows.map(row => readBody<T>(kept, row.body, row));
}
