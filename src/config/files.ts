/** How files are read for the config: bounded, regular files only, with the permissions that a warning may need. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { MAX_FILE_BYTES } from './document.ts';

export interface FileContent {
  readonly bytes: Uint8Array;
  /** Permission bits (0o644 …), null where they mean nothing. */
  readonly mode: number | null;
}

/** @throws an Error with `code` (ENOENT, EACCES …) when the file cannot be read */
export type ReadFile = (path: string) => Promise<FileContent>;

/**
 * The real one. Reads one byte more than a config may have, so that a larger file is noticed and not swallowed. By
 * synchronous calls: it is read once, before anything else goes on, and Node's promises of files cost a start 2 ms.
 */
export const readLocalFile: ReadFile = async path => {
  // Without O_NONBLOCK opening a FIFO would hang; it is refused by its type before anything is read from it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'ENOTFILE' });
    const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    while (length < bytes.length) {
      const bytesRead = readSync(file, bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { bytes: bytes.subarray(0, length), mode: stat.mode & 0o7777 };
  } finally {
    closeSync(file);
  }
};

/** Why a file could not be read, in words; never the error's own text, which repeats the path. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'its permissions forbid it',
    EPERM: 'its permissions forbid it',
    EISDIR: 'it is a directory',
    ENOTFILE: 'it is not a regular file',
    ENOTDIR: 'a part of its path is not a directory',
    ENAMETOOLONG: 'its path is too long',
    ELOOP: 'its links lead in a circle',
  };
  return Object.hasOwn(known, code)
    ? (known[code] ?? '')
    : `reading it failed${/^E[A-Z]+$/.test(code) ? ` (${code})` : ''}`;
}
