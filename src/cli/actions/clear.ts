/** The work of `clear`: the quarantine entry goes, the notice and the audit come, in one transaction between runs. */
import type { Phrase } from '../../announce/notices.ts';
import { plain } from '../../announce/plain.ts';
import type { Composition } from '../../compose.ts';
import type { Service } from '../../model/service.ts';
import type { AuditEntry, Quarantine } from '../../model/state.ts';
import type { ClearOptions } from '../clear.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, pickService, UsageError } from '../io.ts';
import { clean, when } from '../render/text.ts';
import { loadConfig, withProgram } from '../session.ts';
import { betweenRuns, refuse, runUnderWay, unsure, wordsOf } from './person.ts';

type Words = Pick<AuditEntry, 'operator' | 'reason'>;

/** @returns 0 also when the site is not in quarantine: it is so already */
export async function clearSite(
  io: Io,
  name: string,
  site: string,
  options: ClearOptions,
): Promise<ExitCode> {
  const reason = wordsOf('--reason', options.reason, 'say what the cause was and how it was contained');
  const operator = wordsOf('--operator', options.operator ?? io.user, 'say who you are');
  const settings = await loadConfig(io, options.config, {
    quiet: options.json === true,
    leaveOutSecrets: true,
  });
  const service = pickService(settings, name);
  return withProgram(settings, { stop: io.stop, keep: 'always', deliver: false }, program =>
    clearIn(io, program, service, site, { operator, reason }, options),
  );
}

async function clearIn(
  io: Io,
  program: Composition,
  service: Service,
  site: string,
  words: Words,
  options: ClearOptions,
): Promise<ExitCode> {
  const { store, clock } = program.world;
  const answer = (cleared: Quarantine | null, text: string) =>
    io.out(
      options.json === true
        ? `${JSON.stringify({ service: service.name, site, cleared })}\n`
        : `${service.name}: ${text}\n`,
    );
  const before = await store.service(service.name);
  const entry = before.quarantined.find(one => one.site === site);
  if (entry === undefined) {
    assertKnown(service, site);
    answer(null, `${site} is not in quarantine, there is nothing to clear`);
    return EXIT.ok;
  }
  const question = `${service.name}: ${site} is in quarantine since ${when(entry.since, clock.now())} (run ${clean(entry.run)}). Is the cause contained, and has its data been brought up to date? Let it serve again?`;
  const declined = await unsure(io, options.yes, question);
  if (declined !== null) return declined;
  const result = await lift(program, service, entry, words);
  if ('busy' in result) return refuse(io, options.json, runUnderWay(service.name, result.busy));
  if (!result.done) {
    return refuse(io, options.json, {
      code: 'quarantine-changed',
      message: `the quarantine of ${site} has changed since you were asked: nothing was cleared`,
      next: 'understudy status',
    });
  }
  answer(entry, `${site} is out of quarantine: it may be switched to again`);
  return EXIT.ok;
}

/** A site may be cleared that has left the config; one that was never heard of is a slip of the keys. */
function assertKnown(service: Service, site: string): void {
  const names = service.sites.map(one => one.name);
  if (names.includes(site)) return;
  throw new UsageError(
    `there is no site "${clean(site)}" in ${service.name}; there are: ${names.join(', ')}`,
  );
}

/** @returns `done: false` when the entry is not the one that the person vouched for */
function lift(
  program: Composition,
  service: Service,
  entry: Quarantine,
  words: Words,
): Promise<{ readonly done: boolean } | { readonly busy: string }> {
  const { store, clock, tell } = program.world;
  return betweenRuns(program, service.name, async lease => {
    const { quarantined, incident } = await store.service(service.name);
    // Put out again by a run that ended while the question stood: that is another cause than the one vouched for.
    if (quarantined.find(one => one.site === entry.site)?.run !== entry.run) return false;
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
    return true;
  });
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
