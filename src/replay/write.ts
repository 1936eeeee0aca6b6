/**
 * The other direction: what the store kept of one service, as the lines of a trace. Field by field, so that what is not
 * meant for a trace (the journal, a plan's commands, the audit) can't get into one by way of a spread.
 */
import type { ReferenceSample, Sample } from '../model/sample.ts';
import type { FreshnessReading, HostSignal, RecordSet, ZoneReading } from '../model/signal.ts';
import type { Evidence } from '../model/state.ts';
import { TRACE_FORMAT, type TraceEvent, type TraceHeader, type TraceRun, type TraceType } from './trace.ts';

/** @returns the events of the header's time, ordered by `at`; of one instant in the order of the types below */
export function eventsOf(
  evidence: Evidence,
  runs: readonly TraceRun[],
  { from, to }: Pick<TraceHeader, 'from' | 'to'>,
): readonly TraceEvent[] {
  const events: readonly TraceEvent[] = [
    ...evidence.zones.map(item => ({ type: 'zone' as const, item })),
    ...evidence.hosts.map(item => ({ type: 'host' as const, item })),
    ...evidence.freshness.map(item => ({ type: 'freshness' as const, item })),
    ...evidence.references.map(item => ({ type: 'reference' as const, item })),
    ...evidence.samples.map(item => ({ type: 'sample' as const, item })),
    ...runs.map(item => ({ type: 'run' as const, item })),
  ];
  return events.filter(({ item }) => item.at >= from && item.at <= to).sort((a, b) => a.item.at - b.item.at);
}

/** How the first line begins: no other file of ours does. */
export const TRACE_HEAD = `{"format":"${TRACE_FORMAT}"`;

/** @returns the lines of a trace file, each with its line end, the header first */
export function* traceLines(header: TraceHeader, events: readonly TraceEvent[]): Generator<string> {
  const { format, version, service, runner, from, to, thinned, sites } = header;
  yield line({ format, version, service, runner, from, to, thinned, sites });
  for (const { type, item } of events)
    yield line({ type, at: item.at, ...(WRITE[type] as (item: TraceEvent['item']) => object)(item) });
}

/** What is undefined is left out. */
function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

type Write = {
  readonly [K in TraceType]: (item: Extract<TraceEvent, { readonly type: K }>['item']) => object;
};

const WRITE: Write = {
  sample: ({ site, probe, family, vantage, tookMs, ok, failure, detail, facts }: Sample) => ({
    site,
    probe,
    family,
    vantage,
    tookMs,
    ok,
    failure,
    detail: detail === '' ? undefined : detail,
    // Through the store's JSON, a fact that was no number has become null.
    facts: facts && Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== null)),
  }),
  reference: ({ reference, family, tookMs, ok, failure }: ReferenceSample) => ({
    reference,
    family,
    tookMs,
    ok,
    failure,
  }),
  host: ({ site, tookMs, power, blocked, error }: HostSignal) => ({
    site,
    tookMs,
    power,
    blocked: blocked && { v4: blocked.v4, v6: blocked.v6 },
    error: said(error),
  }),
  zone: ({ tookMs, view, error }: ZoneReading) => ({
    tookMs,
    view: view && {
      epochSet: view.epochSet === null ? null : setOf(view.epochSet),
      epoch: view.epoch && { epoch: view.epoch.epoch, active: view.epoch.active, owner: view.epoch.owner },
      epochProblem: said(view.epochProblem),
      records: view.records.map(setOf),
    },
    error: said(error),
  }),
  freshness: ({ site, tookMs, lagMs, error }: FreshnessReading) => ({
    site,
    tookMs,
    lagMs: typeof lagMs === 'number' ? lagMs : undefined,
    error: said(error),
  }),
  run: ({ endedAt, id, kind, from, to, automatic, status, flipped, failedAt }: TraceRun) => ({
    endedAt,
    id,
    kind,
    from,
    to,
    automatic,
    status,
    flipped,
    failedAt,
  }),
};

function setOf({ name, type, ttlS, values }: RecordSet): RecordSet {
  return { name, type, ttlS, values };
}

const ERROR_MOST = 1000;

function said(error: string | undefined): string | undefined {
  if (error === undefined) return undefined;
  return error === '' ? 'unknown' : error.slice(0, ERROR_MOST);
}
