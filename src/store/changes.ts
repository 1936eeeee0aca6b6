/**
 * What each kind of change means in SQL. One entry a kind, and the compiler refuses a kind without one. Everything here runs
 * inside the transaction of one commit; a throw undoes the whole list.
 */
import { isDeepStrictEqual } from 'node:util';
import { StateMovedError } from '../ports/errors.ts';
import type { Change, Incident } from '../model/state.ts';
import {
  FRESH_STATE,
  isOpen,
  mergedTold,
  patched,
  type PatchedState,
  planConflict,
  planUnknown,
  spanOf,
} from './common.ts';
import { type Database, textIn } from './database.ts';
import { trimEvidence } from './prune.ts';
import { readBody } from './rows.ts';

type Apply = {
  readonly [K in Change['kind']]: (db: Database, change: Extract<Change, { readonly kind: K }>) => void;
};

const APPLY: Apply = {
  evidence: (db, { service, evidence }) => {
    const span = spanOf(evidence);
    if (span === null) return;
    db.run(
      'insert into evidence (service, oldest, newest, body) values (?, ?, ?, ?)',
      service,
      span.oldest,
      span.newest,
      JSON.stringify(evidence),
    );
  },
  'evidence-cut': (db, { service, after }) => {
    db.run('delete from evidence where service = ? and oldest > ?', service, after);
    const late = `select seq, ${textIn('body')} from evidence where service = ? and newest > ?`;
    trimEvidence(db, db.all(late, service, after), Number.NEGATIVE_INFINITY, after);
  },
  decision: (db, { decision }) => {
    db.run(
      'insert or replace into decision (service, plan, verdict, body) values (?, ?, ?, ?)',
      decision.service,
      decision.plan,
      JSON.stringify(decision.verdict),
      JSON.stringify(decision),
    );
  },
  premise: (db, { service, maxEpoch }) => {
    const known = stateOf(db, service).maxEpoch;
    if (known !== maxEpoch) throw new StateMovedError(service, maxEpoch, known);
  },
  service: (db, { service, patch }) => {
    const before = stateOf(db, service);
    db.run(
      'insert or replace into service (name, state) values (?, ?)',
      service,
      JSON.stringify(patched(before, patch)),
    );
  },
  incident: (db, { incident: given }) => {
    const row = db.get(`select ${textIn('body')} from incident where id = ?`, given.id);
    const known = row === undefined ? null : readBody<Incident>('incident', row.body, { id: given.id });
    const incident = mergedTold(known, given);
    db.run(
      `insert into incident (id, service, open, body) values (?1, ?2, ?3, ?4)
       on conflict (id) do update set service = ?2, open = ?3, body = ?4`,
      incident.id,
      incident.service,
      incident.closedAt === null ? 1 : 0,
      JSON.stringify(incident),
    );
  },
  plan: (db, { plan, status }) => {
    const row = db.get(`select ${textIn('body')} from plan where id = ?`, plan.id);
    const body = JSON.stringify(plan);
    if (row === undefined) {
      db.run(
        'insert into plan (id, service, status, body) values (?, ?, ?, ?)',
        plan.id,
        plan.service,
        status,
        body,
      );
      return;
    }
    if (!isDeepStrictEqual(parse(row.body), parse(body))) throw planConflict(plan.id);
    db.run('update plan set status = ? where id = ?', status, plan.id);
  },
  'plan-status': (db, { plan, status }) => {
    if (db.run('update plan set status = ? where id = ?', status, plan).changes === 0)
      throw planUnknown(plan);
  },
  run: (db, { run }) => {
    db.run(
      `insert into run (id, service, plan, open, body) values (?1, ?2, ?3, ?4, ?5)
       on conflict (id) do update set service = ?2, plan = ?3, open = ?4, body = ?5`,
      run.id,
      run.service,
      run.plan,
      isOpen(run) ? 1 : 0,
      JSON.stringify(run),
    );
  },
  journal: (db, { entry }) => {
    db.run(
      `insert into journal (run, seq, body)
       select ?1, coalesce(max(seq), 0) + 1, ?2 from journal where run = ?1`,
      entry.run,
      JSON.stringify(entry),
    );
  },
  hold: (db, { hold }) => {
    db.run('insert or replace into hold (service, body) values (?, ?)', hold.service, JSON.stringify(hold));
  },
  resume: (db, { service, since }) => {
    if (since === undefined) db.run('delete from hold where service = ?', service);
    else db.run("delete from hold where service = ? and json_extract(body, '$.since') = ?", service, since);
  },
  notice: (db, { notice, sinks }) => {
    const added = db.run(
      'insert into notice (id, service, body) values (?, ?, ?) on conflict (id) do nothing',
      notice.id,
      notice.service,
      JSON.stringify(notice),
    );
    if (added.changes === 0) return; // told already: a repeat must not ring twice
    for (const sink of new Set(sinks))
      db.run(
        'insert into outbox (sink, notice, attempts, due_at) values (?, ?, 0, ?)',
        sink,
        added.rowid,
        notice.at,
      );
  },
  delivered: (db, { seq, at }) => {
    db.run('update outbox set delivered_at = ? where seq = ? and delivered_at is null', at, seq);
  },
  undelivered: (db, { seq, dueAt, error }) => {
    db.run(
      `update outbox set attempts = attempts + 1, due_at = ?, last_error = ?
       where seq = ? and delivered_at is null`,
      dueAt,
      error,
      seq,
    );
  },
  audit: (db, { entry }) => {
    db.run('insert into audit (service, body) values (?, ?)', entry.service, JSON.stringify(entry));
  },
};

/** @throws StateMovedError, UnderstudyError `plan-conflict`, `plan-unknown`; or what the database throws */
export function applyChange(db: Database, change: Change): void {
  // The table is keyed by the very tag that tells the union apart, which the compiler cannot follow through an index.
  (APPLY[change.kind] as (db: Database, change: Change) => void)(db, change);
}

function stateOf(db: Database, service: string): PatchedState {
  const row = db.get(`select ${textIn('state')} from service where name = ?`, service);
  return row === undefined ? FRESH_STATE : readBody<PatchedState>('service', row.state);
}

function parse(body: unknown): unknown {
  return JSON.parse(String(body));
}
