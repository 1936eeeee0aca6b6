/**
 * The other process of the SQLite tests. Every number it prints was acknowledged by the store before.
 *   write FILE RUN COUNT   commits journal entries 0 … COUNT-1 of RUN (COUNT 0: for ever), printing each
 *   fill FILE RUN          commits big entries until the store fails, twice; prints `failed CODE`, then `kept COUNT`
 *   open FILE              prints `opened` or `failed CODE`
 *   race FILE OWNER        takes the lease; prints `held TOKEN` or `heldBy OWNER`
 */
import { writeSync } from 'node:fs';
import { StoreError } from '../../src/ports/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { intent } from './records.ts';

const [task, file = '', name = '', count = '0'] = process.argv.slice(2);

// Synchronous, so that a line is out before the next commit begins.
const print = (line: string) => writeSync(1, `${line}\n`);

async function write(store: Store): Promise<void> {
  for (let step = 0; Number(count) === 0 || step < Number(count); step += 1) {
    // The patch reads before it writes: what it read must still be true when it writes.
    await store.commit([
      { kind: 'service', service: 'chat', patch: { epoch: step, maxEpoch: step } },
      { kind: 'journal', entry: intent({ run: name, step }) },
    ]);
    print(String(step));
  }
}

async function fill(store: Store): Promise<void> {
  const lines = ['x'.repeat(20_000)];
  for (let round = 0; round < 2; round += 1)
    try {
      for (let step = 0; ; step += 1) {
        await store.commit([
          { kind: 'journal', entry: { ...intent({ run: name, step }), event: 'output', lines } },
        ]);
        print(String(step));
      }
    } catch (thrown) {
      print(`failed ${codeOf(thrown)}`);
    }
  print(`kept ${(await store.journal(name)).length}`);
}

async function race(store: Store): Promise<void> {
  const result = await store.acquire('run', name, 60_000, 0);
  print('held' in result ? `held ${result.held.token}` : `heldBy ${result.heldBy.owner}`);
}

function codeOf(thrown: unknown): string {
  return thrown instanceof StoreError ? thrown.code : `not a StoreError: ${String(thrown)}`;
}

const TASKS: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  write,
  fill,
  race,
  open: async () => void print('opened'),
};

try {
  const store = await openSqliteStore(file);
  await TASKS[task ?? '']?.(store);
  await store.close();
} catch (thrown) {
  print(`failed ${codeOf(thrown)}`);
}
