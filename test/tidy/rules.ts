/**
 * The rules that reviewers forget, as functions from one source file to findings. tidy.test.ts runs them over src,
 * rules.test.ts over small bad snippets, to see that each can fail.
 */
import ts from 'typescript';
import {
  type Allowed,
  LONGEST_FILE,
  LONGEST_FUNCTION,
  MAY_READ_ARGUMENTS,
  MAY_READ_CLOCK,
  MAY_READ_ENVIRONMENT,
  MAY_ROLL_DICE,
  MAY_YIELD,
  ROOMS,
} from './house.ts';

/** A file as the rules see it. `path` is relative to src, with `/`. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** `path:line what is wrong`. */
export type Finding = string;
export type Rule = (source: Source) => Finding[];

const parsed = new WeakMap<Source, ts.SourceFile>();

function parse(source: Source): ts.SourceFile {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2023, true);
  parsed.set(source, file);
  return file;
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, child => walk(child, visit));
}

function lineOf(file: ts.SourceFile, position: number): number {
  return file.getLineAndCharacterOfPosition(position).line + 1;
}

function finding(file: ts.SourceFile, node: ts.Node, what: string): Finding {
  return `${file.fileName}:${lineOf(file, node.getStart(file))} ${what}`;
}

/** Every module a file names: import, export … from, import(), and import('…') types. */
function importsOf(file: ts.SourceFile): { readonly node: ts.Node; readonly from: string }[] {
  const found: { node: ts.Node; from: string }[] = [];
  walk(file, node => {
    let name: ts.Node | undefined;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) name = node.moduleSpecifier;
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      name = node.arguments[0];
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) name = node.argument.literal;
    if (name !== undefined && ts.isStringLiteralLike(name)) found.push({ node, from: name.text });
  });
  return found;
}

function resolveFrom(path: string, request: string): string {
  return new URL(request, `file:///${path}`).pathname.slice(1);
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? path;
}

/** @returns paths of the own files that are loaded with this one, not later (`import()`) and not as types alone */
export function loadedWith(source: Source): readonly string[] {
  const statements = parse(source).statements;
  return statements.flatMap(node => {
    const isImport = ts.isImportDeclaration(node) && node.importClause?.isTypeOnly !== true;
    const isExport = ts.isExportDeclaration(node) && !node.isTypeOnly;
    if (!isImport && !isExport) return [];
    const { moduleSpecifier: from } = node;
    const isOurs = from !== undefined && ts.isStringLiteral(from) && from.text.startsWith('.');
    return isOurs ? [resolveFrom(source.path, from.text)] : [];
  });
}

/** Import direction: a room imports only what the table allows. */
export const importDirection: Rule = source => {
  const file = parse(source);
  const name = roomOf(source.path);
  const room = ROOMS[name];
  if (room === undefined) return [`${source.path}:1 stands in no room of test/tidy/house.ts`];
  return importsOf(file).flatMap(({ node, from }) => {
    if (!from.startsWith('.')) {
      const fine = room.packages === 'any' || room.packages.includes(from);
      return fine ? [] : [finding(file, node, `${name} may not import ${from}`)];
    }
    const target = resolveFrom(source.path, from);
    const fine =
      roomOf(target) === name || room.imports.includes(roomOf(target)) || room.imports.includes(target);
    return fine ? [] : [finding(file, node, `${name} may not import ${target}`)];
  });
};

function isAllowed(path: string, allowed: Allowed): boolean {
  return Object.keys(allowed).some(one => (one.endsWith('/') ? path.startsWith(one) : path === one));
}

const TIMERS = new Set(['setTimeout', 'setInterval']);
const DICE = new Set([
  'randomUUID',
  'randomBytes',
  'randomInt',
  'randomFill',
  'randomFillSync',
  'getRandomValues',
]);
const CLOCKS = new Set([
  'Date.now',
  'performance.now',
  'process.hrtime',
  'process.uptime',
  'AbortSignal.timeout',
]);

