/** Stryker's report against the list of survivors that are argued for. Pure, so that it has a test of its own. */

/** The part that is read of the mutation-testing report schema, version 2. Lines and columns count from 1. */
export interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** A mutant as people read it: the line it begins in, what stood there, what stands there now. */
export interface Survivor {
  readonly file: string;
  readonly line: string;
  readonly was: string;
  readonly now: string;
}

/** One argument, and the survivors that it speaks for. */
export interface Known {
  readonly why: string;
  readonly mutants: readonly Survivor[];
}

export interface Judgement {
  /** Noticed of all that could be, in percent; 100 when there is nothing. */
  readonly score: number;
  readonly counts: readonly { readonly file: string; readonly noticed: number; readonly of: number }[];
  readonly unargued: readonly Survivor[];
  /** In the list, of a file that was looked at, and no survivor. */
  readonly settled: readonly Survivor[];
}

/** `Timeout` is noticed: a loop without end would be. Mutants that do not load (`RuntimeError` …) say nothing. */
const NOTICED: ReadonlySet<string> = new Set(['Killed', 'Timeout']);
const UNNOTICED: ReadonlySet<string> = new Set(['Survived', 'NoCoverage']);

/** @returns score and differences; an entry of the list without a reason counts for nothing */
export function judgeReport(report: Report, known: readonly Known[]): Judgement {
  const counts = Object.entries(report.files).map(([file, { mutants }]) => {
    const noticed = mutants.filter(({ status }) => NOTICED.has(status)).length;
    const missed = mutants.filter(({ status }) => UNNOTICED.has(status)).length;
    return { file, noticed, of: noticed + missed };
  });
  const noticed = counts.reduce((sum, count) => sum + count.noticed, 0);
  const of = counts.reduce((sum, count) => sum + count.of, 0);

  // One entry speaks for one mutant: a line may hold the same mutant twice.
  const open = known.filter(({ why }) => why.trim() !== '').flatMap(({ mutants }) => mutants);
  const unargued = survivors(report).filter(survivor => {
    const at = open.findIndex(entry => same(entry, survivor));
    if (at !== -1) open.splice(at, 1);
    return at === -1;
  });
  const settled = open.filter(({ file }) => report.files[file] !== undefined);
  return { score: of === 0 ? 100 : (100 * noticed) / of, counts, unargued, settled };
}

function survivors(report: Report): readonly Survivor[] {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants
      .filter(({ status }) => UNNOTICED.has(status))
      .map(({ location: { start, end }, replacement = '' }) => ({
        file,
        line: (lines[start.line - 1] ?? '').trim(),
        was: oneLine(cut(lines, start, end)),
        now: oneLine(replacement),
      }));
  });
}

function cut(lines: readonly string[], start: Place, end: Place): string {
  const inside = lines.slice(start.line - 1, end.line);
  // From the end first: start and end may share a line.
  return inside
    .map((line, index) => (index === inside.length - 1 ? line.slice(0, end.column - 1) : line))
    .map((line, index) => (index === 0 ? line.slice(start.column - 1) : line))
    .join('\n');
}

/** Layout is prettier's business, and changes: a difference in spaces alone is none. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function same(a: Survivor, b: Survivor): boolean {
  return a.file === b.file && a.line === b.line && a.was === b.was && a.now === b.now;
}
