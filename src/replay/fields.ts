/**
 * Reads the fields of one line of a trace, trusting none: each has a type, a bound and a name, a key that is not known is
 * refused, and every refusal says which file, which line, what stands there and what may. Only what was asked for is
 * taken over, so that a key like `__proto__` means nothing.
 */
import { UnderstudyError } from '../ports/errors.ts';

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Control characters, and what turns the writing direction, would garble a terminal. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const SHOWN = 60;

/** Any value as one short harmless word. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? `"${value.slice(0, SHOWN * 2)}"` : String(value);
  return short(text, SHOWN);
}

function short(text: string, most: number): string {
  const characters = Array.from(text.replace(UNSAFE, '?'));
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('');
}

/** @returns the error of a trace that is not taken: `march.jsonl:17: what is wrong; allowed: …` */
export function traceInvalid(place: Place, message: string, allowed?: string): UnderstudyError {
  const where = `${short(place.file, 200)}:${place.line}`;
  return new UnderstudyError({
    code: 'trace-invalid',
    message: `${where}: ${message}${allowed === undefined ? '' : `; allowed: ${allowed}`}`,
    next: 'take the trace anew with `understudy export`; its form is told in the README',
  });
}

/** One JSON object of a line, or one inside it. */
export class Fields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #place: Place;
  /** Where in the line this object stands: empty for the line itself, `view.records[2]`. */
  readonly #path: string;
  readonly #asked = new Set<string>();

  constructor(value: unknown, place: Place, path = '') {
    this.#place = place;
    this.#path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw traceInvalid(place, `${path === '' ? 'the line' : path} is ${shown(value)}`, 'a JSON object');
    this.#object = value as Readonly<Record<string, unknown>>;
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  isNull(key: string): boolean {
    return this.#get(key) === null;
  }

  /** To be called last. @throws UnderstudyError when a key was not asked for */
  end(): void {
    for (const key of Object.keys(this.#object))
      if (!this.#asked.has(key))
        throw traceInvalid(
          this.#place,
          `${this.#path === '' ? 'the line' : this.#path} has the key ${shown(key)}, which is not known here`,
          [...this.#asked].join(', '),
        );
  }

  fail(key: string, message: string, allowed?: string): never {
    throw traceInvalid(this.#place, `${this.#at(key)} ${message}`, allowed);
  }

  text(key: string, most: number): string {
    const value = this.#get(key);
    const allowed = `text of 1 to ${most} characters`;
    if (typeof value !== 'string' || value === '') this.fail(key, `is ${shown(value)}`, allowed);
    if (value.length > most) this.fail(key, `has ${value.length} characters`, allowed);
    return value;
  }

  /** A name as sites, probes and vantages have it. */
  name(key: string): string {
    const value = this.text(key, 255);
    if (!/^[A-Za-z0-9_.:[\]-]+$/.test(value))
      this.fail(key, `is ${shown(value)}`, 'letters, digits and . _ : - [ ]');
    return value;
  }

  oneOf<T extends string>(key: string, words: readonly T[]): T {
    const value = this.#get(key);
    const found = words.find(word => word === value);
    if (found === undefined) this.fail(key, `is ${shown(value)}`, words.join(', '));
    return found;
  }

  truth(key: string): boolean {
    const value = this.#get(key);
    if (typeof value !== 'boolean') this.fail(key, `is ${shown(value)}`, 'true, false');
    return value;
  }

  number(key: string, least: number, most: number): number {
    const value = this.#get(key);
    if (typeof value !== 'number' || !(value >= least && value <= most))
      this.fail(key, `is ${shown(value)}`, `a number from ${least} to ${most}`);
    return value;
  }

  whole(key: string, least: number, most: number): number {
    const value = this.#get(key);
    if (!Number.isSafeInteger(value) || Number(value) < least || Number(value) > most)
      this.fail(key, `is ${shown(value)}`, `a whole number from ${least} to ${most}`);
    return Number(value);
  }

  list(key: string, most: number): readonly unknown[] {
    const value = this.#get(key);
    if (!Array.isArray(value)) this.fail(key, `is ${shown(value)}`, 'a list');
    if (value.length > most) this.fail(key, `has ${value.length} items`, `at most ${most}`);
    return value;
  }

  texts(key: string, most: number, longest: number): readonly string[] {
    return this.list(key, most).map((item, index) => {
      if (typeof item !== 'string' || item.length > longest)
        this.fail(`${key}[${index}]`, `is ${shown(item)}`, `text of at most ${longest} characters`);
      return item;
    });
  }

  /** An object inside this one; null where null stands. */
  inside(key: string): Fields | null {
    const value = this.#get(key);
    return value === null ? null : new Fields(value, this.#place, this.#at(key));
  }

  insideAll(key: string, most: number): readonly Fields[] {
    return this.list(key, most).map(
      (item, index) => new Fields(item, this.#place, `${this.#at(key)}[${index}]`),
    );
  }

  /** A flat object of scalars whose keys nobody knows beforehand. */
  scalars(key: string, most: number): Readonly<Record<string, string | number | boolean>> {
    const inner = this.inside(key);
    const entries = Object.entries(inner === null ? {} : inner.#object);
    if (entries.length > most) this.fail(key, `has ${entries.length} entries`, `at most ${most}`);
    for (const [name, value] of entries) {
      if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
        this.fail(key, `has the key ${shown(name)}`, 'a letter, then letters, digits and _');
      const fits = typeof value === 'string' ? value.length <= 1000 : typeof value === 'boolean';
      if (!fits && !(typeof value === 'number' && Number.isFinite(value)))
        this.fail(`${key}.${name}`, `is ${shown(value)}`, 'a number, true, false, or text of at most 1000');
    }
    return Object.fromEntries(entries) as Record<string, string | number | boolean>;
  }

  #at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  #get(key: string): unknown {
    this.#asked.add(key);
    return Object.hasOwn(this.#object, key) ? this.#object[key] : undefined;
  }
}
