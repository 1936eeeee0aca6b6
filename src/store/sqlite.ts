/**
 * The default store: one SQLite file, safe against kill -9 and against two processes at once. WAL, so that `status` can
 * read while a run writes; synchronous FULL, so that what was acknowledged is on the disk.
 *
 * libsql works synchronously: a call is done when its promise is made, and a wait for another process's lock blocks this
 * one, so the wait is short and commits are small.
 */
import { resolve } from 'node:path';
import { LeaseLostError } from '../ports/errors.ts';
import type { Lease, Store } from '../ports/store.ts';
import { applyChange } from './changes.ts';
import { bringUpToDate, createWhenAbsent } from './create.ts';
import { type Database, openDatabase, textIn, numberIn } from './database.ts';
import { asStoreError, movedAway, storeError } from './errors.ts';
import { fileIdentity, inspect } from './inspect.ts';
import { pruneDatabase } from './prune.ts';
import {
  readDecision,
  readEvidence,
  readHistory,
  readJournal,
  readOpenRun,
  readOutbox,
  readPlan,
  readProposed,
  readRun,
  readService,
} from './queries.ts';
import { readCount, readInstant } from './rows.ts';
import { CONNECTION_PRAGMAS, MIGRATIONS } from './schema.ts';

export interface SqliteOptions {
  /** How long to wait for another process's write lock, ms; 3000 unless told otherwise. Commits take a few ms. */
  readonly busyMs?: number;
  /** Another history of the schema; for tests of the migration. */
  readonly migrations?: readonly string[];
  /** Further pragmas for this connection, such as `max_page_count = 1000`. */
  readonly pragmas?: readonly string[];
}

/**
 * Opens the state file, making it (mode 0600) or migrating it (with a copy beside it) when needed.
 * @param path in a directory that exists
 * @throws StoreError
 */
export async function openSqliteStore(path: string, options: SqliteOptions = {}): Promise<Store> {
  const file = resolve(path);
  const busyMs = options.busyMs ?? 3000;
  const migrations = options.migrations ?? MIGRATIONS;
  let db: Database | null = null;
  try {
    createWhenAbsent(file, migrations, busyMs);
    const identity = fileIdentity(file);
    inspect(file, migrations.length);
    db = openDatabase(file, busyMs);
    refuseMoved(file, identity);
    bringUpToDate(db, file, migrations, busyMs);
    db.exec([...CONNECTION_PRAGMAS, ...(options.pragmas ?? [])].map(pragma => `pragma ${pragma};`).join(''));
    return storeOn(accessTo(db, file, identity));
  } catch (thrown) {
    db?.close();
    throw asStoreError(thrown, file);
  }
}

/**
 * An open file stays writable under any other name, or none: what went into it would be hidden from every process that
 * opens the path, and the holds and leases that those write would be hidden from this one.
 * @throws StoreError `store-unusable`
 */
function refuseMoved(path: string, identity: string | null): void {
  if (identity === null || fileIdentity(path) !== identity) throw movedAway(path);
}

interface Access {
  /** @throws StoreError, and what `work` throws of our own kind */
  read<T>(work: (db: Database) => T): Promise<T>;
  /** All of `work` or nothing. `immediate` takes the write lock first, so what is read inside stays true until the end. */
  write<T>(work: (db: Database) => T): Promise<T>;
  close(): Promise<void>;
}

function accessTo(db: Database, path: string, identity: string | null): Access {
  /** Set once the connection can't be trusted any more; every later call fails with it. */
  let broken: Error | null = null;

  async function read<T>(work: (db: Database) => T): Promise<T> {
    if (broken !== null) throw broken;
    try {
      return work(db);
    } catch (thrown) {
      throw asStoreError(thrown, path);
    }
  }

  function write<T>(work: (db: Database) => T): Promise<T> {
    return read(() => {
      let flushing = false;
      db.run('begin immediate');
      try {
        refuseMoved(path, identity); // under the lock, for which it may have waited seconds
        const result = work(db);
        flushing = true;
        db.run('commit');
        return result;
      } catch (thrown) {
        undo();
        throw asStoreError(thrown, path, flushing);
      }
    });
  }

  function undo(): void {
    try {
      if (db.inTransaction) db.run('rollback');
    } catch (thrown) {
      // Half a transaction must not be carried into the next commit.
      broken = asStoreError(thrown, path);
    }
  }

  async function close(): Promise<void> {
    broken ??= storeError('store-unusable', path, { why: 'it was closed before this call' });
    db.close();
  }

  return { read, write, close };
}

