/**
 * One mapping of the file against one table of fields. The table becomes a convict schema, convict validates in
 * strict mode, and what it says is turned into problems with their places. Convict is shown flat, harmless values
 * only (see `plainOf`): it joins keys with dots and walks into objects, which a hostile file could use.
 */
import convict from 'convict';
import type { Fields } from '../ports/fields.ts';
import type { HostPort } from './address.ts';
import type { MapTree, Tree } from './document.ts';
import { formatDuration } from './duration.ts';
import type { CoreField, Table } from './fields-core.ts';
import type { Plain } from './formats.ts';
import { AND, candidatesOf, FORMATS, formatOf, MAPPING } from './formats.ts';
import type { Path, Report } from './report.ts';

/** What a field of a given format yields. */
type Yield<F extends CoreField> = F['format'] extends readonly (infer Word)[]
  ? Word
  : F['format'] extends 'integer' | 'port' | 'duration'
    ? number
    : F['format'] extends 'boolean'
      ? boolean
      : F['format'] extends 'strings' | 'hostnames'
        ? readonly string[]
        : F['format'] extends 'families'
          ? readonly ('v4' | 'v6')[]
          : F['format'] extends 'address-ports'
            ? readonly (HostPort & { readonly family: 'v4' | 'v6' })[]
            : F['format'] extends 'listen'
              ? HostPort
              : F['format'] extends `${string}section${string}` | 'command' | 'secret'
                ? Tree
                : string;

/** What a table yields; a required field that is missing or wrong is undefined, and reported. */
export type Values<T extends Table> = {
  readonly [K in keyof T]:
    Yield<T[K]> | (T[K] extends { readonly default: infer D } ? (D extends null ? null : never) : undefined);
};

