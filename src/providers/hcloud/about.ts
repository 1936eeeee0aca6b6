/**
 * Hetzner Cloud as the config sees it: settings and capabilities, pure data. The client itself (some 95 ms of
 * start-up, most of it axios) is imported only when a hoster is really asked something.
 */
import type { HostVendor } from '../vendor.ts';

/** Field defaults in ms where they are durations; `create()` falls back on the same table. */
export const fields = {
  token: {
    doc: 'API token of the project, with read and write permission',
    format: 'secret',
  },
  endpoint: {
    doc: 'Base of the API, with the version; plain http only to this machine or a private network',
    format: 'url',
    default: 'https://api.hetzner.cloud/v1',
  },
  requestTimeout: {
    doc: 'One request must be answered in full within this',
    format: 'duration',
    default: 10_000,
    min: 100,
    max: 120_000,
  },
  pollInterval: {
    doc: 'How often a running action is asked for; the first few questions come faster',
    format: 'duration',
    default: 1_000,
    min: 10,
    max: 60_000,
  },
  attempts: {
    doc: 'Tries of a power command as a whole while the API is busy, throttled or failing',
    format: 'integer',
    default: 8,
    min: 1,
    max: 50,
  },
  retryPause: {
    doc: 'Pause after the first try that failed; doubles up to 5s, with jitter',
    format: 'duration',
    default: 250,
    min: 10,
    max: 5_000,
  },
  primaryIps: {
    doc: 'Ask the primary IPs for the lock flag as well as the server (one more request a reading)',
    format: 'boolean',
    default: true,
  },
} as const;

export const about: HostVendor = {
  title: 'Hetzner Cloud',
  fields,
  // Last verified against the API description of October 2026: no field gives a reason for a lock or its end, and no call lifts it.
  capabilities: { lockFlag: true, powerOff: true, confirmsOff: true, powerOn: true },
  load: () => import('./hcloud.ts'),
};
