/**
 * The DNS half of a plan: which record sets change so that the names point to these addresses and no others.
 * Sets that are right already are left out, so that planning again after a flip finds nothing to do.
 */
import { FAMILIES, type Family } from '../model/sample.ts';
import type { DnsBinding, Site } from '../model/service.ts';
import type { RecordSet, ZoneView } from '../model/signal.ts';

export const RECORD_TYPE = { v4: 'A', v6: 'AAAA' } as const satisfies Record<Family, RecordSet['type']>;

export interface RecordChanges {
  readonly upserts: readonly RecordSet[];
  readonly deletes: readonly RecordSet[];
  /** What must be answered afterwards for every owned name and type; no values: no such set. */
  readonly expect: readonly RecordSet[];
}

/** @returns the changes that publish exactly `families` of `site` under the service's names */
export function recordChanges(
  dns: DnsBinding,
  site: Site,
  families: readonly Family[],
  view: ZoneView,
): RecordChanges {
  const upserts: RecordSet[] = [];
  const deletes: RecordSet[] = [];
  const expect: RecordSet[] = [];
  for (const name of dns.records) {
    for (const family of FAMILIES) {
      const type = RECORD_TYPE[family];
      const stored = view.records.find(set => set.name === name && set.type === type);
      const address = families.includes(family) ? site.addresses[family] : undefined;
      const wanted: RecordSet = {
        name,
        type,
        ttlS: dns.ttlS,
        values: address === undefined ? [] : [address],
      };
      expect.push(wanted);
      if (address === undefined) {
        if (stored !== undefined) deletes.push(stored);
      } else if (stored === undefined || !sameSet(stored, wanted)) {
        upserts.push(wanted);
      }
    }
  }
  return { upserts, deletes, expect };
}

/** @returns whether two sets are equal; the order of values says nothing */
export function sameSet(a: RecordSet, b: RecordSet): boolean {
  if (a.name !== b.name || a.type !== b.type || a.ttlS !== b.ttlS || a.values.length !== b.values.length)
    return false;
  const values = [...a.values].sort();
  return [...b.values].sort().every((value, index) => value === values[index]);
}

/** @returns the families that DNS publishes for the service: those in which any owned name has a set */
export function publishedFamilies(view: ZoneView): readonly Family[] {
  return FAMILIES.filter(family => view.records.some(set => set.type === RECORD_TYPE[family]));
}

/** @returns the site whose addresses the records hold, for a zone that has no epoch yet; null when it is none or several */
export function siteOfRecords(sites: readonly Site[], view: ZoneView): string | null {
  const values = new Set(view.records.flatMap(set => set.values));
  const [owner, other] = sites.filter(site =>
    Object.values(site.addresses).some(address => values.has(address)),
  );
  return owner !== undefined && other === undefined ? owner.name : null;
}
