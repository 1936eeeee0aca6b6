/**
 * A real OpenSSH server on a loopback port, with keys of its own, for the user that runs the tests (root or not).
 * Everything it needs lies in a workspace; nothing of the machine's own ssh configuration is read.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Shell } from '../../../src/model/service.ts';
import { makeWorkspace } from '../../workspace.ts';

export interface Sshd {
  readonly directory: string;
  /** A site that this server is; its key is known and the login is allowed. */
  readonly shell: Extract<Shell, { kind: 'ssh' }>;
  /** Every line of its log so far. */
  readonly log: readonly string[];
  /** Sends a signal to the listening server alone, or to the processes of its connections. */
  signal(whom: 'server' | 'connections', name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function makeKey(path: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
  return readFileSync(`${path}.pub`, 'utf8').trim();
}

/** Pids of all that descends from `pid`. */
function descendants(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }];
      } catch {
        return []; // ended while we looked
      }
    });
  const children = (of: number): number[] =>
    parents.filter(({ parent }) => parent === of).flatMap(child => [child.pid, ...children(child.pid)]);
  return children(pid);
}

function kill(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
}

async function listening(server: ChildProcess, log: string[]): Promise<void> {
  if (server.stderr === null) throw new Error('no log');
  const reader = createInterface({ input: server.stderr });
  await new Promise<void>((resolve, reject) => {
    reader.on('line', line => {
      log.push(line);
      if (line.startsWith('Server listening')) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`sshd did not start: ${log.join(' / ')}`)));
  });
}

/**
 * Starts it.
 * @param name for its workspace
 * @param authorized options put before the key in authorized_keys, e.g. a forced command
 */
export async function startSshd(name = 'sshd', authorized = ''): Promise<Sshd> {
  const directory = makeWorkspace(name);
  const hostKey = makeKey(join(directory, 'host'));
  const userKey = makeKey(join(directory, 'id'));
  makeKey(join(directory, 'stranger'));
  const port = await freePort();
  writeFileSync(join(directory, 'authorized_keys'), `${authorized} ${userKey}\n`);
  writeFileSync(join(directory, 'known hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  // Debian makes this at boot by way of systemd, which a container does not have; sshd refuses to start without.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });

  const settings = {
    ListenAddress: '127.0.0.1',
    HostKey: join(directory, 'host'),
    AuthorizedKeysFile: join(directory, 'authorized_keys'),
    PidFile: 'none',
    StrictModes: 'no',
    UsePAM: 'no',
    PasswordAuthentication: 'no',
    PermitRootLogin: 'prohibit-password',
    MaxStartups: '50',
    LogLevel: 'VERBOSE',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const log: string[] = [];
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', '/dev/null', '-p', `${port}`, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await listening(server, log);
  const { pid } = server;
  if (pid === undefined) throw new Error('no pid');

  return {
    directory,
    shell: {
      kind: 'ssh',
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      identityFile: join(directory, 'id'),
      knownHostsFile: join(directory, 'known hosts'),
      connectTimeoutMs: 5_000,
    },
    log,
    signal: (whom, signalName) => {
      if (whom === 'server') kill(pid, signalName);
      else for (const child of descendants(pid)) if (isSshd(child)) kill(child, signalName);
    },
    stop: async () => {
      const ended = once(server, 'close');
      const all = [...descendants(pid), pid];
      for (const each of all) kill(each, 'SIGCONT');
      for (const each of all) kill(each, 'SIGKILL');
      await ended;
    },
  };
}

function isSshd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sshd';
  } catch {
    return false;
  }
}
