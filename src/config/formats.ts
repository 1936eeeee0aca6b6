/**
 * The formats that a field may have. Each one says in words what is allowed, checks a plain value (that is what
 * convict calls), and turns the value as written into the one that the program uses. Checks throw an Error whose one
 * line follows a path: `services.web.dns.ttl: has no unit …`; `[2] …` in front points at an item of a list.
 */
import { dirname, resolve } from 'node:path';
import { isEpochToken } from '../model/epoch.ts';
import type { Family } from '../model/sample.ts';
import { FAMILIES } from '../model/sample.ts';
import type { HostPort } from './address.ts';
import { parseAddress, parseHostname, parseHostPort } from './address.ts';
import type { ScalarTree, Tree } from './document.ts';
import { formatDuration, parseDuration } from './duration.ts';
import type { CoreField } from './fields-core.ts';

/**
 * Stands for a mapping in what convict sees: an array, because convict would walk into an object. A registered symbol,
 * because convict keeps its formats per process, and a test runner may load this file twice.
 */
export const MAPPING: readonly unknown[] = Object.freeze([Symbol.for('understudy mapping')]);

function isMapping(value: unknown): boolean {
  return Array.isArray(value) && value[0] === MAPPING[0];
}

/** Between two complaints of one value (a list with several wrong items): in no message, and no line break to convict. */
export const AND = '\u001e';

/** What convict sees of a tree: scalars, lists of these, MAPPING. */
export type Plain = string | number | boolean | null | readonly unknown[];

interface Format {
  /** What may stand there. */
  allowed(field: CoreField): string;
  /** @throws Error */
  check(value: Plain, field: CoreField): void;
  /** Called for a value that passed the check. @param file the config file: relative paths start at it */
  convert(tree: Tree, file: string, field: CoreField): unknown;
}

/** @returns the format's name; a list of words is the format `words` */
export function formatOf(field: CoreField): keyof typeof FORMATS {
  return typeof field.format === 'string' ? field.format : 'words';
}

function fail(message: string): never {
  throw new Error(message);
}

const text = (tree: Tree): string => (tree.type === 'scalar' ? tree.text : '');
const texts = (tree: Tree): readonly string[] => (tree.type === 'list' ? tree.items.map(text) : []);

/** Text on one line; a number counts as the text it was written as, so that ids and versions need no quotes. */
function checkText(value: unknown, field: CoreField): string {
  if (isMapping(value)) fail('is a mapping, text is asked for');
  if (Array.isArray(value)) fail('is a list, one value is asked for');
  if (typeof value === 'boolean') fail(`is the truth value ${value}: put the text in quotes`);
  if (typeof value !== 'string' && typeof value !== 'number') fail('is empty');
  const found = String(value);
  if (found.trim() === '') fail('is empty');
  if (/\p{Cc}/u.test(found)) fail('runs over several lines or holds control characters');
  const longest = field.max ?? 1000;
  if (found.length > longest) fail(`has more than ${longest} characters`);
  return found;
}

function checkRange(value: number, field: CoreField, show: (value: number) => string): void {
  if (field.min !== undefined && value < field.min) fail(`is less than ${show(field.min)}`);
  if (field.max !== undefined && value > field.max) fail(`is more than ${show(field.max)}`);
}

function range(field: CoreField, show: (value: number) => string): string {
  if (field.min !== undefined && field.max !== undefined)
    return ` from ${show(field.min)} to ${show(field.max)}`;
  if (field.min !== undefined) return ` from ${show(field.min)}`;
  return field.max === undefined ? '' : ` up to ${show(field.max)}`;
}

