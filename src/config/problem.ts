/**
 * What is wrong with a config, as data: where it stands, what was found, what is allowed. Collected rather than
 * thrown one by one, so that a person repairs a file in one go; rendered as one line each, in the form that editors
 * and grep know (`file:line:column:`).
 */
import { UnderstudyError } from '../ports/errors.ts';

export interface Problem {
  /** The config file, as it was named by the caller. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** `services.web.sites[1].ipv4`; empty for the file as a whole. */
  readonly path: string;
  /** What was found, cut and cleaned; null when there is nothing to show or when it may be a secret. */
  readonly value: string | null;
  /** What may stand there, in words; null when the message says it. */
  readonly allowed: string | null;
  /** The valid key, name or word that is most like what was written. */
  readonly nearest: string | null;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** The config was refused. `problems` holds every error and warning, in the order of the file. */
export class ConfigError extends UnderstudyError {
  declare readonly code: 'config-refused';
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const errors = problems.filter(problem => problem.severity === 'error');
    const first = errors[0];
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    super({
      code: 'config-refused',
      message: `the config ${clean(file, 200)} is refused${first ? `: ${explainProblem(first)}${more}` : ''}`,
      next: 'understudy config check',
    });
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** One plain line, no control characters: `file:line:column: error: path: message; found …; allowed: …; did you mean …?` */
export function explainProblem(problem: Problem): string {
  const where = `${clean(problem.file, 200)}:${problem.line}:${problem.column}: ${problem.severity}:`;
  const parts = [problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`];
  if (problem.value !== null) parts.push(`found ${problem.value}`);
  if (problem.allowed !== null) parts.push(`allowed: ${problem.allowed}`);
  if (problem.nearest !== null) parts.push(`did you mean ${problem.nearest}?`);
  return `${where} ${parts.join('; ')}`;
}

/** Text from outside made fit for one line: control and direction-changing characters become `?`, cut to `limit` characters. */
export function clean(text: string, limit: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu, '?');
  const characters = Array.from(plain);
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : plain;
}
