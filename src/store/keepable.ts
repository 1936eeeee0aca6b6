/** What the store without a file keeps of what it is given. */

/**
 * A copy as JSON would make it, in one go, since the simulator writes a lot. Readers get what is stored, not copies of it:
 * it is frozen, so that none can change it.
 */
export function keepable(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') throw new TypeError('a bigint cannot be written as JSON');
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(item => keepable(item) ?? null));
  if ('toJSON' in value && typeof value.toJSON === 'function') return keepable(value.toJSON());
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) {
    const before = copy[key];
    const kept = keepable(before);
    if (kept === undefined) delete copy[key];
    else if (kept !== before) copy[key] = kept;
  }
  return Object.freeze(copy);
}
