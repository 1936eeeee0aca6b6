/**
 * 4 A run with an old epoch changes nothing.
 *
 * The zone itself: the new epoch is one more than the one it replaces, which is the one that the plan was built on, or that
 * this very run has written. The deeds before a flip (fence, quiesce, catch-up, promote): at that time the zone must hold the
 * run's own claim. When it does not, the process is at fault if it could know: it was told of the other epoch during the
 * step, or the epoch had changed before the step began (that is, before the run's last commit ahead of the step's
 * intent) and it was not told anything of the zone since, or had changed before the intent and nothing was asked at all.
 * A change between the reading and the deed is a race that no program can see, and what an API does long after it was
 * asked for is judged by what was known when it was; only the claim and the flip are safe from both.
 */
import type { EpochRecord } from '../../model/epoch.ts';
import type { Checker, EventOf, Truth } from '../events.ts';
import { type Effect, effectInWords } from './effects.ts';
import type { Past } from './past.ts';
import { NEVER } from './told.ts';

export function createOldEpoch(past: Past): Checker {
  const changedAt = new Map<string, number>();
  return {
    invariant: 4,
    sentence: 'A run with an old epoch changes nothing.',
    see(event, truth) {
      const { effect } = past;
      if (event.kind === 'zone') {
        if (event.service !== null && text(event.epochBefore) !== text(event.epochAfter))
          changedAt.set(event.service, event.at);
        return event.by === null ? null : wrongStep(past, event);
      }
      return effect === null ? null : outdated(past, effect, truth, changedAt.get(effect.service) ?? NEVER);
    },
  };
}

function text(epoch: EpochRecord | null): string {
  if (epoch === null) return '';
  const { epoch: number, active, owner, claim } = epoch;
  return `epoch ${number} active ${active} owner ${owner}${claim === undefined ? '' : ' busy'}`;
}

function wrongStep(past: Past, event: EventOf<'zone'>): string | null {
  const { epochBefore, epochAfter, by, service } = event;
  const base = epochBefore?.epoch ?? 0;
  const who = `${by?.process ?? '?'} changed the epoch of ${service ?? 'no service'}`;
  if (epochAfter?.epoch !== base + 1) return `${who} from ${base} to ${epochAfter?.epoch ?? 'none'}`;
  const plan = past.runOf(epochAfter.owner)?.plan ?? null;
  if (epochBefore?.owner === epochAfter.owner && epochBefore.claim !== undefined) return null;
  return plan !== null && plan.baseEpoch !== base
    ? `${who} from ${base} with plan ${plan.id}, which was built on ${plan.baseEpoch}`
    : null;
}

function outdated(past: Past, effect: Effect, truth: Truth, changedAt: number): string | null {
  const { run, intent } = effect;
  const what = effectInWords(effect);
  if (run === null || run.plan === null) return `${what}: no such run was begun`;
  if (intent === null) return `${what}: the process has written down no intent for it`;
  const isOurs = (epoch: EpochRecord | null) => epoch?.owner === run.first.token && epoch.claim !== undefined;
  const now = truth.epoch(effect.service);
  // What an API does long after it was asked for is judged by what was known then; and a look may lie a few requests back.
  const latencyMs = past.roll.cast.latencyMs;
  if (isOurs(now) || effect.at - effect.askedAt > 2 * latencyMs) return null;
  const latelyMs = 6 * latencyMs;
  const said = `${what}: the zone holds ${text(now) || 'no epoch'}, and no claim of this run`;
  // Only what it was told during the step counts; an answer that was on its way since before may still be among it.
  const told = past.told.zones(effect.by.process, effect.service).filter(zone => zone.at >= intent.from);
  const [last] = told;
  if (last === undefined) return changedAt < intent.at ? `${said}, and it did not ask during the step` : null;
  if (!isOurs(last.epoch)) {
    // The step itself asks before its intent; what another look is told after it, the deed may have been under way to then.
    const raceMs = latelyMs + past.faults.slack(effect.by.station, effect.at);
    const heeded = told.find(zone => zone.at <= effect.at - (zone.seq < intent.seq ? latelyMs : raceMs));
    return heeded === undefined || isOurs(heeded.epoch) ? null : `${said}, and it was told so`;
  }
  return last.at < changedAt || changedAt >= intent.from ? null : `${said}, since before the step began`;
}
