/** The work of `clear`: the quarantine entry goes, the notice and the audit come, in one transaction between runs. */
import type { Phrase } from '../../announce/notices.ts';
import { plain } from '../../announce/plain.ts';
import type { Quarantine } from '../../model/state.ts';
import type { ClearOptions } from '../clear.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, pickService, UsageError } from '../io.ts';
import { clean, when } from '../render/text.ts';
import { loadConfig, withProgram } from '../session.ts';
import { betweenRuns, refuse, unsure, wordsOf } from './person.ts';

/** @returns 0 also when the site is not in quarantine: it is so already */
export async function clearSite(
  io: Io,
  name: string,
  site: string,
  options: ClearOptions,
): Promise<ExitCode> {
  const reason = wordsOf('--reason', options.reason, 'say what the cause was and how it was contained');
  const operator = wordsOf('--operator', options.operator ?? io.user, 'say who you are');
  const settings = await loadConfig(io, options.config);
  const service = pickService(settings, name);
  return withProgram(settings, { stop: io.stop, keep: 'always' }, async program => {
    const { store, clock, tell } = program.world;
    const answer = (entry: Quarantine | null, text: string) =>
      io.out(
        options.json === true
          ? `${JSON.stringify({ service: service.name, site, cleared: entry })}\n`
          : `${service.name}: ${text}\n`,
      );
    const before = await store.service(service.name);
    const entry = before.quarantined.find(one => one.site === site) ?? null;
    if (entry === null) {
      knownSite(
        service.sites.map(one => one.name),
        site,
        service.name,
      );
      answer(null, `${site} is not in quarantine, there is nothing to clear`);
      return EXIT.ok;
    }
    const question = `${service.name}: ${site} is in quarantine since ${when(entry.since, clock.now())} (run ${clean(entry.run)}). Is the cause contained, and has its data been brought up to date? Let it serve again?`;
    const declined = await unsure(io, options.yes, question);
    if (declined !== null) return declined;
    const result = await betweenRuns(program, service.name, async lease => {
      const { quarantined, incident } = await store.service(service.name);
      // Put out again by a run that ended while the question stood: that is another cause than the one vouched for.
      if (quarantined.find(one => one.site === site)?.run !== entry.run) return false;
      const now = clock.now();
      const rest = quarantined.filter(one => one.site !== site);
      const detail = `${site}, in quarantine since ${new Date(entry.since).toISOString()} (run ${entry.run})`;
      const open = incident?.closedAt === null ? incident.id : null;
      await store.commit(
        [
          { kind: 'service', service: service.name, patch: { quarantined: rest } },
          tell(siteCleared(service.name, entry, operator, reason, now), now, open),
          {
            kind: 'audit',
            entry: {
              at: now,
              operator,
              action: 'clear',
              service: service.name,
              reason,
              overrides: [],
              detail,
            },
          },
        ],
        { lease, now },
      );
      return true;
    });
    if ('busy' in result) {
      return refuse(io, options.json, {
        code: 'run-open',
        message: `a run of ${service.name} is under way (${result.busy}): nothing was changed`,
        next: 'wait until it has ended: understudy history',
      });
    }
    if (!result.done) {
      return refuse(io, options.json, {
        code: 'quarantine-changed',
        message: `the quarantine of ${site} has changed since you were asked: nothing was cleared`,
        next: 'understudy status',
      });
    }
    answer(entry, `${site} is out of quarantine: it may be switched to again`);
    return EXIT.ok;
  });
}

function knownSite(sites: readonly string[], site: string, service: string): void {
  if (sites.includes(site)) return;
  throw new UsageError(`there is no site "${clean(site)}" in ${service}; there are: ${sites.join(', ')}`);
}

/** Told as the end of a hold: a person had to let the site in again. */
function siteCleared(service: string, entry: Quarantine, by: string, reason: string, at: number): Phrase {
  return {
    kind: 'hold',
    service,
    text: plain(
      `${service}: ${entry.site} taken out of quarantine by ${by}: ${reason}. It may be switched to again`,
    ),
    data: {
      event: 'site-cleared',
      site: entry.site,
      since: entry.since,
      run: entry.run,
      by,
      reason,
      clearedAt: at,
    },
  };
}
