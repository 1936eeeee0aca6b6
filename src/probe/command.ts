/**
 * command: a program of the user's decides, by its exit status; so any Nagios-style check can be a probe. It gets
 * UNDERSTUDY_ADDRESS, UNDERSTUDY_FAMILY and UNDERSTUDY_NAME, runs in a process group of its own, and the whole
 * group is killed when the attempt ends, since a shell script's children would outlive the script.
 */
import type { ChildProcess } from 'node:child_process';
import type { ProbeResult } from '../model/sample.ts';
import type { Fields } from '../ports/fields.ts';
import { type Attempt, codeOf, failureOf, ProbeFailure } from './attempt.ts';
import type { ProbeKind } from './kind.ts';
import { settings } from './settings.ts';

const FIELDS = {
  argv: { doc: 'Program and arguments; no shell in between.', format: 'strings' },
  statuses: {
    doc: 'Exit statuses that count as up.',
    format: 'integers',
    default: [0],
    min: 0,
    max: 255,
  },
} as const satisfies Fields;

/** The end of the output is kept for `detail`; the rest is read and forgotten, so that the program is not blocked. */
const OUTPUT_CAP = 4096;
/** How long output may still trickle in after the exit, ms: a background child can hold the pipe open for ever. */
const AFTER_EXIT_MS = 100;

export const command: ProbeKind = {
  kind: 'command',
  title: 'A program of yours ends with an accepted status',
  fields: FIELDS,
  defaultPort: null,
  async run(params, target, attempt, tools) {
    const wanted = settings(FIELDS, params);
    const [program, ...args] = wanted.argv;
    if (program === undefined || program === '') throw new ProbeFailure('internal', 'argv is empty');
    attempt.phase = 'exit';
    const { spawn } = await import('node:child_process');
    if (attempt.ended) throw new ProbeFailure('timeout', 'ended before it began');
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...tools.environment,
        UNDERSTUDY_ADDRESS: target.address,
        UNDERSTUDY_FAMILY: target.family,
        UNDERSTUDY_NAME: target.publicName,
      },
    });
    return outcome(child, program, wanted.statuses, attempt);
  },
};

function outcome(
  child: ChildProcess,
  program: string,
  statuses: readonly number[],
  attempt: Attempt,
): Promise<ProbeResult> {
  const stdout = new Tail();
  const stderr = new Tail();
  child.stdout?.on('data', chunk => stdout.push(chunk));
  child.stderr?.on('data', chunk => stderr.push(chunk));
  attempt.onEnd(() => {
    killGroup(child);
    child.stdout?.destroy();
    child.stderr?.destroy();
  });
  const verdict = (): ProbeResult => {
    const status = child.exitCode;
    const ended = status === null ? `killed by ${child.signalCode}` : `exit status ${status}`;
    // A check says its line on stdout (the Nagios convention); stderr is for those that fail before it.
    const said = stdout.lastLine() || stderr.lastLine();
    const detail = said === '' ? ended : `${ended}: ${said}`;
    if (status !== null) attempt.facts.exitStatus = status;
    return status !== null && statuses.includes(status)
      ? { ok: true, detail }
      : { ok: false, failure: 'exit', detail };
  };
  return new Promise((resolve, reject) => {
    child.on('error', error =>
      reject(
        codeOf(error) === 'ENOENT' || codeOf(error) === 'EACCES'
          ? new ProbeFailure('internal', `cannot run ${program} (${codeOf(error)})`)
          : failureOf(error),
      ),
    );
    child.once('exit', () => {
      // The outcome is known; should the deadline fall into this moment, it stands.
      attempt.verdict = verdict();
      const timer = setTimeout(() => resolve(verdict()), AFTER_EXIT_MS);
      attempt.onEnd(() => clearTimeout(timer));
    });
    child.once('close', () => resolve(verdict()));
  });
}

/** The end of a stream. */
class Tail {
  #bytes: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    const all = Buffer.concat([this.#bytes, chunk]);
    this.#bytes = Buffer.from(all.subarray(Math.max(0, all.length - OUTPUT_CAP)));
  }

  lastLine(): string {
    return this.#bytes.toString('utf8').trimEnd().split('\n').at(-1)?.trim() ?? '';
  }
}

/** Kills what is left of the group, also after the leader has gone. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left, as it should be.
  }
}
