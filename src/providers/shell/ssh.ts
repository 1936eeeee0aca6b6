/**
 * Runs commands at a site through the OpenSSH client, because its key handling, host key checks and connection
 * sharing are the ones an admin already trusts and can try by hand. Everything that matters is set on the command
 * line, where it takes precedence; the user's own ssh configuration stays in force for the rest (a jump host).
 * The connection is shared for a minute (ControlMaster), so the parts and post-checks of a promotion do not log in anew.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Shell } from '../../model/service.ts';
import { ProviderError } from '../../ports/errors.ts';
import type { CommandResult, Promoter } from '../../ports/providers.ts';
import { refuseAborted, startError, stopNote } from './local.ts';
import type { Environment } from './environment.ts';
import { OutputLines } from './output.ts';
import { type Ended, type ProcessOptions, type Started, startProcess } from './process.ts';
import { connectError, lostConnection, Marks, neverStarted, remoteCommand } from './remote.ts';
import { commandWords } from './words.ts';

type SshShell = Extract<Shell, { kind: 'ssh' }>;

/** How long an unused shared connection stays, s. */
const PERSIST_S = 60;
/** A Unix socket's path has at most 107 bytes; ssh binds under this name plus a dot and 16 characters first. */
const SOCKET_PATH_BYTES = 107 - 17;
/** For talking to our own shared connection, ms: no network is involved. */
const CONTROL_LIMIT_MS = 2_000;

export interface SshOptions {
  /** Directory for the sockets of shared connections; made with mode 0700. Whoever can write there can run commands at the sites. */
  readonly controlDir: string;
  /** The client to run; default `ssh` of the PATH. */
  readonly program?: string;
  /** ssh configuration to read instead of the user's. */
  readonly configFile?: string;
  /** A new token of letters and digits for each run; default random. */
  readonly token?: () => string;
  /** Our own environment, of which the client gets the plain part (environment.ts); default that of the process. */
  readonly parentEnv?: Environment;
}

export interface SshPromoter extends Promoter {
  /** Ends the shared connections that this promoter opened. Without it they end by themselves after a minute. */
  close(): Promise<void>;
}

function rejected(message: string): ProviderError {
  return new ProviderError({
    code: 'provider-rejected',
    message,
    next: 'correct the ssh settings of the site in the config',
  });
}

