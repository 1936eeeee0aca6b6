/**
 * What an authoritative server answers to one question, from the record sets it serves now. Pure: sets in, answer
 * out. Presentation forms are Route 53's (TXT in quotes, names with a last dot, `*` as `\052`).
 */
import type { Answer, SoaAnswer } from 'dns-packet';

/** A record set as served. Names may carry a last dot. A set without values (an alias) is not answered. */
export interface ServedSet {
  readonly name: string;
  readonly type: string;
  readonly ttlS: number | null;
  readonly values: readonly string[];
  readonly setIdentifier?: string;
}

/** A zone whose content may change between two questions. */
export interface ServedZone {
  readonly name: string;
  served(): readonly ServedSet[];
}

export type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';

export interface Reply {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

const REFUSED: Reply = { rcode: 'REFUSED', authoritative: false, answers: [], authorities: [] };
const SERVFAIL: Reply = { rcode: 'SERVFAIL', authoritative: false, answers: [], authorities: [] };
// ANY amplifies and transfers give away whole zones; an authoritative server of a big vendor answers neither.
const NOT_ANSWERED = new Set(['ANY', 'AXFR', 'IXFR', 'UNKNOWN_253', 'UNKNOWN_254']);
const LONGEST_CNAME_CHAIN = 8;

/** `Www.Example.ORG.` → `www.example.org`, with `\052` as `*`. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The answer to `name`/`type`. The names in it are written as asked, so that 0x20 mixing survives. */
export function answerTo(zones: readonly ServedZone[], name: string, type: string): Reply {
  if (NOT_ANSWERED.has(type)) return REFUSED;
  const zone = zoneFor(zones, plainName(name));
  if (zone === null) return REFUSED;
  const sets = zone.served();
  const answers: Answer[] = [];
  let asked = name;
  for (let hop = 0; hop < LONGEST_CNAME_CHAIN; hop += 1) {
    const found = setsAt(sets, plainName(asked), plainName(zone.name));
    const set = found?.find(one => one.type === type) ?? found?.find(one => one.type === 'CNAME');
    if (set === undefined) {
      const soa = negativeSoa(zone, sets);
      if (soa === null) return SERVFAIL;
      // A chain that ends in nothing keeps the links already found (RFC 6604: the rcode is that of the last name).
      return {
        rcode: found === null ? 'NXDOMAIN' : 'NOERROR',
        authoritative: true,
        answers,
        authorities: [soa],
      };
    }
    const records = set.values.map(value => record(asked, set, value));
    const known = records.filter(one => one !== null);
    if (known.length < records.length) return SERVFAIL;
    answers.push(...known);
    const target = set.type === 'CNAME' && type !== 'CNAME' ? set.values[0] : undefined;
    if (target === undefined || zoneFor([zone], plainName(target)) === null) break;
    asked = plainName(target);
  }
  return { rcode: 'NOERROR', authoritative: true, answers, authorities: [] };
}

function zoneFor(zones: readonly ServedZone[], name: string): ServedZone | null {
  const holding = zones.filter(zone => isWithin(name, plainName(zone.name)));
  return holding.reduce<ServedZone | null>(
    (best, zone) => (best === null || zone.name.length > best.name.length ? zone : best),
    null,
  );
}

function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** @returns the sets at the name (empty for an empty non-terminal), or null when the name does not exist */
function setsAt(sets: readonly ServedSet[], name: string, zone: string): readonly ServedSet[] | null {
  const served = sets.filter(set => set.values.length > 0 && set.ttlS !== null);
  const here = served.filter(set => plainName(set.name) === name);
  if (here.length > 0) return here;
  if (served.some(set => isWithin(plainName(set.name), name))) return [];
  // RFC 4592: the wildcard right below the closest existing ancestor.
  let ancestor = name;
  while (ancestor !== zone && ancestor.includes('.')) {
    ancestor = ancestor.slice(ancestor.indexOf('.') + 1);
    const wildcard = served.filter(set => plainName(set.name) === `*.${ancestor}`);
    if (wildcard.length > 0) return wildcard;
    if (served.some(set => isWithin(plainName(set.name), ancestor))) return null;
  }
  return null;
}

/** The SOA of a negative answer; its TTL is the lesser of its own and its minimum (RFC 2308). */
function negativeSoa(zone: ServedZone, sets: readonly ServedSet[]): Answer | null {
  const set = sets.find(one => one.type === 'SOA' && plainName(one.name) === plainName(zone.name));
  const answer = set === undefined ? null : record(plainName(zone.name), set, set.values[0] ?? '');
  if (answer === null || answer.type !== 'SOA') return null;
  const soa: SoaAnswer = answer;
  return { ...soa, ttl: Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0) };
}

/** One resource record on the wire, or null for a type or value that this server does not know. */
function record(name: string, set: ServedSet, value: string): Answer | null {
  const base = { name, ttl: set.ttlS ?? 0, class: 'IN' as const };
  const words = value.trim().split(/\s+/);
  switch (set.type) {
    case 'A':
    case 'AAAA':
      return { ...base, type: set.type, data: value };
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return { ...base, type: set.type, data: plainName(value) };
    case 'MX':
      return {
        ...base,
        type: 'MX',
        data: { preference: Number(words[0]), exchange: plainName(words[1] ?? '') },
      };
    case 'TXT':
      return { ...base, type: 'TXT', data: textStrings(value) };
    case 'SOA': {
      const [serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0] = words.slice(2).map(Number);
      const mname = plainName(words[0] ?? '');
      const rname = plainName(words[1] ?? '');
      return { ...base, type: 'SOA', data: { mname, rname, serial, refresh, retry, expire, minimum } };
    }
    default:
      return null;
  }
}

/** `"a" "b\"c\351"` → the strings' bytes. */
function textStrings(value: string): Buffer[] {
  const quoted = value.match(/"(\\.|[^"\\])*"/g) ?? [];
  return quoted.map(one => {
    const text = one
      .slice(1, -1)
      .replace(/\\([0-7]{3})|\\(.)/g, (_, octal: string | undefined, char: string | undefined) =>
        octal === undefined ? (char ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
      );
    return Buffer.from(text, 'latin1');
  });
}
