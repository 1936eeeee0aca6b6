/** `simulate --seeds`: all of them, in as many processes as asked for; then the table, and the story of what went wrong. */
import { CANNOT, neverOccurred } from '../../simulate/floor.ts';
import { generate } from '../../simulate/generate.ts';
import { mergeReports, runSeeds, type SeedsReport, type SeedViolation } from '../../simulate/seeds.ts';
import { shrink } from '../../simulate/shrink.ts';
import { replayCommand, tellStory } from '../../simulate/story.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { type Found, seedsData, seedsText } from '../render/simulate.ts';
import { SeedsProgress } from '../render/simulate-progress.ts';
import { delegate, type Piece, runSlice, type Slice } from './simulate-worker.ts';

export interface SeedsWish extends Slice {
  readonly jobs: number;
  readonly stopAtFirst: boolean;
  /** What never occurred makes it fail. */
  readonly cover: boolean;
  readonly json: boolean;
}

/** So many violations get a story of their own, each of another invariant. */
const STORIES = 3;

/**
 * @returns 0; 5 for a violation or, with `cover`, for what never occurred; 9 when it was interrupted before
 * @throws what a process or the simulator itself failed with, after telling what there is
 */
export async function simulateSeeds(io: Io, wish: SeedsWish): Promise<ExitCode> {
  const progress = new SeedsProgress(io, systemClock.monotonic, wish.count);
  const { report, cpuUs, failures } = await runAll(io, wish, piece => progress.add(piece));
  const found: Found[] = [];
  for (const violation of oneEach(report.violations).slice(0, STORIES)) {
    progress.say(`seed ${violation.seed}: looking for the happenings that it needs`);
    found.push(await explain(io, violation, wish.hours));
  }
  progress.end();
  const never = neverOccurred(report.coverage);
  const failed = report.violations.length > 0;
  // What was not lived through proves nothing: neither success nor that something cannot occur.
  const interrupted = io.stop.aborted && report.seeds < wish.count;
  const cover = wish.cover && !interrupted;
  const account = { report, cpuUs, found, never, cannot: CANNOT, cover, wanted: wish.count, interrupted };
  io.out(wish.json ? `${JSON.stringify(seedsData(account))}\n` : seedsText(account));
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  if (failed || (cover && never.length > 0)) return EXIT.failed;
  return interrupted ? EXIT.declined : EXIT.ok;
}

/** @returns what came together, and what failed on the way */
async function runAll(
  io: Io,
  wish: SeedsWish,
  onPiece: (piece: Piece) => void,
): Promise<Piece & { readonly failures: readonly Error[] }> {
  const pieces: Piece[] = [];
  const enough = new AbortController();
  const take = (piece: Piece) => {
    pieces.push(piece);
    onPiece(piece);
    if (wish.stopAtFirst && piece.report.violations.length > 0) enough.abort();
  };
  const jobs = Math.min(wish.jobs, wish.count);
  const stop = AbortSignal.any([io.stop, enough.signal]);
  const works =
    jobs === 1
      ? [runSlice(io, wish, take, wish.stopAtFirst)]
      : slices(wish, jobs).map(slice => delegate(io, slice, take, stop));
  const ended = await Promise.allSettled(works);
  const none = await runSeeds({ ...wish, count: 0 });
  const reports: SeedsReport[] = pieces.map(({ report }) => report);
  const cpuUs = pieces.reduce((sum, piece) => sum + piece.cpuUs, 0);
  const failures = ended.flatMap(one =>
    one.status === 'rejected'
      ? [one.reason instanceof Error ? one.reason : new Error(String(one.reason))]
      : [],
  );
  return { report: { ...mergeReports([none, ...reports]), from: wish.from }, cpuUs, failures };
}

/** Neighbouring seeds together, as evenly as it goes. */
function slices({ from, count, hours }: Slice, jobs: number): readonly Slice[] {
  return Array.from({ length: jobs }, (_, job) => {
    const [start, end] = [Math.floor((count * job) / jobs), Math.floor((count * (job + 1)) / jobs)];
    return { from: from + start, count: end - start, hours };
  });
}

/** @returns the first of each invariant */
function oneEach(violations: readonly SeedViolation[]): readonly SeedViolation[] {
  const seen = new Set<number>();
  return violations.filter(({ invariant }) => !seen.has(invariant) && seen.add(invariant));
}

async function explain(io: Io, violation: SeedViolation, hours: number): Promise<Found> {
  const { seed } = violation;
  const { script, numbers } = await shrink(generate(seed, hours), violation, {
    isOver: () => io.stop.aborted,
  });
  const { lines } = await tellStory(script, { hours, numbers });
  return { ...violation, story: lines, replay: replayCommand(seed, hours, numbers) };
}
