/** What is wrong with a scenario file: every mistake at once, in the form that the config's mistakes have. */
import { distance } from 'fastest-levenshtein';
import { clean, explainProblem, type Problem } from '../../config/problem.ts';
import { UnderstudyError } from '../../ports/errors.ts';
import type { Word } from './text.ts';

/** The scenario was refused. `problems` holds every mistake, in the order of the file. */
export class ScenarioError extends UnderstudyError {
  declare readonly code: 'scenario-refused';
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    super({
      code: 'scenario-refused',
      message: `the scenario ${clean(file, 200)} is refused${first ? `: ${explainProblem(first)}${more}` : ''}`,
      next: 'understudy simulate --words',
    });
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}

/** Of many words that could stand somewhere, so many are told. */
const TOLD = 14;
/** More than this helps nobody. */
const MAX_PROBLEMS = 50;

export class Problems {
  readonly #file: string;
  readonly #all: Problem[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  get any(): boolean {
    return this.#all.length > 0;
  }

  /**
   * @param word what is wrong, or the column
   * @param allowed what may stand there; the nearest of it is suggested, unless `meant` is known
   */
  add(
    line: number,
    word: Word | number,
    message: string,
    allowed: readonly string[] = [],
    meant: string | null = null,
  ): void {
    const found = typeof word === 'number' ? null : word;
    const more = allowed.length > TOLD ? `, and ${allowed.length - TOLD} more` : '';
    this.#all.push({
      file: this.#file,
      line,
      column: typeof word === 'number' ? word : word.column,
      path: '',
      value: found === null ? null : `"${clean(found.text, 80)}"`,
      allowed: allowed.length === 0 ? null : clean(`${allowed.slice(0, TOLD).join(', ')}${more}`, 400),
      nearest: meant === null ? (found === null ? null : nearest(found.text, allowed)) : clean(meant, 80),
      message,
      severity: 'error',
    });
  }

  /** @throws ScenarioError when there are any */
  settle(): void {
    if (this.#all.length === 0) return;
    this.#all.sort((a, b) => a.line - b.line || a.column - b.column);
    throw new ScenarioError(this.#file, this.#all.slice(0, MAX_PROBLEMS));
  }
}

/** @returns the candidate that could be meant: at most a third of its letters differ; null when none is near */
export function nearest(given: string, candidates: readonly string[]): string | null {
  if (given.length > 100) return null;
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const apart = distance(given.toLowerCase(), candidate.toLowerCase());
    if (apart < least) [best, least] = [candidate, apart];
  }
  return best !== null && least <= Math.max(2, Math.floor(best.length / 3)) ? clean(best, 60) : null;
}
