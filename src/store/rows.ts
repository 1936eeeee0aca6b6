/**
 * From a row's JSON to a value that may be relied on. A file can be damaged without SQLite's noticing, or changed by
 * hand; what does not fit its type, or is kept under another name than it says itself, ends here with the name of
 * the table and the field, before anything is decided on it.
 */
import { isOpen } from './common.ts';
import type { Row, Value } from './database.ts';
import { RowError } from './errors.ts';
import { count, instant, type Shape } from './shape.ts';
import { SHAPES } from './shapes.ts';

export type Kept = keyof typeof SHAPES;

/** Columns beside the body that repeat a field of it. */
const REPEATED = ['id', 'service', 'run'] as const;

/**
 * @param columns of the same row, those that repeat what the body says: the two must agree
 * @throws RowError
 */
export function readBody<T>(kept: Kept, body: Value | undefined, columns: Row = {}): T {
  const value = parsed(kept, body);
  const wrong = SHAPES[kept](value, kept);
  if (wrong !== null) throw new RowError(`a record in it makes no sense: ${wrong}`);
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key of REPEATED)
    if (key in columns && key in fields && columns[key] !== fields[key])
      throw new RowError(
        `a record in it makes no sense: ${kept}.${key} is not the one that its row is kept under`,
      );
  if ('open' in columns && (columns.open === 1) !== opened(fields))
    throw new RowError(
      `a record in it makes no sense: ${kept} is marked as open, or ended, and says otherwise`,
    );
  return value as T;
}

export function readBodyOrNull<T>(kept: Kept, body: Value | undefined, columns?: Row): T | null {
  return body === null || body === undefined ? null : readBody<T>(kept, body, columns);
}

/** One of the words that a column may hold. @throws RowError */
export function readWord<T extends string>(value: Value | undefined, words: readonly T[], column: string): T {
  const found = words.find(word => word === value);
  if (found === undefined)
    throw new RowError(`a record in it makes no sense: ${column} is none of ${words.join(', ')}`);
  return found;
}

/** @throws RowError */
export function readCount(value: Value | undefined, column: string): number {
  return shaped(count, value, column);
}

/** @returns ms since the epoch @throws RowError */
export function readInstant(value: Value | undefined, column: string): number {
  return shaped(instant, value, column);
}

function shaped(shape: Shape, value: Value | undefined, column: string): number {
  const wrong = shape(value, column);
  if (wrong !== null) throw new RowError(`a record in it makes no sense: ${wrong}`);
  return Number(value);
}

function opened(fields: Readonly<Record<string, unknown>>): boolean {
  return 'closedAt' in fields ? fields.closedAt === null : isOpen({ status: String(fields.status) });
}

function parsed(kept: Kept, body: Value | undefined): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    throw new RowError(`a record in it is not readable (${kept})`);
  }
}
