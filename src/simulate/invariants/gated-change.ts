/**
 * 3 Nothing is written to DNS except names the service owns, in the plan that was gated.
 *
 * Every change of the zone by us must be, set by set, the claim or the flip step of the plan of the run whose token the new
 * epoch carries, or give its own claim back, which changes no address; that plan must have been committed as started
 * before, and must not have changed since it was first committed (a person approves a hash, and what is run is that, to the
 * byte: the hash is reckoned here from the model's words). Only A and AAAA sets of the service's names and the epoch's TXT
 * set may differ. After a config change that adds a name, names of the service's own kind under its zone are taken for
 * owned.
 */
import { createHash } from 'node:crypto';
import { claimOf, type ClaimStep, type FlipStep, type Plan } from '../../model/plan.ts';
import type { RecordSet } from '../../model/signal.ts';
import type { Checker, EventOf } from '../events.ts';
import type { Past } from './past.ts';

export function createGatedChange(past: Past): Checker {
  const texts = new Map<string, string>();
  /** Services to which a config change has added a name. */
  const widened = new Set<string>();
  return {
    invariant: 3,
    sentence: 'Nothing is written to DNS except names the service owns, in the plan that was gated.',
    see(event) {
      switch (event.kind) {
        case 'happening':
          if (event.happening.kind === 'config') widened.add(event.happening.service);
          return null;
        case 'commit':
          return plansAltered(texts, event);
        case 'zone':
          return event.by === null ? null : strayChange(past, widened, event);
        default:
          return null;
      }
    },
  };
}

function plansAltered(texts: Map<string, string>, event: EventOf<'commit'>): string | null {
  for (const change of event.changes) {
    if (change.kind !== 'plan') continue;
    const text = JSON.stringify(change.plan);
    const before = texts.get(change.plan.id);
    if (before === undefined) texts.set(change.plan.id, text);
    if (before !== undefined && before !== text)
      return `${event.by.process} committed plan ${change.plan.id} (${change.status}) with another content than it was stored with`;
    if (change.status === 'started' && hashOf(change.plan) !== change.plan.hash)
      return `${event.by.process} started plan ${change.plan.id}, whose content is not that of its hash`;
  }
  return null;
}

/** As the model words it: everything but id, hash, createdAt, expiresAt and because, in JSON with sorted keys. */
function hashOf({ id, hash, createdAt, expiresAt, because, ...rest }: Plan): string {
  void [id, hash, createdAt, expiresAt, because];
  const sorted = JSON.stringify(rest, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(sorted).digest('hex');
}

function strayChange(past: Past, widened: ReadonlySet<string>, event: EventOf<'zone'>): string | null {
  const { service: name, epochAfter, by } = event;
  const who = `${by?.process ?? '?'} changed the zone`;
  const service = name === null ? null : past.roll.service(name);
  if (service === null) return `${who} where it is no service's`;
  if (epochAfter === null) return `${who} of ${service.name} and left no epoch`;
  const run = past.runOf(epochAfter.owner);
  const stored = run === null ? undefined : past.plans.get(run.first.plan);
  if (run === null || stored === undefined || run.first.token !== epochAfter.owner)
    return `${who} of ${service.name} for ${epochAfter.owner}, which is no run that was begun`;
  if (stored.startedAt === null)
    return `${who} of ${service.name} for plan ${stored.plan.id}, which was never started`;
  if (stored.plan.service !== service.name)
    return `${who} of ${service.name} with the plan of ${stored.plan.service}`;
  for (const set of differing(event.before, event.after)) {
    const owned = set.type === 'TXT' ? [service.dns.epochName] : service.dns.records;
    const added = set.type !== 'TXT' && widened.has(service.name) && isKin(set.name, service.name);
    if (!['A', 'AAAA', 'TXT'].includes(set.type) || !(owned.includes(set.name) || added))
      return `${who} at ${set.name} ${set.type}, which ${service.name} does not own`;
  }
  return unlikePlan(stored.plan, event, who);
}

/** A name of the service itself: `x.mail.example.org` for `mail`. */
function isKin(name: string, service: string): boolean {
  return name.split(/[.-]/).includes(service);
}

function unlikePlan(plan: Plan, event: EventOf<'zone'>, who: string): string | null {
  const { epochAfter, epochBefore } = event;
  const flip = plan.steps.find((step): step is FlipStep => step.kind === 'flip');
  const claim = claimOf(plan);
  if (flip === undefined) return `${who} for plan ${plan.id}, which has no flip`;
  if (claim !== null && epochAfter?.active === plan.from)
    return isOnlyEpoch(event)
      ? unlikeClaim(claim, event, who)
      : `${who} with a claim, and not the epoch alone`;
  if (claim !== null && epochBefore?.owner !== epochAfter?.owner)
    return `${who} for plan ${plan.id} without its claim`;
  const { change } = flip;
  if (epochAfter?.epoch !== change.nextEpoch.epoch || epochAfter.active !== change.nextEpoch.active)
    return `${who} to epoch ${epochAfter?.epoch ?? 'none'} active ${epochAfter?.active ?? 'none'}, plan ${plan.id} says epoch ${change.nextEpoch.epoch} active ${change.nextEpoch.active}`;
  const touched = new Set([...change.upserts, ...change.deletes].map(key));
  const before = addresses(event.before);
  const expected = new Map([...before].filter(([set]) => !touched.has(set)));
  for (const set of change.upserts) expected.set(key(set), content(set));
  for (const set of change.deletes)
    if (before.get(key(set)) !== content(set))
      return `${who}: plan ${plan.id} deletes ${set.name} ${set.type} otherwise than it stood`;
  const after = addresses(event.after);
  for (const set of new Set([...expected.keys(), ...after.keys()]))
    if (expected.get(set) !== after.get(set))
      return `${who}: ${set} is now ${after.get(set) ?? 'absent'}, plan ${plan.id} says ${expected.get(set) ?? 'absent'}`;
  return null;
}

/** @returns null for the claim itself and for giving it back */
function unlikeClaim({ change }: ClaimStep, event: EventOf<'zone'>, who: string): string | null {
  const { epochBefore, epochAfter } = event;
  const back = epochBefore?.owner === epochAfter?.owner && epochBefore?.claim !== undefined;
  if (back) return epochAfter?.claim === undefined ? null : `${who} with a claim upon its own claim`;
  return epochAfter?.epoch === change.nextEpoch.epoch && epochAfter.claim !== undefined
    ? null
    : `${who} with another claim than was planned`;
}

function isOnlyEpoch({ before, after }: EventOf<'zone'>): boolean {
  return differing(before, after).every(set => set.type === 'TXT');
}

function key(set: RecordSet): string {
  return `${set.name} ${set.type}`;
}

function content(set: RecordSet): string {
  return `${set.ttlS} ${[...set.values].sort().join(' ')}`;
}

/** The address sets by name and type; the epoch is compared as a record. */
function addresses(sets: readonly RecordSet[]): Map<string, string> {
  return new Map(sets.filter(set => set.type !== 'TXT').map(set => [key(set), content(set)]));
}

function differing(before: readonly RecordSet[], after: readonly RecordSet[]): readonly RecordSet[] {
  const [old, now] = [before, after].map(sets => new Map(sets.map(set => [key(set), content(set)])));
  return [...before, ...after].filter(set => old?.get(key(set)) !== now?.get(key(set)));
}
