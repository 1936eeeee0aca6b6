/**
 * (e) What a journal write costs (a commit of one entry under the lease, as the executor does between two steps), against
 * the least that durability can cost: one line appended to a file beside it and fdatasync'ed. Interleaved write by write,
 * because a disk's mood changes by the second; only the ratio travels between machines.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEntry } from '../../src/model/state.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { type Figure, spread } from './figures.ts';
import type { BenchOptions } from './options.ts';

const LEASE_MS = 3_600_000;
const WRITES_PER_TRIAL = 100;
const RUN = 'r-0123456789';
const AIM = 2;

interface Times {
  readonly append: number[];
  readonly journal: number[];
}

async function measure(directory: string, writes: number): Promise<Times> {
  const store = await openSqliteStore(join(directory, 'state.db'));
  const log = openSync(join(directory, 'append.log'), 'a');
  const times: Times = { append: [], journal: [] };
  try {
    const taken = await store.acquire('run', 'bench', LEASE_MS, Date.now());
    if (!('held' in taken)) throw new Error('a fresh file has a lease already');
    const warmUp = Math.ceil(writes / 10);
    for (let i = 0; i < writes + warmUp; i += 1) {
      const entry: JournalEntry = { run: RUN, step: i, kind: 'fence', at: Date.now(), event: 'intent' };
      const line = `${JSON.stringify(entry)}\n`;
      const start = performance.now();
      writeSync(log, line);
      fdatasyncSync(log);
      const middle = performance.now();
      await store.commit([{ kind: 'journal', entry }], { lease: taken.held, now: entry.at });
      const end = performance.now();
      if (i < warmUp) continue;
      times.append.push(middle - start);
      times.journal.push(end - middle);
    }
    const kept = await store.journal(RUN);
    if (kept.length !== writes + warmUp) throw new Error(`${kept.length} entries kept of ${writes + warmUp}`);
  } finally {
    closeSync(log);
    await store.close();
  }
  return times;
}

/** The files lie in the folder for temporary ones ($TMPDIR): point it at the disk that matters. */
export async function benchJournal({ trials, progress }: BenchOptions): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'us-bench-journal-'));
  const writes = trials * WRITES_PER_TRIAL;
  progress(`${writes} journal writes in ${directory}`);
  try {
    const { append, journal } = await measure(directory, writes);
    const [floor, ours] = [spread(append), spread(journal)];
    const base = { bench: 'e', aim: null } as const;
    return [
      { ...base, name: 'append + fdatasync', unit: 'ms', spread: floor, value: floor.median },
      { ...base, name: 'journal write', unit: 'ms', spread: ours, value: ours.median },
      {
        bench: 'e',
        name: 'journal write ÷ append + fdatasync',
        unit: '×',
        spread: spread(journal.map((value, at) => value / (append[at] ?? Number.NaN))),
        value: ours.median / floor.median,
        of: 'ratio of medians',
        aim: AIM,
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