/** A list whose items all pass `item`; repeats are refused, because they are always a slip. */
function checkList(value: Plain, field: CoreField, item: (value: unknown, index: number) => unknown): void {
  if (isMapping(value) || !Array.isArray(value)) fail('is not a list: write [one, two] or lines with "- "');
  if (field.min !== undefined && value.length < field.min) fail('is an empty list');
  if (field.max !== undefined && value.length > field.max) fail(`has more than ${field.max} items`);
  const wrong: string[] = [];
  value.forEach((entry, index) => {
    try {
      item(entry, index);
    } catch (error) {
      wrong.push(`[${index}] ${error instanceof Error ? error.message : 'is wrong'}`);
    }
  });
  if (wrong.length > 0) fail(wrong.join(AND));
}

/** A format for one text that `parse` understands and spells canonically. */
function parsed<T>(allowed: string, parse: (text: string, field: CoreField) => T): Format {
  return {
    allowed: () => allowed,
    check: (value, field) => void parse(checkText(value, field), field),
    convert: (tree, _file, field) => parse(text(tree), field),
  };
}

function parsedList<T>(allowed: string, parse: (text: string) => T, key: (item: T) => unknown): Format {
  return {
    allowed: () => allowed,
    check: (value, field) => {
      const seen = new Set<unknown>();
      checkList(value, field, entry => {
        const item = key(parse(checkText(entry, { doc: '', format: 'string' })));
        if (seen.has(item)) fail('is given twice');
        seen.add(item);
      });
    },
    convert: tree => texts(tree).map(parse),
  };
}

/** A mapping or list with a table of its own: only the outer form is checked here. */
function structure(allowed: string, forms: readonly ('map' | 'list' | 'text')[]): Format {
  return {
    allowed: () => allowed,
    check: (value, field) => {
      const form = isMapping(value) ? 'map' : Array.isArray(value) ? 'list' : 'text';
      if (!forms.includes(form)) fail(`is not ${allowed}`);
      if (form === 'text') checkText(value, field);
      if (form === 'list' && forms[0] === 'list') checkList(value, field, () => true);
    },
    convert: tree => tree,
  };
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,49}[a-z0-9])?$/;

function parseName(name: string): string {
  if (NAME.test(name) && isEpochToken(name)) return name;
  return fail(/[A-Z]/.test(name) ? 'has capital letters' : 'is not a name that fits the epoch record');
}

function parseUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : fail('is not a URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') fail('is not an http:// or https:// URL');
  if (url.username !== '' || url.password !== '') fail('holds a login: URLs are shown in messages');
  return value;
}

function parsePath(value: string): string {
  if (value.startsWith('~')) fail('starts with ~, which only a shell knows: write the whole path');
  return value;
}

