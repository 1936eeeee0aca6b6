/**
 * The record sets of an emulated hosted zone: how Route 53 writes names, how it orders sets and how it applies a
 * change batch. Pure, so that the rules which the compare-and-swap of the epoch leans on can be read in one place.
 * Error texts are the vendor's, as clients match on them.
 */

/** One set as stored. `ttlS` and `values` are empty for an alias. Names are lower-case, escaped, with the last dot. */
export interface StoredSet {
  readonly name: string;
  readonly type: string;
  readonly ttlS: number | null;
  readonly values: readonly string[];
  /** Set for weighted, failover, latency … sets: several of them share a name and type. */
  readonly setIdentifier?: string;
  readonly weight?: number;
  readonly alias?: { readonly zoneId: string; readonly name: string; readonly evaluateHealth: boolean };
}

export interface Change {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly set: StoredSet;
}

export type Sets = ReadonlyMap<string, StoredSet>;

/** The name as Route 53 stores it: lower case, last dot, everything but a-z 0-9 - _ . as `\ooo` (so `*` is `\052`). */
export function storedName(name: string): string {
  const lower = name.toLowerCase().replace(/\.?$/, '.');
  return lower.replace(/\\[0-7]{3}|[^a-z0-9\-_.]/g, hit =>
    hit.length === 4 ? hit : `\\${hit.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}

/** What tells one set from another inside a zone. */
export function setKey(set: Pick<StoredSet, 'name' | 'type' | 'setIdentifier'>): string {
  return `${sortName(set.name)} ${set.type} ${set.setIdentifier ?? ''}`;
}

/** `www.example.org.` → `org.example.www.`: the vendor sorts by reversed labels, the last dot included. */
export function sortName(name: string): string {
  return `${name.replace(/\.$/, '').split('.').reverse().join('.')}.`;
}

/** The sets in the order in which the vendor lists them: reversed name, then type, then identifier. */
export function inOrder(sets: Sets): readonly StoredSet[] {
  return [...sets.values()].sort(
    (a, b) =>
      compare(sortName(a.name), sortName(b.name)) ||
      compare(a.type, b.type) ||
      compare(a.setIdentifier ?? '', b.setIdentifier ?? ''),
  );
}

/** Byte order, as the vendor's; localeCompare would put `_` and digits elsewhere. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Applies a batch all or nothing.
 * @param protectedSets `name type` pairs that no change may touch (record set protections)
 * @returns the new sets, or every complaint in order; then nothing was changed
 */
export function applyBatch(
  zoneName: string,
  sets: Sets,
  changes: readonly Change[],
  protectedSets: ReadonlySet<string>,
): { readonly sets: Sets } | { readonly complaints: readonly string[] } {
  const next = new Map(sets);
  const complaints: string[] = [];
  for (const change of changes) {
    const complaint =
      protection(change.set, protectedSets) ??
      invalid(zoneName, change.set) ??
      applyOne(zoneName, next, change);
    if (complaint !== null) complaints.push(complaint);
  }
  if (complaints.length === 0) complaints.push(...apexComplaints(zoneName, next));
  return complaints.length === 0 ? { sets: next } : { complaints };
}

function applyOne(zoneName: string, next: Map<string, StoredSet>, { action, set }: Change): string | null {
  const key = setKey(set);
  const stored = next.get(key);
  const named = `resource record set [name='${set.name}', type='${set.type}'${
    set.setIdentifier === undefined ? '' : `, set identifier='${set.setIdentifier}'`
  }]`;
  if (action === 'DELETE') {
    if (stored === undefined) return `Tried to delete ${named} but it was not found`;
    if (!sameContent(stored, set))
      return `Tried to delete ${named} but the values provided do not match the current values`;
    next.delete(key);
    return null;
  }
  if (action === 'CREATE' && stored !== undefined) return `Tried to create ${named} but it already exists`;
  const clash = [...next.values()].some(
    other => other.name === set.name && other.type !== set.type && [other.type, set.type].includes('CNAME'),
  );
  if (clash)
    return `RRSet of type ${set.type} with DNS name ${set.name} is not permitted as it conflicts with other records with the same DNS name in zone ${zoneName}`;
  next.set(key, set);
  return null;
}

/** TTL, values (a set: their order means nothing) and the routing fields. */
function sameContent(a: StoredSet, b: StoredSet): boolean {
  const content = (set: StoredSet) =>
    JSON.stringify([set.ttlS, [...set.values].sort(compare), set.weight ?? null, set.alias ?? null]);
  return content(a) === content(b);
}

function protection(set: StoredSet, protectedSets: ReadonlySet<string>): string | null {
  return protectedSets.has(`${set.name} ${set.type}`)
    ? `The resource record set [name='${set.name}', type='${set.type}'] is protected by a resource record set protection and can't be changed`
    : null;
}

function invalid(zoneName: string, set: StoredSet): string | null {
  if (set.name !== zoneName && !set.name.endsWith(`.${zoneName}`))
    return `RRSet with DNS name ${set.name} is not permitted in zone ${zoneName}`;
  if (set.alias === undefined && set.values.length === 0)
    return `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Name=${set.name}, Type=${set.type}]`;
  for (const value of set.values) {
    const problem = valueProblem(set.type, value);
    if (problem !== null)
      return `Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`;
  }
  return null;
}

function valueProblem(type: string, value: string): string | null {
  if (type === 'A' && !/^(\d{1,3}\.){3}\d{1,3}$/.test(value))
    return 'ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)';
  if (type === 'AAAA' && !/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(value))
    return 'AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)';
  if (type === 'TXT' && !/^"(\\.|[^"\\])*"(\s+"(\\.|[^"\\])*")*$/.test(value))
    return 'InvalidCharacterString (Value should be enclosed in quotation marks)';
  return null;
}

function apexComplaints(zoneName: string, sets: Sets): string[] {
  const has = (type: string) => sets.has(setKey({ name: zoneName, type }));
  const complaints: string[] = [];
  if (!has('SOA')) complaints.push('A HostedZone must contain exactly one SOA record.');
  if (!has('NS')) complaints.push('A HostedZone must contain at least one NS record for the zone itself.');
  return complaints;
}
