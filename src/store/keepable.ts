/** What the store without a file keeps of what it is given. */

/**
 * The value as it would come back from JSON. What needs no change is not copied, since the simulator writes a lot; whatever is
 * kept is frozen, so that neither the writer nor a reader can change what is stored.
 */
export function keepable(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') throw new TypeError('a bigint cannot be written as JSON');
  if (typeof value !== 'object') return undefined;
  if (value === null) return value;
  if (Array.isArray(value)) return keepableList(value);
  if ('toJSON' in value && typeof value.toJSON === 'function') return keepable(value.toJSON());
  let kept = value as Record<string, unknown>;
  for (const key of Object.keys(kept)) {
    const before = kept[key];
    const after = keepable(before);
    if (after === before && after !== undefined) continue;
    if (kept === value) kept = { ...kept };
    if (after === undefined) delete kept[key];
    else kept[key] = after;
  }
  return Object.freeze(kept);
}

function keepableList(list: readonly unknown[]): readonly unknown[] {
  let kept: unknown[] | null = null;
  for (let place = 0; place < list.length; place += 1) {
    const before = list[place];
    const after = keepable(before) ?? null;
    if (after === before) continue;
    kept ??= [...list];
    kept[place] = after;
  }
  return Object.freeze(kept ?? list);
}
