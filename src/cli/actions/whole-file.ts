/** Writes a trace that is there whole or not at all, and says in words why it cannot. */
import { closeSync, fsyncSync, lstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { whyUnreadable } from '../../config/files.ts';
import { TRACE_HEAD } from '../../replay/write.ts';
import { UsageError } from '../io.ts';
import { clean } from '../render/text.ts';

const PIECE = 65_536;

/** Lines put together, so that a month is not a million writes. */
export function* inPieces(lines: Iterable<string>): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/**
 * Beside its place first: a trace that was cut short would be taken for a short night. Readable by its owner only.
 * @param option that named the file, for messages
 * @throws UsageError when it cannot be written; then nothing is left behind
 */
export function writeWhole(option: string, output: string, pieces: Iterable<string>): void {
  const there = lstatSync(output, { throwIfNoEntry: false });
  // A rename would put a file where a device, a pipe or a link stood.
  if (there !== undefined && !there.isFile() && !there.isDirectory())
    throw new UsageError(`${option} ${clean(output)} exists and is no regular file: it is not replaced`);
  // Else a slip of the fingers would put a trace where the state or the config was.
  if (there?.isFile() === true && there.size > 0 && !isTrace(output))
    throw new UsageError(`${option} ${clean(output)} exists and is no trace: it is not replaced`);
  const beside = `${output}.${process.pid}.part`;
  try {
    const file = openSync(beside, 'wx', 0o600);
    try {
      for (const piece of pieces) writeSync(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, output);
  } catch (thrown) {
    rmSync(beside, { force: true });
    throw new UsageError(`${option} ${clean(output)} cannot be written: ${whyNot(thrown)}`);
  }
}

/** @returns whether it begins as the traces that are written here do; false where it cannot be read */
function isTrace(path: string): boolean {
  const head = Buffer.alloc(TRACE_HEAD.length);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  return head.toString() === TRACE_HEAD;
}

function whyNot(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'ENOENT') return 'there is no such directory';
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'EROFS') return 'it lies on a disk that can only be read';
  return whyUnreadable(thrown).replace('reading it failed', 'writing it failed');
}
