/**
 * Reads a probe's params by its field table, with types that follow from the table, so that a kind states each
 * setting once. The config has validated them before; the check here keeps a caller's slip (a test, the sandbox)
 * from becoming a misread probe.
 */
import type { Secret } from '../model/secret.ts';
import type { Field, FieldFormat, Fields } from '../ports/fields.ts';
import { ProbeFailure } from './attempt.ts';

type Plain<F extends FieldFormat> = F extends 'integer' | 'port' | 'duration'
  ? number
  : F extends 'boolean'
    ? boolean
    : F extends 'strings'
      ? readonly string[]
      : F extends 'integers'
        ? readonly number[]
        : F extends 'secret'
          ? Secret
          : F extends readonly (infer Word)[]
            ? Word
            : string;

type Value<F extends Field> = Plain<F['format']> | (F extends { readonly default: null } ? null : never);

export type Values<T extends Fields> = { readonly [K in keyof T]: Value<T[K]> };

/** @throws ProbeFailure `internal` naming the setting that is missing or of the wrong type */
export function settings<T extends Fields>(fields: T, params: Readonly<Record<string, unknown>>): Values<T> {
  const values: Record<string, unknown> = {};
  for (const key in fields) {
    const field: Field | undefined = fields[key];
    if (field === undefined) continue;
    const value = params[key] ?? field.default;
    if (value === undefined) throw new ProbeFailure('internal', `the setting "${key}" is missing`);
    if (value !== null && !fits(field.format, value))
      throw new ProbeFailure('internal', `the setting "${key}" is not ${describe(field.format)}`);
    values[key] = value;
  }
  // The loop has put a value of the declared format, or the default, under each key of the table.
  return values as Values<T>;
}

function fits(format: FieldFormat, value: unknown): boolean {
  switch (format) {
    case 'integer':
    case 'port':
    case 'duration':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'strings':
      return Array.isArray(value) && value.every(item => typeof item === 'string');
    case 'integers':
      return Array.isArray(value) && value.every(item => typeof item === 'number');
    case 'secret':
      return typeof value === 'object';
    default:
      return typeof value === 'string' && (typeof format === 'string' || format.includes(value));
  }
}

function describe(format: FieldFormat): string {
  return typeof format === 'string' ? `of the form ${format}` : `one of ${format.join(', ')}`;
}

const PORT = { format: 'port', min: 1, max: 65535 } as const;

/** The port field of a kind; `number`: its default, `null`: follows from another setting. */
export function portField<D extends number | null>(fallback: D, doc = 'TCP port.') {
  return { ...PORT, doc, default: fallback } as const;
}

/** The fields shared by every kind that may speak TLS. */
export const TLS_FIELDS = {
  host: {
    doc: 'Name to present (Host, SNI) and to verify the certificate against, in place of the public name.',
    format: 'hostname',
    default: null,
  },
  tlsVerify: {
    doc: 'Verify chain, dates and name of the certificate. Off: any certificate will do.',
    format: 'boolean',
    default: true,
  },
  ca: {
    doc: 'PEM file of the authority to trust in place of the built-in ones.',
    format: 'path',
    default: null,
  },
} as const satisfies Fields;

export const STARTTLS_FIELDS = {
  ...TLS_FIELDS,
  starttls: {
    doc: 'Require STARTTLS to be offered, and go through it.',
    format: 'boolean',
    default: false,
  },
  tls: { doc: 'Speak TLS from the first byte.', format: 'boolean', default: false },
} as const satisfies Fields;
