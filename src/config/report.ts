/**
 * Collects the problems of one load. A problem is reported by path; the place in the file is looked up here, so that
 * a rule which compares two sites need not carry line numbers around. What may be a secret is never shown: values
 * are shown only where the caller says so, and every secret that was read is struck out of all text at the end.
 */
import type { Place, Tree } from './document.ts';
import type { Problem } from './problem.ts';
import { clean } from './problem.ts';

export type Path = readonly (string | number)[];

export interface Particulars {
  /** What was found. Leave out where it may be a secret. */
  readonly value?: string;
  readonly allowed?: string;
  /** Valid words, and what was written instead: the nearest is shown when it is near enough. */
  readonly candidates?: readonly string[];
  readonly given?: string;
  /** `given` is a key: when it is at home in another section, that is said. */
  readonly isKey?: boolean;
  /** Point at the key rather than at its value. */
  readonly atKey?: boolean;
}

type Draft = Omit<Problem, 'nearest'> & Pick<Particulars, 'candidates' | 'given' | 'isKey'>;

/** More than this helps nobody. */
const MAX_PROBLEMS = 200;

export class Report {
  readonly file: string;
  readonly #root: Tree | null;
  readonly #drafts: Draft[] = [];
  readonly #secrets = new Set<string>();

  constructor(file: string, root: Tree | null) {
    this.file = file;
    this.#root = root;
  }

  error(path: Path, message: string, particulars: Particulars = {}): void {
    this.#add('error', path, message, particulars);
  }

  warn(path: Path, message: string, particulars: Particulars = {}): void {
    this.#add('warning', path, message, particulars);
  }

  /** A problem of the file rather than of a value in it. */
  errorAt(place: Place, message: string): void {
    this.#drafts.push({
      ...place,
      file: this.file,
      path: '',
      value: null,
      allowed: null,
      message,
      severity: 'error',
    });
  }

  /** From now on this text is struck out wherever it would be shown. */
  hide(secret: string): void {
    if (secret.length >= 4) this.#secrets.add(secret);
  }

  /** True when something at or below the path is wrong already: what follows from it need not be told as well. */
  has(path: Path): boolean {
    const text = pathText(path);
    return this.#drafts.some(
      draft =>
        draft.path === text || (/^[.[]/.test(draft.path.slice(text.length)) && draft.path.startsWith(text)),
    );
  }

  get failed(): boolean {
    return this.#drafts.some(draft => draft.severity === 'error');
  }

  /** @returns all problems in the order of the file, each with its nearest valid word */
  async finish(): Promise<readonly Problem[]> {
    const drafts = this.#drafts.slice(0, MAX_PROBLEMS);
    drafts.sort((a, b) => a.line - b.line || a.column - b.column);
    const problems: Problem[] = [];
    for (const { candidates, given, isKey, ...draft } of drafts) {
      const near = candidates && given !== undefined ? await nearest(given, candidates) : null;
      const home = isKey && near === null && given !== undefined ? await homeOf(given) : null;
      problems.push({
        ...draft,
        path: this.#strike(draft.path),
        message: clean(
          this.#strike(home === null ? draft.message : `${draft.message}: it belongs under ${home}`),
          300,
        ),
        value: draft.value === null ? null : this.#strike(draft.value),
        allowed: draft.allowed === null ? null : clean(this.#strike(draft.allowed), 400),
        nearest: near === null ? null : clean(this.#strike(near), 60),
      });
    }
    return problems;
  }

  #add(severity: Problem['severity'], path: Path, message: string, particulars: Particulars): void {
    const place = this.#locate(path, particulars.atKey ?? false);
    const { value, allowed, candidates, given, isKey } = particulars;
    this.#drafts.push({
      file: this.file,
      line: place.line,
      column: place.column,
      path: pathText(path),
      // Struck out before it is cut: half a secret is one too.
      value: value === undefined ? null : `"${clean(this.#strike(value), 80)}"`,
      allowed: allowed ?? null,
      message,
      severity,
      ...(candidates && { candidates }),
      ...(given !== undefined && { given }),
      ...(isKey && { isKey }),
    });
  }

  /** The place of the deepest part of the path that exists: a missing key is shown at its mapping. */
  #locate(path: Path, atKey: boolean): Place {
    let tree = this.#root;
    let place: Place = { line: 1, column: 1 };
    for (const [depth, part] of path.entries()) {
      const last = depth === path.length - 1;
      if (tree?.type === 'map' && typeof part === 'string') {
        const entry = tree.entries.get(part);
        if (!entry) return place;
        // A block mapping begins at its first key, which says less than the key that it belongs to.
        place = (last && atKey) || entry.value.type === 'map' ? entry.keyAt : entry.value.at;
        tree = entry.value;
      } else if (tree?.type === 'list' && typeof part === 'number') {
        const item = tree.items[part];
        if (!item) return place;
        place = item.at;
        tree = item;
      } else return place;
    }
    return place;
  }

  #strike(text: string): string {
    let shown = text;
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, '[secret]');
    return shown;
  }
}

/** `services.web.sites[1].ipv4`; a key that is no plain word stands in brackets and quotes. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z0-9_-]{1,64}$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `["${clean(part, 40)}"]`;
  }
  return text;
}

/** The nearest of `candidates`, if it could be meant: at most a third of its letters differ. Loaded only when it is needed. */
async function nearest(given: string, candidates: readonly string[]): Promise<string | null> {
  if (candidates.length === 0 || given.length > 100) return null;
  const { distance } = await import('fastest-levenshtein');
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const apart = distance(given.toLowerCase(), candidate.toLowerCase());
    if (apart < least) {
      least = apart;
      best = candidate;
    }
  }
  return best !== null && least <= Math.max(2, Math.floor(best.length / 3)) ? best : null;
}

/** Where a key is at home. Loaded only when it is needed. */
async function homeOf(key: string): Promise<string | null> {
  const { SECTIONS } = await import('./schema.ts');
  const { snakeCase } = await import('./section.ts');
  return SECTIONS.find(section => Object.keys(section.table).map(snakeCase).includes(key))?.path || null;
}
