/** The work of `status`: reads the state, asks DNS where it must, and hands both to the renderer. */
import type { Settings } from '../../model/service.ts';
import type { OutboxItem, ServiceState, StoredPlan } from '../../model/state.ts';
import { asError, StoreError, type UnderstudyError } from '../../ports/errors.ts';
import type { Store } from '../../ports/store.ts';
import { createNameServers } from '../../probe/name-servers.ts';
import { type StatusDocument, statusOf } from '../../server/status.ts';
import { systemClock } from '../../system/clock.ts';
import { type DnsView, viewDns } from '../dns-view.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, pickService } from '../io.ts';
import { type SinkBacklog, statusData, statusText } from '../render/status.ts';
import { loadConfig } from '../session.ts';
import type { StatusOptions } from '../status.ts';
import { withState } from './reading.ts';

/** More waiting notices than this are not counted one by one. */
const BACKLOG_MOST = 1_000;

/** @returns 0, or 8 when the state could not be read and only DNS is shown */
export async function showStatus(
  io: Io,
  name: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  const all = await loadConfig(io, options.config, { leaveOutSecrets: true, quiet: true });
  const settings: Settings = name === undefined ? all : { ...all, services: [pickService(all, name)] };
  const now = systemClock.now();
  const state = await readState(settings, now);
  const doubtful = 'error' in state || state.document.stale;
  const dns = options.dns === true || doubtful ? await askAll(settings, io.stop) : [];
  const report = { settings, now, state, dns };
  io.out(
    options.json === true ? `${JSON.stringify(statusData(report))}\n` : statusText(report, io.isTerminal),
  );
  if (!('error' in state)) return EXIT.ok;
  return state.error instanceof StoreError ? EXIT.store : EXIT.internal;
}

export interface KnownState {
  readonly document: StatusDocument;
  readonly states: readonly ServiceState[];
  /** Plans that wait for a person and have not expired, newest first. */
  readonly proposed: readonly StoredPlan[];
  /** Sinks that something waits for. */
  readonly backlog: readonly SinkBacklog[];
}

async function readState(
  settings: Settings,
  now: number,
): Promise<KnownState | { readonly error: UnderstudyError }> {
  try {
    return await withState(settings, store => readKnown(settings, store, now));
  } catch (thrown) {
    // Whatever it is: DNS can still be asked, and that is what the person at the keyboard needs now.
    return { error: asError(thrown) };
  }
}

async function readKnown(settings: Settings, store: Store, now: number): Promise<KnownState> {
  const names = settings.services.map(service => service.name);
  const states = await Promise.all(names.map(service => store.service(service)));
  const decisions = await Promise.all(names.map(service => store.decision(service)));
  const plans = (await Promise.all(names.map(service => store.proposed(service)))).flat();
  const backlog = await Promise.all(settings.sinks.map(({ name }) => backlogOf(store, name)));
  return {
    document: statusOf(settings, states, decisions, now),
    states,
    proposed: plans.filter(({ plan }) => plan.expiresAt > now),
    backlog: backlog.filter(entry => entry !== null),
  };
}

async function backlogOf(store: Store, sink: string): Promise<SinkBacklog | null> {
  const items = await store.outbox(sink, BACKLOG_MOST);
  const [head] = items;
  return head === undefined ? null : backlogWith(sink, items.length, head);
}

function backlogWith(sink: string, waiting: number, head: OutboxItem): SinkBacklog {
  const { notice, attempts, dueAt, lastError } = head;
  return { sink, waiting, oldestAt: notice.at, attempts, dueAt, lastError };
}

function askAll(settings: Settings, stop: AbortSignal): Promise<readonly DnsView[]> {
  const ports = { nameServers: createNameServers(), clock: systemClock };
  return Promise.all(settings.services.map(service => viewDns(service, ports, stop)));
}