/** What a node reads of the world outside: which table guards it, and how it is called. */
function worldly(node: ts.Node): readonly [Allowed, string] | null {
  if (ts.isPropertyAccessExpression(node)) {
    const text = `${node.expression.getText()}.${node.name.text}`.replace(/^globalThis\./, '');
    if (CLOCKS.has(text)) return [MAY_READ_CLOCK, text];
    if (text === 'Math.random') return [MAY_ROLL_DICE, text];
    if (text === 'process.env') return [MAY_READ_ENVIRONMENT, text];
    if (text === 'process.argv') return [MAY_READ_ARGUMENTS, text];
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0)
    return [MAY_READ_CLOCK, 'new Date()'];
  if (ts.isIdentifier(node) && TIMERS.has(node.text)) return [MAY_READ_CLOCK, node.text];
  if (ts.isIdentifier(node) && node.text === 'setImmediate') return [MAY_YIELD, node.text];
  if (ts.isIdentifier(node) && DICE.has(node.text)) return [MAY_ROLL_DICE, node.text];
  return null;
}

/** Clock, dice, environment and arguments are read only where the tables say. */
export const noHiddenInputs: Rule = source => {
  const file = parse(source);
  const found: Finding[] = [];
  walk(file, node => {
    const read = worldly(node);
    if (read === null || isAllowed(source.path, read[0])) return;
    found.push(finding(file, node, `${read[1]} belongs to ${Object.keys(read[0]).join(', ')}`));
  });
  return found;
};

/** No file so long that nobody reads it to the end. */
export const fileLength: Rule = ({ path, text }) => {
  const lines = text.replace(/\n$/, '').split('\n').length;
  return lines > LONGEST_FILE ? [`${path}:1 has ${lines} lines, ${LONGEST_FILE} are allowed`] : [];
};

/** No function that does not fit a screen. */
export const functionLength: Rule = source => {
  const file = parse(source);
  const found: Finding[] = [];
  walk(file, node => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const lines = lineOf(file, node.getEnd()) - lineOf(file, node.getStart(file)) + 1;
    if (lines > LONGEST_FUNCTION)
      found.push(finding(file, node, `a function of ${lines} lines, ${LONGEST_FUNCTION} are allowed`));
  });
  return found;
};

/** Each file opens with what it is for. */
export const opensWithPurpose: Rule = ({ path, text }) =>
  /^(#!.*\n)?(\/\*\*?\s*(\*\s*)?|\/\/\s*)[^\s*/]/.test(text)
    ? []
    : [`${path}:1 does not open with a comment`];

// In pieces, so that the rule does not find itself.
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);

/** Unfinished work is no comment. */
export const noPromises: Rule = ({ path, text }) =>
  text
    .split('\n')
    .flatMap((line, at) => (UNFINISHED.test(line) ? [`${path}:${at + 1} unfinished: ${line.trim()}`] : []));

/** Named exports only: a thing has one name everywhere. */
export const noDefaultExports: Rule = source => {
  const file = parse(source);
  const found: Finding[] = [];
  walk(file, node => {
    const isDefault =
      (ts.isExportAssignment(node) && !node.isExportEquals) ||
      (ts.canHaveModifiers(node) &&
        ts.getModifiers(node)?.some(one => one.kind === ts.SyntaxKind.DefaultKeyword) === true) ||
      (ts.isExportSpecifier(node) && node.name.text === 'default');
    // A declaration file describes what somebody else exports.
    if (isDefault && !source.path.endsWith('.d.ts')) found.push(finding(file, node, 'a default export'));
  });
  return found;
};

/** Rules for every file of src. */
export const SOURCE_RULES = {
  importDirection,
  noHiddenInputs,
  fileLength,
  functionLength,
  opensWithPurpose,
  noPromises,
  noDefaultExports,
} as const satisfies Record<string, Rule>;

// Written in pieces, so that the rule does not find itself.
const PLACES: readonly (readonly [string, RegExp])[] = [
  [
    'a folder of one machine',
    new RegExp(`(?<![\\w.}])/(${['work', 'home', 'Users', 'root'].join('|')})/\\w`),
  ],
  ['a package registry', /\bregistry\.[\w-]+\.(org|com|net|io|dev|local)\b/],
  ['a package mirror', new RegExp(['arti' + 'factory', 'jf' + 'rog', 'verda' + 'ccio'].join('|'), 'i')],
  ['where a package was fetched from', /^\s*"resolved":/],
];

/** Nothing in the repository may depend on, or tell of, the machine it was written on. For any text file. */
export const noForeignPlaces: Rule = ({ path, text }) =>
  text
    .split('\n')
    .flatMap((line, at) =>
      PLACES.flatMap(([what, pattern]) => (pattern.test(line) ? [`${path}:${at + 1} names ${what}`] : [])),
    );
