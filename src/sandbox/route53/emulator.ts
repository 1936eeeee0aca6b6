/**
 * An emulated Route 53 control plane: a real HTTP server on a loopback address that the AWS SDK and Debian's awscli
 * talk to as to the real one. It holds zones, applies batches atomically, and can be told to misbehave.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, type Fault, Faults, type Operation } from './faults.ts';
import { type Call, perform, recognise, type World } from './operations.ts';
import { type StoredSet, storedName } from './sets.ts';
import { type Credentials, checkSignature } from './signature.ts';
import { ApiError, errorDocument } from './wire.ts';
import { type LiveZone, Zone, type ZoneOptions, type ZoneTiming } from './zone.ts';

export interface Route53Options {
  readonly zones: readonly ZoneOptions[];
  /** A loopback address; 127.0.0.1 unless told otherwise. */
  readonly host?: string;
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** Without it any key id is accepted, but the request must be signed. */
  readonly accessKeyId?: string;
  /** With it signatures are verified in full. */
  readonly secretAccessKey?: string;
  /** From a change to INSYNC, ms; 0 unless told otherwise, `Infinity`: until settle(). */
  readonly insyncMs?: number;
  /** When the name servers answer a change; `at-insync` unless told otherwise. */
  readonly answers?: ZoneTiming['answers'];
  /** ms since the Unix epoch; the system's unless told otherwise. */
  readonly now?: () => number;
}

export interface LoggedRequest {
  readonly operation: Operation;
  readonly id: string;
  /** Such as `name=www.example.org&type=A&maxitems=2`, in the order sent. */
  readonly query: string;
  readonly body: string;
  readonly fault: Fault['do'] | null;
}

export interface Route53Emulator {
  /** For `endpoint` settings and `--endpoint-url`. */
  readonly url: string;
  readonly zones: readonly LiveZone[];
  readonly faults: Faults;
  /** Every recognised request, oldest first. */
  readonly requests: readonly LoggedRequest[];
  /** How many connections were ever accepted. */
  connections(): number;
  /** Resolves when so many requests have arrived since the start. */
  whenRequests(count: number): Promise<void>;
  /** @throws Error when there is no such zone */
  zone(id: string): LiveZone;
  /** Every change so far is INSYNC from now on. */
  settle(): void;
  /** The zone is again as before its last `steps` changes: what a recovery of the control plane may do. */
  rollBack(zoneId: string, steps?: number): void;
  /** Somebody else's hand: the set is there from now on, as a change that awaits INSYNC like any other. */
  put(zoneId: string, set: StoredSet): void;
  /** Sets or lifts a record set protection. */
  protect(zoneId: string, name: string, type: string, on?: boolean): void;
  /** True: the port is closed and every connection cut, so that clients are refused. False: it is back. */
  offline(on: boolean): Promise<void>;
  close(): Promise<void>;
}

const LONGEST_BODY = 1 << 20;

