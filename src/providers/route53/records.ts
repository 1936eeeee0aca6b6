/**
 * Between Route 53's record sets and ours, and the change batch of a guarded flip. Pure. Names leave here lower-case
 * without the last dot; values stay exactly as stored, since a DELETE must repeat them.
 */
import { isIP } from 'node:net';
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { type EpochRecord, formatEpoch, parseEpoch } from '../../model/epoch.ts';
import type { GuardedChange } from '../../model/plan.ts';
import type { RecordSet, ZoneView } from '../../model/signal.ts';
import { ProviderError } from '../../ports/errors.ts';

/** `\052.Example.org.` → `*.example.org`: Route 53 escapes all but a-z 0-9 - _ . as three octal digits. */
export function plainName(name: string): string {
  return name
    .replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/\.$/, '')
    .toLowerCase();
}

/**
 * The sets among `all` that stand at `name` and that we may know: A, AAAA and TXT.
 * @throws ProviderError `provider-rejected` for what a guarded change cannot carry at an owned name: alias sets (no
 *   TTL, no values), routed sets (a SetIdentifier, several per name and type) and CNAMEs
 */
export function setsAt(name: string, all: readonly ResourceRecordSet[]): readonly RecordSet[] {
  const sets: RecordSet[] = [];
  for (const set of all) {
    if (plainName(set.Name ?? '') !== name) continue;
    const { Type: type } = set;
    if (type === 'CNAME') throw unsuitable(name, type, 'is a CNAME, which cannot stand beside A and AAAA');
    if (type !== 'A' && type !== 'AAAA' && type !== 'TXT') continue;
    if (set.AliasTarget !== undefined) throw unsuitable(name, type, 'is an alias');
    if (set.SetIdentifier !== undefined)
      throw unsuitable(
        name,
        type,
        `has a routing policy (set identifier "${set.SetIdentifier.slice(0, 40)}")`,
      );
    const { TTL: ttlS } = set;
    const listed = (set.ResourceRecords ?? []).map(record => record.Value);
    const values = listed.filter(value => isValue(type, value));
    // The SDK makes NaN of a TTL that is no number, and text of whatever stands where a value should.
    if (!isTtl(ttlS) || values.length === 0 || values.length < listed.length)
      throw garbage(`Route 53 listed the ${type} set of ${name} without a proper TTL or values`);
    if (sets.some(other => other.type === type))
      throw garbage(`Route 53 listed the ${type} set of ${name} twice`);
    sets.push({ name, type, ttlS, values });
  }
  return sets;
}

function garbage(message: string): ProviderError {
  return new ProviderError({ code: 'provider-garbage', message, retriable: true });
}

/** RFC 2181, section 8. */
function isTtl(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= 0x7fffffff;
}

function isValue(type: RecordSet['type'], value: string | undefined): value is string {
  if (value === undefined) return false;
  if (type === 'TXT') return value !== '' && !/\p{Cc}/u.test(value);
  return isIP(value) === (type === 'A' ? 4 : 6);
}

function unsuitable(name: string, type: string, what: string): ProviderError {
  return new ProviderError({
    code: 'provider-rejected',
    message: `the ${type} set of ${name} ${what}; understudy can only guard plain record sets`,
    next: `replace it in Route 53 with a plain ${type} set, or take ${name} out of the service's records`,
  });
}

/** The epoch set with what it says. */
export function viewOf(epochSet: RecordSet | null, records: readonly RecordSet[]): ZoneView {
  if (epochSet === null) return { epochSet, epoch: null, records };
  const [value = '', ...more] = epochSet.values;
  if (more.length > 0)
    return { epochSet, epoch: null, epochProblem: 'the epoch set holds more than one value', records };
  const parsed = parseEpoch(unquote(value));
  return typeof parsed === 'string'
    ? { epochSet, epoch: null, epochProblem: parsed, records }
    : { epochSet, epoch: parsed, records };
}

/** `"a" "b"` → `ab`: a long TXT value is stored as several strings. */
function unquote(value: string): string {
  const strings = value.match(/"(\\.|[^"\\])*"/g) ?? [];
  return strings.map(one => one.slice(1, -1).replace(/\\(.)/g, '$1')).join('');
}

/** The epoch set that the change writes. */
export function nextEpochSet(change: GuardedChange, next: EpochRecord): RecordSet {
  return {
    name: change.epochName,
    type: 'TXT',
    ttlS: change.ttlS,
    values: [`"${formatEpoch(next)}"`],
  };
}

/**
 * One batch, all or nothing. DELETE of the old epoch as read + CREATE of the new one make it a compare-and-swap; an
 * UPSERT there would overwrite whoever came first.
 */
export function batchOf(change: GuardedChange, next: EpochRecord): Change[] {
  return [
    ...(change.expectEpoch === null ? [] : [action('DELETE', change.expectEpoch)]),
    action('CREATE', nextEpochSet(change, next)),
    ...change.deletes.map(set => action('DELETE', set)),
    ...change.upserts.map(set => action('UPSERT', set)),
  ];
}

function action(name: 'CREATE' | 'DELETE' | 'UPSERT', set: RecordSet): Change {
  return {
    Action: name,
    ResourceRecordSet: {
      Name: set.name,
      Type: set.type,
      TTL: set.ttlS,
      ResourceRecords: set.values.map(Value => ({ Value })),
    },
  };
}

/** Same TTL and same values in any order: what a DELETE of `a` would need to hit `b`. */
export function sameSet(a: RecordSet | null, b: RecordSet | null): boolean {
  if (a === null || b === null) return a === b;
  const content = (set: RecordSet) => JSON.stringify([set.ttlS, [...set.values].sort()]);
  return content(a) === content(b);
}
