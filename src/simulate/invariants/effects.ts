/**
 * What a run of ours did to the world, whichever event tells of it: the common ground of the rules on epochs, on one run
 * at a time and on holds. Asking for a power-off counts when it is asked for, since that is when the process acts.
 */
import { type Actor, type Event, isMove } from '../events.ts';
import type { Intent, Past, PastRun } from './past.ts';

export interface Effect {
  /** `claim`: the epoch alone was taken; `give-back`: what a claim had taken was given back. */
  readonly what:
    'promoted' | 'demoted' | 'caught-up' | 'isolated' | 'power-asked' | 'zone' | 'claim' | 'give-back';
  readonly at: number;
  /** When it was asked for: earlier, where an API does its work late. */
  readonly askedAt: number;
  readonly service: string;
  /** The site acted on; for the zone the one it names as active. */
  readonly site: string;
  readonly by: Actor;
  /** As the command's environment, the epoch or the journal names it; null: by none. */
  readonly token: string | null;
  readonly run: PastRun | null;
  /** The process's latest intent in this run. */
  readonly intent: Intent | null;
}

/** @returns null for what is no deed of ours */
export function effectOf(event: Event, past: Past): Effect | null {
  switch (event.kind) {
    case 'promoted':
    case 'demoted':
    case 'caught-up':
      return event.by === null
        ? null
        : effect(past, event.kind, event.at, event.service, event.site, event.by, event.run);
    case 'isolated':
      return event.by === null || !event.isolated
        ? null
        : effect(past, 'isolated', event.at, event.service, event.site, event.by, event.run);
    case 'zone': {
      if (event.by === null || event.service === null) return null;
      const { epochAfter } = event;
      const site = epochAfter?.active ?? '';
      const owner = epochAfter?.owner ?? null;
      const { at, askedAt, service, by } = event;
      const what = isMove(event) ? 'zone' : epochAfter?.claim === undefined ? 'give-back' : 'claim';
      return { ...effect(past, what, at, service, site, by, owner), askedAt };
    }
    case 'power-asked': {
      if (event.power !== 'off') return null;
      const intent = past.fenceIntent(event.by.process, event);
      const run = intent === null ? null : (past.runs.get(intent.entry.run) ?? null);
      const place = past.roll.onBox(event.box)[0];
      const service = run?.first.service ?? place?.service.name ?? '';
      const site = run?.plan?.from ?? place?.site.name ?? event.box;
      const { at, askedAt, by } = event;
      return {
        ...effect(past, 'power-asked', at, service, site, by, run?.first.token ?? null),
        askedAt,
        intent,
      };
    }
    default:
      return null;
  }
}

function effect(
  past: Past,
  what: Effect['what'],
  at: number,
  service: string,
  site: string,
  by: Actor,
  token: string | null,
): Effect {
  const run = token === null ? null : past.runOf(token);
  const intent = run === null ? null : past.intent(by.process, run.first.id);
  return { what, at, askedAt: at, service, site, by, token, run, intent };
}

/** @returns in words, for a violation's sentence */
export function effectInWords({ what, service, site, by, token }: Effect): string {
  return `${what} of ${site} (${service}) by ${by.process} for run ${token ?? 'none'}`;
}
