/** How files are read for the config: bounded, regular files only, with the permissions that a warning may need. */
import { open } from 'node:fs/promises';
import { MAX_FILE_BYTES } from './document.ts';

export interface FileContent {
  readonly bytes: Uint8Array;
  /** Permission bits (0o644 …), null where they mean nothing. */
  readonly mode: number | null;
}

/** @throws an Error with `code` (ENOENT, EACCES …) when the file cannot be read */
export type ReadFile = (path: string) => Promise<FileContent>;

/** The real one. Reads one byte more than a config may have, so that a larger file is noticed and not swallowed. */
export const readLocalFile: ReadFile = async path => {
  // O_NONBLOCK by way of 'r' is not to be had: a FIFO is refused by its type before anything is read from it.
  const { O_NONBLOCK, O_RDONLY } = (await import('node:fs')).constants;
  const handle = await open(path, O_RDONLY | O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'ENOTFILE' });
    const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { bytes: bytes.subarray(0, length), mode: stat.mode & 0o7777 };
  } finally {
    await handle.close();
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
