/**
 * One emulated hosted zone over time: what the API shows (at once), what the name servers answer (once a change
 * is INSYNC), and every earlier state, so that a roll-back of the control plane can be played.
 */
import { applyBatch, type Change, inOrder, type Sets, type StoredSet, setKey, storedName } from './sets.ts';

export interface ZoneOptions {
  /** Such as `Z0EXAMPLE`; upper-case letters and digits. */
  readonly id: string;
  /** With or without the last dot. */
  readonly name: string;
  /** Beside the apex NS and SOA, which are made up when missing. */
  readonly records?: readonly StoredSet[];
  /** Host names of the delegation set. */
  readonly nameservers?: readonly string[];
}

/** A live view for tests, the demo and the name server: every call answers for this very moment. */
export interface LiveZone {
  readonly id: string;
  /** With the last dot. */
  readonly name: string;
  /** What the API shows, in the vendor's order. */
  sets(): readonly StoredSet[];
  /** What the name servers answer. */
  served(): readonly StoredSet[];
  /** One set of the API's view; undefined when there is none. */
  find(name: string, type: string): StoredSet | undefined;
}

export interface PendingChange {
  readonly id: string;
  readonly submittedAt: number;
  readonly status: 'PENDING' | 'INSYNC';
}

interface Version {
  readonly changeId: string;
  readonly sets: Sets;
  readonly submittedAt: number;
  insyncAt: number;
}

export interface ZoneTiming {
  /** ms since the Unix epoch. */
  readonly now: () => number;
  /** From a change to INSYNC, ms. `Infinity`: until settle(). */
  readonly insyncMs: number;
  /** `at-once`: the name servers do not wait for INSYNC. */
  readonly answers: 'at-insync' | 'at-once';
}

export class Zone implements LiveZone {
  readonly id: string;
  readonly name: string;
  readonly nameservers: readonly string[];
  readonly #timing: ZoneTiming;
  readonly #protected = new Set<string>();
  /** Oldest first; never empty. The last is what the API shows. */
  readonly #versions: Version[] = [];

  constructor(options: ZoneOptions, timing: ZoneTiming) {
    this.id = options.id;
    this.name = storedName(options.name);
    this.nameservers = options.nameservers ?? ['ns-1.understudy.test', 'ns-2.understudy.test'];
    this.#timing = timing;
    const sets = new Map<string, StoredSet>();
    for (const set of [...this.#apex(), ...(options.records ?? [])]) {
      const stored = { ...set, name: storedName(set.name) };
      sets.set(setKey(stored), stored);
    }
    this.#versions.push({
      changeId: '',
      sets,
      submittedAt: timing.now(),
      insyncAt: Number.NEGATIVE_INFINITY,
    });
  }

  #apex(): StoredSet[] {
    const servers = this.nameservers.map(name => name.replace(/\.?$/, '.'));
    return [
      { name: this.name, type: 'NS', ttlS: 172800, values: servers },
      {
        name: this.name,
        type: 'SOA',
        ttlS: 900,
        // The serial stays 1 for ever, as in the real service: nobody may wait for it to grow.
        values: [`${servers[0]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`],
      },
    ];
  }

  #current(): Version {
    const last = this.#versions.at(-1);
    if (last === undefined) throw new Error('a zone always has a version');
    return last;
  }

  sets(): readonly StoredSet[] {
    return inOrder(this.#current().sets);
  }

  served(): readonly StoredSet[] {
    const now = this.#timing.now();
    const version =
      this.#timing.answers === 'at-once'
        ? this.#current()
        : (this.#versions.findLast(one => one.insyncAt <= now) ?? this.#current());
    return inOrder(version.sets);
  }

  find(name: string, type: string): StoredSet | undefined {
    return this.#current().sets.get(setKey({ name: storedName(name), type }));
  }

  /** @returns null when applied, else the vendor's complaints; then nothing was changed */
  apply(changeId: string, changes: readonly Change[]): readonly string[] | null {
    const result = applyBatch(this.name, this.#current().sets, changes, this.#protected);
    if ('complaints' in result) return result.complaints;
    const submittedAt = this.#timing.now();
    this.#versions.push({
      changeId,
      sets: result.sets,
      submittedAt,
      insyncAt: submittedAt + this.#timing.insyncMs,
    });
    return null;
  }

  change(changeId: string): PendingChange | undefined {
    const version = this.#versions.find(one => one.changeId === changeId);
    if (version === undefined) return undefined;
    const status = version.insyncAt <= this.#timing.now() ? 'INSYNC' : 'PENDING';
    return { id: changeId, submittedAt: version.submittedAt, status };
  }

  /** Every change is INSYNC from now on. */
  settle(): void {
    for (const version of this.#versions) version.insyncAt = Math.min(version.insyncAt, this.#timing.now());
  }

  /** The zone is again as it was before its last `steps` changes, for the API and the name servers alike. */
  rollBack(steps: number): void {
    const version = this.#versions.at(-1 - steps) ?? this.#versions[0];
    if (version === undefined) throw new Error('a zone always has a version');
    const now = this.#timing.now();
    this.#versions.push({ changeId: '', sets: version.sets, submittedAt: now, insyncAt: now });
  }

  /** Record set protection: a batch that touches the name and type fails whole. */
  protect(name: string, type: string, on = true): void {
    const key = `${storedName(name)} ${type}`;
    if (on) this.#protected.add(key);
    else this.#protected.delete(key);
  }
}
