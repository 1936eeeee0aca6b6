/**
 * What may be forgotten. Never: what is still open or owed (open incidents and runs, proposed plans, undelivered
 * notices), the last run of a service (the block window counts from it), and the audit of what people did.
 */
import type { Evidence } from '../model/state.ts';
import { spanOf } from './common.ts';
import { type Database, type Row, textIn } from './database.ts';
import { cutEvidence } from './evidence.ts';
import { readBody } from './rows.ts';

/**
 * Runs inside a transaction.
 * @param before evidence with `at` below this (ms since the epoch) goes
 * @param keep how many rows of each kind of history stay, per service, so that a noisy service cannot push out a quiet one
 */
export function pruneDatabase(db: Database, before: number, keep: number): void {
  db.run('delete from evidence where newest < ?', before);
  const over = db.all(`select seq, ${textIn('body')} from evidence where oldest < ?`, before);
  trimEvidence(db, over, before, Number.POSITIVE_INFINITY);
  // Counted over all rows, so "the newest `keep`" includes what is still open.
  const beyond = (table: string, least: number) =>
    `seq in (select seq from (select seq, row_number() over (partition by service order by seq desc) as nth
                              from ${table}) where nth > ${Math.max(Math.trunc(keep) || 0, least)})`;
  db.exec(`
    delete from incident where open = 0 and ${beyond('incident', 0)};
    delete from run where open = 0 and ${beyond('run', 1)};
    delete from journal where run not in (select id from run);
    delete from plan where status <> 'proposed' and ${beyond('plan', 0)}
      and id not in (select plan from run)
      and id not in (select plan from decision where plan is not null);
    delete from notice where ${beyond('notice', 0)}
      and seq not in (select notice from outbox where delivered_at is null);
  `);
}

/** Leaves of these rows only what was measured from `since` to `until`; a row of which nothing is left goes. */
export function trimEvidence(db: Database, rows: readonly Row[], since: number, until: number): void {
  for (const { seq = null, body } of rows) {
    const rest = cutEvidence(readBody<Evidence>('evidence', body), since, until);
    const span = spanOf(rest);
    if (span === null) db.run('delete from evidence where seq = ?', seq);
    else
      db.run(
        'update evidence set oldest = ?, newest = ?, body = ? where seq = ?',
        span.oldest,
        span.newest,
        JSON.stringify(rest),
        seq,
      );
  }
}
