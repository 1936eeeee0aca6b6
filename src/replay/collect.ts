/** What a store remembers of one service, as a trace: the evidence, and the runs that were made meanwhile. */
import type { Service } from '../model/service.ts';
import type { Run } from '../model/state.ts';
import type { Store } from '../ports/store.ts';
import {
  ENDINGS,
  TRACE_FORMAT,
  TRACE_VERSION,
  type TraceEvent,
  type TraceHeader,
  type TraceRun,
} from './trace.ts';
import { eventsOf } from './write.ts';

export interface CollectInput {
  readonly store: Pick<Store, 'evidence' | 'runs' | 'plan' | 'journal'>;
  readonly service: Pick<Service, 'name' | 'sites'>;
  readonly runner: string;
  /** ms since the epoch; older is left out. */
  readonly since: number;
  readonly now: number;
}

/** Runs looked through: the store keeps no more. */
const RUNS_MOST = 5000;

/** @returns header and events; a site that the config has lost keeps its name */
export async function collectTrace(
  input: CollectInput,
): Promise<{ readonly header: TraceHeader; readonly events: readonly TraceEvent[] }> {
  const { store, service, runner, now } = input;
  const from = Math.max(0, Math.trunc(input.since));
  const evidence = await store.evidence(service.name, from);
  const runs = await recordedRuns(input);
  const events = eventsOf(evidence, runs, { from, to: now });
  const named = events.flatMap(({ type, item }) => {
    if (type === 'run') return [item.from, item.to];
    return 'site' in item ? [item.site] : [];
  });
  const sites = [...new Set([...service.sites.map(site => site.name), ...named])];
  const header: TraceHeader = {
    format: TRACE_FORMAT,
    version: TRACE_VERSION,
    service: service.name,
    runner,
    from,
    to: Math.max(from, now),
    thinned: 'nothing',
    sites,
  };
  return { header, events };
}

async function recordedRuns({ store, service, since, now }: CollectInput): Promise<readonly TraceRun[]> {
  const found: TraceRun[] = [];
  for (const run of await store.runs({ service: service.name, limit: RUNS_MOST })) {
    if (run.startedAt < since || run.startedAt > now) continue;
    const told = await traceRun(store, run);
    if (told !== null) found.push(told);
  }
  return found.reverse();
}

/** @returns null for a run that is open, or whose plan is gone */
async function traceRun(store: CollectInput['store'], run: Run): Promise<TraceRun | null> {
  const status = ENDINGS.find(ending => ending === run.status);
  const stored = await store.plan(run.plan);
  if (status === undefined || run.endedAt === null || stored === null) return null;
  const failedAt = (await store.journal(run.id)).findLast(entry => entry.event === 'error')?.kind;
  const { id, kind, to, automatic, flipped, startedAt: at } = run;
  // A clock that was set back during the run would have it end before it began.
  const endedAt = Math.max(at, run.endedAt);
  const told: TraceRun = { at, endedAt, id, kind, from: stored.plan.from, to, automatic, status, flipped };
  return status === 'failed' && failedAt !== undefined ? { ...told, failedAt } : told;
}
