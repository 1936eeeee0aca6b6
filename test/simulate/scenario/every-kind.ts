/** At least one happening of every kind: the compiler refuses a kind that is left out. For the cast of parse.test.ts. */
import type { Happening, HappeningKind } from '../../../src/simulate/script.ts';

type Of<K extends HappeningKind> = readonly Extract<Happening, { readonly kind: K }>[];

const at = 0;
const where = { service: 'mail', site: 'home' } as const;
const alice = { at, service: 'mail', station: 'desk', operator: 'alice' } as const;
const S = 1000;

export const EVERY_KIND: { readonly [K in HappeningKind]: Of<K> } = {
  'site-fails': [
    { at, kind: 'site-fails', ...where, how: 'refused' },
    { at, kind: 'site-fails', ...where, how: 'hang', forMs: 90 * S },
    { at, kind: 'site-fails', ...where, how: 'status', forMs: 1 },
  ],
  'probe-fails': [{ at, kind: 'probe-fails', ...where, probe: 'smtp', how: 'hang', forMs: 60 * S }],
  'certificate-ends': [{ at, kind: 'certificate-ends', ...where, inMs: 86_400 * S, forMs: 60 * S }],
  'link-lost': [{ at, kind: 'link-lost', ...where }],
  command: [
    { at, kind: 'command', ...where, command: 'promote-check', how: 'cut-off', forMs: 60 * S },
    { at, kind: 'command', ...where, command: 'catch-up', how: 'unreachable' },
  ],
  'box-hangs': [{ at, kind: 'box-hangs', box: '1001', forMs: 60 * S }],
  'box-off': [{ at, kind: 'box-off', box: '1001' }],
  'look-in': [{ at, kind: 'look-in' }],
  'box-on': [{ at, kind: 'box-on', box: '1002' }],
  lock: [
    { at, kind: 'lock', box: '1001', families: ['v6'], forMs: 60 * S },
    { at, kind: 'lock', box: '1001', families: ['v4', 'v6'] },
    { at, kind: 'lock', box: '1002', families: ['v4'] },
  ],
  cut: [{ at, kind: 'cut', box: '1001', families: ['v4'] }],
  api: [
    { at, kind: 'api', api: 'alpha', how: 'times-out', forMs: 60 * S },
    { at, kind: 'api', api: 'dns', how: 'loses-reply' },
  ],
  rollback: [{ at, kind: 'rollback', toAgoMs: 3_600 * S }],
  'foreign-record': [{ at, kind: 'foreign-record', service: 'mail', value: '203.0.113.99' }],
  'foreign-claim': [{ at, kind: 'foreign-claim', service: 'mail', busyMs: 300_000 }],
  'foreign-epoch': [{ at, kind: 'foreign-epoch', service: 'mail', text: 'v=1 epoch=9 active=x owner=y' }],
  blind: [
    { at, kind: 'blind', station: 'attic', families: ['v6'], forMs: 60 * S },
    { at, kind: 'blind', station: 'desk', families: ['v4', 'v6'] },
  ],
  'clock-jumps': [
    { at, kind: 'clock-jumps', station: 'desk', byMs: -3_600 * S },
    { at, kind: 'clock-jumps', station: 'desk', byMs: 5 * S },
  ],
  'clock-drifts': [{ at, kind: 'clock-drifts', station: 'desk', ppm: -200, forMs: 60 * S }],
  disk: [
    { at, kind: 'disk', station: 'desk', how: 'full', forMs: 60 * S },
    { at, kind: 'disk', station: 'desk', how: 'fails' },
  ],
  crash: [{ at, kind: 'crash', station: 'desk', calls: 3, when: 'after' }],
  sleep: [{ at, kind: 'sleep', station: 'desk', calls: 2, forMs: 600 * S }],
  sink: [{ at, kind: 'sink', sink: 'irc', how: 'loses-reply', forMs: 60 * S }],
  hold: [
    { ...alice, kind: 'hold', forMs: 3_600 * S, reason: 'I am at it' },
    { ...alice, kind: 'hold', station: 'attic' },
  ],
  resume: [{ ...alice, kind: 'resume' }],
  ack: [{ ...alice, kind: 'ack' }],
  'accept-epoch': [{ ...alice, kind: 'accept-epoch' }],
  clear: [{ ...alice, kind: 'clear', site: 'home' }],
  order: [
    { ...alice, kind: 'order', move: 'failover', to: null, overrides: [], reason: 'the fan' },
    { ...alice, kind: 'order', move: 'switchover', to: 'away', overrides: ['allow-data-loss', 'skip-fence'] },
  ],
  approve: [
    { ...alice, kind: 'approve', station: 'attic', overrides: [] },
    { ...alice, kind: 'approve', overrides: ['mode-act'] },
  ],
  tamper: [{ at, kind: 'tamper', station: 'desk', service: 'mail', row: 'blast-radius' }],
  config: [{ at, kind: 'config', station: 'desk', service: 'mail', change: 'record' }],
};
