/**
 * What a policy would have made of recorded evidence: when it would have acted, and why. The same trace and the same policy
 * give the same log, to the byte: nothing here knows a clock, a die or a network.
 */
import type { Service, Settings } from '../model/service.ts';
import type { DnsCapabilities } from '../ports/providers.ts';
import { instantsOf } from './instants.ts';
import type { LogEntry, Summary } from './log.ts';
import { outagesLeftAlone } from './outages.ts';
import { Tally } from './tally.ts';
import type { Trace } from './trace.ts';
import { Walk } from './walk.ts';
import { replayWorld } from './world.ts';

export interface ReplayInput {
  readonly trace: Trace;
  /** The policy: mode, and what the service says of thresholds, pace and classes. */
  readonly settings: Settings;
  /** One of `settings.services`; the trace may have been taken under another name. */
  readonly service: Service;
  readonly dnsCapabilities: (provider: string) => DnsCapabilities;
  /** A move counts as false when what was left is well again within this, with nothing done, ms. */
  readonly falseWithinMs: number;
  /** Asked now and then: true ends it there. */
  readonly isOver?: () => Promise<boolean>;
}

export interface Replay {
  readonly log: readonly LogEntry[];
  readonly summary: Summary;
  /** Where trace and config do not fit together; one sentence each. */
  readonly remarks: readonly string[];
  /** Where it was ended by `isOver`, ms since the epoch; null: the whole trace was walked. */
  readonly interruptedAt: number | null;
}

/** Asking after each instant would cost more than the instant. */
const ASKED_EVERY = 256;

/** @returns the decisions in order; sites of the trace that the service lacks are left out (see `remarks`) */
export async function replay(input: ReplayInput): Promise<Replay> {
  const { settings, service, dnsCapabilities, falseWithinMs } = input;
  const trace = renamed(input.trace, service.name);
  let now = 0;
  const world = replayWorld(settings, dnsCapabilities, () => now);
  const tally = new Tally(Math.max(service.pace.staleMs, 2 * service.pace.intervalMs));
  const walk = new Walk({ trace, world, service, tally, falseWithinMs });
  await walk.begin();
  let [walked, interruptedAt]: [number, number | null] = [0, null];
  for (const instant of instantsOf(trace)) {
    if (walked % ASKED_EVERY === 0 && (await input.isOver?.()) === true) {
      interruptedAt = instant.at;
      break;
    }
    walked += 1;
    now = instant.at;
    await walk.step(instant);
  }
  const runs = trace.events.filter(({ type, item }) => type === 'run' && item.automatic);
  const seen = interruptedAt === null ? trace.events : trace.events.filter(({ item }) => item.at < now);
  const left = outagesLeftAlone({ ...trace, events: seen }, service, tally.log);
  const summary = tally.summary(runs.length, left);
  return { log: tally.log, summary, remarks: remarksOn(trace, service), interruptedAt };
}

/** Evidence carries the name of its service; replayed for another one it goes by that name. */
function renamed(trace: Trace, service: string): Trace {
  if (trace.header.service === service) return trace;
  const events = trace.events.map(event =>
    'service' in event.item ? { ...event, item: { ...event.item, service } } : event,
  );
  return { header: trace.header, events: events as Trace['events'] };
}

/** @returns what the trace has and the config not, or the other way round */
export function remarksOn({ header, events }: Trace, service: Service): readonly string[] {
  const probed = new Set(events.flatMap(({ type, item }) => (type === 'sample' ? [item.probe] : [])));
  const sites = new Set(service.sites.map(site => site.name));
  const specs = new Set(service.probes.map(spec => spec.id));
  return [
    ...header.sites.filter(site => !sites.has(site)).map(site => `the service has no site ${site} any more`),
    ...[...sites]
      .filter(site => !header.sites.includes(site))
      .map(site => `the trace knows nothing of the site ${site}`),
    ...[...probed].filter(id => !specs.has(id)).map(id => `the service has no probe ${id} any more`),
    ...[...specs].filter(id => !probed.has(id)).map(id => `the trace has no sample of the probe ${id}`),
  ];
}
