/** The work of `ack`. Each change stands in one transaction with the audit of who made it and why. */
import { duration, instant } from '../../announce/plain.ts';
import type { Composition } from '../../compose.ts';
import type { Service } from '../../model/service.ts';
import type { AuditEntry, Change, Run } from '../../model/state.ts';
import type { AckOptions } from '../ack.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, pickService } from '../io.ts';
import { when } from '../render/text.ts';
import { lookBack } from '../../reconcile/look-back.ts';
import { loadConfig, withProgram } from '../session.ts';
import { betweenRuns, refuse, runUnderWay, unsure, wordsOf } from './person.ts';

/** One read of the zone through the provider's API, its retries included, ms. */
const READ_MS = 15_000;

type Words = Pick<AuditEntry, 'operator' | 'reason'>;

/** @returns 0 also when there is nothing to lift or to accept: it is so already */
export async function acknowledge(io: Io, name: string | undefined, options: AckOptions): Promise<ExitCode> {
  const reason = wordsOf('--reason', options.reason, 'say what you have seen, it is kept in the audit');
  const operator = wordsOf('--operator', options.operator ?? io.user, 'say who you are');
  const settings = await loadConfig(io, options.config, {
    quiet: options.json === true,
    // Only the epoch is read through the API of the DNS provider.
    leaveOutSecrets: options.acceptEpoch !== true,
  });
  const service = pickService(settings, name);
  return withProgram(
    settings,
    { stop: io.stop, keep: 'always', deliver: options.acceptEpoch === true },
    program =>
      options.acceptEpoch === true
        ? acceptEpoch(io, program, service, { operator, reason }, options)
        : liftBlockWindow(io, program, service, { operator, reason }, options),
  );
}

async function liftBlockWindow(
  io: Io,
  { world }: Composition,
  service: Service,
  words: Words,
  options: AckOptions,
): Promise<ExitCode> {
  const { store, clock } = world;
  const now = clock.now();
  const state = await store.service(service.name);
  const { lastFlip } = await lookBack(store, state);
  const blocks = blockingRun(service, lastFlip, state.ackedAt, now);
  if (blocks === null) {
    const text = `no block window is open, there is nothing to lift (it lasts ${duration(service.blockWindowMs)} from the end of a run that changed DNS)`;
    say(io, options, { service: service.name, lifted: null, text });
    return EXIT.ok;
  }
  // After a clock that was set back the run's end lies ahead, and an ack counts only for runs that ended before it.
  const acked = Math.max(now, blocks.endedAt);
  const ends = blocks.endedAt + service.blockWindowMs;
  await store.commit([
    { kind: 'service', service: service.name, patch: { ackedAt: acked } },
    audit(service, words, 'ack', `block window of run ${blocks.id}, to ${instant(ends)}`, now),
  ]);
  say(io, options, {
    service: service.name,
    lifted: blocks.id,
    text: `the block window is lifted: run ${blocks.id} ended ${when(blocks.endedAt, now)}, it would have lasted until ${instant(ends)}`,
  });
  return EXIT.ok;
}

/** The run whose end opened the window that the gate counts (row 22). */
function blockingRun(
  service: Service,
  run: Run | null,
  ackedAt: number | null,
  now: number,
): { readonly id: string; readonly endedAt: number } | null {
  if (run === null || !run.flipped || run.endedAt === null) return null;
  if (ackedAt !== null && ackedAt >= run.endedAt) return null;
  return now - run.endedAt >= service.blockWindowMs ? null : { id: run.id, endedAt: run.endedAt };
}

function audit(service: Service, words: Words, action: string, detail: string, at: number): Change {
  return { kind: 'audit', entry: { at, ...words, action, service: service.name, overrides: [], detail } };
}

function say(
  io: Io,
  options: AckOptions,
  answer: Readonly<Record<string, unknown>> & { readonly service: string; readonly text: string },
): void {
  const { text, ...data } = answer;
  io.out(options.json === true ? `${JSON.stringify(data)}\n` : `${answer.service}: ${text}\n`);
}

async function acceptEpoch(
  io: Io,
  program: Composition,
  service: Service,
  words: Words,
  options: AckOptions,
): Promise<ExitCode> {
  const { store, clock } = program.world;
  const shown = await readEpoch(program, service);
  if (typeof shown === 'string') return refuse(io, options.json, { code: 'epoch-foreign', message: shown });
  const { maxEpoch } = await store.service(service.name);
  if (shown.epoch >= maxEpoch) {
    const text = `DNS shows ${inWords(shown)}, and no higher one was seen: there is nothing to accept`;
    say(io, options, { service: service.name, accepted: null, epoch: shown.epoch, maxEpoch, text });
    return EXIT.ok;
  }
  const question = `${service.name}: DNS shows ${inWords(shown)}; the highest epoch ever seen is ${maxEpoch}. Have you made sure which site serves, and that no other runner is at work? Accept epoch ${shown.epoch}?`;
  const declined = await unsure(io, options.yes, question);
  if (declined !== null) return declined;
  const result = await betweenRuns(program, service.name, async lease => {
    const openRun = await store.openRun(service.name);
    if (openRun !== null) return `run ${openRun.id} is still open: it has to end first`;
    const again = await readEpoch(program, service);
    if (typeof again === 'string') return again;
    if (again.text !== shown.text)
      return `DNS has changed since you were asked: it shows ${inWords(again)} now`;
    const now = clock.now();
    await store.commit(
      [
        { kind: 'service', service: service.name, patch: { epoch: shown.epoch, maxEpoch: shown.epoch } },
        audit(
          service,
          words,
          'accept-epoch',
          `epoch ${shown.epoch} (active ${shown.active ?? 'none'}), seen before: ${maxEpoch}`,
          now,
        ),
      ],
      { lease, now },
    );
    return null;
  });
  if ('busy' in result) return refuse(io, options.json, runUnderWay(service.name, result.busy));
  if (result.done !== null)
    return refuse(io, options.json, { code: 'epoch-not-accepted', message: result.done });
  say(io, options, {
    service: service.name,
    accepted: shown.epoch,
    epoch: shown.epoch,
    maxEpoch: shown.epoch,
    text: `epoch ${shown.epoch} is accepted; the next look judges on it`,
  });
  return EXIT.ok;
}

interface Shown {
  /** 0: there is no epoch record. */
  readonly epoch: number;
  readonly active: string | null;
  /** The whole record, to see whether it is still the same. */
  readonly text: string;
}

function inWords({ epoch, active }: Shown): string {
  return epoch === 0 ? 'no epoch' : `epoch ${epoch}, active ${active ?? 'none'}`;
}

/** @returns what the DNS API holds now, or why that is not ours to accept @throws ProviderError */
async function readEpoch({ world }: Composition, service: Service): Promise<Shown | string> {
  const { provider, zone, epochName } = service.dns;
  const limit = world.clock.deadline(READ_MS, world.stop);
  try {
    const dns = await world.outside.dns(provider);
    const view = await dns.read(zone, epochName, [], limit.signal);
    if (view.epochSet !== null && view.epoch === null)
      return `${epochName} is not ours to understand: ${view.epochProblem ?? 'unknown text'}`;
    const active = view.epoch?.active ?? null;
    if (active !== null && !service.sites.some(site => site.name === active))
      return `DNS says that "${active}" is active, a site that this config does not know`;
    return { epoch: view.epoch?.epoch ?? 0, active, text: JSON.stringify(view.epochSet) };
  } finally {
    limit.done();
  }
}
