/** Exit codes, one table for the program, `--help` and the README (a test compares them). */

export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  config: 3,
  refused: 4,
  failed: 5,
  superseded: 6,
  unverified: 7,
  store: 8,
  declined: 9,
  unwritten: 10,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done, or nothing to do (another runner at work is nothing to do)',
  internal: 'a fault of understudy itself',
  usage: 'the words of the call are off; nothing was done',
  config: 'the config was refused; nothing was done',
  refused: 'not done: a gate row, a hold, the mode or a missing target stands against it',
  failed:
    'a run ended before the flip; no address in DNS was changed, the message says what was; or a demo or simulation went wrong',
  superseded: 'another runner’s epoch is in force; this run stopped',
  unverified: 'DNS was changed, but the proof from outside is missing, or it is not known yet',
  store: 'the state store cannot be used; a run that was under way stays open and is resumed',
  declined:
    'a person said no, or there was nobody to ask and no --yes; or it was interrupted (Ctrl-C, TERM) before its end',
  unwritten: 'stdout could not be written (a full disk); nothing else went wrong',
};
