/** The work of `export`: reads the state without the secrets, and writes a file that is there whole or not at all. */
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { whyUnreadable } from '../../config/files.ts';
import { collectTrace } from '../../replay/collect.ts';
import { traceLines } from '../../replay/write.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type CommonOptions, type Io, pickService, UsageError } from '../io.ts';
import { clean, count } from '../render/text.ts';
import { loadConfig } from '../session.ts';
import { withState } from './reading.ts';
import { spanOption } from './span.ts';

export interface ExportOptions extends CommonOptions {
  readonly since: string;
  readonly output?: string;
}

const DAY_MS = 86_400_000;

/** @throws UsageError for a bad --since, an unknown service, an --output that cannot be written; StoreError */
export async function exportTrace(
  io: Io,
  name: string | undefined,
  options: ExportOptions,
): Promise<ExitCode> {
  const sinceMs = spanOption('--since', options.since, 3660 * DAY_MS);
  const settings = await loadConfig(io, options.config, { leaveOutSecrets: true, quiet: true });
  const service = pickService(settings, name);
  return withState(settings, async store => {
    const now = systemClock.now();
    const since = now - sinceMs;
    const { header, events } = await collectTrace({ store, service, runner: settings.runner, since, now });
    const pieces = inPieces(traceLines(header, events));
    const { output } = options;
    if (output === undefined) for (const piece of pieces) io.out(piece);
    else write(output, pieces);
    const where = output === undefined ? '' : ` to ${clean(output)}`;
    io.err(`understudy: ${count(events.length, 'line')} of ${service.name}${where}\n`);
    return EXIT.ok;
  });
}

const PIECE = 65_536;

/** Lines put together, so that a month is not a million writes. */
function* inPieces(lines: Iterable<string>): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** Beside its place first: a trace that was cut short would be taken for a short night. */
function write(output: string, pieces: Iterable<string>): void {
  const there = lstatSync(output, { throwIfNoEntry: false });
  // A rename would put a file where a device, a pipe or a link stood.
  if (there !== undefined && !there.isFile() && !there.isDirectory())
    throw new UsageError(`--output ${clean(output)} exists and is no regular file: it is not replaced`);
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
    throw new UsageError(`--output ${clean(output)} cannot be written: ${whyNot(thrown)}`);
  }
}

function whyNot(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'ENOENT') return 'there is no such directory';
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'EROFS') return 'it lies on a disk that can only be read';
  return whyUnreadable(thrown).replace('reading it failed', 'writing it failed');
}
