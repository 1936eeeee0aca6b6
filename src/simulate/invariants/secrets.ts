/**
 * 12 Secrets never reach a log, a notice, an error, the state file or a status page.
 *
 * Every secret of the cast holds one word, the canary. It must stand in nothing that is committed (evidence apart, which
 * is most of all and holds what peers said), sent, said or ended with. Texts are walked, not printed: this sees every
 * commit of thousands of hours.
 */
import type { Change } from '../../model/state.ts';
import { CANARY } from '../cast.ts';
import type { Checker } from '../events.ts';

const UNREAD: ReadonlySet<Change['kind']> = new Set([
  'evidence',
  'service',
  'delivered',
  'resume',
  'plan-status',
]);
/** Deeper than any change. */
const DEEPEST = 12;

export function createSecrets(): Checker {
  return {
    invariant: 12,
    sentence: 'Secrets never reach a log, a notice, an error, the state file or a status page.',
    see(event) {
      switch (event.kind) {
        case 'commit': {
          const leak = event.changes.find(change => !UNREAD.has(change.kind) && holds(change, 0));
          return leak === undefined
            ? null
            : `${event.by.process} committed a secret in a change of kind ${leak.kind}`;
        }
        case 'delivered':
          return holds(event.notice, 0)
            ? `${event.by.process} sent a secret to ${event.sink} in ${event.notice.id}`
            : null;
        case 'said':
          return event.text.includes(CANARY) ? `${event.by.process} printed a secret` : null;
        case 'ended':
          return event.error?.includes(CANARY) === true
            ? `${event.by.process} ended with a secret in its error`
            : null;
        default:
          return null;
      }
    },
  };
}

function holds(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.length >= CANARY.length && value.includes(CANARY);
  if (value === null || typeof value !== 'object' || depth > DEEPEST) return false;
  for (const key in value) if (holds((value as Record<string, unknown>)[key], depth + 1)) return true;
  return false;
}
