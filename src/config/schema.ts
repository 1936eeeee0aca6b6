/**
 * The whole config as one description, from the very tables that validate it: for `config schema`, as data and as a
 * page to read. Loaded only when somebody asks, or to say where a misplaced key belongs.
 */
import type { Catalog } from './catalog.ts';
import { CATALOG } from './catalog.ts';
import type { CoreField, Table } from './fields-core.ts';
import { OBSERVER, PROVIDER, ROOT, SECRET, SERVE, SINK } from './fields-core.ts';
import { DNS, LIMITS, PACE, POLICY, PROBE, SERVICE, THRESHOLDS } from './fields-service.ts';
import { COMMAND, FENCE, PROMOTE, SITE, SSH } from './fields-site.ts';
import { FORMATS, formatOf } from './formats.ts';
import { defaultOf, snakeCase } from './section.ts';

export interface SchemaField {
  /** As it is written in YAML. */
  readonly key: string;
  readonly doc: string;
  readonly required: boolean;
  /** As it would be written; null: none. */
  readonly default: string | number | boolean | readonly (string | number)[] | null;
  /** What may stand there, in words. */
  readonly allowed: string;
}

export interface SchemaSection {
  /** `services.NAME.sites[]`; empty for the outermost keys. */
  readonly path: string;
  readonly doc: string;
  readonly fields: readonly SchemaField[];
}

export interface Schema {
  readonly version: 1;
  readonly sections: readonly SchemaSection[];
}

interface Section {
  readonly path: string;
  readonly doc: string;
  readonly table: Table;
}

const SITES = 'services.NAME.sites[]';

/** The core's sections, outer before inner. */
export const SECTIONS: readonly Section[] = [
  { path: '', doc: 'The outermost keys.', table: ROOT },
  { path: 'observer', doc: ROOT.observer.doc, table: OBSERVER },
  { path: 'serve', doc: ROOT.serve.doc, table: SERVE },
  { path: 'sinks[]', doc: 'One sink.', table: SINK },
  { path: 'providers.NAME', doc: 'One account; with the keys of its kind, below.', table: PROVIDER },
  { path: 'services.NAME', doc: 'One service.', table: SERVICE },
  { path: 'services.NAME.dns', doc: SERVICE.dns.doc, table: DNS },
  { path: 'services.NAME.probes[]', doc: 'One probe; with the keys of its kind, below.', table: PROBE },
  { path: SITES, doc: 'One site.', table: SITE },
  { path: `${SITES}.ssh`, doc: 'The long form of `user@host:port`.', table: SSH },
  { path: `${SITES}.fence`, doc: 'The long form of a method.', table: FENCE },
  { path: `${SITES}.promote[]`, doc: 'One part to promote.', table: PROMOTE },
  {
    path: `${SITES}.quiesce|catch_up|freshness|snapshot`,
    doc: 'The long form of a list of words.',
    table: COMMAND,
  },
  { path: 'services.NAME.thresholds', doc: SERVICE.thresholds.doc, table: THRESHOLDS },
  { path: 'services.NAME.pace', doc: SERVICE.pace.doc, table: PACE },
  { path: 'services.NAME.policy', doc: SERVICE.policy.doc, table: POLICY },
  { path: 'services.NAME.limits', doc: SERVICE.limits.doc, table: LIMITS },
  { path: '(any secret)', doc: 'Where a secret is kept: one of the two.', table: SECRET },
];

/** @returns every key there is, with the vendors and probe kinds of `catalog`; plain JSON data */
export function configSchema(catalog: Catalog = CATALOG): Schema {
  const vendors = new Map<string, Section>();
  for (const [kind, vendor] of [...Object.entries(catalog.hosts), ...Object.entries(catalog.dns)])
    vendors.set(kind, {
      path: `providers.NAME (kind: ${kind})`,
      doc: vendor.title,
      table: { ...vendors.get(kind)?.table, ...vendor.fields },
    });
  const probes = Object.entries(catalog.probes).map(([kind, probe]) => ({
    path: `services.NAME.probes[] (kind: ${kind})`,
    doc: probe.title,
    table: probe.fields,
  }));
  const sections = [...SECTIONS, ...vendors.values(), ...probes];
  return { version: 1, sections: sections.map(describe) };
}

function describe({ path, doc, table }: Section): SchemaSection {
  const fields = Object.entries<CoreField>(table).map(([key, field]) => ({
    key: snakeCase(key),
    doc: field.doc,
    required: field.default === undefined,
    default: defaultOf(field) ?? null,
    allowed: FORMATS[formatOf(field)].allowed(field),
  }));
  return { path, doc, fields };
}

/** @param width columns, at least 40 @returns the schema as a page of plain text, in the manner of a manual */
export function renderSchema(schema: Schema, width = 80): string {
  const lines: string[] = [];
  for (const section of schema.sections) {
    lines.push(section.path === '' ? '(outermost)' : section.path, ...wrap(section.doc, 4, width), '');
    for (const field of section.fields) {
      const preset = field.default === null ? '' : `, default ${shown(field.default)}`;
      lines.push(`    ${field.key}${field.required ? ' (required)' : preset === '' ? ' (optional)' : ''}`);
      lines.push(...wrap(field.doc, 8, width), ...wrap(`${field.allowed}${preset}`, 8, width));
    }
    lines.push('');
  }
  return lines.join('\n');
}

function shown(value: NonNullable<SchemaField['default']>): string {
  return typeof value === 'object' ? `[${value.join(', ')}]` : value === '' ? '""' : String(value);
}

function wrap(text: string, indent: number, width: number): readonly string[] {
  const lines: string[] = [];
  let line = ' '.repeat(indent - 1);
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > Math.max(40, width) && line.trim() !== '') {
      lines.push(line);
      line = ' '.repeat(indent - 1);
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
