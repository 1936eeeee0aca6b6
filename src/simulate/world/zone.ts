/**
 * The zone: what the DNS provider's control plane holds, what each name server answers (later), and what the public still
 * has in its caches. All or nothing, a DELETE must match exactly, a CREATE must find nothing: Route 53's rules
 * (ChangeResourceRecordSets).
 */
import type { RecordSet } from '../../model/signal.ts';

export interface ZoneChange {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly set: RecordSet;
}

type Sets = ReadonlyMap<string, RecordSet>;

interface Version {
  readonly id: string;
  readonly at: number;
  /** When each name server has it. */
  readonly visibleAt: readonly number[];
  readonly sets: Sets;
}

/** Clients of the public, spread evenly over a TTL. */
export const CLIENTS = 12;

export class Zone {
  readonly #versions: Version[] = [];
  readonly #propagationMs: number;

  constructor(sets: readonly RecordSet[], propagationMs: number) {
    this.#propagationMs = propagationMs;
    this.#versions.push({
      id: 'C0',
      at: -Infinity,
      visibleAt: [-Infinity, -Infinity],
      sets: new Map(sets.map(set => [keyOf(set), set])),
    });
  }

  get #newest(): Version {
    const newest = this.#versions.at(-1);
    if (newest === undefined) throw new Error('a zone has at least one version');
    return newest;
  }

  get sets(): Sets {
    return this.#newest.sets;
  }

  at(name: string, type: RecordSet['type']): RecordSet | null {
    return this.sets.get(`${name} ${type}`) ?? null;
  }

  /** @returns the change's id, or in the vendor's words why nothing was changed */
  change(batch: readonly ZoneChange[], now: number): { readonly id: string } | { readonly refused: string } {
    const sets = new Map(this.sets);
    const wrong: string[] = [];
    for (const { action, set } of batch) {
      const problem = applyOne(sets, action, set);
      if (problem !== null) wrong.push(problem);
    }
    if (wrong.length > 0) return { refused: `[${wrong.join(', ')}]` };
    return { id: this.replace(sets, now) };
  }

  /** Puts other contents in force, however they came about. @returns the id of the change */
  replace(sets: Sets, now: number): string {
    const id = `C${this.#versions.length}`;
    const visibleAt = [now + this.#propagationMs / 2, now + this.#propagationMs];
    this.#versions.push({ id, at: now, visibleAt, sets });
    return id;
  }

  /** What was in force then. */
  setsAt(at: number): Sets {
    return (this.#versions.findLast(version => version.at <= at) ?? this.#newest).sets;
  }

  /** Unknown ids count as spread: they were only claimed. */
  isSpread(id: string, now: number): boolean {
    const version = this.#versions.find(entry => entry.id === id);
    return version === undefined || version.visibleAt.every(at => at <= now);
  }

  /** @param server 0 or 1 */
  answer(server: number, name: string, type: string, at: number): RecordSet | null {
    const seen = this.#versions.findLast(version => (version.visibleAt[server] ?? Infinity) <= at);
    return seen?.sets.get(`${name} ${type}`) ?? null;
  }

  /** The address that the so-many-th client uses at `at`: as it was answered when its cached answer last ran out. */
  cached(client: number, name: string, type: string, ttlS: number, at: number): string | null {
    const ttlMs = ttlS * 1000;
    const phase = (client / CLIENTS) * ttlMs;
    const asked = Math.floor((at - phase) / ttlMs) * ttlMs + phase;
    return this.answer(client % 2, name, type, asked)?.values[0] ?? null;
  }
}

export function keyOf(set: RecordSet): string {
  return `${set.name} ${set.type}`;
}

function applyOne(sets: Map<string, RecordSet>, action: ZoneChange['action'], set: RecordSet): string | null {
  const key = keyOf(set);
  const stored = sets.get(key);
  const named = `resource record set [name='${set.name}.', type='${set.type}']`;
  if (action === 'DELETE') {
    if (stored === undefined) return `Tried to delete ${named} but it was not found`;
    if (!isSame(stored, set))
      return `Tried to delete ${named} but the values provided do not match the current values`;
    sets.delete(key);
    return null;
  }
  if (action === 'CREATE' && stored !== undefined) return `Tried to create ${named} but it already exists`;
  sets.set(key, set);
  return null;
}

function isSame(left: RecordSet, right: RecordSet): boolean {
  const values = (set: RecordSet) => [...set.values].sort().join('\n');
  return left.ttlS === right.ttlS && values(left) === values(right);
}
