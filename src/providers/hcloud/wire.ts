/**
 * The few fields of Hetzner's answers that are used, checked. Parsing is tolerant of everything else: unknown
 * keys come, known ones go (`datacenter` went in July 2026), and none of that may stop a failover.
 * Fields after https://docs.hetzner.cloud: server.status, server.locked, server.public_net, action.status, primary_ip.blocked.
 */
import type { Family } from '../../model/sample.ts';
import type { HostReading, Power } from '../../model/signal.ts';

/** Thrown with a sentence of our own when a body has not the shape; the caller turns it into `provider-garbage`. */
export class ShapeError extends Error {}

export interface ServerView {
  readonly power: Power;
  /** The vendor's own word for the power state, for messages. */
  readonly status: string;
  /** An action is running on it; null when the answer does not say. */
  readonly locked: boolean | null;
}

export interface ActionState {
  readonly id: number;
  readonly status: 'running' | 'success' | 'error';
  /** The vendor's code and message, when it failed. Not redacted. */
  readonly error: string | null;
}

type Json = Readonly<Record<string, unknown>>;

/** A Map, since an object would know a status `constructor` too. */
const POWER: ReadonlyMap<string, Power> = new Map([
  ['running', 'running'],
  ['off', 'off'],
  ['initializing', 'transitional'],
  ['starting', 'transitional'],
  ['stopping', 'transitional'],
  ['deleting', 'transitional'],
  ['migrating', 'transitional'],
  ['rebuilding', 'transitional'],
]);

function object(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ShapeError(`"${name}" is missing or not an object`);
  return value as Json;
}

/** @returns id as a number when it is one that may stand in a URL of the API, else null */
export function parseId(text: unknown): number | null {
  if (!/^[1-9][0-9]{0,15}$/.test(String(text))) return null;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : null;
}

/** `{server: {...}}`; it must be the server that was asked for. @throws ShapeError */
export function readServer(body: unknown, id: number): { readonly view: ServerView; readonly raw: Json } {
  const raw = object(object(body, 'the answer').server, 'server');
  if (raw.id !== id) throw new ShapeError('the answer is about another server');
  if (typeof raw.status !== 'string') throw new ShapeError('"server.status" is missing or not text');
  const power = POWER.get(raw.status) ?? 'unknown';
  const status = power === 'unknown' ? 'unknown' : raw.status;
  return { view: { power, status, locked: typeof raw.locked === 'boolean' ? raw.locked : null }, raw };
}

/**
 * Power and lock flags. `public_net` must be there: to read its absence as "not locked" would switch the
 * recognition of locks off without a word.
 * @throws ShapeError
 */
export function readHost(body: unknown, id: number): HostReading {
  const { view, raw } = readServer(body, id);
  const net = object(raw.public_net, 'server.public_net');
  return { power: view.power, blocked: { v4: blocked(net, 'ipv4'), v6: blocked(net, 'ipv6') } };
}

function blocked(net: Json, key: 'ipv4' | 'ipv6'): boolean | null {
  if (net[key] === null) return null;
  const flag = object(net[key], `server.public_net.${key}`).blocked;
  if (typeof flag !== 'boolean')
    throw new ShapeError(`"server.public_net.${key}.blocked" is not true or false`);
  return flag;
}

/** `{primary_ips: [...]}`: families in which a primary IP assigned to this server is blocked. @throws ShapeError */
export function readBlockedPrimaryIps(body: unknown, id: number): ReadonlySet<Family> {
  const list = object(body, 'the answer').primary_ips;
  if (!Array.isArray(list)) throw new ShapeError('"primary_ips" is missing or not a list');
  const found = new Set<Family>();
  for (const entry of list) {
    const ip = object(entry, 'primary_ips[]');
    if (ip.assignee_id !== id || ip.blocked !== true) continue;
    if (ip.type === 'ipv4') found.add('v4');
    if (ip.type === 'ipv6') found.add('v6');
  }
  return found;
}

/** `{action: {...}}`, as polled or as a power command answers. @throws ShapeError */
export function readAction(body: unknown, expectedId?: number): ActionState {
  const raw = object(object(body, 'the answer').action, 'action');
  const id = typeof raw.id === 'number' ? parseId(raw.id) : null;
  if (id === null) throw new ShapeError('"action.id" is not an id');
  if (expectedId !== undefined && id !== expectedId)
    throw new ShapeError('the answer is about another action');
  const status = raw.status;
  if (status !== 'running' && status !== 'success' && status !== 'error')
    throw new ShapeError('"action.status" is not running, success or error');
  return { id, status, error: status === 'error' ? describeError(raw.error) : null };
}

function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'no reason given';
  const { code, message } = error as Json;
  return [code, message].filter(part => typeof part === 'string').join(': ') || 'no reason given';
}
