/**
 * Carries out an agenda: the only IO before a decision. Every answer goes into the watch as it arrives. A round waits
 * for the active site's probes and the references; the slower questions run beside it, each with a deadline.
 */
import { FAMILIES, type ReferenceSample, type Sample } from '../model/sample.ts';
import type { Reference, Service, Site } from '../model/service.ts';
import type { HostSignal } from '../model/signal.ts';
import type { Clock } from '../ports/clock.ts';
import { asError } from '../ports/errors.ts';
import type { Outside } from '../ports/outside.ts';
import type { Agenda } from './agenda.ts';
import type { Watch } from './watch.ts';

export interface LookPorts {
  readonly clock: Clock;
  readonly outside: Outside;
  readonly referenceTimeoutMs: number;
  readonly vantage: string;
}

/** More than a busy machine is late with a time-out, ms. */
const OVERSLEPT_MS = 30_000;

/** Deadline of one question to a provider's API, ms. */
const API_MS = 10_000;

/** Resolves when the probes and references are in; the slow questions are in `watch.asking`. */
export async function look(ports: LookPorts, watch: Watch, agenda: Agenda): Promise<void> {
  const at = ports.clock.now();
  const { service } = watch;
  for (const name of agenda.hosts)
    ask(watch, `host ${name}`, () => readHost(ports, watch, siteNamed(service, name)));
  if (agenda.zone) ask(watch, 'zone', () => readZone(ports, watch));
  for (const name of agenda.standbys) ask(watch, `standby ${name}`, () => probeSite(ports, watch, name, at));
  for (const name of agenda.freshness)
    ask(watch, `freshness ${name}`, () => readFreshness(ports, watch, siteNamed(service, name)));
  await Promise.all([
    ...agenda.probe.map(name => probeSite(ports, watch, name, at)),
    reachAll(ports, watch, agenda.references, at),
  ]);
}

function ask(watch: Watch, key: string, question: () => Promise<void>): void {
  if (watch.asking.has(key)) return;
  watch.asking.set(
    key,
    question().finally(() => watch.asking.delete(key)),
  );
}

function siteNamed(service: Service, name: string): Site {
  const site = service.sites.find(entry => entry.name === name);
  if (site === undefined) throw new Error(`no site ${name} in ${service.name}`);
  return site;
}

async function probeSite(ports: LookPorts, watch: Watch, name: string, at: number): Promise<void> {
  const { service } = watch;
  const site = siteNamed(service, name);
  await Promise.all(
    FAMILIES.flatMap(family => {
      const address = site.addresses[family];
      if (address === undefined) return [];
      return service.probes
        .filter(spec => spec.families.includes(family))
        .map(async spec => {
          const target = { address, family, publicName: service.dns.records[0] ?? service.name };
          const start = ports.clock.monotonic();
          const result = await ports.outside.prober.probe(spec.kind, spec.params, target, spec.timeoutMs);
          const tookMs = ports.clock.monotonic() - start;
          // It was we who slept: that no answer was heard says nothing of the site.
          if (!result.ok && tookMs > spec.timeoutMs + OVERSLEPT_MS) return;
          const measured: Sample = {
            service: service.name,
            site: name,
            probe: spec.id,
            family,
            vantage: ports.vantage,
            at,
            tookMs,
            ok: result.ok,
          };
          // Mostly there is nothing else to it, and most of all that is kept are these.
          const isPlain = result.ok && result.facts === undefined && result.detail === undefined;
          watch.add({ samples: [isPlain ? measured : { ...measured, ...result }] });
        });
    }),
  );
}

/** A round is told as a whole: half of one, in which nobody has answered yet, would look like blindness. */
async function reachAll(
  ports: LookPorts,
  watch: Watch,
  references: readonly Reference[],
  at: number,
): Promise<readonly ReferenceSample[]> {
  const samples = await Promise.all(references.map(reference => reach(ports, reference, at)));
  if (samples.length > 0) watch.add({ references: samples });
  return samples;
}

