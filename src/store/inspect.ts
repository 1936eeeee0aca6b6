/**
 * Looks at a state file before SQLite does. To SQLite, opening and closing are not reading alone: it drops the log beside an
 * empty file, and on closing it folds the log into whatever file is there. Of a damaged file the log may be all that
 * is whole, so what can be told from the header is told from the bytes, and nothing is touched.
 */
import { closeSync, existsSync, lstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { movedAway, quote, storeError } from './errors.ts';
import { APPLICATION_ID } from './schema.ts';

/** The database header (sqlite.org/fileformat2.html, 1.3): big-endian. */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
const HEADER_BYTES = 100;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/**
 * Files that SQLite has opened in this process. Closing any handle of a file drops all POSIX locks that the process has on
 * it (sqlite.org/howtocorrupt.html, 2.2), so such a file is never opened here again; it was looked at the first time.
 */
const seen = new Set<string>();

/** @returns device and inode of the file that the path leads to now; null when there is none */
export function fileIdentity(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

/**
 * To be called before SQLite opens the file.
 * @param known the newest schema version of this program
 * @throws StoreError `store-corrupt`, `store-unusable`, `store-newer`; then nothing was touched
 */
export function inspect(path: string, known: number): void {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) throw movedAway(path);
  if (!found.isFile()) return; // SQLite refuses it
  if (found.size === 0n) throw emptied(path);
  const identity = `${found.dev}:${found.ino}`;
  if (seen.has(identity)) return;
  const header = readHeader(path);
  if (header.length < HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC))
    throw storeError('store-corrupt', path, {
      why: 'it is damaged or not a state file: its header is not one of SQLite',
    });
  const application = header.readUInt32BE(APPLICATION_ID_AT);
  // Without a log there is nothing that SQLite could fold in; then it may look closer, and say more.
  if (application !== APPLICATION_ID && existsSync(`${realpathSync(path)}-wal`))
    throw storeError('store-unusable', path, {
      why: `it is the SQLite file of another program (application_id ${application})`,
      next: 'set another `state` file in the config',
    });
  const version = header.readUInt32BE(USER_VERSION_AT);
  if (application === APPLICATION_ID && version > known) throw newer(path, version, known);
  seen.add(identity);
}

/**
 * Refuses what lies where a new file would go although there is none: a link to nothing (the file it means may only be
 * not mounted yet), and the log of a file that is gone, which SQLite would take for the log of the new one.
 * @throws StoreError `store-unusable`
 */
export function refuseRemains(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && !existsSync(path))
    throw storeError('store-unusable', path, {
      why: 'it is a symbolic link to a file that does not exist',
      next: `look where it leads: readlink -m ${quote(path)}; mount or restore that file, or remove the link`,
    });
  // Asked in this order: another process may be making both at this moment, the file first.
  if (existsSync(`${path}-wal`) && !existsSync(path))
    throw storeError('store-unusable', path, {
      why: `it is gone, but its log ${path}-wal is still there`,
      next: 'stop understudy; then put the file back, or move its -wal and -shm away too (holds and quarantines in them are forgotten, so set them again)',
    });
}

export function emptied(path: string): Error {
  return storeError('store-corrupt', path, {
    why: 'it is empty, and understudy never leaves it so: its content was lost, or something else made the file',
  });
}

export function newer(path: string, version: number, known: number): Error {
  return storeError('store-newer', path, {
    why: `it has schema version ${version} and this program knows up to ${known}`,
  });
}

function readHeader(path: string): Buffer {
  const handle = openSync(path, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(handle, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(handle);
  }
}
