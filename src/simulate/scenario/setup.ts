/**
 * What there is before anything happens: services with their sites and settings, runners, sinks. The settings carry the
 * names of the config's keys, with blanks for `_`, and its bounds; the defaults are those that a small server would have.
 */
import { DNS, LIMITS, PACE, SERVICE, THRESHOLDS } from '../../config/fields-service.ts';
import { STEP_KINDS } from '../../model/plan.ts';
import type { Pace, Service, Thresholds } from '../../model/service.ts';
import { MODES } from '../../model/service.ts';
import { POLICIES, VERDICT_CLASSES } from '../../model/verdict.ts';
import { DESK, type Draft, type DraftService } from './draft.ts';
import type { Phrase } from './phrases.ts';
import { type Bounds, type Found, WordError } from './slots.ts';

export interface SetupPhrase extends Phrase {
  /** @throws WordError for a word that makes no sense here */
  make(found: Found, draft: Draft): void;
  /** Stands below a `service`. */
  readonly inService?: boolean;
}

function global(pattern: string, doc: string, make: SetupPhrase['make']): SetupPhrase {
  return { pattern, doc, make };
}

function own(pattern: string, doc: string, make: (found: Found, service: DraftService) => void): SetupPhrase {
  return {
    pattern,
    doc,
    inService: true,
    make: (found, { service }) => {
      if (service !== null) make(found, service);
    },
  };
}

function edit(pattern: string, doc: string, change: (found: Found) => (service: Service) => Service) {
  return own(pattern, doc, (found, service) => service.edits.push(change(found)));
}

function threshold(pattern: string, doc: string, read: (found: Found) => Partial<Thresholds>): SetupPhrase {
  return edit(pattern, doc, found => {
    const part = read(found);
    return service => ({ ...service, thresholds: { ...service.thresholds, ...part } });
  });
}

function pace(word: string, key: keyof Pace, bounds: Bounds, doc: string): SetupPhrase {
  return edit(`${word} DURATION`, doc, found => {
    const ms = found.ms('DURATION', bounds);
    return service => ({ ...service, pace: { ...service.pace, [key]: ms } });
  });
}

/** What no config has, ms. A cron every millisecond would simulate nothing but itself. */
const EVERY: Bounds = { min: 1_000, max: 86_400_000 };
const WITHIN_A_DAY: Bounds = { min: 0, max: 86_400_000 };
const WITHIN_A_MINUTE: Bounds = { min: 0, max: 60_000 };
const SEEDS: Bounds = { min: 0, max: 999_999_999 };

function fresh(found: Found, slot: string, taken: readonly string[]): string {
  const word = found.word(slot);
  if (taken.includes(word.text)) throw new WordError(word, 'has this name already');
  return word.text;
}

const WORLD: readonly SetupPhrase[] = [
  global(
    'begins at CLOCK',
    'When the scenario begins; left out: ten minutes before its first line.',
    (found, draft) => {
      draft.beginsMs = clockMs(found.text('CLOCK')) ?? null;
      if (draft.beginsMs === null) throw new WordError(found.word('CLOCK'), 'is not a time of day');
    },
  ),
  global('mode MODE', 'How far understudy may go; left out: `act`.', (found, draft) => {
    draft.sketch.mode = found.one('MODE', MODES);
  }),
  global(
    'runner cron every DURATION [late by LATENESS]',
    '`understudy tick` from cron, up to so much late.',
    (found, draft) =>
      draft.addStation(onlyRunner(draft), {
        way: 'cron',
        everyMs: found.ms('DURATION', EVERY),
        latenessMs: found.has('LATENESS') ? found.ms('LATENESS', WITHIN_A_DAY) : 0,
      }),
  ),
  global(
    'runner daemon [again after DURATION]',
    '`understudy run`, started again so long after a crash; this is the default.',
    (found, draft) => draft.addStation(onlyRunner(draft), daemonOf(found)),
  ),
  global(
    'station STATION runs cron every DURATION [late by LATENESS] [ahead by MARGIN]',
    'A further installation with a state of its own, its clock ahead of the true time.',
    (found, draft) =>
      draft.addStation(
        fresh(found, 'STATION', namesOf(draft)),
        {
          way: 'cron',
          everyMs: found.ms('DURATION', EVERY),
          latenessMs: found.has('LATENESS') ? found.ms('LATENESS', WITHIN_A_DAY) : 0,
        },
        ahead(found),
      ),
  ),
  global(
    'station STATION runs daemon [again after DURATION] [ahead by MARGIN]',
    'The same with `understudy run`.',
    (found, draft) =>
      draft.addStation(fresh(found, 'STATION', namesOf(draft)), daemonOf(found), ahead(found)),
  ),
  global('station STATION runs nothing', 'A place where only people type commands.', (found, draft) =>
    draft.addStation(fresh(found, 'STATION', namesOf(draft)), null),
  ),
  global('sinks SINKS', 'Where notices go; left out: `irc`.', (found, draft) => {
    draft.sketch.sinks = found.list('SINKS');
  }),
  global('propagation DURATION', 'Until a DNS change is at every name server.', (found, draft) => {
    draft.sketch.propagationMs = found.ms('DURATION', WITHIN_A_DAY);
  }),
  global('power DURATION', 'Until a hoster has switched a machine off.', (found, draft) => {
    draft.sketch.powerMs = found.ms('DURATION', WITHIN_A_DAY);
  }),
  global('replication DURATION', 'Age of the data on a standby whose link is up.', (found, draft) => {
    draft.sketch.replicationMs = found.ms('DURATION');
  }),
  global('latency DURATION', 'How long every answer takes.', (found, draft) => {
    draft.sketch.latencyMs = found.ms('DURATION', WITHIN_A_MINUTE);
  }),
  global('seed NUMBER', 'Another throw of the dice: jitter, lateness, ids.', (found, draft) => {
    draft.seed = found.number('NUMBER', SEEDS);
  }),
];

