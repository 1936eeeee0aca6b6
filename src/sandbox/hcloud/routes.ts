/**
 * The part of the Hetzner Cloud API that failover tools and Debian's `hcloud` use: servers, their power actions,
 * actions, primary IPs, with paging and sorting. What is not here answers 404 like any unknown path.
 */

import type { ApiVersion } from './wire.ts';
import { actionJson, errorJson, primaryIpsJson, serverJson, statusError } from './wire.ts';
import type { World } from './world.ts';
import { COMMANDS } from './world.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Call {
  readonly method: string;
  /** Without `/v1`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** What becomes of a power command. */
  readonly fate: 'works' | 'lies' | 'fails';
}

interface Backend {
  readonly world: World;
  readonly version: ApiVersion;
}

type Handler = (backend: Backend, call: Call, ids: readonly number[]) => Answer;
type Json = Readonly<Record<string, unknown>>;

const MAX_PER_PAGE = 50;
const DEFAULT_PER_PAGE = 25;

const ROUTES: readonly (readonly [method: string, path: RegExp, handler: Handler])[] = [
  ['GET', /^\/servers$/, listServers],
  ['GET', /^\/servers\/(\d+)$/, getServer],
  ['GET', /^\/servers\/(\d+)\/actions$/, listServerActions],
  ['GET', /^\/servers\/(\d+)\/actions\/(\d+)$/, getAction],
  ['POST', /^\/servers\/(\d+)\/actions\/[a-z_]+$/, startAction],
  ['GET', /^\/actions$/, listActions],
  ['GET', /^\/actions\/(\d+)$/, getAction],
  ['GET', /^\/primary_ips$/, listPrimaryIps],
  ['GET', /^\/primary_ips\/(\d+)$/, getPrimaryIp],
];

export function route(backend: Backend, call: Call): Answer {
  const fitting = ROUTES.filter(([, path]) => path.test(call.path));
  if (fitting.length === 0) return problem(404);
  const found = fitting.find(([method]) => method === call.method);
  if (found === undefined) return problem(405);
  const [, path, handler] = found;
  const ids = (path.exec(call.path) ?? []).slice(1).map(Number);
  return handler(backend, call, ids);
}

/** An error in the vendor's form; `message` in place of the usual text. */
export function problem(status: number, message?: string, code?: string): Answer {
  const [usualCode, usualMessage] = statusError(status);
  return { status, body: errorJson(code ?? usualCode, message ?? usualMessage) };
}

function listServers({ world, version }: Backend, { query }: Call): Answer {
  const name = query.get('name');
  const statuses = query.getAll('status');
  const found = [...world.machines.values()]
    .filter(machine => name === null || machine.name === name)
    .filter(machine => statuses.length === 0 || statuses.includes(machine.status))
    .map(machine => serverJson(machine, version));
  return page('servers', found, query);
}

function getServer({ world, version }: Backend, _call: Call, [id = 0]: readonly number[]): Answer {
  const machine = world.machines.get(id);
  if (machine === undefined) return problem(404, `server with ID '${id}' not found`);
  return { status: 200, body: { server: serverJson(machine, version) } };
}

function startAction({ world }: Backend, call: Call, [id = 0]: readonly number[]): Answer {
  const machine = world.machines.get(id);
  if (machine === undefined) return problem(404, `server with ID '${id}' not found`);
  const verb = call.path.slice(call.path.lastIndexOf('/') + 1);
  if (COMMANDS[verb] === undefined) return problem(404);
  if (machine.locked) return problem(423);
  const action = world.begin(machine, verb, call.fate);
  return { status: 201, body: { action: actionJson(action, world.progress(action)) } };
}

function listServerActions({ world }: Backend, { query }: Call, [id = 0]: readonly number[]): Answer {
  if (!world.machines.has(id)) return problem(404, `server with ID '${id}' not found`);
  const statuses = query.getAll('status');
  const found = [...world.actions.values()]
    .filter(action => action.server === id && (statuses.length === 0 || statuses.includes(action.status)))
    .map(action => actionJson(action, world.progress(action)));
  return page('actions', found, query);
}

function listActions({ world }: Backend, { query }: Call): Answer {
  const ids = query.getAll('id').map(Number);
  if (ids.length === 0) return problem(422, 'the query parameter id is required');
  const found = [...world.actions.values()]
    .filter(action => ids.includes(action.id))
    .map(action => actionJson(action, world.progress(action)));
  return page('actions', found, query);
}

/** Also `/servers/{id}/actions/{action}`: the action's id is the last one. */
function getAction({ world }: Backend, _call: Call, ids: readonly number[]): Answer {
  const action = world.actions.get(ids.at(-1) ?? 0);
  if (action === undefined || (ids.length === 2 && action.server !== ids[0])) return problem(404);
  return { status: 200, body: { action: actionJson(action, world.progress(action)) } };
}

function allPrimaryIps({ world, version }: Backend): readonly Json[] {
  return [...world.machines.values()].flatMap(machine => primaryIpsJson(machine, version));
}

function listPrimaryIps(backend: Backend, { query }: Call): Answer {
  const name = query.get('name');
  const ip = query.get('ip');
  const found = allPrimaryIps(backend)
    .filter(entry => name === null || entry.name === name)
    .filter(entry => ip === null || entry.ip === ip);
  return page('primary_ips', found, query);
}

function getPrimaryIp(backend: Backend, _call: Call, [id = 0]: readonly number[]): Answer {
  const found = allPrimaryIps(backend).find(entry => entry.id === id);
  if (found === undefined) return problem(404, `primary IP with ID '${id}' not found`);
  return { status: 200, body: { primary_ip: found } };
}

/** Sorts and cuts a list as the API does: `sort=id:asc`, `page` from 1, `per_page` up to 50, `meta.pagination`. */
function page(key: string, entries: readonly Json[], query: URLSearchParams): Answer {
  if (query.get('label_selector')) return problem(422, 'label_selector is not emulated');
  const number = Number(query.get('page') ?? 1);
  const size = Math.min(MAX_PER_PAGE, Number(query.get('per_page') ?? DEFAULT_PER_PAGE));
  if (!Number.isInteger(number) || number < 1 || !Number.isInteger(size) || size < 1)
    return problem(422, 'page and per_page are whole numbers from 1');
  const sorted = sort(entries, query.getAll('sort'));
  const last = Math.max(1, Math.ceil(sorted.length / size));
  return {
    status: 200,
    body: {
      [key]: sorted.slice((number - 1) * size, number * size),
      meta: {
        pagination: {
          page: number,
          per_page: size,
          previous_page: number > 1 ? number - 1 : null,
          next_page: number < last ? number + 1 : null,
          last_page: last,
          total_entries: sorted.length,
        },
      },
    },
  };
}

function sort(entries: readonly Json[], orders: readonly string[]): readonly Json[] {
  const sorted = [...entries];
  for (const order of [...orders].reverse()) {
    const [key = 'id', direction] = order.split(':');
    const sign = direction === 'desc' ? -1 : 1;
    sorted.sort((a, b) => sign * compare(a[key], b[key]));
  }
  return sorted;
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
