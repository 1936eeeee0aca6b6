/**
 * Mutations of JSON-like values: keys dropped, renamed, doubled, given to others; values of another type, out of every
 * range, too deep, too long. A mutation is plain data, so that fast-check can print and shrink it. The result is text and
 * not a value, because a key that stands twice, `1e999` or a number of 400 digits exist only there.
 */
import fc from 'fast-check';
import { type ByteEdit, byteEdit, mutateBytes } from './bytes.ts';

type Node =
  | { readonly kind: 'object'; entries: [string, Node][] }
  | { readonly kind: 'list'; items: Node[] }
  | { readonly kind: 'raw'; text: string };

/** Where a node hangs: `set` puts another there, `remove` takes it out. */
interface Place {
  readonly node: Node;
  /** The entry, when it is one of an object. */
  readonly entry: [string, Node] | null;
  readonly parent: Node;
  readonly index: number;
}

const OPERATIONS = [
  'drop',
  'rename',
  'retype',
  'double',
  'swap',
  'copy',
  'nest',
  'add',
  'cut',
  'stretch',
  'scale',
] as const;

export interface JsonEdit {
  readonly do: (typeof OPERATIONS)[number];
  readonly at: number;
  readonly other: number;
  /** A key for those that need one. */
  readonly key: string;
  /** JSON text, or nearly. */
  readonly value: string;
}

/** Keys that mean something to JavaScript, and some that are hard to show. */
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
  'length',
  '',
  ' ',
  '0',
  'a.b',
  '\u0000',
  '\u001b[2J',
  '\ud800',
  '\u202e',
];

const quoted = (text: string): string => JSON.stringify(text);

/** Values that no reader expects; none of them is a word of a vendor's own, so that a mutation never tells a plausible lie. */
export const VALUES: readonly string[] = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e999',
  '-1e999',
  '1e-400',
  '9007199254740993',
  '-1.7976931348623157e308',
  '9'.repeat(400),
  'NaN',
  'Infinity',
  '""',
  quoted(' '),
  quoted('x'),
  quoted('0'),
  quoted('42'),
  quoted('1e3'),
  quoted('true'),
  quoted('__proto__'),
  quoted('constructor'),
  quoted('\u0000'),
  quoted('a\r\nb'),
  quoted('\u001b[2J\u001b]0;owned\u0007'),
  quoted('\u202e\u2066'),
  '"\\ud800"',
  '"\\udc00x"',
  quoted('<!DOCTYPE html><html><body>502</body></html>'),
  quoted('../../etc/passwd'),
  quoted('2030-01-01T00:00:00Z'),
  '[]',
  '{}',
  '[[]]',
  '[{}]',
  '[null]',
  '["x","x"]',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"valueOf":1,"toJSON":1,"then":1,"length":1e9}',
];

/** Rare, because each costs milliseconds. */
const GIANTS: readonly string[] = [
  '['.repeat(5000) + ']'.repeat(5000),
  '{"a":'.repeat(5000) + '1' + '}'.repeat(5000),
  '['.repeat(5000),
  quoted('x'.repeat(300_000)),
  quoted('\u0000'.repeat(20_000)),
  `[${'{},'.repeat(20_000)}0]`,
];

const value = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 8, arbitrary: fc.jsonValue({ maxDepth: 3 }).map(made => JSON.stringify(made)) },
  { weight: 8, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map(quoted) },
  { weight: 4, arbitrary: fc.double().map(String) },
  { weight: 1, arbitrary: fc.constantFrom(...GIANTS) },
);

export const jsonEdit: fc.Arbitrary<JsonEdit> = fc.record({
  do: fc.constantFrom(...OPERATIONS),
  at: fc.nat({ max: 9999 }),
  other: fc.nat({ max: 9999 }),
  key: fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 })),
  value,
});

export interface JsonMutation {
  readonly edits: readonly JsonEdit[];
  /** Done to the text afterwards. */
  readonly bytes: readonly ByteEdit[];
}

/** Mostly the structure is changed; now and then the text is damaged instead, or too. */
export const jsonMutation: fc.Arbitrary<JsonMutation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      edits: fc.array(jsonEdit, { minLength: 1, maxLength: 4 }),
      bytes: fc.constant([]),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      edits: fc.array(jsonEdit, { maxLength: 1 }),
      bytes: fc.array(byteEdit, { minLength: 1, maxLength: 3 }),
    }),
  },
);