/** `accessKeyId` ↔ `access_key_id`; names all in capitals (verdict classes) stay as they are. */
export function snakeCase(key: string): string {
  return /[a-z]/.test(key) ? key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`) : key;
}

for (const [name, format] of Object.entries(FORMATS))
  convict.addFormat({
    name: `understudy-${name}`,
    validate(value: Plain, schema) {
      // A vendor may have a default that nobody could write, such as an empty text.
      if (value !== null && value === schema.default) return;
      if (value === null) throw new Error('is missing');
      format.check(value, schema.field());
    },
  });

type ConvictSchema = Record<string, convict.SchemaObj>;
const schemas = new WeakMap<Table, ConvictSchema>();

/** The convict schema of a table, made once. Everything is `sensitive`: convict must not print values. */
export function schemaOf(table: Table): ConvictSchema {
  const known = schemas.get(table);
  if (known) return known;
  const schema: ConvictSchema = {};
  for (const [key, field] of Object.entries(table))
    schema[snakeCase(key)] = {
      doc: field.doc,
      format: `understudy-${formatOf(field)}`,
      default: defaultOf(field) ?? null,
      nullable: field.default === null,
      sensitive: true,
      // A function, because convict copies all else in depth, for every mapping that it validates.
      field: () => field,
    };
  schemas.set(table, schema);
  return schema;
}

/** The default as it would be written in the file; durations given in ms get their unit. */
export function defaultOf(field: CoreField): CoreField['default'] {
  return field.format === 'duration' && typeof field.default === 'number'
    ? formatDuration(field.default)
    : field.default;
}

/** What convict may see of a tree. */
function plainOf(tree: Tree): Plain {
  if (tree.type === 'scalar') return tree.value;
  return tree.type === 'map' ? MAPPING : tree.items.map(plainOf);
}

/**
 * Reads the mapping at `path`; everything wrong with its own keys is reported.
 * @param tree null when the section is left out: then all defaults
 * @param short the mapping stands for a short form, so its one key is no part of the path
 */
export function readSection<T extends Table>(
  tree: Tree | null,
  table: T,
  path: Path,
  report: Report,
  short = false,
): Values<T> {
  const map = tree?.type === 'map' ? tree : null;
  const wrong = new Set<string>();
  // What is no mapping at all is told once, not once more for every key that it lacks.
  if (tree !== null && map === null)
    report.error(path, 'is not a mapping', { allowed: 'a mapping (`key: value`)' });
  else for (const key of validate({ map, table, path, report, short })) wrong.add(key);
  const values: Record<string, unknown> = {};
  for (const [key, field] of Object.entries<CoreField>(table)) {
    const name = snakeCase(key);
    const written = map?.entries.get(name)?.value;
    const given = written && !(written.type === 'scalar' && written.value === null) ? written : null;
    const source = given && !wrong.has(name) ? given : treeOf(defaultOf(field) ?? null);
    values[key] = field.default === null ? null : undefined;
    if (source === null) continue;
    try {
      values[key] = FORMATS[formatOf(field)].convert(source, report.file, field);
    } catch (thrown) {
      // What YAML reads as a number or a date can pass the check as that and fail as the text it was written as.
      const allowed = FORMATS[formatOf(field)].allowed(field);
      report.error([...path, name], thrown instanceof Error ? thrown.message : String(thrown), { allowed });
    }
  }
  return values as Values<T>;
}

interface Section {
  readonly map: MapTree | null;
  readonly table: Table;
  readonly path: Path;
  readonly report: Report;
  readonly short: boolean;
}

/** @returns the names of the keys whose values are wrong; all of it has been reported */
function validate(section: Section): ReadonlySet<string> {
  const { map, table, path, report } = section;
  const schema = schemaOf(table);
  const wrong = new Set<string>();
  const plain: Record<string, Plain> = {};
  for (const [key, { value }] of map?.entries ?? []) {
    // Keys that convict would take apart (dots) or that mean something to JavaScript never get there.
    if (Object.hasOwn(schema, key) || (/^[a-z][a-z0-9_]*$/.test(key) && !(key in plain)))
      plain[key] = plainOf(value);
    else unknownKey(key, schema, path, report);
  }
  const config = convict<Record<string, Plain>>(schema, { env: {}, args: [] });
  try {
    // Not load(): that parses the (empty) command line once more for every mapping.
    for (const [key, value] of Object.entries(plain)) config.set(key, value);
    config.validate({ allowed: 'strict' });
  } catch (error) {
    for (const line of (error instanceof Error ? error.message : String(error)).split('\n')) {
      const undeclared = /^configuration param '([a-z0-9_]+)' not declared in the schema$/.exec(line)?.[1];
      const [, key = '', messages = ''] = /^([A-Za-z0-9_]+): (.*)$/.exec(line) ?? [];
      const field = Object.entries(table).find(([name]) => snakeCase(name) === key)?.[1];
      if (undeclared !== undefined) unknownKey(undeclared, schema, path, report);
      else if (field) {
        wrong.add(key);
        for (const message of messages.split(AND)) wrongValue(section, key, field, message);
      } else report.error(path, line);
    }
  }
  return wrong;
}

function wrongValue(
  { map, path, report, short }: Section,
  key: string,
  field: CoreField,
  said: string,
): void {
  const [, item, message = said] = /^\[(\d+)\] (.*)$/.exec(said) ?? [];
  const index = item === undefined ? null : Number(item);
  const whole = map?.entries.get(key)?.value;
  const found = index !== null && whole?.type === 'list' ? whole.items[index] : whole;
  const empty = found?.type === 'scalar' && found.value === null;
  const shown = found?.type === 'scalar' && !empty && isShowable(field) ? found.text : null;
  const here = short ? path : [...path, key];
  report.error(index === null ? here : [...here, index], empty ? 'is empty' : message, {
    allowed: FORMATS[formatOf(field)].allowed(field),
    ...(shown !== null && { value: shown, given: shown, candidates: candidatesOf(field) }),
  });
}

/** A secret in its own place is never shown, nor is a URL: those of webhooks carry keys in their paths. */
function isShowable(field: CoreField): boolean {
  return field.format !== 'secret' && field.format !== 'url';
}

/** The value is not shown: a misspelt `token` has a token beside it. */
function unknownKey(key: string, schema: ConvictSchema, path: Path, report: Report): void {
  const candidates = Object.keys(schema);
  report.error([...path, key], 'is not a key that is known here', {
    allowed: candidates.join(', '),
    candidates,
    given: key,
    isKey: true,
    atKey: true,
  });
}

const NOWHERE = { line: 1, column: 1 };

/** A default of a table, as if it had been written. */
function treeOf(value: CoreField['default']): Tree | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value))
    return { type: 'list', at: NOWHERE, items: value.flatMap(item => treeOf(item as string | number) ?? []) };
  const scalar = value as string | number | boolean;
  return { type: 'scalar', at: NOWHERE, value: scalar, text: String(scalar) };
}

const merged = new WeakMap<Fields, Table>();

/**
 * A vendor's or probe kind's own fields, together with the core's keys of that section: the core's win.
 * @param own always met with the same `core`; the result is kept, as its convict schema is
 */
export function mergeTables(core: Table, own: Fields): Table {
  const known = merged.get(own);
  if (known) return known;
  const table = { ...own, ...core };
  merged.set(own, table);
  return table;
}
