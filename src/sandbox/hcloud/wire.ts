/**
 * The vendor's JSON, as of October 2026 (https://docs.hetzner.cloud): `location` where `datacenter` stood until
 * July 2026, `assignee_type: "unassigned"`, `finished: null` while an action runs. With `apiVersion: '2025'` the old
 * `datacenter` stands beside it, for clients from before.
 */
import { isIPv6 } from 'node:net';
import type { Action, Machine } from './world.ts';

export type ApiVersion = '2025' | '2026';
type Json = Readonly<Record<string, unknown>>;

const LOCATION = {
  id: 1,
  name: 'fsn1',
  description: 'Falkenstein DC Park 1',
  country: 'DE',
  city: 'Falkenstein',
  latitude: 50.47612,
  longitude: 12.370071,
  network_zone: 'eu-central',
} as const;

const DATACENTER = {
  id: 4,
  name: 'fsn1-dc14',
  description: 'Falkenstein 1 virtual DC 14',
  location: LOCATION,
  server_types: { supported: [1], available: [1], available_for_migration: [1] },
} as const;

const SERVER_TYPE = {
  id: 22,
  name: 'cpx11',
  description: 'CPX 11',
  cores: 2,
  memory: 2,
  disk: 40,
  deprecated: false,
  prices: [],
  storage_type: 'local',
  cpu_type: 'shared',
  category: 'Shared vCPU',
  architecture: 'x86',
  deprecation: null,
  locations: [{ id: 1, name: 'fsn1', deprecation: null, recommended: true, available: true }],
} as const;

/** Seconds, with the offset spelled out, as the vendor writes it. */
function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00');
}

function place(version: ApiVersion): Json {
  return version === '2025' ? { location: LOCATION, datacenter: DATACENTER } : { location: LOCATION };
}

/** The /64 an IPv6 address lies in: a server is given a whole network, and the API names that. */
export function network64(address: string): string {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  const groups = [...left, ...middle, ...right]
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16));
  while (groups.at(-1) === '0') groups.pop();
  return `${groups.join(':')}::/64`;
}

function hostname(machine: Machine): string {
  return `static.${machine.id}.clients.sandbox.example`;
}

export function serverJson(machine: Machine, version: ApiVersion): Json {
  const { ipv4, ipv6, blocked } = machine;
  return {
    id: machine.id,
    name: machine.name,
    status: machine.status,
    created: stamp(machine.createdAt),
    public_net: {
      ipv4: ipv4 && { id: ipv4.id, ip: ipv4.ip, blocked: blocked.v4, dns_ptr: hostname(machine) },
      ipv6: ipv6 && { id: ipv6.id, ip: ipv6Text(ipv6.ip), blocked: blocked.v6, dns_ptr: [] },
      floating_ips: [],
      firewalls: [],
    },
    private_net: [],
    server_type: SERVER_TYPE,
    ...place(version),
    image: null,
    iso: null,
    rescue_enabled: false,
    locked: machine.locked,
    backup_window: null,
    outgoing_traffic: 0,
    ingoing_traffic: 0,
    included_traffic: 21_990_232_555_520,
    protection: { delete: false, rebuild: false },
    labels: {},
    volumes: [],
    load_balancers: [],
    primary_disk_size: 40,
    placement_group: null,
  };
}

function ipv6Text(ip: string): string {
  return isIPv6(ip) ? network64(ip) : ip;
}

/** The primary IPs of a machine, v4 first. */
export function primaryIpsJson(machine: Machine, version: ApiVersion): readonly Json[] {
  const common = {
    labels: {},
    created: stamp(machine.createdAt),
    ...place(version),
    protection: { delete: false },
    auto_delete: true,
    assignee_type: 'server',
    assignee_id: machine.id,
  };
  const found: Json[] = [];
  if (machine.ipv4)
    found.push({
      ...common,
      id: machine.ipv4.id,
      name: `${machine.name}-v4`,
      type: 'ipv4',
      ip: machine.ipv4.ip,
      dns_ptr: [{ ip: machine.ipv4.ip, dns_ptr: hostname(machine) }],
      blocked: machine.blocked.v4,
    });
  if (machine.ipv6)
    found.push({
      ...common,
      id: machine.ipv6.id,
      name: `${machine.name}-v6`,
      type: 'ipv6',
      ip: ipv6Text(machine.ipv6.ip),
      dns_ptr: [],
      blocked: machine.blocked.v6,
    });
  return found;
}

export function actionJson(action: Action, progress: number): Json {
  return {
    id: action.id,
    command: action.command,
    status: action.status,
    started: stamp(action.startedAt),
    finished: action.finishedAt === null ? null : stamp(action.finishedAt),
    progress,
    resources: [{ id: action.server, type: 'server' }],
    error: action.error,
  };
}

export function errorJson(code: string, message: string, details: unknown = null): Json {
  return { error: { code, message, details } };
}

/** The usual code and text of an error status. */
export function statusError(status: number): readonly [code: string, message: string] {
  return STATUS_ERRORS[status] ?? ['server_error', 'something went wrong'];
}

const STATUS_ERRORS: Readonly<Record<number, readonly [string, string]>> = {
  400: ['json_error', 'invalid JSON'],
  401: ['unauthorized', 'unable to authenticate'],
  403: ['forbidden', 'insufficient permissions for this request'],
  404: ['not_found', 'resource not found'],
  405: ['method_not_allowed', 'method not allowed'],
  409: ['conflict', 'the resource has changed, please retry'],
  412: ['resource_unavailable', 'the requested resource is currently unavailable'],
  422: ['invalid_input', 'invalid input'],
  423: ['locked', 'server is locked'],
  429: ['rate_limit_exceeded', 'limit of 3600 requests per hour reached'],
  500: ['server_error', 'something went wrong'],
  502: ['bad_gateway', 'bad gateway'],
  503: ['unavailable', 'service is temporarily unavailable'],
  504: ['timeout', 'request timeout'],
};
