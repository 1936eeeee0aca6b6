/**
 * What a journal write costs (a commit of one entry under the lease, as the executor does between two steps), against the
 * least that durability can cost: one line appended to a file beside it and fdatasync'ed. Interleaved write by write,
 * because a disk's mood changes by the second; only the ratio travels between machines.
 *
 *   npx tsx scripts/bench-store.ts [--writes 2000] [--dir DIRECTORY] [--json]
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { JournalEntry } from '../src/model/state.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';

const LEASE_MS = 3_600_000;

const { values } = parseArgs({
  options: {
    writes: { type: 'string', default: '2000' },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
  },
});

interface Spread {
  readonly medianMs: number;
  readonly p10Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
}

function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((left, right) => left - right);
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(4));
  return { medianMs: at(0.5), p10Ms: at(0.1), p90Ms: at(0.9), p99Ms: at(0.99) };
}

async function measure(directory: string, writes: number): Promise<{ append: Spread; journal: Spread }> {
  const store = await openSqliteStore(join(directory, 'state.db'));
  const log = openSync(join(directory, 'append.log'), 'a');
  const append: number[] = [];
  const journal: number[] = [];
  try {
    const taken = await store.acquire('run', 'bench', LEASE_MS, Date.now());
    if (!('held' in taken)) throw new Error('a fresh file has a lease already');
    const warmUp = Math.ceil(writes / 10);
    for (let i = 0; i < writes + warmUp; i += 1) {
      const entry: JournalEntry = {
        run: 'r-0123456789',
        step: i,
        kind: 'fence',
        at: Date.now(),
        event: 'intent',
      };
      const line = `${JSON.stringify(entry)}\n`;
      const start = performance.now();
      writeSync(log, line);
      fdatasyncSync(log);
      const middle = performance.now();
      await store.commit([{ kind: 'journal', entry }], { lease: taken.held, now: entry.at });
      const end = performance.now();
      if (i < warmUp) continue;
      append.push(middle - start);
      journal.push(end - middle);
    }
    const kept = await store.journal('r-0123456789');
    if (kept.length !== writes + warmUp) throw new Error(`${kept.length} entries kept of ${writes + warmUp}`);
  } finally {
    closeSync(log);
    await store.close();
  }
  return { append: spread(append), journal: spread(journal) };
}

const directory = mkdtempSync(join(values.dir, 'understudy-bench-'));
try {
  const writes = Number(values.writes);
  const { append, journal } = await measure(directory, writes);
  const ratio = Number((journal.medianMs / append.medianMs).toFixed(2));
  if (values.json) console.log(JSON.stringify({ bench: 'journal', writes, append, journal, ratio }));
  else {
    const row = (name: string, { medianMs, p10Ms, p90Ms, p99Ms }: Spread) =>
      console.log(`${name.padEnd(22)} median ${medianMs} ms   p10 ${p10Ms}   p90 ${p90Ms}   p99 ${p99Ms}`);
    row('append + fdatasync', append);
    row('guarded journal commit', journal);
    console.log(`ratio of the medians   ${ratio} over ${writes} writes each (aim: at most 2)`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