function storeOn({ read, write, close }: Access): Store {
  return {
    acquire: (...request) => write(db => acquire(db, ...request)),
    renew: (lease, ttlMs, now) => write(db => ({ ...lease, until: extend(db, lease, ttlMs, now) })),
    release: lease =>
      write(db => {
        db.run(
          'update lease set until = 0 where name = ? and owner = ? and token = ?',
          lease.name,
          lease.owner,
          lease.token,
        );
      }),
    commit: async (changes, guard) => {
      if (changes.length === 0 && guard === undefined) return;
      await write(db => {
        if (guard !== undefined) check(db, guard);
        for (const change of changes) applyChange(db, change);
      });
    },
    service: name => read(db => readService(db, name)),
    evidence: (service, since) => read(db => readEvidence(db, service, since)),
    decision: service => read(db => readDecision(db, service)),
    plan: id => read(db => readPlan(db, id)),
    proposed: service => read(db => readProposed(db, service)),
    run: id => read(db => readRun(db, id)),
    openRun: service => read(db => readOpenRun(db, service)),
    runs: query => read(db => readHistory(db, 'run', query)),
    journal: run => read(db => readJournal(db, run)),
    incidents: query => read(db => readHistory(db, 'incident', query)),
    notices: query => read(db => readHistory(db, 'notice', query)),
    audit: query => read(db => readHistory(db, 'audit', query)),
    outbox: (sink, limit) => read(db => readOutbox(db, sink, limit)),
    prune: (before, keep) => write(db => pruneDatabase(db, before, keep)),
    close,
  };
}

type Acquired = Awaited<ReturnType<Store['acquire']>>;

function acquire(
  db: Database,
  name: string,
  owner: string,
  ttlMs: number,
  now: number,
  isDead?: (owner: string) => boolean,
): Acquired {
  const row = db.get(
    `select ${textIn('owner')}, ${numberIn('token')}, ${numberIn('until')} from lease where name = ?`,
    name,
  );
  if (row !== undefined) {
    const current: Lease = {
      name,
      owner: String(row.owner),
      token: readCount(row.token, 'lease.token'),
      until: readInstant(row.until, 'lease.until'),
    };
    if (current.until > now && isDead?.(current.owner) !== true) return { heldBy: current };
  }
  const held: Lease = { name, owner, token: Number(row?.token ?? 0) + 1, until: now + ttlMs };
  db.run(
    'insert or replace into lease (name, owner, token, until) values (?, ?, ?, ?)',
    name,
    owner,
    held.token,
    held.until,
  );
  return { held };
}

type Guard = NonNullable<Parameters<Store['commit']>[1]>;

function check(db: Database, { lease, now, extendMs }: Guard): void {
  if (extendMs !== undefined) extend(db, lease, extendMs, now);
  else stillOurs(db, lease, now);
}

/** @returns until when it is ours, ms since the epoch @throws LeaseLostError */
function stillOurs(db: Database, lease: Lease, now: number): number {
  const row = db.get(
    `select ${numberIn('until')} from lease where name = ? and owner = ? and token = ? and until > ?`,
    lease.name,
    lease.owner,
    lease.token,
    now,
  );
  if (row === undefined) throw new LeaseLostError(lease.name);
  return readInstant(row.until, 'lease.until');
}

/** Never shortens a lease. @returns until when it is ours now */
function extend(db: Database, lease: Lease, ttlMs: number, now: number): number {
  const until = Math.max(stillOurs(db, lease, now), now + ttlMs);
  db.run('update lease set until = ? where name = ?', until, lease.name);
  return until;
}
