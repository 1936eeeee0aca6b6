/**
 * 8 (the end of it) … an override is named, one-shot and audited.
 *
 * A run whose plan names an override, or that is carried out although the config does not say `mode: act`, needs an
 * audit entry of its station with operator and reason that names each such override, committed with the run or before it;
 * the plan's origin must be that person; and an entry serves one run only.
 */
import type { Override } from '../../model/plan.ts';
import type { AuditEntry } from '../../model/state.ts';
import type { Checker } from '../events.ts';
import type { Past, PastRun } from './past.ts';

export function createOverrides(past: Past): Checker {
  const used = new Set<AuditEntry>();
  return {
    invariant: 8,
    sentence: 'No stale or unhealthy standby is promoted except by a named, one-shot, audited override.',
    see() {
      for (const run of past.begun) {
        const found = look(past, used, run);
        if (found !== null) return found;
      }
      return null;
    },
  };
}

function look(past: Past, used: Set<AuditEntry>, run: PastRun): string | null {
  const { first, plan, by } = run;
  const named = plan?.overrides ?? [];
  const wanted = new Set<Override>(named);
  if (past.roll.cast.settings.mode !== 'act') wanted.add('mode-act');
  if (wanted.size === 0) return null;
  const what = `run ${first.id} of ${first.service} needs ${[...wanted].join(', ')}`;
  if (named.length > 0 && plan?.origin.by !== 'operator') return `${what}, and no person has asked for it`;
  const entries = [
    ...run.audits,
    ...past.audits.filter(one => one.station === by.station).map(one => one.entry),
  ];
  const entry = entries.find(
    one =>
      !used.has(one) &&
      one.service === first.service &&
      one.operator.trim() !== '' &&
      one.reason.trim() !== '' &&
      [...wanted].every(override => one.overrides.includes(override)),
  );
  if (entry === undefined)
    return `${what}, and no audit entry of its own names that with operator and reason`;
  used.add(entry);
  return null;
}
