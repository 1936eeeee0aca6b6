/** `hold` and `resume` in words: what was typed → the order → what is in force then. */
import { liftHold, setHold } from '../../orders/hold.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { HoldOptions, ResumeOptions } from '../hold.ts';
import type { Io } from '../io.ts';
import { holdData, holdText, resumeText } from '../render/hold.ts';
import { loadConfig, withProgram } from '../session.ts';
import { pickServices, wordsOf } from './person.ts';
import { endOfHold } from './until.ts';

/** Sets the hold and says what is in force then. */
export async function holdServices(
  io: Io,
  name: string | undefined,
  options: HoldOptions,
): Promise<ExitCode> {
  const reason = wordsOf('--reason', options.reason, 'say why, it is told to people and kept in the audit');
  const owner = wordsOf('--owner', options.owner ?? io.user, 'say whose hold it is');
  const settings = await loadConfig(io, options.config, {
    quiet: options.json === true,
    leaveOutSecrets: true,
  });
  const services = pickServices(settings, name, options.all);
  return withProgram(settings, { stop: io.stop, keep: 'always', deliver: false }, async program => {
    const now = program.world.clock.now();
    const until = endOfHold(options, now);
    const reports = await setHold(program, services, { operator: io.user, owner, reason, now, until });
    io.out(
      options.json === true
        ? `${JSON.stringify({ services: reports.map(holdData) })}\n`
        : holdText(reports, settings.mode, now, io.isTerminal),
    );
    return EXIT.ok;
  });
}

/** Lifts the hold; without one it says so and ends well. */
export async function resumeServices(
  io: Io,
  name: string | undefined,
  options: ResumeOptions,
): Promise<ExitCode> {
  const reason = options.reason === undefined ? '' : wordsOf('--reason', options.reason, 'say why');
  const settings = await loadConfig(io, options.config, {
    quiet: options.json === true,
    leaveOutSecrets: true,
  });
  const services = pickServices(settings, name, options.all);
  return withProgram(settings, { stop: io.stop, keep: 'always', deliver: false }, async program => {
    const now = program.world.clock.now();
    const reports = await liftHold(program, services, { operator: io.user, reason, now });
    io.out(
      options.json === true
        ? `${JSON.stringify({ services: reports.map(holdData) })}\n`
        : resumeText(reports, settings.mode, now, io.isTerminal),
    );
    return EXIT.ok;
  });
}
