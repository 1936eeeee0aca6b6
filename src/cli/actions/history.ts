/** The work of `history`: runs, incidents and audit of the store, brought into one order. */
import type { AuditEntry, Incident, JournalEntry, Run } from '../../model/state.ts';
import type { Store } from '../../ports/store.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { HistoryOptions } from '../history.ts';
import { type Io, pickService, UsageError } from '../io.ts';
import {
  type Chapter,
  chapterData,
  historyText,
  type RunRecord,
  runData,
  runText,
} from '../render/history.ts';
import { clean } from '../render/text.ts';
import { loadConfig } from '../session.ts';
import { withState } from './reading.ts';

const MOST = 1_000;

/** @throws UsageError for a bad --limit, an unknown service or run */
export async function showHistory(
  io: Io,
  name: string | undefined,
  options: HistoryOptions,
): Promise<ExitCode> {
  const limit = limitOf(options.limit);
  const settings = await loadConfig(io, options.config, { leaveOutSecrets: true, quiet: true });
  const service = name === undefined ? undefined : pickService(settings, name).name;
  return withState(settings, async store => {
    const now = systemClock.now();
    if (options.run !== undefined) {
      const record = await oneRun(store, options.run, service);
      io.out(
        options.json === true ? `${JSON.stringify(runData(record))}\n` : runText(record, now, io.isTerminal),
      );
      return EXIT.ok;
    }
    const chapters = await newest(store, service, limit);
    io.out(
      options.json === true
        ? `${JSON.stringify({ at: now, entries: chapters.map(chapterData) })}\n`
        : historyText(chapters, now, io.isTerminal),
    );
    return EXIT.ok;
  });
}

function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MOST) return limit;
  throw new UsageError(`--limit is a whole number from 1 to ${MOST}, not "${clean(text)}"`);
}

async function oneRun(store: Store, id: string, service: string | undefined): Promise<RunRecord> {
  const run = await store.run(id);
  if (run === null || (service !== undefined && run.service !== service)) {
    const recent = await store.runs({ limit: 5, ...(service === undefined ? {} : { service }) });
    const known = recent.map(one => one.id).join(', ');
    throw new UsageError(
      `there is no run "${clean(id)}"${service === undefined ? '' : ` of ${service}`}; ${known === '' ? 'none was made yet' : `the newest are: ${known}`}`,
    );
  }
  return recordOf(store, run);
}

async function recordOf(store: Store, run: Run): Promise<RunRecord> {
  const journal: readonly JournalEntry[] = await store.journal(run.id);
  return { run, plan: (await store.plan(run.plan))?.plan ?? null, journal };
}

/** The newest `limit` of all three kinds together, oldest of them first. */
async function newest(store: Store, service: string | undefined, limit: number): Promise<readonly Chapter[]> {
  const query = { limit, ...(service === undefined ? {} : { service }) };
  const runs = await Promise.all((await store.runs(query)).map(run => recordOf(store, run)));
  const incidents: readonly Incident[] = await store.incidents(query);
  const audit: readonly AuditEntry[] = await store.audit(query);
  const chapters: readonly Chapter[] = [
    ...incidents.map(incident => ({ kind: 'incident' as const, at: incident.openedAt, incident })),
    ...audit.map(entry => ({ kind: 'audit' as const, at: entry.at, entry })),
    ...runs.map(record => ({ kind: 'run' as const, at: record.run.startedAt, record })),
  ];
  return [...chapters].sort((a, b) => a.at - b.at || ORDER[a.kind] - ORDER[b.kind]).slice(-limit);
}

/** Of one instant: what was found, what was ordered, what was done. */
const ORDER: Readonly<Record<Chapter['kind'], number>> = { incident: 0, audit: 1, run: 2 };
