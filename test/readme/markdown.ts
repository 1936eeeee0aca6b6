/**
 * The parts of README.md that can be held against the program: fenced blocks with the note that stands before them (an
 * HTML comment, which readers don't see), and the tables between their marks.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const README = `${ROOT}README.md`;

export function readme(): string {
  return readFileSync(README, 'utf8');
}

export interface Block {
  readonly language: string;
  /** Without the fences, with the last line end. */
  readonly text: string;
  /** The comment on the line before the block, without its brackets; empty when there is none. */
  readonly note: string;
  /** Of the opening fence, counted from 1. */
  readonly line: number;
}

/** @returns every fenced block in order */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/(?:^<!-- (.*) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm)) {
    const [whole, note = '', language = '', text = ''] = match;
    const before = markdown.slice(0, match.index + whole.indexOf('```'));
    blocks.push({ language, text, note, line: before.split('\n').length });
  }
  return blocks;
}

/** @returns the blocks that a reader is told to save, by their names: `<!-- file NAME -->` stands before them */
export function filesOf(markdown: string): ReadonlyMap<string, string> {
  const named = blocksOf(markdown).map(({ note, text }) => [/^file (\S+)$/.exec(note)?.[1], text] as const);
  return new Map(named.flatMap(([name, text]) => (name === undefined ? [] : [[name, text] as const])));
}

/** @returns the text between `<!-- table:NAME -->` and its end, or null when a mark is missing */
export function tableIn(markdown: string, name: string): string | null {
  return marked(name).exec(markdown)?.[2] ?? null;
}

export function withTable(markdown: string, name: string, table: string): string {
  return markdown.replace(
    marked(name),
    (_whole, start: string, _old, end: string) => `${start}${table}${end}`,
  );
}

/** @returns the names of all marked tables, in order */
export function tablesIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^<!-- table:(\S+) -->$/gm)].map(match => match[1] ?? '');
}

function marked(name: string): RegExp {
  return new RegExp(`(^<!-- table:${name} -->\\n)([\\s\\S]*?)(^<!-- /table:${name} -->$)`, 'm');
}

/** @returns a table in markdown; a bar inside a cell is escaped */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}
