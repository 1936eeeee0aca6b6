/** Turns a phrase into the change that puts it into the outbox, in the same transaction as what it tells of. */
import type { Change, Notice } from '../model/state.ts';
import type { Ids } from '../ports/clock.ts';

/** What phrase.ts makes: the wording, without id, time and incident. */
export type Phrase = Pick<Notice, 'kind' | 'service' | 'text' | 'data'>;

export type Teller = (phrase: Phrase, at: number, incident: string | null) => Change;

/** @param sinks names of all sinks; each gets its own row in the outbox */
export function createTeller(ids: Ids, sinks: readonly string[]): Teller {
  return (phrase, at, incident) => ({
    kind: 'notice',
    sinks,
    notice: { id: ids.next('n'), at, incident, ...phrase },
  });
}
