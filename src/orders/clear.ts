/** `clear`: the quarantine entry goes, the notice and the audit come, in one transaction between runs. */
import type { Phrase } from '../announce/notices.ts';
import { plain } from '../announce/plain.ts';
import type { Service } from '../model/service.ts';
import type { Quarantine } from '../model/state.ts';
import type { Program } from '../reconcile/daemon.ts';
import { betweenRuns } from './between-runs.ts';
import type { Refused, Words } from './person.ts';

/** @returns the entry that a person is asked to vouch for, null when the site is not in quarantine @throws StoreError */
export async function quarantineOf(
  { world }: Program,
  service: Service,
  site: string,
): Promise<Quarantine | null> {
  const { quarantined } = await world.store.service(service.name);
  return quarantined.find(one => one.site === site) ?? null;
}

/**
 * Lets the site serve again.
 * @param entry the one that the person vouched for, as quarantineOf returned it
 * @returns the entry that was taken out, or the refusal `run-open` or `quarantine-changed`
 * @throws StoreError, LeaseLostError; then nothing was changed
 */
export async function clearSite(
  program: Program,
  service: Service,
  entry: Quarantine,
  words: Words,
): Promise<{ readonly cleared: Quarantine } | Refused> {
  const { store, clock, tell } = program.world;
  return betweenRuns(program, service.name, async lease => {
    const { quarantined, incident } = await store.service(service.name);
    // Put out again by a run that ended while the question stood: that is another cause than the one vouched for.
    if (quarantined.find(one => one.site === entry.site)?.run !== entry.run) return changed(entry.site);
    const now = clock.now();
    const rest = quarantined.filter(one => one.site !== entry.site);
    const since = new Date(entry.since).toISOString();
    const detail = `${entry.site}, in quarantine since ${since} (run ${entry.run})`;
    const open = incident?.closedAt === null ? incident.id : null;
    await store.commit(
      [
        { kind: 'service', service: service.name, patch: { quarantined: rest } },
        tell(siteCleared(service.name, entry, words, now), now, open),
        {
          kind: 'audit',
          entry: { at: now, ...words, action: 'clear', service: service.name, overrides: [], detail },
        },
      ],
      { lease, now },
    );
    return { cleared: entry };
  });
}

function changed(site: string): Refused {
  return {
    refused: {
      code: 'quarantine-changed',
      message: `the quarantine of ${site} has changed since you were asked: nothing was cleared`,
      next: 'understudy status',
    },
  };
}

/** Told as the end of a hold: a person had to let the site in again. */
function siteCleared(service: string, { site, since, run }: Quarantine, words: Words, at: number): Phrase {
  const { operator: by, reason } = words;
  return {
    kind: 'hold',
    service,
    text: plain(
      `${service}: ${site} taken out of quarantine by ${by}: ${reason}. It may be switched to again`,
    ),
    data: { event: 'site-cleared', site, since, run, by, reason, clearedAt: at },
  };
}
