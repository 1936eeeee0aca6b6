/**
 * Makes a state file, or brings one up to date, before anything reads it. Nothing foreign, newer, empty or broken is ever
 * written to: a forgotten hold or quarantine could promote the wrong machine, so a doubtful file stops the program.
 */
import { closeSync, fsyncSync, linkSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Database, openDatabase } from './database.ts';
import { asStoreError, storeError } from './errors.ts';
import { emptied, newer, refuseRemains } from './inspect.ts';
import { APPLICATION_ID } from './schema.ts';

/**
 * Makes the file when there is none: built under another name and linked into place whole, so that a second process
 * (or a crash) never meets half a schema, and an empty file can only be a damaged one.
 * @throws StoreError
 */
export function createWhenAbsent(path: string, migrations: readonly string[], busyMs: number): void {
  let workshop: string | null = null;
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
    refuseRemains(path);
    workshop = mkdtempSync(`${path}.new-`);
    const draft = join(workshop, 'draft');
    touchPrivate(draft);
    const db = openDatabase(draft, busyMs);
    try {
      db.exec('pragma journal_mode = wal');
      db.exec(`begin; ${migrations.join('\n')}
        pragma application_id = ${APPLICATION_ID}; pragma user_version = ${migrations.length}; commit`);
    } finally {
      db.close();
    }
    publish(draft, path);
    syncDirectory(path);
  } catch (thrown) {
    throw asStoreError(thrown, path);
  } finally {
    if (workshop !== null) rmSync(workshop, { recursive: true, force: true });
  }
}

/**
 * Looks whose file it is and migrates it when it is ours and older.
 * @throws StoreError; then the file is as it was
 */
export function bringUpToDate(
  db: Database,
  path: string,
  migrations: readonly string[],
  busyMs: number,
): void {
  const found = identify(db);
  if (found.application === APPLICATION_ID && found.version === migrations.length) return;
  refuseForeign(db, found, path, migrations.length);
  db.exec('begin immediate');
  try {
    // Again under the lock: another process may have migrated it since.
    const { version } = identify(db);
    refuseForeign(db, { ...found, version }, path, migrations.length);
    if (version < migrations.length) {
      backUp(path, migrations.length, busyMs);
      for (const migration of migrations.slice(version)) db.exec(migration);
      db.exec(`pragma user_version = ${migrations.length}`);
    }
    db.exec('commit');
  } catch (thrown) {
    if (db.inTransaction) db.exec('rollback');
    throw asStoreError(thrown, path);
  }
}

interface Identity {
  readonly application: number;
  readonly version: number;
}

/** Two header fields: this is on the path of every cron tick, so nothing dearer than that. */
function identify(db: Database): Identity {
  return {
    application: Number(db.get('pragma application_id')?.application_id),
    version: Number(db.get('pragma user_version')?.user_version),
  };
}

function refuseForeign(db: Database, found: Identity, path: string, known: number): void {
  if (found.application === APPLICATION_ID) {
    if (found.version <= known) return;
    throw newer(path, found.version, known);
  }
  const tables = Number(db.get('select count(*) as tables from sqlite_schema')?.tables);
  if (found.application === 0 && tables === 0) throw emptied(path);
  throw storeError('store-unusable', path, {
    why: `it is the SQLite file of another program (application_id ${found.application}, ${tables} tables and indices)`,
    next: 'set another `state` file in the config',
  });
}

/**
 * Keeps the file as it was, as FILE.before-vN. Called while the write lock is held, so the copy is the last state of the
 * old version; SQLite copies it, because opening and closing the file here by other means would drop SQLite's own
 * locks on it (sqlite.org/howtocorrupt.html, 2.2).
 */
function backUp(path: string, version: number, busyMs: number): void {
  const copy = `${path}.before-v${version}`;
  const partial = `${copy}.partial`;
  try {
    rmSync(partial, { force: true });
    touchPrivate(partial);
    const reader = openDatabase(path, busyMs);
    try {
      reader.exec(`vacuum into '${partial.replaceAll("'", "''")}'`);
    } finally {
      reader.close();
    }
    syncPath(partial);
    renameSync(partial, copy);
    syncDirectory(path);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** SQLite gives -wal and -shm the mode of the main file, so this one decides. */
function touchPrivate(path: string): void {
  closeSync(openSync(path, 'w', 0o600));
}

function publish(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return; // another process was first: its file is as good
    if (code !== 'EPERM' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw thrown;
    renameSync(draft, path); // a file system without hard links
  }
}

function syncDirectory(path: string): void {
  syncPath(dirname(path));
}

function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
