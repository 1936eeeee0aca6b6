/**
 * Bytes → a small tree of mappings, lists and scalars that knows the place of everything, or the reasons why not.
 * Only plain YAML 1.2 is let through: one document, UTF-8, no tags, no alias bombs, bounded in size and depth. The
 * parser's own messages are not shown, because they quote the source, and the source may hold a secret.
 */
import type { Document, ErrorCode, Scalar } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument } from 'yaml';

/** Both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface MapTree {
  readonly type: 'map';
  readonly at: Place;
  readonly entries: ReadonlyMap<string, { readonly keyAt: Place; readonly value: Tree }>;
}
export interface ListTree {
  readonly type: 'list';
  readonly at: Place;
  readonly items: readonly Tree[];
}
export interface ScalarTree {
  readonly type: 'scalar';
  readonly at: Place;
  readonly value: string | number | boolean | null;
  /** As written, without quotes: `1.10` stays `1.10`, though its value is the number 1.1. */
  readonly text: string;
}
export type Tree = MapTree | ListTree | ScalarTree;

export interface SyntaxProblem extends Place {
  readonly message: string;
}

/** 128 KiB: a large real config has a tenth of that, and the parser needs seconds for more when it is malformed. */
export const MAX_FILE_BYTES = 131_072;
const MAX_DEPTH = 24;
const MAX_NODES = 20_000;
const START: Place = { line: 1, column: 1 };

/** @returns the tree, or at least one problem */
export function parseConfig(
  bytes: Uint8Array,
): { readonly tree: MapTree } | { readonly problems: readonly SyntaxProblem[] } {
  if (bytes.byteLength > MAX_FILE_BYTES)
    return refuse(START, `the file has ${bytes.byteLength} bytes, more than ${MAX_FILE_BYTES}`);
  const text = decode(bytes);
  if (typeof text !== 'string') return { problems: [text] };
  const deep = tooDeep(text);
  if (deep !== null) return refuse({ line: deep, column: 1 }, 'is nested too deeply');
  const lines = new LineCounter();
  try {
    // Repeated keys are found by the Grower: the parser's own check takes quadratic time.
    const doc = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.2',
      schema: 'core',
      uniqueKeys: false,
    });
    const broken = [...doc.errors, ...doc.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
    if (broken.length > 0) {
      const problems = broken.slice(0, 20).map(error => ({
        ...placeAt(lines, error.pos[0]),
        message: SYNTAX[error.code] ?? 'is not valid YAML',
      }));
      return { problems };
    }
    if (doc.contents === null || (isScalar(doc.contents) && doc.contents.value === null))
      return refuse(START, 'the file is empty: it needs at least `providers` and `services`');
    const grower = new Grower(doc, lines);
    const tree = grower.grow(doc.contents, 0);
    if (grower.repeated.length > 0) return { problems: grower.repeated.slice(0, 20) };
    return tree.type === 'map'
      ? { tree }
      : refuse(tree.at, 'the file must be a mapping (`key: value` lines)');
  } catch (error) {
    if (error instanceof Refused) return { problems: [{ ...error.place, message: error.message }] };
    throw error;
  }
}

/** Bounds for what the parser gets to see; no config has reason to come near them. */
const MAX_OPEN = 64;
const MAX_INDENT = 400;

/**
 * The parser recurses, and runs out of stack in a place where V8 ends the whole process rather than throw; so depth
 * is measured on tokens first. A block of depth n needs n blanks or indicators (`-`, `?`, `:`) on one line.
 * @returns the line where it is too deep, or null
 */
function tooDeep(text: string): number | null {
  if (cannotBeDeep(text)) return null;
  let line = 1;
  let open = 0;
  let indent = 0;
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    if (!scalar) {
      if (token === '[' || token === '{') open += 1;
      else if (token === ']' || token === '}') open = Math.max(0, open - 1);
      else if (open <= 0 && /^([-?:]|[ \t]+)$/.test(token)) indent += token.length;
    }
    if (open > MAX_OPEN || indent > MAX_INDENT) return line;
    // This token announces that the next one is text, whatever it looks like.
    scalar = token === '\u001f';
    const newlines = token.split('\n').length - 1;
    line += newlines;
    if (newlines > 0) indent = 0;
  }
  return null;
}

/** Spares ordinary files the second reading: so few brackets and such short lines leave no room for depth. */
function cannotBeDeep(text: string): boolean {
  let brackets = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) brackets += 1;
  }
  return brackets <= MAX_OPEN && text.split('\n').every(line => line.length <= MAX_INDENT);
}

function refuse(place: Place, message: string): { readonly problems: readonly SyntaxProblem[] } {
  return { problems: [{ ...place, message }] };
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function decode(bytes: Uint8Array): string | SyntaxProblem {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return { ...START, message: 'is UTF-16: save it as UTF-8' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // finding them is the purpose
    const bad = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
    if (bad === null) return text;
    const before = text.slice(0, bad.index);
    const line = before.split('\n').length;
    const column = bad.index - before.lastIndexOf('\n');
    return { line, column, message: 'holds a control character' };
  } catch {
    return { line: firstUndecodableLine(bytes), column: 1, message: 'is not UTF-8: save it as UTF-8' };
  }
}

function firstUndecodableLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
  return 1;
}