const integer = (value: unknown, field: CoreField): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) fail('is not a whole number');
  checkRange(value, field, String);
  return value;
};
const number = (tree: Tree): number => (tree.type === 'scalar' ? Number(tree.value) : 0);
const serverId = (value: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/.test(value) ? value : fail('is not an id');
const duration = (tree: Tree): number => parseDuration((tree as ScalarTree).value);
const family = (value: string): Family => FAMILIES.find(known => known === value) ?? fail('is not a family');

export const FORMATS = {
  string: {
    allowed: field => `text of at most ${field.max ?? 1000} characters`,
    check: (value, field) => void checkText(value, field),
    convert: text,
  },
  integer: {
    allowed: field => `a whole number${range(field, String)}`,
    check: (value, field) => void integer(value, field),
    convert: number,
  },
  port: {
    allowed: field => `a port from ${field.min ?? 1} to 65535`,
    check: (value, field) => void integer(value, { ...field, min: field.min ?? 1, max: 65535 }),
    convert: number,
  },
  boolean: {
    allowed: () => 'true or false',
    check: value => (typeof value === 'boolean' ? undefined : fail('is not a truth value')),
    convert: tree => tree.type === 'scalar' && tree.value === true,
  },
  duration: {
    allowed: field => `a duration${range(field, formatDuration)} (units ms, s, m, h, d)`,
    check: (value, field) => checkRange(parseDuration(value), field, formatDuration),
    convert: duration,
  },
  secret: {
    allowed: () => '{ env: NAME } or { file: /path }',
    check: value =>
      isMapping(value) ? undefined : fail('is a secret written out: keep it outside this file'),
    convert: tree => tree,
  },
  url: parsed('an http:// or https:// URL without a login', parseUrl),
  address: parsed('an IPv4 or IPv6 address', value => parseAddress(value, null).address),
  ipv4: parsed('an IPv4 address', value => parseAddress(value, 'v4').address),
  ipv6: parsed('an IPv6 address', value => parseAddress(value, 'v6').address),
  hostname: parsed('a host name', value => parseHostname(value, 1, true)),
  fqdn: parsed('a full name, such as example.org', value => parseHostname(value, 2, true)),
  path: {
    allowed: () => 'a path',
    check: (value, field) => void parsePath(checkText(value, field)),
    convert: (tree, file) => resolve(dirname(file), text(tree)),
  },
  strings: {
    allowed: () => 'a list of texts; true, false and null in quotes',
    check: (value, field) =>
      checkList(
        value,
        field,
        entry => entry === '' || checkText(entry, { doc: '', format: 'string', max: 10_000 }),
      ),
    convert: texts,
  },
  integers: {
    allowed: field => `a list of whole numbers${range(field, String)}`,
    check: (value, field) =>
      checkList(value, { doc: '', format: 'integers' }, entry => integer(entry, field)),
    convert: tree => (tree.type === 'list' ? tree.items.map(number) : []),
  },
  words: {
    allowed: field => (Array.isArray(field.format) ? field.format.join(', ') : ''),
    check: (value, field) => {
      const found = checkText(value, { doc: '', format: 'string' });
      if (!field.format.includes(found)) fail('is not one of the words allowed');
    },
    convert: text,
  },
  name: parsed('1 to 51 lower-case letters, digits and inner hyphens', parseName),
  token: parsed('1 to 63 of letters, digits, ".", "_" and "-", starting with a letter or digit', value =>
    isEpochToken(value) ? value : fail('is not a name that fits the epoch record'),
  ),
  server: parsed("the machine's id, as the provider shows it", serverId),
  listen: parsed('address:port', (value): HostPort => {
    const listen = parseListen(value);
    return listen.family !== null || listen.host === 'localhost' ? listen : fail('is not address:port');
  }),
  'address-ports': parsedList(
    'a list of address:port; IPv6 as "[address]:port"',
    value => parseHostPort(value, false),
    item => item.name,
  ),
  hostnames: parsedList(
    'a list of full names, such as [www.example.org]',
    value => parseHostname(value, 2, false),
    item => item,
  ),
  families: {
    ...parsedList('a list of v4 and v6', family, item => item),
    check: (value, field) =>
      parsedList('', family, item => item).check(value, { ...field, min: 1, format: 'families' }),
  },
  command: structure('a list of words, or a mapping with run and limit', ['list', 'map']),
  section: structure('a mapping', ['map']),
  sections: structure('a list of mappings', ['list']),
  'named-sections': structure('a mapping of names', ['map']),
  'text-or-section': structure('text or a mapping', ['text', 'map']),
  'texts-or-sections': structure('a list of texts and mappings', ['list']),
} as const satisfies Record<string, Format>;

/** `0.0.0.0` and `::` are legal to listen on, though they are nobody's address. */
function parseListen(value: string): HostPort {
  const any = /^(0\.0\.0\.0|\[::\]):([0-9]{1,5})$/.exec(value);
  if (any === null || Number(any[2]) > 65535) return parseHostPort(value, true);
  const v4 = any[1] === '0.0.0.0';
  return { name: value, host: v4 ? '0.0.0.0' : '::', port: Number(any[2]), family: v4 ? 'v4' : 'v6' };
}

/** The words that a value should have been one of, to find the nearest. */
export function candidatesOf(field: CoreField): readonly string[] {
  if (Array.isArray(field.format)) return field.format;
  return field.format === 'families' ? FAMILIES : [];
}
