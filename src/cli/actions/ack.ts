/** `ack` in words: what was typed → the order, with the question before an epoch is accepted → what was changed. */
import { duration, instant } from '../../announce/plain.ts';
import type { Composition } from '../../compose.ts';
import type { Service } from '../../model/service.ts';
import { acceptEpoch, epochInWords, liftBlockWindow, lookAtEpoch } from '../../orders/ack.ts';
import type { Words } from '../../orders/person.ts';
import type { AckOptions } from '../ack.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, pickService } from '../io.ts';
import { when } from '../render/text.ts';
import { loadConfig, withProgram } from '../session.ts';
import { refuse, unsure, wordsOf } from './person.ts';

/** @returns 0 also when there is nothing to lift or to accept: it is so already */
export async function acknowledge(io: Io, name: string | undefined, options: AckOptions): Promise<ExitCode> {
  const reason = wordsOf('--reason', options.reason, 'say what you have seen, it is kept in the audit');
  const operator = wordsOf('--operator', options.operator ?? io.user, 'say who you are');
  const settings = await loadConfig(io, options.config, {
    quiet: options.json === true,
    // Only the epoch is read through the API of the DNS provider.
    leaveOutSecrets: options.acceptEpoch !== true,
  });
  const service = pickService(settings, name);
  return withProgram(
    settings,
    { stop: io.stop, keep: 'always', deliver: options.acceptEpoch === true },
    program =>
      options.acceptEpoch === true
        ? askForEpoch(io, program, service, { operator, reason }, options)
        : lift(io, program, service, { operator, reason }, options),
  );
}

async function lift(
  io: Io,
  program: Composition,
  service: Service,
  words: Words,
  options: AckOptions,
): Promise<ExitCode> {
  const { at, lifted } = await liftBlockWindow(program, service, words);
  const text =
    lifted === null
      ? `no block window is open, there is nothing to lift (it lasts ${duration(service.blockWindowMs)} from the end of a run that changed DNS)`
      : `the block window is lifted: run ${lifted.run} ended ${when(lifted.endedAt, at)}, it would have lasted until ${instant(lifted.until)}`;
  say(io, options, { service: service.name, lifted: lifted?.run ?? null, text });
  return EXIT.ok;
}

function say(
  io: Io,
  options: AckOptions,
  answer: Readonly<Record<string, unknown>> & { readonly service: string; readonly text: string },
): void {
  const { text, ...data } = answer;
  io.out(options.json === true ? `${JSON.stringify(data)}\n` : `${answer.service}: ${text}\n`);
}

async function askForEpoch(
  io: Io,
  program: Composition,
  service: Service,
  words: Words,
  options: AckOptions,
): Promise<ExitCode> {
  const seen = await lookAtEpoch(program, service);
  if ('refused' in seen) return refuse(io, options.json, seen.refused);
  const { shown, maxEpoch } = seen;
  const { epoch } = shown;
  if (epoch >= maxEpoch) {
    const text = `DNS shows ${epochInWords(shown)}, and no higher one was seen: there is nothing to accept`;
    say(io, options, { service: service.name, accepted: null, epoch, maxEpoch, text });
    return EXIT.ok;
  }
  const question = `${service.name}: DNS shows ${epochInWords(shown)}; the highest epoch ever seen is ${maxEpoch}. Have you made sure which site serves, and that no other runner is at work? Accept epoch ${epoch}?`;
  const declined = await unsure(io, options.yes, question);
  if (declined !== null) return declined;
  const result = await acceptEpoch(program, service, seen, words);
  if ('refused' in result) return refuse(io, options.json, result.refused);
  const text = `epoch ${epoch} is accepted; the next look judges on it`;
  say(io, options, { service: service.name, accepted: epoch, epoch, maxEpoch: epoch, text });
  return EXIT.ok;
}