/** An address or name, and a user, that cannot be taken for an option, a URL, or shell text (CVE-2023-51385). */
function checkShell(shell: SshShell): void {
  if (!/^[A-Za-z0-9:_][A-Za-z0-9._:%-]*$/.test(shell.host))
    throw rejected('the ssh host is not an address or host name');
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*\$?$/.test(shell.user)) throw rejected('the ssh user is not a user name');
  for (const path of [shell.identityFile, shell.knownHostsFile])
    if (path !== null && /["\\$\p{Cc}]/u.test(path))
      throw rejected('a path with quotes, $, backslash or control characters cannot be given to ssh');
}

/** A path as ssh's options take it: in quotes, with `%` doubled since ssh expands %h and the like. */
function pathOption(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

/**
 * @returns where the shared connection of this shell has its socket, or a sentence why connections are not shared.
 *   The name hashes key and known hosts too: ssh's own %C leaves them out, and a connection made with one key
 *   would then serve a site that is configured with another.
 */
function controlPath(directory: string, shell: SshShell): { path: string } | { problem: string } {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const found = lstatSync(directory);
    if (!found.isDirectory() || found.uid !== process.getuid?.())
      return { problem: 'the control directory is not ours' };
    if ((found.mode & 0o077) !== 0) chmodSync(directory, 0o700);
  } catch {
    return { problem: 'the control directory cannot be made' };
  }
  const key = JSON.stringify([shell.host, shell.port, shell.user, shell.identityFile, shell.knownHostsFile]);
  const path = join(directory, createHash('sha256').update(key).digest('hex').slice(0, 12));
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES || /["\\$\p{Cc}]/u.test(path))
    return { problem: 'the path of the control directory is too long or has odd characters' };
  return { path };
}

function sshArguments(shell: SshShell, socket: string | null, configFile: string | undefined): string[] {
  const connectS = Math.max(1, Math.ceil(shell.connectTimeoutMs / 1000));
  const options: Record<string, string | number> = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    VerifyHostKeyDNS: 'no',
    ConnectTimeout: connectS,
    ConnectionAttempts: 1,
    // A line that died is noticed after about as long as a connection may take.
    ServerAliveInterval: Math.max(1, Math.ceil(connectS / 3)),
    ServerAliveCountMax: 3,
    ForwardAgent: 'no',
    ForwardX11: 'no',
    ClearAllForwardings: 'yes',
    PermitLocalCommand: 'no',
    GSSAPIAuthentication: 'no',
    RequestTTY: 'no',
    RemoteCommand: 'none',
    EscapeChar: 'none',
    LogLevel: 'ERROR',
    ...(socket === null
      ? { ControlMaster: 'no', ControlPath: 'none' }
      : { ControlMaster: 'auto', ControlPath: pathOption(socket), ControlPersist: PERSIST_S }),
  };
  if (shell.identityFile !== null) {
    options.IdentityFile = pathOption(shell.identityFile);
    options.IdentitiesOnly = 'yes';
  }
  if (shell.knownHostsFile !== null) {
    options.UserKnownHostsFile = pathOption(shell.knownHostsFile);
    // Whoever names a file means that one: a key in the system-wide file must not widen it.
    options.GlobalKnownHostsFile = '/dev/null';
  }
  const config = configFile === undefined ? [] : ['-F', configFile];
  const settings = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return [...config, ...settings, '-l', shell.user, '-p', String(shell.port)];
}

/** One run of the client, once it has ended. */
interface Attempt {
  readonly where: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly marks: Marks;
  readonly lines: OutputLines;
  readonly end: Ended;
}

/** Tells by the marks, then by how the client ended, how the command did. @throws ProviderError */
function conclude({ where, limitMs, signal, marks, lines, end }: Attempt): CommandResult {
  // Before the mark: what ends by our hand may still get its mark through, with the status that our signal gave it.
  if (end.stopped !== null) {
    const note = stopNote(end.stopped, limitMs, signal);
    lines.note(note.line);
    if (marks.started) return { status: null, timedOut: note.timedOut, tail: lines.tail };
    throw neverStarted(where);
  }
  if (marks.status !== null) return { status: marks.status, timedOut: false, tail: lines.tail };
  if (marks.started) throw lostConnection(where);
  // A login shell or forced command that did not run our script: its status is all there is.
  if (end.status !== null && end.status !== 255)
    return { status: end.status, timedOut: false, tail: lines.tail };
  throw connectError(where, marks.before);
}

type ClientOptions = Pick<ProcessOptions, 'limitMs' | 'signal' | 'holdStdin' | 'onChunk'>;

function startClient(
  { program = 'ssh', configFile, parentEnv = process.env }: SshOptions,
  shell: SshShell,
  socket: string | null,
  rest: readonly string[],
  more: ClientOptions,
): Started {
  return startProcess({
    file: program,
    args: [...sshArguments(shell, socket, configFile), ...rest],
    parentEnv,
    ...more,
  });
}

/** Tells a shared connection to end (`exit`), or to take no more commands and end with its last (`stop`). */
async function tellShared(
  options: SshOptions,
  what: 'exit' | 'stop',
  socket: string,
  shell: SshShell,
): Promise<void> {
  const { signal } = new AbortController();
  const silent = { limitMs: CONTROL_LIMIT_MS, signal, holdStdin: false, onChunk: () => {} };
  const { ended } = startClient(options, shell, socket, ['-O', what, '--', shell.host], silent);
  await ended.catch(() => {}); // there may be none to talk to
}

/** The promoter for `shell: ssh`. */
export function createSshPromoter(options: SshOptions): SshPromoter {
  const newToken = options.token ?? (() => `us${randomBytes(9).toString('hex')}`);
  const opened = new Map<string, SshShell>();

  const run: Promoter['run'] = async (shell, command, { signal, env, onOutput }): Promise<CommandResult> => {
    if (shell.kind !== 'ssh') throw rejected(`an ssh promoter was given a ${shell.kind} site`);
    checkShell(shell);
    const words = commandWords(command, env);
    const where = `${shell.user}@${shell.host}:${shell.port}`;
    refuseAborted(signal, `ssh to ${where}`);

    const { limitMs } = command;
    const token = newToken();
    const marks = new Marks(token);
    const lines = new OutputLines(onOutput, (line, stream) => stream === 'stderr' && marks.take(line));
    const sharing = controlPath(options.controlDir, shell);
    const socket = 'path' in sharing ? sharing.path : null;
    if ('problem' in sharing) lines.note(`understudy: ${sharing.problem}, so ssh connects anew each time`);
    if (socket !== null) opened.set(socket, shell);

    const child = startClient(
      options,
      shell,
      socket,
      ['--', shell.host, remoteCommand(words, token, limitMs)],
      {
        limitMs,
        signal,
        holdStdin: true,
        onChunk: (stream, chunk) => {
          lines.push(stream, chunk);
          // Something the command left in the background may hold the connection open for ever.
          if (marks.status !== null) child.release();
        },
      },
    );
    const end = await child.ended.catch((cause: unknown) => {
      throw startError('the OpenSSH client', cause);
    });
    lines.end();
    // Not ended by itself, whatever the reason: the next command gets a connection of its own.
    const doubtful = end.stopped !== null || (marks.status === null && end.status === 255);
    if (doubtful && socket !== null) await tellShared(options, 'stop', socket, shell);
    return conclude({ where, limitMs, signal, marks, lines, end });
  };

  return {
    kind: 'ssh',
    run,
    async close(): Promise<void> {
      const all = [...opened];
      opened.clear();
      await Promise.all(all.map(([socket, shell]) => tellShared(options, 'exit', socket, shell)));
    },
  };
}
