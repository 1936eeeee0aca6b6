/**
 * How a provider or a probe kind declares its own settings, so that adding one is one file plus one
 * registration line: the config room turns these tables into convict schemas, error messages and docs.
 */

/** `duration` accepts `250ms`, `5s`, `2m`, `1h`, `3d` and yields ms. `secret` accepts `{env: NAME}` or `{file: PATH}` and yields a `Secret`. */
export type FieldFormat =
  | 'string'
  | 'integer'
  | 'port'
  | 'boolean'
  | 'duration'
  | 'secret'
  | 'url'
  | 'address'
  | 'hostname'
  | 'path'
  | 'strings'
  | 'integers'
  | readonly string[];

export interface Field {
  readonly doc: string;
  readonly format: FieldFormat;
  /** Left out: the field must be given. `null`: optional without a default. */
  readonly default?: string | number | boolean | null | readonly string[] | readonly number[];
  readonly min?: number;
  readonly max?: number;
}

export type Fields = Readonly<Record<string, Field>>;
