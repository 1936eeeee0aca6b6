/**
 * Seeds in many processes: one of these runs a slice of them and reports piece by piece, in lines of JSON on stdout; the
 * other end starts such processes, adds up what they tell, and sees to it that none is left behind.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type CoverageData, fromData, toData } from '../../simulate/coverage.ts';
import { runSeeds, type SeedsReport } from '../../simulate/seeds.ts';
import { UnderstudyError } from '../../ports/errors.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';

export interface Slice {
  readonly from: number;
  readonly count: number;
  readonly hours: number;
}

/** A piece of the work that is done. */
export interface Piece {
  readonly report: SeedsReport;
  /** CPU time that it took, µs, user and system. */
  readonly cpuUs: number;
}

type Line = Omit<Piece, 'report'> & {
  readonly report: Omit<SeedsReport, 'coverage'> & { readonly coverage: CoverageData };
};

/** A piece has about so many hours of faults: a second or so of work. */
const PIECE_HOURS = 8;
/** No piece takes that long: a process that is silent for longer has lost its way. */
const SILENCE_MS = 15 * 60_000;

/** Runs a slice here, and hands each piece over. Ends early when `io.stop` says so. */
export async function runSlice(
  io: Io,
  { from, count, hours }: Slice,
  onPiece: (piece: Piece) => void,
  stopAtFirst = false,
): Promise<void> {
  const size = Math.max(1, Math.round(PIECE_HOURS / hours));
  const isOver = () => io.stop.aborted;
  for (let at = from; at < from + count && !isOver(); at += size) {
    const before = process.cpuUsage();
    const piece = { from: at, count: Math.min(size, from + count - at), hours, stopAtFirst, isOver };
    const report = await runSeeds(piece);
    const { user, system } = process.cpuUsage(before);
    onPiece({ report, cpuUs: user + system });
    if (stopAtFirst && report.violations.length > 0) return;
  }
}

/** `--worker`: a slice, told on stdout. */
export async function workSeeds(io: Io, slice: Slice): Promise<ExitCode> {
  await runSlice(io, slice, ({ report, cpuUs }) => {
    const line: Line = { report: { ...report, coverage: toData(report.coverage) }, cpuUs };
    io.out(`${JSON.stringify(line)}\n`);
  });
  return EXIT.ok;
}

/**
 * Has a slice run by a process of its own, until it is done or `stop` fires.
 * @throws UnderstudyError `simulator-failed` with the command for what is left, when it ended otherwise
 */
export async function delegate(
  io: Io,
  slice: Slice,
  onPiece: (piece: Piece) => void,
  stop: AbortSignal,
): Promise<void> {
  const [program = '', ...words] = io.self;
  const { from, count, hours } = slice;
  const numbers = ['--from', String(from), '--seeds', String(count), '--hours', String(hours)];
  const child = spawn(program, [...words, 'simulate', '--worker', ...numbers], {
    env: { ...io.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<string | null>(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? null : `it ended with ${signal ?? code}`));
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => (said = `${said}${String(text)}`.slice(-2_000)));
  // It ends by itself after the seed that it is at, and has told of all before.
  const end = () => void child.kill('SIGTERM');
  if (stop.aborted) end();
  stop.addEventListener('abort', end);
  let done = 0;
  let silence = systemClock.deadline(SILENCE_MS);
  const watch = () => {
    silence.done();
    silence = systemClock.deadline(SILENCE_MS);
    silence.signal.addEventListener('abort', () => void child.kill('SIGKILL'));
  };
  watch();
  const lines = createInterface({ input: child.stdout }).on('line', text => {
    watch();
    const piece = pieceOf(text);
    if (piece === null) return;
    done += piece.report.seeds;
    onPiece(piece);
  });
  const problem = await ended;
  silence.done();
  lines.close();
  stop.removeEventListener('abort', end);
  if (stop.aborted) return;
  // Whoever is told to stop from elsewhere ends in good order, and has not done its work.
  const why = problem ?? (done < count ? `it ended after ${done} of ${count} seeds` : null);
  if (why === null) return;
  const rest = `understudy simulate --seeds ${count - done} --from ${from + done} --hours ${hours} --jobs 1`;
  const last = said.trim();
  throw new UnderstudyError({
    code: 'simulator-failed',
    message: `a process of the simulation failed: ${why}; its seeds from ${from + done} on were not lived through${last === '' ? '' : `. It said:\n${last}`}`,
    next: rest,
  });
}

/** @returns null for a line that was cut off: its process was killed, and that is told */
function pieceOf(text: string): Piece | null {
  try {
    const { report, cpuUs } = JSON.parse(text) as Line;
    return { report: { ...report, coverage: fromData(report.coverage) }, cpuUs };
  } catch {
    return null;
  }
}
