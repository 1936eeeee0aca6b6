/** The keys of a service and its sections, except those of its sites. The form is told in `fields-core.ts`. */

import type { VerdictClass } from '../model/verdict.ts';
import { DEFAULT_POLICY, POLICIES, RESPONSES, VERDICT_CLASSES } from '../model/verdict.ts';
import type { Table } from './fields-core.ts';

export const SERVICE = {
  dns: { doc: 'The records that point to the active site.', format: 'section' },
  probes: {
    doc: 'What is checked at every site: a kind (`https`) or a mapping with `kind`.',
    format: 'texts-or-sections',
    min: 1,
    max: 50,
  },
  sites: { doc: 'In order of preference; the first is home.', format: 'sections', min: 1, max: 20 },
  essential: {
    doc: 'Families without which the service counts as away. Default: [v4] when home has one, else [v6].',
    format: 'families',
    default: null,
  },
  stateless: {
    doc: 'Nothing is written at the sites that could diverge, so `fence: none` is legal.',
    format: 'boolean',
    default: false,
  },
  thresholds: { doc: 'When a failing probe counts as down.', format: 'section', default: null },
  pace: { doc: 'How often to look.', format: 'section', default: null },
  policy: { doc: 'How far to go by class of verdict.', format: 'section', default: null },
  limits: { doc: 'How long each kind of step may take.', format: 'section', default: null },
  blockWindow: {
    doc: 'No second automatic run for so long after one ended.',
    format: 'duration',
    default: '1h',
    min: 0,
    max: 2_592_000_000,
  },
  retryPause: {
    doc: 'After a run that failed before the flip, wait so long before the next automatic one.',
    format: 'duration',
    default: '60s',
    min: 0,
    max: 86_400_000,
  },
  planTtl: {
    doc: 'A plan not approved by then is void.',
    format: 'duration',
    default: '30m',
    min: 10_000,
    max: 604_800_000,
  },
} as const satisfies Table;

export const DNS = {
  provider: { doc: 'Name of the DNS provider in `providers`.', format: 'name' },
  zone: { doc: "The zone's id at the provider: letters, digits, ., _ and -.", format: 'string', max: 64 },
  zoneName: { doc: "The zone's name. Default: `zone`, when that is a name.", format: 'fqdn', default: null },
  records: {
    doc: 'The names this service owns, in full, inside the zone; nothing else is ever written.',
    format: 'hostnames',
    min: 1,
    max: 100,
  },
  epochRecord: {
    doc: 'The TXT record that guards every flip. Default: `_understudy-<service>.<zone name>`.',
    format: 'fqdn',
    default: null,
  },
  ttl: {
    doc: 'Of all records written; whole seconds. It is part of the recovery time.',
    format: 'duration',
    default: '60s',
    min: 1_000,
    max: 86_400_000,
  },
  nameservers: {
    doc: 'The authoritative servers, to ask them after a flip. Default: those the provider names.',
    format: 'address-ports',
    default: null,
    min: 1,
    max: 16,
  },
  allowUnguardedDns: {
    doc: 'Take policies that say act at a DNS provider without compare-and-swap. Each plan waits for approval there all the same: two runners could overwrite each other.',
    format: 'boolean',
    default: false,
  },
} as const satisfies Table;

export const PROBE = {
  kind: { doc: 'What is spoken; it decides which further keys there are.', format: 'string' },
  id: { doc: 'Unique in the service. Default: the kind.', format: 'name', default: null },
  required: { doc: 'false: its failure is told, but counts for nothing.', format: 'boolean', default: true },
  families: {
    doc: 'Address families to probe. Default: those that any site has.',
    format: 'families',
    default: null,
  },
  timeout: { doc: 'The deadline of one attempt.', format: 'duration', default: '5s', min: 50, max: 60_000 },
} as const satisfies Table;

export const THRESHOLDS = {
  failures: { doc: 'So many failures in a row …', format: 'integer', default: 3, min: 1, max: 100 },
  failingFor: {
    doc: '… and for so long: both must be reached.',
    format: 'duration',
    default: '10s',
    min: 0,
    max: 3_600_000,
  },
  returnFor: {
    doc: 'A withdrawn family must be well for so long before it is published again.',
    format: 'duration',
    default: '10m',
    min: 0,
    max: 604_800_000,
  },
  downWhen: {
    doc: 'A family is down when all its required probes are, or when any is.',
    format: ['all', 'any'],
    default: 'all',
  },
  certificate: {
    doc: 'Warn when a certificate ends in less than this.',
    format: 'duration',
    default: '14d',
    min: 0,
    max: 31_536_000_000,
  },
} as const satisfies Table;

export const PACE = {
  interval: {
    doc: 'Start to start, all well. From cron: the runs set the pace.',
    format: 'duration',
    default: '10s',
    min: 100,
    max: 3_600_000,
  },
  fast: {
    doc: 'Start to start once something failed.',
    format: 'duration',
    default: '1s',
    min: 50,
    max: 600_000,
  },
  standby: {
    doc: 'How often the standbys are probed.',
    format: 'duration',
    default: '5m',
    min: 100,
    max: 86_400_000,
  },
  providers: {
    doc: 'How often the APIs are asked while all is well; a failure asks at once.',
    format: 'duration',
    default: '5m',
    min: 100,
    max: 86_400_000,
  },
  stale: {
    doc: 'A sample older than this says nothing, and half of it without a look breaks a row of failures: from cron, more than twice the time between two runs.',
    format: 'duration',
    default: '5m',
    min: 500,
    max: 86_400_000,
  },
} as const satisfies Table;

/** A class that calls for nothing can only be observed: its row allows nothing else. */
export const POLICY = Object.fromEntries(
  VERDICT_CLASSES.map(verdict => [
    verdict,
    {
      doc: RESPONSES[verdict] === 'none' ? 'Calls for nothing.' : `Calls for: ${RESPONSES[verdict]}.`,
      format: RESPONSES[verdict] === 'none' ? (['observe'] as const) : POLICIES,
      default: DEFAULT_POLICY[verdict],
    },
  ]),
) as Readonly<Record<VerdictClass, { doc: string; format: typeof POLICIES; default: string }>>;

const step = (doc: string, preset: string) =>
  ({ doc, format: 'duration', default: preset, min: 100, max: 3_600_000 }) as const;

/** One per step kind. */
export const LIMITS = {
  claim: step('Taking the epoch in DNS for the run, before anything is done.', '30s'),
  snapshot: step('Evidence is dropped after this.', '20s'),
  quiesce: step('Making the old site stop.', '60s'),
  catchUp: step('Waiting for the new site to have everything.', '120s'),
  fence: step('Fencing, with its confirmation.', '90s'),
  promote: step('All parts together.', '300s'),
  check: step("The new site's own probes.", '30s'),
  flip: step('The DNS change, with reading back.', '30s'),
  verify: step('Until every authoritative server answers with it.', '180s'),
  announce: step('Handing the notice to the sinks.', '5s'),
} as const satisfies Table;