/** @returns the bytes of `value` as JSON after the mutation; they may be anything */
export function mutateJson(value: unknown, mutation: JsonMutation): Buffer {
  const root: Node = { kind: 'list', items: [toNode(value)] };
  for (const edit of mutation.edits) apply(root, edit);
  return mutateBytes(Buffer.from(root.items.map(toText).join('')), mutation.bytes);
}

/** For what is not read from text: @returns the mutated value; null when the mutation is no JSON any more */
export function mutateValue(value: unknown, edits: readonly JsonEdit[]): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(mutateJson(value, { edits, bytes: [] }).toString()) };
  } catch {
    return null;
  }
}

function toNode(value: unknown): Node {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(toNode) };
  if (typeof value !== 'object' || value === null)
    return { kind: 'raw', text: JSON.stringify(value) ?? 'null' };
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return { kind: 'object', entries: entries.map(([key, part]) => [key, toNode(part)]) };
}

function toText(node: Node): string {
  if (node.kind === 'raw') return node.text;
  if (node.kind === 'list') return `[${node.items.map(toText).join(',')}]`;
  return `{${node.entries.map(([key, part]) => `${JSON.stringify(key)}:${toText(part)}`).join(',')}}`;
}

function copyOf(node: Node): Node {
  if (node.kind === 'raw') return { ...node };
  if (node.kind === 'list') return { kind: 'list', items: node.items.map(copyOf) };
  return { kind: 'object', entries: node.entries.map(([key, part]) => [key, copyOf(part)]) };
}

function placesOf(parent: Node): Place[] {
  if (parent.kind === 'raw') return [];
  const children: [Node, [string, Node] | null][] =
    parent.kind === 'list'
      ? parent.items.map(node => [node, null])
      : parent.entries.map(entry => [entry[1], entry]);
  return children.flatMap(([node, entry], index) => [{ node, entry, parent, index }, ...placesOf(node)]);
}

function put({ parent, entry, index }: Place, node: Node): void {
  if (entry !== null) entry[1] = node;
  else if (parent.kind === 'list') parent.items[index] = node;
}

function siblings({ parent }: Place): unknown[] {
  if (parent.kind === 'list') return parent.items;
  return parent.kind === 'object' ? parent.entries : [];
}

function apply(root: Node, edit: JsonEdit): void {
  const places = placesOf(root);
  const place = places[edit.at % Math.max(1, places.length)];
  const other = places[edit.other % Math.max(1, places.length)];
  if (place === undefined || other === undefined) return;
  const raw: Node = { kind: 'raw', text: edit.value };
  switch (edit.do) {
    case 'drop':
      siblings(place).splice(place.index, 1);
      break;
    case 'rename':
      if (place.entry !== null) place.entry[0] = edit.key;
      break;
    case 'double':
      siblings(place).splice(
        place.index + (edit.other % 2),
        0,
        place.entry === null ? copyOf(place.node) : [place.entry[0], raw],
      );
      break;
    case 'swap': {
      const [mine, theirs] = [copyOf(place.node), copyOf(other.node)];
      put(place, theirs);
      put(other, mine);
      break;
    }
    case 'copy':
      put(place, copyOf(other.node));
      break;
    case 'nest':
      put(
        place,
        edit.other % 2 === 0
          ? { kind: 'list', items: [place.node] }
          : { kind: 'object', entries: [[edit.key, place.node]] },
      );
      break;
    case 'add':
      if (place.node.kind === 'object') place.node.entries.push([edit.key, raw]);
      else if (place.node.kind === 'list') place.node.items.push(raw);
      else put(place, raw);
      break;
    default:
      put(place, edit.do === 'retype' || place.node.kind !== 'raw' ? raw : reworded(place.node, edit));
  }
}

/** Within one string or number. */
function reworded(node: Node & { kind: 'raw' }, { do: verb, at, other, value }: JsonEdit): Node {
  const { text } = node;
  if (text.startsWith('"') && text.length >= 2) {
    const inner = text.slice(1, -1);
    const cut = other % (inner.length + 1);
    const scrap = value.startsWith('"') ? value.slice(1, -1) : value;
    if (verb === 'cut') return { kind: 'raw', text: `"${inner.slice(0, cut)}"` };
    const middle = verb === 'scale' ? inner : JSON.stringify(scrap).slice(1, -1);
    return { kind: 'raw', text: `"${inner.slice(0, cut)}${middle}${inner.slice(cut)}"` };
  }
  const factor = [10, -1, 1e3, 1e-3, 1e15, 1e300][at % 6] ?? 10;
  return { kind: 'raw', text: verb === 'scale' ? String(Number(text) * factor) : `${text}${other}` };
}
