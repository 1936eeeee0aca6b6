/**
 * Every key of the core sections, in the same form in which vendors and probe kinds declare theirs (ports/fields.ts):
 * one table makes the convict schema, the messages and the page of `config schema`. Keys are camelCase here and
 * snake_case in YAML. A default is documented by standing here; a field without one must be given.
 * Here: the outermost keys. `fields-service.ts` and `fields-site.ts` hold the rest.
 */

import { MODES } from '../model/service.ts';
import type { Field, FieldFormat } from '../ports/fields.ts';

/** Formats that only the core needs. `section…` are mappings and lists whose contents have a table of their own. */
export type CoreFormat =
  | FieldFormat
  | 'name'
  | 'token'
  | 'server'
  | 'ipv4'
  | 'ipv6'
  | 'listen'
  | 'address-ports'
  | 'hostnames'
  | 'fqdn'
  | 'families'
  | 'command'
  | 'section'
  | 'sections'
  | 'named-sections'
  | 'text-or-section'
  | 'texts-or-sections';

export type CoreField = Omit<Field, 'format'> & { readonly format: CoreFormat };
export type Table = Readonly<Record<string, CoreField>>;

export const ROOT = {
  mode: {
    doc: 'The ceiling over every policy. observe: watch and tell; propose: draft plans for a person to approve; act: carry them out.',
    format: MODES,
    default: 'propose',
  },
  state: {
    doc: 'The state file (SQLite). Relative paths start at the config file.',
    format: 'path',
    default: '/var/lib/understudy/state.db',
  },
  runner: {
    doc: 'Name of this runner in leases, tokens and the audit. Default: the host name.',
    format: 'token',
    default: null,
  },
  observer: { doc: 'How this runner proves that its own network is up.', format: 'section', default: null },
  providers: { doc: 'Accounts at hosters and DNS services, by a name of yours.', format: 'named-sections' },
  sinks: { doc: 'Where notices go.', format: 'sections', default: null },
  serve: { doc: 'The status page of `understudy serve`.', format: 'section', default: null },
  services: { doc: 'What is protected, by a name of yours.', format: 'named-sections', min: 1 },
} as const satisfies Table;

export const OBSERVER = {
  references: {
    doc: 'Hosts that have nothing to do with your sites; a TCP connect to one proves the way out in its family. Needed in every essential family before anything is done automatically.',
    format: 'address-ports',
    default: [],
    max: 16,
  },
  timeout: {
    doc: 'How long such a connect may take.',
    format: 'duration',
    default: '2s',
    min: 50,
    max: 30_000,
  },
} as const satisfies Table;

export const SERVE = {
  listen: {
    doc: 'Where to listen. Not loopback: anyone who can connect reads the status.',
    format: 'listen',
    default: '127.0.0.1:8053',
  },
} as const satisfies Table;

export const PROVIDER = {
  kind: { doc: 'The vendor; it decides which further keys there are.', format: 'string' },
} as const satisfies Table;

export const SINK = {
  kind: { doc: 'webhook: POST with a standard-webhooks signature.', format: ['webhook'] },
  name: { doc: 'Default: the kind.', format: 'name', default: null },
  url: { doc: 'Must not live on a site that it reports about.', format: 'url' },
  secret: { doc: 'The signing key: base64, with or without whsec_ in front.', format: 'secret' },
  timeout: {
    doc: 'How long one delivery may take.',
    format: 'duration',
    default: '10s',
    min: 100,
    max: 60_000,
  },
} as const satisfies Table;

export const SECRET = {
  env: { doc: 'Name of an environment variable: capitals, digits and _.', format: 'string', default: null },
  file: { doc: 'Absolute path of a file that holds nothing else.', format: 'string', default: null },
} as const satisfies Table;