/** Asks the references of one family, and tells the watch. @returns whether one answered; null: there is none */
export async function seesOut(
  ports: LookPorts,
  watch: Watch,
  references: readonly Reference[],
): Promise<boolean | null> {
  if (references.length === 0) return null;
  const samples = await reachAll(ports, watch, references, ports.clock.now());
  return samples.some(({ ok }) => ok);
}

async function reach(ports: LookPorts, reference: Reference, at: number): Promise<ReferenceSample> {
  const start = ports.clock.monotonic();
  const { ok, failure } = await ports.outside.prober.reach(
    reference.address,
    reference.port,
    ports.referenceTimeoutMs,
  );
  const { name, family } = reference;
  const tookMs = ports.clock.monotonic() - start;
  return { reference: name, family, at, tookMs, ok, ...(failure === undefined ? {} : { failure }) };
}

async function readHost(ports: LookPorts, watch: Watch, site: Site): Promise<void> {
  const at = ports.clock.now();
  const took = stopwatch(ports.clock);
  const base: HostSignal = { service: watch.service.name, site: site.name, at };
  try {
    const host = await ports.outside.host(site.provider ?? '');
    const reading = await limited(ports.clock, signal => host.describe(site.server ?? '', signal));
    watch.add({ hosts: [{ ...base, tookMs: took(), ...reading }] });
  } catch (thrown) {
    watch.add({ hosts: [{ ...base, tookMs: took(), error: asError(thrown).message }] });
  }
}

async function readZone(ports: LookPorts, watch: Watch): Promise<void> {
  const at = ports.clock.now();
  const took = stopwatch(ports.clock);
  const { dns, name } = watch.service;
  const { maxEpoch } = watch;
  try {
    const provider = await ports.outside.dns(dns.provider);
    const view = await limited(ports.clock, signal =>
      provider.read(dns.zone, dns.epochName, dns.records, signal),
    );
    watch.add({ zones: [{ service: name, at, tookMs: took(), view }] }, maxEpoch);
  } catch (thrown) {
    watch.add({ zones: [{ service: name, at, tookMs: took(), error: asError(thrown).message }] });
  }
}

/** So much of a command's last line is looked at and kept: a number needs less, and a sentence is told by its start. */
const SHOWN = 200;

/** The command's last line is the age of the newest replicated data in seconds. */
async function readFreshness(ports: LookPorts, watch: Watch, site: Site): Promise<void> {
  const at = ports.clock.now();
  const took = stopwatch(ports.clock);
  const base = { service: watch.service.name, site: site.name, at };
  const command = site.freshness;
  if (command === null) return;
  try {
    const promoter = await ports.outside.promoter(site.shell.kind);
    const result = await limited(
      ports.clock,
      signal => promoter.run(site.shell, command, { signal }),
      command.limitMs,
    );
    const last = Array.from(result.tail.at(-1)?.trim() ?? '')
      .slice(0, SHOWN)
      .join('');
    if (result.status !== 0)
      throw new Error(`the freshness command ended with status ${result.status ?? 'none'}: ${last}`);
    // As many decimals as a double has, since scripts print those too.
    if (!/^\d{1,9}(\.\d{1,20})?$/.test(last))
      throw new Error(`the freshness command's last line is "${last}", not a number of seconds`);
    watch.add({ freshness: [{ ...base, tookMs: took(), lagMs: Math.round(Number(last) * 1000) }] });
  } catch (thrown) {
    watch.add({ freshness: [{ ...base, tookMs: took(), error: asError(thrown).message }] });
  }
}

/** @returns how long it has been running, ms: a replay must know when an answer was there */
function stopwatch(clock: Clock): () => number {
  const start = clock.monotonic();
  return () => clock.monotonic() - start;
}

async function limited<T>(
  clock: Clock,
  question: (signal: AbortSignal) => Promise<T>,
  ms = API_MS,
): Promise<T> {
  const deadline = clock.deadline(ms);
  try {
    return await question(deadline.signal);
  } finally {
    deadline.done();
  }
}
