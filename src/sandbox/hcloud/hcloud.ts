/**
 * The Hetzner Cloud API as a real HTTP server on this machine, in the vendor's wire format: for the demo, the drills
 * and the tests, reached through the same adapter and the same `endpoint` setting as the real one. Its machines can
 * be wired to real processes with `onPower`, so that a power-off here kills a site there.
 */

import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Fault } from './faults.ts';
import { Faults, mangle } from './faults.ts';
import type { Answer } from './routes.ts';
import { problem, route } from './routes.ts';
import type { RateLimit } from './throttle.ts';
import { Budget } from './throttle.ts';
import type { ApiVersion } from './wire.ts';
import type { PowerListener, ServerOptions, ServerStatus } from './world.ts';
import { World } from './world.ts';

export interface HcloudOptions {
  /** 0 or left out: any free port. */
  readonly port?: number;
  readonly host?: string;
  readonly token: string;
  readonly servers: readonly ServerOptions[];
  /** How long an action runs, ms; default 50. */
  readonly actionMs?: number;
  readonly rateLimit?: RateLimit;
  /** `2025` adds the `datacenter` that was removed in July 2026, for clients from before. */
  readonly apiVersion?: ApiVersion;
  /** The wall clock, ms since the epoch. */
  readonly now?: () => number;
}

export interface ServerState {
  readonly id: number;
  readonly name: string;
  readonly status: ServerStatus;
  /** An action is running. */
  readonly locked: boolean;
  readonly blocked: { readonly v4: boolean; readonly v6: boolean };
}

/** One request as it came; without headers, since one of them is the token. */
export interface RequestRecord {
  readonly at: number;
  readonly method: string;
  /** With `/v1` and the query. */
  readonly path: string;
  /** Null: no answer was given. */
  status: number | null;
  readonly fault: Fault['kind'] | null;
}

export interface HcloudEmulator {
  /** With `/v1`: what `endpoint` and HCLOUD_ENDPOINT want. */
  readonly url: string;
  readonly faults: Faults;
  readonly requests: readonly RequestRecord[];
  /** @throws Error when there is no such server */
  server(id: number | string): ServerState;
  /** Sets (or lifts) the abuse lock of the families that are true. The machine goes on running, as at the vendor. */
  lock(
    id: number | string,
    families: { readonly v4?: boolean; readonly v6?: boolean },
    blocked: boolean,
  ): void;
  /** The action that changes the power succeeds when all callbacks have resolved, and fails when one rejects. */
  onPower(listener: PowerListener): void;
  /** Resolves when so many requests have come since the start. */
  whenRequests(count: number): Promise<void>;
  /** Stops listening and cuts what is open: connections are refused. */
  offline(): Promise<void>;
  /** Listens again, at the same port. */
  online(): Promise<void>;
  close(): Promise<void>;
}

interface Emulation {
  readonly token: string;
  readonly version: ApiVersion;
  readonly world: World;
  readonly budget: Budget;
  readonly faults: Faults;
  readonly requests: RequestRecord[];
  readonly arrivals: EventEmitter;
  readonly timers: Set<NodeJS.Timeout>;
  readonly now: () => number;
}

/** @returns when it listens */
export async function startHcloud(options: HcloudOptions): Promise<HcloudEmulator> {
  const now = options.now ?? Date.now;
  const emulation: Emulation = {
    token: options.token,
    version: options.apiVersion ?? '2026',
    world: new World(options.servers, options.actionMs ?? 50, now),
    budget: new Budget(options.rateLimit ?? { limit: 3600, perSecond: 1 }, now),
    faults: new Faults(),
    requests: [],
    arrivals: new EventEmitter(),
    timers: new Set(),
    now,
  };
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => serve(emulation, request, response));
  await listen(server, host, options.port ?? 0);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return handle(emulation, server, host, port);
}

function handle(emulation: Emulation, server: Server, host: string, port: number): HcloudEmulator {
  const { world, faults, requests, arrivals, timers } = emulation;
  const machine = (id: number | string) => {
    const found = world.machines.get(Number(id));
    if (found === undefined) throw new Error(`the sandbox has no server ${id}`);
    return found;
  };
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1`,
    faults,
    requests,
    server: id => {
      const { id: number, name, status, locked, blocked } = machine(id);
      return { id: number, name, status, locked, blocked: { ...blocked } };
    },
    lock: (id, families, blocked) => {
      const target = machine(id);
      if (families.v4) target.blocked.v4 = blocked;
      if (families.v6) target.blocked.v6 = blocked;
    },
    onPower: listener => world.onPower(listener),
    whenRequests: async count => {
      while (requests.length < count) await once(arrivals, 'request');
    },
    offline: () => stop(server),
    online: () => listen(server, host, port),
    close: async () => {
      world.stop();
      for (const timer of timers) clearTimeout(timer);
      await stop(server);
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise(resolve => {
    if (!server.listening) return resolve();
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function serve(emulation: Emulation, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const method = request.method ?? 'GET';
  const path = request.url ?? '/';
  const fault = emulation.faults.take(`${method} ${path}`);
  const record: RequestRecord = {
    at: emulation.now(),
    method,
    path,
    status: null,
    fault: fault?.kind ?? null,
  };
  emulation.requests.push(record);
  emulation.arrivals.emit('request');
  switch (fault?.kind) {
    case 'hang':
      break;
    case 'refuse':
      request.socket.resetAndDestroy();
      break;
    case 'html':
      sendPage(response, record, fault.status);
      break;
    case 'lose-reply':
      decide(emulation, request, fault);
      request.socket.resetAndDestroy();
      break;
    case 'late': {
      const answer = decide(emulation, request, fault);
      sendLate(emulation, fault.ms, () => send(emulation, response, record, answer, fault));
      break;
    }
    default:
      send(emulation, response, record, decide(emulation, request, fault), fault);
  }
}

function sendLate(emulation: Emulation, ms: number, reply: () => void): void {
  const timer = setTimeout(() => {
    emulation.timers.delete(timer);
    reply();
  }, ms);
  emulation.timers.add(timer);
}

/** What the API says; a power command that is accepted has begun when this returns. */
function decide(emulation: Emulation, request: IncomingMessage, fault: Fault | null): Answer {
  if (request.headers.authorization !== `Bearer ${emulation.token}`) return problem(401);
  if (fault?.kind === 'echo')
    return problem(fault.status, `refused with headers ${JSON.stringify(request.rawHeaders)}`);
  if (!emulation.budget.take()) return problem(429);
  if (fault?.kind === 'status') return problem(fault.status, undefined, fault.code ?? undefined);
  const url = new URL(request.url ?? '/', 'http://sandbox.invalid');
  if (!url.pathname.startsWith('/v1/')) return problem(404);
  const fate = fault?.kind === 'lie' ? 'lies' : fault?.kind === 'fail-action' ? 'fails' : 'works';
  return route(emulation, {
    method: request.method ?? 'GET',
    path: url.pathname.slice('/v1'.length),
    query: url.searchParams,
    fate,
  });
}

function send(
  emulation: Emulation,
  response: ServerResponse,
  record: RequestRecord,
  answer: Answer,
  fault: Fault | null,
): void {
  record.status = answer.status;
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': 'application/json',
    ...emulation.budget.headers(answer.status === 429),
  });
  response.end(fault?.kind === 'garbage' ? mangle(fault.garbage, text) : text);
}

function sendPage(response: ServerResponse, record: RequestRecord, status: number): void {
  record.status = status;
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end('<html><head><title>Please wait</title></head><body><h1>Gateway</h1></body></html>\n');
}
