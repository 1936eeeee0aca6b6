/**
 * Starts a listener process (entry.ts) and does to it what befalls real machines: killed (connections are refused),
 * stopped (connections are taken and never answered), black-holed (connections get no answer at all).
 *
 * The black hole needs no root and no firewall: a stopped process accepts nothing, so a few connections fill its
 * accept queue, and from then on the kernel drops every SYN, as a hoster's lock does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UnderstudyError } from '../../ports/errors.ts';

export type ListenerSpec = {
  /** An IPv4 or IPv6 literal of this machine. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
} & (
  { readonly kind: 'site'; readonly name: string; readonly roleFile: string } | { readonly kind: 'reference' }
);

export type ListenerState = 'running' | 'stopped' | 'black-holed' | 'dead';

export interface Listener {
  readonly address: string;
  readonly port: number;
  state(): ListenerState;
  /** Brings it back, whatever its state, on the same port. Resolves when it answers again. */
  start(): Promise<void>;
  /** SIGKILL: from then on connections are refused. */
  kill(): Promise<void>;
  /** SIGSTOP: connections are taken by the kernel and never answered. */
  stop(): Promise<void>;
  /** Drops every SYN. Resolves when connects get no answer any more. */
  blackhole(): Promise<void>;
  /** Ends it for good. */
  close(): Promise<void>;
}

/** A connect on loopback is a matter of microseconds; one that takes this long, ms, is not going to be answered. */
const NO_ANSWER_MS = 250;
/** More connections at once than the accept queue of entry.ts holds, so that one burst fills it and shows that it is full. */
const BURST = 40;
const QUEUE_LIMIT = 4 * BURST;
/** Connects of NO_ANSWER_MS each until a listener that was black-holed must answer again. */
const RETURN_ATTEMPTS = 40;
const START_LIMIT_MS = 20_000;

function entryCommand(): string[] {
  const here = fileURLToPath(import.meta.url);
  if (!here.endsWith('.ts')) return [process.execPath, join(dirname(here), '..', 'sandbox-site.js')];
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return [process.execPath, '--import', tsx, join(dirname(here), 'entry.ts')];
}

/**
 * A stopped process does not see its stdin close, so the kernel is asked to kill it when its parent dies. Without
 * setpriv (not on every system) only a parent that is killed while it holds a stopped child leaves something behind.
 */
const SETPRIV = '/usr/bin/setpriv';
const DIE_WITH_PARENT = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : [];

function failure(spec: ListenerSpec, what: string): UnderstudyError {
  return new UnderstudyError({
    code: 'sandbox-listener',
    message: `the sandbox could not listen on ${spec.address} port ${spec.port}: ${what}`,
    next: 'see whether the port is taken and the address exists: `ss -ltn`, `ip address`',
  });
}

function launch(spec: ListenerSpec): Promise<{ child: ChildProcess; port: number }> {
  const [program = '', ...args] = [...DIE_WITH_PARENT, ...entryCommand(), JSON.stringify(spec)];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(failure(spec, 'it did not start in time'));
    }, START_LIMIT_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const port = /^listening (\d+)\n/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve({ child, port: Number(port) });
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = `${complaint}${text}`.slice(-500);
    });
    child.once('error', error => {
      clearTimeout(timer);
      reject(failure(spec, error.message));
    });
    child.once('exit', () => {
      clearTimeout(timer);
      reject(failure(spec, complaint.trim() || 'it ended at once'));
    });
  });
}

/** @returns the open socket, or null when there was no answer in time; rejects when the answer is "no" */
function tryConnect(address: string, port: number): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(null);
    }, NO_ANSWER_MS);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.on('error', error => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function isStopped(pid: number): boolean {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).startsWith('T');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise(resolve => child.once('exit', resolve));
}

class ListenerProcess implements Listener {
  readonly address: string;
  readonly port: number;
  readonly #spec: ListenerSpec;
  #child: ChildProcess;
  #state: ListenerState = 'running';
  /** The connections that fill the queue. */
  #filling: Socket[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(spec: ListenerSpec, child: ChildProcess, port: number) {
    this.#spec = { ...spec, port };
    this.#child = child;
    this.address = spec.address;
    this.port = port;
  }

  state(): ListenerState {
    return this.#child.exitCode !== null || this.#child.signalCode !== null ? 'dead' : this.#state;
  }

  #emptyQueue(): void {
    for (const socket of this.#filling) socket.destroy();
    this.#filling = [];
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  kill(): Promise<void> {
    return this.#inTurn(() => this.#kill());
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  blackhole(): Promise<void> {
    return this.#inTurn(() => this.#blackhole());
  }

  close(): Promise<void> {
    return this.kill();
  }

  /** One deed after the other: the API may cut the power while the scenario still digs the hole. */
  #inTurn(deed: () => Promise<void>): Promise<void> {
    const done = this.#last.then(deed);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #start(): Promise<void> {
    const state = this.state();
    this.#emptyQueue();
    if (state === 'dead') this.#child = (await launch(this.#spec)).child;
    else this.#child.kill('SIGCONT');
    this.#state = 'running';
    // The first connect may still meet a full queue, and be answered only when its SYN is sent again.
    for (let attempt = 1; attempt <= RETURN_ATTEMPTS; attempt += 1) {
      const socket = await tryConnect(this.address, this.port);
      socket?.destroy();
      if (socket !== null) return;
    }
    throw failure(this.#spec, 'it does not answer again');
  }

  async #kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await ended(this.#child);
    this.#emptyQueue();
    this.#state = 'dead';
  }

  async #stop(): Promise<void> {
    if (this.state() === 'dead') await this.#start();
    this.#child.kill('SIGSTOP');
    const { pid } = this.#child;
    while (pid !== undefined && existsSync('/proc/self/stat') && !isStopped(pid)) {
      await new Promise(setImmediate);
    }
    this.#state = 'stopped';
  }

  async #blackhole(): Promise<void> {
    await this.#stop();
    for (let unanswered = 0; unanswered < 2;) {
      if (this.#filling.length > QUEUE_LIMIT) throw failure(this.#spec, 'its accept queue does not fill');
      const burst = Array.from({ length: BURST }, () => tryConnect(this.address, this.port));
      const sockets = await Promise.all(burst);
      this.#filling.push(...sockets.filter(socket => socket !== null));
      unanswered = sockets.filter(socket => socket === null).length;
    }
    this.#state = 'black-holed';
  }
}

/**
 * Starts one listener process. @returns when it accepts connections
 * @throws UnderstudyError `sandbox-listener` when it cannot listen there
 */
export async function startListener(spec: ListenerSpec): Promise<Listener> {
  const { child, port } = await launch(spec);
  return new ListenerProcess(spec, child, port);
}
