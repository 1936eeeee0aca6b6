/** The keys of a site, and of the commands that are run there. The form is told in `fields-core.ts`. */
import { FENCE_METHODS } from '../model/service.ts';
import type { Table } from './fields-core.ts';

export const SITE = {
  name: { doc: 'Stands in the epoch record.', format: 'name' },
  provider: { doc: "Name of the hoster's account in `providers`.", format: 'name', default: null },
  vendor: {
    doc: 'The hoster, in your words, when no provider is given: to notice two sites at one hoster.',
    format: 'string',
    default: null,
    max: 60,
  },
  server: { doc: "The machine's id at the provider.", format: 'server', default: null },
  ipv4: { doc: 'Its public IPv4 address.', format: 'ipv4', default: null },
  ipv6: { doc: 'Its public IPv6 address.', format: 'ipv6', default: null },
  ssh: {
    doc: 'How commands reach it: `user@host`, `user@host:port` or a mapping. Without: commands run on this runner.',
    format: 'text-or-section',
    default: null,
  },
  fence: {
    doc: 'How it is kept from serving once it was failed over from: a method or a mapping. Default: power-off when the provider can confirm it and `server` is given.',
    format: 'text-or-section',
    default: null,
  },
  promote: { doc: 'Parts to promote, in order.', format: 'sections', default: null, max: 50 },
  quiesce: { doc: 'Switchover: makes the old site stop taking writes.', format: 'command', default: null },
  catchUp: {
    doc: 'Switchover: run on the new site, ends when it has everything.',
    format: 'command',
    default: null,
  },
  freshness: {
    doc: 'Run on a standby: prints the age of its newest data in seconds on its last line.',
    format: 'command',
    default: null,
  },
  maxLag: {
    doc: 'Data older than this is not promoted by itself. Default: 5m with `freshness`.',
    format: 'duration',
    default: null,
    min: 0,
    max: 2_592_000_000,
  },
  snapshot: {
    doc: 'Takes evidence before anything is stopped; best effort.',
    format: 'command',
    default: null,
  },
} as const satisfies Table;

export const SSH = {
  host: { doc: 'Address or name; not a name that the service moves.', format: 'string', max: 253 },
  user: { doc: 'Login name.', format: 'string', max: 64 },
  port: { doc: 'SSH port.', format: 'port', default: 22, min: 1 },
  identity: { doc: "Private key file. Default: OpenSSH's own.", format: 'path', default: null },
  knownHosts: {
    doc: "Host keys file; keys are always checked. Default: OpenSSH's own.",
    format: 'path',
    default: null,
  },
  connectTimeout: {
    doc: 'How long connecting may take.',
    format: 'duration',
    default: '5s',
    min: 500,
    max: 60_000,
  },
} as const satisfies Table;

export const FENCE = {
  method: {
    doc: 'power-off: through the provider until `off` is read back; command: a fence agent of yours; wait: the site gives itself up once none of its required probes can pass from outside, wait out its lease; none: only for a stateless service.',
    format: FENCE_METHODS,
  },
  run: { doc: 'command: what fences.', format: 'command', default: null },
  check: { doc: 'command: ends with 0 when it is fenced.', format: 'command', default: null },
  lease: {
    doc: 'wait: how long the site goes on by itself.',
    format: 'duration',
    default: null,
    min: 1_000,
    max: 3_600_000,
  },
  margin: {
    doc: 'wait: added for clocks that differ.',
    format: 'duration',
    default: '10s',
    min: 1_000,
    max: 3_600_000,
  },
  lockCounts: {
    doc: 'A provider lock of every address counts as the fence. Default: true where the provider tells of locks.',
    format: 'boolean',
    default: null,
  },
} as const satisfies Table;

export const PROMOTE = {
  name: { doc: 'db, mail, web …', format: 'name' },
  run: { doc: 'The command, as a list of words.', format: 'strings', min: 1, max: 100 },
  check: {
    doc: 'Ends with 0 when it took; also asked first on resume, so it must change nothing.',
    format: 'strings',
    default: null,
    min: 1,
    max: 100,
  },
  limit: { doc: 'How long `run` may take.', format: 'duration', default: '60s', min: 100, max: 3_600_000 },
  checkLimit: {
    doc: 'How long `check` may take.',
    format: 'duration',
    default: '10s',
    min: 100,
    max: 600_000,
  },
} as const satisfies Table;

export const COMMAND = {
  run: { doc: 'The command, as a list of words.', format: 'strings', min: 1, max: 100 },
  limit: {
    doc: 'How long it may take. Default: the limit of its step; 10s for `freshness`.',
    format: 'duration',
    default: null,
    min: 100,
    max: 3_600_000,
  },
} as const satisfies Table;
