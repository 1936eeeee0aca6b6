/** `clear` in words: what was typed → is it in quarantine → are you sure → the order → what was changed. */
import type { Composition } from '../../compose.ts';
import type { Service } from '../../model/service.ts';
import type { Quarantine } from '../../model/state.ts';
import { clearSite, quarantineOf } from '../../orders/clear.ts';
import type { Words } from '../../orders/person.ts';
import type { ClearOptions } from '../clear.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, pickService, UsageError } from '../io.ts';
import { clean, when } from '../render/text.ts';
import { loadConfig, withProgram } from '../session.ts';
import { refuse, unsure, wordsOf } from './person.ts';

/** @returns 0 also when the site is not in quarantine: it is so already */
export async function clearQuarantine(
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
  const answer = (cleared: Quarantine | null, text: string) =>
    io.out(
      options.json === true
        ? `${JSON.stringify({ service: service.name, site, cleared })}\n`
        : `${service.name}: ${text}\n`,
    );
  const entry = await quarantineOf(program, service, site);
  if (entry === null) {
    assertKnown(service, site);
    answer(null, `${site} is not in quarantine, there is nothing to clear`);
    return EXIT.ok;
  }
  const now = program.world.clock.now();
  const question = `${service.name}: ${site} is in quarantine since ${when(entry.since, now)} (run ${clean(entry.run)}). Is the cause contained, and has its data been brought up to date? Let it serve again?`;
  const declined = await unsure(io, options.yes, question);
  if (declined !== null) return declined;
  const result = await clearSite(program, service, entry, words);
  if ('refused' in result) return refuse(io, options.json, result.refused);
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
