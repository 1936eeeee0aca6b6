/**
 * The only place that knows libsql. It narrows the library to what the store needs and keeps its traps out:
 * - a boolean given as a parameter aborts the whole process, and a NUL cuts a text short, so only texts (JSON has
 *   no NUL), numbers and null get through the types;
 * - a text that is not UTF-8 aborts it too, when it is read: a flipped bit in the file is enough, so texts are selected
 *   as bytes (`textIn`) and numbers only where they are some (`numberIn`);
 * - errors of `new`, of `all` and of `exec` come in three shapes; errors.ts reads them all;
 * - `close()` really closes only when no prepared statement is left alive. `exec` leaves none, so whoever must be
 *   sure that a file is closed (create.ts) uses `exec` alone.
 * [seen by running libsql 0.5.29]
 */
import Libsql from 'libsql';
import { RowError } from './errors.ts';

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** A column that holds text, as a term of `select`; `get` and `all` decode it. */
export function textIn(column: string, name = column): string {
  return `cast(${column} as blob) as ${name}`;
}

/** A column that holds numbers, as a term of `select`: null when something else stands there. */
export function numberIn(column: string, name = column): string {
  return `iif(typeof(${column}) in ('integer', 'real'), ${column}, null) as ${name}`;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws RowError when a text is not UTF-8 */
function decoded(row: Readonly<Record<string, Value | Uint8Array | ArrayBuffer>>): Row {
  const made: Record<string, Value> = {};
  for (const [name, value] of Object.entries(row)) {
    // `get` gives a Buffer, `all` an ArrayBuffer.
    if (value instanceof Uint8Array || value instanceof ArrayBuffer) made[name] = decode(value, name);
    else made[name] = value;
  }
  return made;
}

function decode(bytes: Uint8Array | ArrayBuffer, name: string): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new RowError(`a record in it is not readable (its ${name} is not UTF-8)`);
  }
}

export interface Database {
  /** Runs statements without parameters; prepares nothing that lives on. */
  exec(sql: string): void;
  /** @returns how many rows changed, and the rowid of the last insert */
  run(sql: string, ...values: readonly Value[]): { readonly changes: number; readonly rowid: number };
  get(sql: string, ...values: readonly Value[]): Row | undefined;
  all(sql: string, ...values: readonly Value[]): readonly Row[];
  readonly inTransaction: boolean;
  close(): void;
}

/**
 * Opens the file as it is; makes an empty one when there is none.
 * @param busyMs how long to wait for another process's lock before giving up
 * @throws whatever libsql throws: pass it through `asStoreError`
 */
export function openDatabase(path: string, busyMs: number): Database {
  const connection = new Libsql(path, { timeout: busyMs });
  // Preparing costs more than running: each text is prepared once per connection, when it is first needed, so that a
  // cron tick pays only for the statements it uses.
  const prepared = new Map<string, Libsql.Statement>();
  const statement = (sql: string): Libsql.Statement => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const fresh = connection.prepare(sql);
    prepared.set(sql, fresh);
    return fresh;
  };
  return {
    exec: sql => void connection.exec(sql),
    run: (sql, ...values) => {
      const result = statement(sql).run(...values);
      return { changes: result.changes, rowid: Number(result.lastInsertRowid) };
    },
    get: (sql, ...values) => {
      const row = statement(sql).get(...values) as Row | undefined;
      return row === undefined ? undefined : decoded(row);
    },
    all: (sql, ...values) => (statement(sql).all(...values) as Row[]).map(decoded),
    get inTransaction() {
      return connection.inTransaction;
    },
    close: () => {
      prepared.clear();
      connection.close();
    },
  };
}