function namesOf(draft: Draft): readonly string[] {
  return draft.stations.map(station => station.name);
}

/** @returns the name of the only runner, when there is none yet @throws WordError */
function onlyRunner(draft: Draft): string {
  if (draft.stations.length === 0) return DESK;
  throw new WordError(null, 'there is a runner already: give each a name with `station`');
}

function daemonOf(found: Found): { readonly way: 'daemon'; readonly restartMs: number } {
  return { way: 'daemon', restartMs: found.has('DURATION') ? found.ms('DURATION', EVERY) : 10_000 };
}

function ahead(found: Found): number {
  return found.has('MARGIN') ? found.ms('MARGIN') : 0;
}

/** @returns ms since midnight, null when it is no time of day */
export function clockMs(text: string): number | null {
  const [, hours = '', minutes = '', seconds = '0'] = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  if (hours === '' || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

const SERVICES: readonly SetupPhrase[] = [
  global('service SERVICE', 'What is protected; the lines below it are about it.', (found, draft) => {
    const name = fresh(
      found,
      'SERVICE',
      draft.services.map(service => service.name),
    );
    draft.services.push({ name, sites: [], edits: [] });
  }),
  own(
    'site SITE [at HOSTER]',
    'One place that can serve it; the first is home. More may follow after commas, see below.',
    (found, service) => {
      const name = fresh(
        found,
        'SITE',
        service.sites.map(site => site.name),
      );
      service.sites.push({ name, ...(found.has('HOSTER') && { hoster: found.text('HOSTER') }) });
    },
  ),
  own('probes PROBES', 'What must be well; left out: `http`.', (found, service) => {
    service.probes = [...(service.probes ?? []), ...found.list('PROBES')];
  }),
  own('optional probes PROBES', 'What is looked at, and counts for nothing.', (found, service) => {
    service.probes = [...(service.probes ?? ['http']), ...found.list('PROBES').map(id => `${id}?`)];
  }),
  own('parts PARTS', 'What is promoted; left out: `db`.', (found, service) => {
    service.parts = found.list('PARTS');
  }),
  own('stateless', 'Nothing is stored at the sites: nothing to promote, no fence.', (_found, service) => {
    service.parts = [];
  }),
  edit('essential FAMILIES', 'Without these it counts as away; left out: `ipv4`.', found => {
    const essential = found.families([]);
    return service => ({ ...service, essential });
  }),
  edit('policy CLASS POLICY', 'What is done on a verdict.', found => {
    const [name, policy] = [found.one('CLASS', VERDICT_CLASSES), found.one('POLICY', POLICIES)];
    return service => ({ ...service, policy: { ...service.policy, [name]: policy } });
  }),
  threshold('failures NUMBER', 'So many in a row …; left out: 3.', found => ({
    failures: found.number('NUMBER', THRESHOLDS.failures),
  })),
  threshold('failing for DURATION', '… and so long; left out: 10s.', found => ({
    failingForMs: found.ms('DURATION', THRESHOLDS.failingFor),
  })),
  threshold('return for DURATION', 'Well for so long before a family is published again.', found => ({
    returnForMs: found.ms('DURATION', THRESHOLDS.returnFor),
  })),
  threshold('down when MANY', 'All required probes fail, or any of them.', found => ({
    downWhen: found.one('MANY', ['all', 'any']),
  })),
  threshold('certificate DURATION', 'Warns so long before a certificate ends.', found => ({
    certificateMs: found.ms('DURATION', THRESHOLDS.certificate),
  })),
  pace('interval', 'intervalMs', PACE.interval, 'Between two looks when all is well; left out: 30s.'),
  pace('fast', 'fastMs', PACE.fast, 'Between two looks once something failed; left out: 5s.'),
  pace('standby', 'standbyMs', PACE.standby, 'Between two looks at the standbys; left out: 5m.'),
  pace('providers', 'providerMs', PACE.providers, 'Between two questions to the APIs; left out: 5m.'),
  pace('stale', 'staleMs', PACE.stale, 'What is older says nothing; left out: 10m.'),
  edit('block window DURATION', 'No second automatic run so long after one ended; left out: 1h.', found => {
    const blockWindowMs = found.ms('DURATION', SERVICE.blockWindow);
    return service => ({ ...service, blockWindowMs });
  }),
  edit('retry pause DURATION', 'After a run that failed; left out: 1m.', found => {
    const retryPauseMs = found.ms('DURATION', SERVICE.retryPause);
    return service => ({ ...service, retryPauseMs });
  }),
  edit('plan ttl DURATION', 'A plan not approved by then is void; left out: 30m.', found => {
    const planTtlMs = found.ms('DURATION', SERVICE.planTtl);
    return service => ({ ...service, planTtlMs });
  }),
  edit('ttl DURATION', 'How long resolvers keep an answer; left out: 60s.', found => {
    const ttlS = Math.ceil(found.ms('DURATION', DNS.ttl) / 1000);
    return service => ({ ...service, dns: { ...service.dns, ttlS } });
  }),
  edit('limit STEP DURATION', 'How long a step may take.', found => {
    const [step, ms] = [found.one('STEP', STEP_KINDS), found.ms('DURATION', LIMITS.fence)];
    return service => ({ ...service, limitsMs: { ...service.limitsMs, [step]: ms } });
  }),
];

export const SETUP: readonly SetupPhrase[] = [...WORLD, ...SERVICES];