/** Starts the emulator. @returns the handle once it listens */
export async function startRoute53(options: Route53Options): Promise<Route53Emulator> {
  const host = options.host ?? '127.0.0.1';
  const timing: ZoneTiming = {
    now: options.now ?? Date.now,
    insyncMs: options.insyncMs ?? 0,
    answers: options.answers ?? 'at-insync',
  };
  const zones = options.zones.map(one => new Zone(one, timing));
  const find = (id: string): Zone => {
    const zone = zones.find(one => one.id === id);
    if (zone === undefined) throw new Error(`the emulator has no zone ${id}`);
    return zone;
  };
  const requests: LoggedRequest[] = [];
  const arrivals = new EventEmitter();
  const faults = new Faults();
  let changes = 0;
  const world: World = { zones, nextChangeId: () => `C${String(++changes).padStart(13, '0')}` };
  const credentials: Credentials = {
    accessKeyId: options.accessKeyId ?? null,
    secretAccessKey: options.secretAccessKey ?? null,
  };
  const server = createServer((request, response) => {
    serve(request, response, { world, faults, requests, arrivals, credentials }).catch(() =>
      response.destroy(),
    );
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  const port = await listen(server, options.port ?? 0, host);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    zones,
    faults,
    requests,
    connections: () => connections,
    whenRequests: async count => {
      while (requests.length < count) await once(arrivals, 'request');
    },
    zone: find,
    settle: () => zones.forEach(zone => void zone.settle()),
    rollBack: (zoneId, steps = 1) => find(zoneId).rollBack(steps),
    put: (zoneId, set) => {
      const stored = { ...set, name: storedName(set.name) };
      const complaints = find(zoneId).apply(world.nextChangeId(), [{ action: 'UPSERT', set: stored }]);
      if (complaints !== null) throw new Error(complaints.join(', '));
    },
    protect: (zoneId, name, type, on = true) => find(zoneId).protect(name, type, on),
    offline: async on => {
      if (on) await stop(server);
      else if (!server.listening) await listen(server, port, host);
    },
    close: () => stop(server),
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  const listening = once(server, 'listening');
  server.listen(port, host);
  await listening;
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

interface Desk {
  readonly world: World;
  readonly faults: Faults;
  readonly requests: LoggedRequest[];
  readonly arrivals: EventEmitter;
  readonly credentials: Credentials;
}

async function serve(request: IncomingMessage, response: ServerResponse, desk: Desk): Promise<void> {
  const body = await readBody(request);
  const method = request.method ?? 'GET';
  const target = request.url ?? '/';
  const requestId = `00000000-0000-4000-8000-${String(desk.requests.length).padStart(12, '0')}`;
  const call = recognise(method, target, body);
  if (call === null) {
    const body = errorDocument('UnknownOperation', 'The emulator does not know this operation', requestId);
    return send(response, { status: 404, type: 'text/xml', body }, requestId);
  }
  const fault = desk.faults.take(call.operation);
  desk.requests.push({
    operation: call.operation,
    id: call.id,
    query: call.query.toString(),
    body,
    fault: fault?.do ?? null,
  });
  desk.arrivals.emit('request');
  // Work is done in one synchronous go, so that two requests never see each other half done.
  const work = (): Answer => {
    try {
      checkSignature({ method, target, headers: request.headers, body }, desk.credentials);
      return { status: 200, type: 'text/xml', body: perform(call, desk.world) };
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      const body = errorDocument(thrown.code, thrown.message, requestId);
      return { status: thrown.status, type: 'text/xml', body };
    }
  };
  if (fault === null) return send(response, work(), requestId);
  await misbehave(fault, call, work, response, requestId, request);
}

/** Plays one fault. Timers are dropped with the connection they belong to. */
async function misbehave(
  fault: Fault,
  call: Call,
  work: () => Answer,
  response: ServerResponse,
  requestId: string,
  request: IncomingMessage,
): Promise<void> {
  switch (fault.do) {
    case 'cut':
      response.destroy();
      return;
    case 'hang':
      return;
    case 'lose-reply':
      work();
      response.destroy();
      return;
    case 'hang-after':
      work();
      return;
    case 'land-late':
      response.destroy();
      await fault.when;
      work();
      return;
    case 'late': {
      const answer = work();
      const timer = setTimeout(() => send(response, answer, requestId), fault.ms);
      response.once('close', () => clearTimeout(timer));
      return;
    }
    case 'truncate':
      return send(response, truncated(work()), requestId);
    case 'mangle':
      return send(response, fault.mangle(work()), requestId);
    case 'trickle': {
      work();
      response.writeHead(200, { 'content-type': 'text/xml' });
      const timer = setInterval(() => response.write(' '), 20);
      response.once('close', () => clearInterval(timer));
      return;
    }
    case 'answer':
      return send(response, fault, requestId);
    case 'echo': {
      const token = String(request.headers['x-amz-security-token'] ?? '');
      const headers = request.rawHeaders.join(' ');
      const message = `The token ${token} or the Canonical String '${headers}' is wrong`;
      const body = errorDocument('SignatureDoesNotMatch', message, requestId);
      return send(response, { status: 403, type: 'text/xml', body }, requestId);
    }
    case 'error': {
      const message = fault.message.replace('this action', `route53:${call.operation}`);
      const body = errorDocument(fault.code, message, requestId);
      return send(response, { status: fault.status, type: 'text/xml', body }, requestId);
    }
  }
}

function truncated(answer: Answer): Answer {
  return { ...answer, body: answer.body.slice(0, answer.body.length / 2) };
}

function send(response: ServerResponse, answer: Answer, requestId: string): void {
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'x-amzn-requestid': requestId,
  });
  response.end(answer.body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw new Error('request body too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
