/** What commands by which a person changes the state share: who and why, are you sure, and how a refusal is told. */
import type { Settings } from '../../model/service.ts';
import type { Refusal } from '../../orders/person.ts';
import { UnderstudyError } from '../../ports/errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderError } from '../failure.ts';
import { type Io, pickService, UsageError } from '../io.ts';
import { clean } from '../render/text.ts';

type Service = Settings['services'][number];

/** Longer texts belong into a ticket; notices are cut at 400 bytes anyway. */
const LONGEST_WORDS = 300;

/**
 * A text by a person that is kept for ever: one clean line.
 * @throws UsageError when nothing readable is left of it
 */
export function wordsOf(option: string, text: string | undefined, why: string): string {
  const line = clean(text ?? '');
  if (line === '') throw new UsageError(`${option} is needed: ${why}`);
  if (line.length > LONGEST_WORDS)
    throw new UsageError(`${option} has ${line.length} characters, ${LONGEST_WORDS} are enough`);
  return line;
}

/** @returns all services with `--all`, else the one named (or the only one) @throws UsageError */
export function pickServices(
  settings: Settings,
  name: string | undefined,
  all: boolean | undefined,
): readonly Service[] {
  if (all !== true) return [pickService(settings, name)];
  if (name !== undefined) throw new UsageError('name a service or say --all, not both');
  return settings.services;
}

/** @returns null when the person is sure, else the exit code; what is said goes to stderr */
export async function unsure(io: Io, yes: boolean | undefined, question: string): Promise<ExitCode | null> {
  const sure = yes === true ? true : await io.confirm(question);
  if (sure === true) return null;
  io.err(sure === null ? 'understudy: nobody to ask; give --yes to do it\n' : 'understudy: not done\n');
  return EXIT.declined;
}

/** Something stands against it: told, nothing was changed. @returns the exit code */
export function refuse(io: Io, json: boolean | undefined, refusal: Refusal): ExitCode {
  io.err(renderError(new UnderstudyError(refusal), { json: json === true }));
  return EXIT.refused;
}
