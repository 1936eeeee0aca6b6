/** What a command may use of the process: given by main.ts, so that a test can run any command in memory. */
import type { ReadFile } from '../config/files.ts';
import type { Settings } from '../model/service.ts';

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How this program was started: argv up to the words of the command. */
  readonly self: readonly string[];
  readonly hostname: string;
  /** The person at the keyboard, for the audit. */
  readonly user: string;
  readonly readFile: ReadFile;
  /** Writes to stdout as it is; commands add their own line ends. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Colours and progress only where a person reads. */
  readonly isTerminal: boolean;
  /** Whether a person watches stderr: a line of progress may be written over. */
  readonly isWatched: boolean;
  /** How many processors there are. */
  readonly cores: number;
  /** Asks a yes/no question; null when there is nobody to ask (no terminal). */
  readonly confirm: (question: string) => Promise<boolean | null>;
  /** Fires on SIGINT and SIGTERM. */
  readonly stop: AbortSignal;
  /** Fires when stdout takes no more (outlet.ts): what is done only to be told may end. */
  readonly unheard: AbortSignal;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** @returns the service of that name, or the only one when no name was given */
export function pickService(settings: Settings, name: string | undefined): Settings['services'][number] {
  const found =
    name === undefined
      ? settings.services.length === 1
        ? settings.services[0]
        : undefined
      : settings.services.find(service => service.name === name);
  if (found !== undefined) return found;
  const known = settings.services.map(service => service.name).join(', ');
  throw new UsageError(
    name === undefined
      ? `name one of the services: ${known}`
      : `there is no service "${name}"; there are: ${known}`,
  );
}

/** The words of the call are off: exit code 2, nothing was done. */
export class UsageError extends Error {}
