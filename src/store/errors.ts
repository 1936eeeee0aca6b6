/**
 * What goes wrong with a state file, in words for an operator at 03:00: which file, what was not done, what to type.
 * SQLite's extended codes are documented at sqlite.org/rescode.html; libsql passes them on as `code`.
 */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError, UnderstudyError } from '../ports/errors.ts';

type Code = StoreError['code'];

/** A row that SQLite gives out without complaint and that is none of ours; the message goes into that of the StoreError. */
export class RowError extends Error {}

/** Less room than this (bytes) counts as a full disk: SQLite needs 32 KiB at a time for its shared-memory file. */
const NO_ROOM = 64 * 1024;

const WHY: Readonly<Record<Code, string>> = {
  'store-full': 'the disk is full',
  'store-read-only': 'it may not be written',
  'store-corrupt': 'it is damaged or not a state file',
  'store-busy': 'another process has kept it locked for too long',
  'store-newer': 'a newer understudy wrote it',
  'store-unusable': 'it cannot be used',
};

function nextStep(code: Code, path: string): string {
  const file = quote(path);
  switch (code) {
    case 'store-full':
      return `make room: df -h ${quote(dirname(path))}`;
    case 'store-read-only':
      return `look at: ls -ld ${quote(dirname(path))} ${file}; findmnt -T ${file}`;
    case 'store-corrupt':
      return `stop understudy first; then set it aside: ${setAside(path)} (the next start makes a new one; holds and quarantines in the old one are forgotten, so set them again)`;
    case 'store-busy':
      return `see who has it: fuser -v ${file}`;
    case 'store-newer':
      return 'run the newer understudy, or set another `state` file in the config';
    case 'store-unusable':
      return `look at: ls -la ${quote(dirname(path))}; dmesg | tail`;
  }
}

/** The log and the index of the file go with it: what the log holds may be all that is whole, and it fits no other file. */
function setAside(path: string): string {
  const beside = [`${path}-wal`, `${path}-shm`].filter(name => existsSync(name));
  const shelf = quote(`${path}.damaged`);
  return `mkdir -m 0700 ${shelf}; mv ${[path, ...beside].map(quote).join(' ')} ${shelf}`;
}

export function quote(path: string): string {
  return /^[A-Za-z0-9_./+:@%-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/**
 * @param why overrides the code's usual reason
 * The message says what became of the file, and no more: what a run did outside before the store failed, the store can't know.
 * @param effect overrides "nothing was changed in it"
 * @param applied `unknown` only where a write may have reached the disk although it was reported as failed
 */
export function storeError(
  code: Code,
  path: string,
  details: {
    readonly why?: string;
    readonly next?: string;
    readonly applied?: 'no' | 'unknown';
    readonly effect?: string;
    readonly cause?: unknown;
  } = {},
): StoreError {
  const effect =
    details.applied === 'unknown'
      ? 'whether the last write is in it will show when it is opened again'
      : (details.effect ?? 'nothing was changed in it');
  return new StoreError({
    code,
    message: `the state file ${path} failed: ${details.why ?? WHY[code]}; ${effect}`,
    retriable: code === 'store-busy',
    applied: details.applied ?? 'no',
    next: details.next ?? nextStep(code, path),
    cause: details.cause,
  });
}

/** What to say when the path leads to another file than the one that is open, or to none. */
export function movedAway(path: string): StoreError {
  return storeError('store-unusable', path, {
    why: 'it was moved, replaced or removed while understudy was running',
    next: 'stop understudy and start it again; it goes on with the file that is at that path then',
  });
}

/** What to say when the directory that should hold the file is not there. */
export function missingDirectory(path: string, cause: unknown): StoreError {
  return storeError('store-unusable', path, {
    why: `its directory ${dirname(path)} does not exist`,
    next: `make it: install -d -m 0700 ${quote(dirname(path))}`,
    cause,
  });
}

/**
 * Gives an error of libsql or of the file system its code. Errors that are ours already pass unchanged.
 * @param flushing it came while a commit was being flushed: after an I/O error there (but not after "full", where the
 *   commit mark was not written) the write can still be found whole in the log when the file is next opened
 */
export function asStoreError(thrown: unknown, path: string, flushing = false): UnderstudyError {
  if (thrown instanceof UnderstudyError) return thrown;
  if (thrown instanceof SyntaxError)
    return storeError('store-corrupt', path, { why: 'a record in it is not readable', cause: thrown });
  if (thrown instanceof RowError)
    return storeError('store-corrupt', path, { why: thrown.message, cause: thrown });
  const code = codeOf(thrown);
  const applied = flushing && code === 'SQLITE_IOERR' ? 'unknown' : 'no';
  const text = shown(thrown instanceof Error ? thrown.message : String(thrown));
  if (code === 'ENOENT' || code === 'ENOTDIR') return missingDirectory(path, thrown);
  const ours = classify(code, path);
  const why = `${WHY[ours]} (${code}: ${text})`;
  // Found damaged only after it was opened: SQLite may have folded the log into it, or will when it is closed.
  const effect =
    ours === 'store-corrupt' ? 'nothing was written to it but what its own log held already' : undefined;
  return storeError(ours, path, { why, applied, ...(effect === undefined ? {} : { effect }), cause: thrown });
}

/** SQLite quotes the file: of a damaged one anything may come. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
}

/** Low byte of SQLite's result codes (sqlite.org/rescode.html); libsql has no names for some of the extended ones. */
const SQLITE_PRIMARY: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
};
/** The file ends before its own page count says. */
const SHORT_READ = 522;

/** @returns an errno name, the name of SQLite's primary code, or what the library said */
function codeOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return 'unknown';
  const { code, rawCode } = thrown as { readonly code?: unknown; readonly rawCode?: unknown };
  if (rawCode === SHORT_READ) return 'SQLITE_CORRUPT';
  const primary = typeof rawCode === 'number' ? SQLITE_PRIMARY[rawCode & 0xff] : undefined;
  if (primary !== undefined) return primary;
  if (typeof code === 'string' && code !== '') return code;
  // libsql throws a bare Error when it cannot open: `Unable to open connection to local database PATH: 14`.
  return /Unable to open connection/.test(String(thrown)) ? 'SQLITE_CANTOPEN' : 'unknown';
}

function classify(code: string, path: string): Code {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'SQLITE_FULL':
      return 'store-full';
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
    case 'SQLITE_PERM':
    case 'SQLITE_READONLY':
      return 'store-read-only';
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return 'store-corrupt';
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return 'store-busy';
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_IOERR':
      // These say nothing of the reason: the -wal or -shm file beside it may be what could not be made.
      if (roomBeside(path) < NO_ROOM) return 'store-full';
      return writable(dirname(path)) && writable(path) ? 'store-unusable' : 'store-read-only';
    default:
      return 'store-unusable';
  }
}

/** A file that is not there is no obstacle. */
function writable(path: string): boolean {
  if (!existsSync(path)) return true;
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Bytes free for us on the file system of `path`; endless when that cannot be told. */
function roomBeside(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