class Refused extends Error {
  readonly place: Place;
  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

/** Turns parser nodes into our tree. Aliases are followed, which is why nodes and depth are counted. */
class Grower {
  /** Every key that stands twice in one mapping, at its second place. */
  readonly repeated: SyntaxProblem[] = [];
  #nodes = 0;
  readonly #doc: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(doc: Document.Parsed, lines: LineCounter) {
    this.#doc = doc;
    this.#lines = lines;
  }

  grow(node: unknown, depth: number): Tree {
    const at = this.#place(node);
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw new Refused(at, `has more than ${MAX_NODES} values, aliases counted`);
    if (depth > MAX_DEPTH) throw new Refused(at, 'is nested too deeply');
    if (isAlias(node)) {
      const target = node.resolve(this.#doc);
      if (target === undefined) throw new Refused(at, 'names an anchor that does not exist');
      return this.grow(target, depth + 1);
    }
    if (isSeq(node)) return { type: 'list', at, items: node.items.map(item => this.grow(item, depth + 1)) };
    if (isMap(node)) {
      const entries = new Map<string, { keyAt: Place; value: Tree }>();
      for (const pair of node.items) {
        const key = this.#key(pair.key, at);
        if (entries.has(key.text)) this.repeated.push({ ...key.at, message: SYNTAX.DUPLICATE_KEY });
        const value = pair.value === null ? empty(key.at) : this.grow(pair.value, depth + 1);
        entries.set(key.text, { keyAt: key.at, value });
      }
      return { type: 'map', at, entries };
    }
    if (isScalar(node)) return this.#scalar(node, at);
    if (node === null || node === undefined) return empty(at);
    throw new Refused(at, 'is of a kind that a config does not use');
  }

  #key(node: unknown, fallback: Place): ScalarTree {
    if (isScalar(node) && node.tag === undefined) return this.#scalar(node, this.#place(node));
    throw new Refused(isScalar(node) ? this.#place(node) : fallback, 'a key must be one plain word');
  }

  #scalar(node: Scalar, at: Place): ScalarTree {
    const { value } = node;
    if (node.tag !== undefined) throw new Refused(at, 'carries a tag (`!…`): write the value plainly');
    if (value === null || typeof value === 'boolean')
      return { type: 'scalar', at, value, text: node.source ?? String(value ?? '') };
    if (typeof value === 'number') return { type: 'scalar', at, value, text: node.source ?? String(value) };
    if (typeof value === 'string') return { type: 'scalar', at, value, text: value };
    throw new Refused(at, 'is of a kind that a config does not use');
  }

  #place(node: unknown): Place {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : null;
    return range ? placeAt(this.#lines, range[0]) : START;
  }
}

function empty(at: Place): ScalarTree {
  return { type: 'scalar', at, value: null, text: '' };
}

const SYNTAX: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (`*name`) cannot have an anchor or tag of its own',
  BAD_ALIAS: 'names an anchor that does not exist; text that starts with * or & must be quoted',
  BAD_COLLECTION_TYPE: 'carries a tag (`!…`): write the value plainly',
  BAD_DIRECTIVE: 'a line that starts with % must be quoted',
  BAD_DQ_ESCAPE: 'an unknown \\ sequence between double quotes; single quotes take everything as it is',
  BAD_INDENT: 'is indented wrongly (keys of one mapping stand below each other), or a bracket is left open',
  BAD_PROP_ORDER: 'an anchor stands in the wrong place',
  BAD_SCALAR_START: 'text that starts with one of @ ` * & ! | > % must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping or list cannot begin here: put it on a line of its own, indented',
  BLOCK_IN_FLOW: 'inside { } and [ ] only the { } and [ ] forms can stand',
  DUPLICATE_KEY: 'this key is given twice in one mapping',
  IMPOSSIBLE: 'is not valid YAML',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters: is a quote or a bracket left open?',
  MISSING_CHAR: 'something is missing here: a closing quote or bracket, a comma, or the blank after a colon',
  MULTILINE_IMPLICIT_KEY: 'a key runs over several lines: is a quote or a bracket left open?',
  MULTIPLE_ANCHORS: 'a value can have one anchor only',
  MULTIPLE_DOCS: 'a second document begins here (`---`): a config is one document',
  MULTIPLE_TAGS: 'carries a tag (`!…`): write the value plainly',
  NON_STRING_KEY: 'a key must be one plain word',
  RESOURCE_EXHAUSTION: 'is nested too deeply',
  TAB_AS_INDENT: 'is indented with a tab: use blanks',
  TAG_RESOLVE_FAILED: 'carries a tag (`!…`): write the value plainly',
  UNEXPECTED_TOKEN:
    'this does not belong here; text with any of [ ] { } , or a colon followed by a blank must be quoted',
};
