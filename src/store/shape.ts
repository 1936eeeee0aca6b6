/**
 * Small checks that say what a stored value must look like, and where it does not. What a record lacks, or holds in
 * another type, would come up later as a failure of ours far from here, in the middle of a decision.
 */
import { isEpochToken } from '../model/epoch.ts';

/** @returns null when the value fits, else `path is so, not so`; nothing of the value itself, which may be anything */
export type Shape = (value: unknown, path: string) => string | null;

/** 9999-12-31, ms since the epoch: what is beyond it no clock has shown. Nor can one be set to before 1970 (settimeofday(2)). */
const LAST_INSTANT = Date.UTC(10_000, 0) - 1;

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'an endless number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const must =
  (fits: (value: unknown) => boolean, wanted: string): Shape =>
  (value, path) =>
    fits(value) ? null : `${path} is ${kindOf(value)}, not ${wanted}`;

export const anything: Shape = () => null;
export const text = must(value => typeof value === 'string', 'text');
export const truth = must(value => typeof value === 'boolean', 'true or false');
export const amount = must(Number.isFinite, 'a number');
export const instant = must(
  value => typeof value === 'number' && value >= 0 && value <= LAST_INSTANT,
  'an instant from 1970 to 9999',
);
/** ms, measured by a clock that never goes back. */
export const span = must(value => Number.isFinite(value) && Number(value) >= 0, 'a span of time');
/** Of a site, or the token of a run: what may stand in the epoch record. */
export const name = must(value => typeof value === 'string' && isEpochToken(value), 'a name');
export const count = must(
  value => Number.isSafeInteger(value) && Number(value) >= 0,
  'a whole number from 0',
);
export const scalar = must(
  value => typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value),
  'text, a number, true or false',
);

export function oneOf(words: readonly (string | number)[]): Shape {
  return (value, path) =>
    words.some(word => word === value) ? null : `${path} is none of ${words.join(', ')}`;
}

export function orNull(shape: Shape): Shape {
  return (value, path) => (value === null ? null : shape(value, path));
}

/** The key may be left out. */
export function maybe(shape: Shape): Shape {
  return (value, path) => (value === undefined ? null : shape(value, path));
}

export function listOf(shape: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is ${kindOf(value)}, not a list`;
    for (const [index, item] of value.entries()) {
      const wrong = shape(item, `${path}[${index}]`);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object whose keys nobody knows beforehand. */
export function mapOf(shape: Shape): Shape {
  return (value, path) => {
    if (!isObject(value)) return `${path} is ${kindOf(value)}, not an object`;
    for (const item of Object.values(value)) {
      const wrong = shape(item, `a value in ${path}`);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

/** The compiler asks for every key of T; keys that it does not have are left alone, a later version may have put them there. */
export function object<T>(fields: { readonly [K in keyof Required<T>]: Shape }): Shape {
  const known = Object.entries<Shape>(fields);
  return (value, path) => {
    if (!isObject(value)) return `${path} is ${kindOf(value)}, not an object`;
    for (const [key, shape] of known) {
      const wrong = shape(Object.hasOwn(value, key) ? value[key] : undefined, `${path}.${key}`);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

/** What must be so between the fields of a whole object: whether it is, and the sentence, behind the path, that says it is not. */
export function also<T>(shape: Shape, rules: readonly (readonly [(value: T) => boolean, string])[]): Shape {
  return (value, path) => {
    const wrong = shape(value, path);
    if (wrong !== null) return wrong;
    const broken = rules.find(([holds]) => !holds(value as T));
    return broken === undefined ? null : `${path}${broken[1]}`;
  };
}

/** Which of the shapes holds is said by the value's own `key`. */
export function byTag(key: string, shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, path) => {
    if (!isObject(value)) return `${path} is ${kindOf(value)}, not an object`;
    const tag = Object.hasOwn(value, key) ? value[key] : undefined;
    const shape = typeof tag === 'string' && Object.hasOwn(shapes, tag) ? shapes[tag] : undefined;
    return shape === undefined
      ? `${path}.${key} is none of ${Object.keys(shapes).join(', ')}`
      : shape(value, path);
  };
}
