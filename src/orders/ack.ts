/** `ack`: the block window is lifted, or a rolled-back epoch accepted; each in one transaction with its audit. */
import { instant } from '../announce/plain.ts';
import type { Service } from '../model/service.ts';
import type { Change, Run } from '../model/state.ts';
import type { Program } from '../reconcile/daemon.ts';
import { lookBack } from '../reconcile/look-back.ts';
import { betweenRuns } from './between-runs.ts';
import type { Refused, Words } from './person.ts';

/** One read of the zone through the provider's API, its retries included, ms. */
const READ_MS = 15_000;

export interface BlockWindow {
  /** The run that opened it by its end. */
  readonly run: string;
  readonly endedAt: number;
  /** When it would have ended by itself, ms since the epoch. */
  readonly until: number;
}

/**
 * @returns the window that was lifted, null when none is open (then nothing is written); `at`: the instant of the order
 * @throws StoreError
 */
export async function liftBlockWindow(
  { world }: Program,
  service: Service,
  words: Words,
): Promise<{ readonly at: number; readonly lifted: BlockWindow | null }> {
  const { store, clock } = world;
  const now = clock.now();
  const state = await store.service(service.name);
  const { lastFlip } = await lookBack(store, state);
  const lifted = openWindow(service, lastFlip, state.ackedRun, now);
  if (lifted === null) return { at: now, lifted };
  await store.commit([
    { kind: 'service', service: service.name, patch: { ackedRun: lifted.run } },
    audit(service, words, 'ack', `block window of run ${lifted.run}, to ${instant(lifted.until)}`, now),
  ]);
  return { at: now, lifted };
}

/** The window that the gate counts (row 22). */
function openWindow(
  service: Service,
  run: Run | null,
  ackedRun: string | null,
  now: number,
): BlockWindow | null {
  if (run === null || !run.flipped || run.endedAt === null) return null;
  if (run.id === ackedRun) return null;
  if (now - run.endedAt >= service.blockWindowMs) return null;
  return { run: run.id, endedAt: run.endedAt, until: run.endedAt + service.blockWindowMs };
}

function audit(service: Service, words: Words, action: string, detail: string, at: number): Change {
  return { kind: 'audit', entry: { at, ...words, action, service: service.name, overrides: [], detail } };
}

export interface ShownEpoch {
  /** 0: there is no epoch record. */
  readonly epoch: number;
  readonly active: string | null;
  /** The whole record, to see whether it is still the same. */
  readonly text: string;
}

/** What a person is asked about: the epoch in DNS and the highest ever seen. There is something to accept when it is lower. */
export interface EpochLook {
  readonly shown: ShownEpoch;
  readonly maxEpoch: number;
}

export function epochInWords({ epoch, active }: ShownEpoch): string {
  return epoch === 0 ? 'no epoch' : `epoch ${epoch}, active ${active ?? 'none'}`;
}

/**
 * Reads the epoch through the API of the DNS provider, changing nothing.
 * @returns the refusal `epoch-foreign` when what DNS holds is not ours to accept
 * @throws ProviderError, StoreError
 */
export async function lookAtEpoch(program: Program, service: Service): Promise<EpochLook | Refused> {
  const shown = await readEpoch(program, service);
  if (typeof shown === 'string') return { refused: { code: 'epoch-foreign', message: shown } };
  const { maxEpoch } = await program.world.store.service(service.name);
  return { shown, maxEpoch };
}

/**
 * Takes the epoch in DNS for the highest ever seen, between runs, if DNS still shows just what the person was asked about.
 * @param asked what lookAtEpoch returned
 * @returns the accepted epoch, or the refusal `run-open` or `epoch-not-accepted`
 * @throws ProviderError, StoreError, StateMovedError, LeaseLostError; then nothing was changed
 */
export async function acceptEpoch(
  program: Program,
  service: Service,
  { shown, maxEpoch }: EpochLook,
  words: Words,
): Promise<{ readonly accepted: ShownEpoch } | Refused> {
  const { store, clock } = program.world;
  return betweenRuns(program, service.name, async lease => {
    const openRun = await store.openRun(service.name);
    if (openRun !== null) return notAccepted(`run ${openRun.id} is still open: it has to end first`);
    const again = await readEpoch(program, service);
    if (typeof again === 'string') return notAccepted(again);
    if (again.text !== shown.text)
      return notAccepted(`DNS has changed since you were asked: it shows ${epochInWords(again)} now`);
    const known = (await store.service(service.name)).maxEpoch;
    if (known !== maxEpoch)
      return notAccepted(`the highest epoch seen was ${maxEpoch} when you were asked, and is ${known} now`);
    const now = clock.now();
    const detail = `epoch ${shown.epoch} (active ${shown.active ?? 'none'}), seen before: ${maxEpoch}`;
    await store.commit(
      [
        { kind: 'premise', service: service.name, maxEpoch },
        { kind: 'service', service: service.name, patch: { epoch: shown.epoch, maxEpoch: shown.epoch } },
        audit(service, words, 'accept-epoch', detail, now),
      ],
      { lease, now },
    );
    return { accepted: shown };
  });
}

function notAccepted(message: string): Refused {
  return { refused: { code: 'epoch-not-accepted', message } };
}

/** @returns what the DNS API holds now, or why that is not ours to accept @throws ProviderError */
async function readEpoch({ world }: Program, service: Service): Promise<ShownEpoch | string> {
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
