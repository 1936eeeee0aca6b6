/**
 * The state file after a bad disk, a bad copy or a bad hand has been at it: bytes and rows, mutated. It is refused with
 * words that say which file (and which row), or what it says is what it said; and it never makes the program act.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { StoreError, UnderstudyError } from '../../src/ports/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { ircLines } from '../../src/server/irc.ts';
import { statusOf } from '../../src/server/status.ts';
import { type Database, openDatabase, type Value } from '../../src/store/database.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { VirtualClock } from '../lab/clock.ts';
import { makeWorkspace } from '../workspace.ts';
import { byteEdits, mutateBytes } from './bytes.ts';
import { assertFit, assertGoodError, property, thrownBy } from './harness.ts';
import { type JsonMutation, jsonMutation, mutateJson, VALUES } from './json.ts';
import { makeScene, type Scene, tick } from './state-scene.ts';

const file = import.meta.url;

/** What the program itself stores, and what it reads again: `body` columns hold JSON, the others are searched by. */
const COLUMNS = [
  ['service', 'state'],
  ['hold', 'body'],
  ['hold', 'service'],
  ['decision', 'body'],
  ['decision', 'verdict'],
  ['decision', 'plan'],
  ['incident', 'body'],
  ['incident', 'open'],
  ['incident', 'service'],
  ['incident', 'id'],
  ['plan', 'body'],
  ['plan', 'status'],
  ['plan', 'id'],
  ['run', 'body'],
  ['run', 'open'],
  ['run', 'service'],
  ['run', 'id'],
  ['journal', 'body'],
  ['journal', 'run'],
  ['evidence', 'body'],
  ['evidence', 'service'],
  ['evidence', 'newest'],
  ['evidence', 'oldest'],
  ['notice', 'body'],
  ['notice', 'id'],
  ['outbox', 'attempts'],
  ['outbox', 'due_at'],
  ['outbox', 'sink'],
  ['lease', 'owner'],
  ['lease', 'until'],
  ['lease', 'token'],
  ['audit', 'body'],
] as const;

/** Ten thousand files that are flushed to a disk several times each would take an hour. */
function inMemory(): string | null {
  return existsSync('/dev/shm') ? mkdtempSync('/dev/shm/us-state-') : null;
}

interface RowEdit {
  readonly column: (typeof COLUMNS)[number];
  /** Which row of the table, from its end. */
  readonly nth: number;
  readonly do: 'json' | 'scalar' | 'delete' | 'copy';
  readonly mutation: JsonMutation;
  readonly scalar: string;
}

const rowEdit: fc.Arbitrary<RowEdit> = fc.record({
  column: fc.constantFrom(...COLUMNS),
  nth: fc.nat({ max: 30 }),
  do: fc.constantFrom(
    'json' as const,
    'json' as const,
    'json' as const,
    'scalar' as const,
    'delete' as const,
    'copy' as const,
  ),
  mutation: jsonMutation,
  scalar: fc.constantFrom(...VALUES),
});

function scalarOf(text: string): Value {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'number' && Number.isFinite(value) ? value : value === null ? null : text;
  } catch {
    return text;
  }
}

/** What a hand could do with the sqlite3 shell. A refusal of SQLite's own leaves the row as it is. */
function editRow(db: Database, { column: [table, name], nth, do: verb, mutation, scalar }: RowEdit): void {
  const rows = db.all(`select * from ${table}`);
  const row = rows[rows.length - 1 - (nth % Math.max(1, rows.length))];
  const other = rows[nth % Math.max(1, rows.length)];
  if (row === undefined || other === undefined) return;
  const keys = Object.entries(row).filter(([key]) => key !== name);
  const where = keys.map(([key]) => `${key} is ?`).join(' and ');
  const values = keys.map(([, value]) => value);
  const old = row[name] ?? null;
  try {
    if (verb === 'delete') db.run(`delete from ${table} where ${where}`, ...values);
    else if (verb === 'copy')
      db.run(`update ${table} set ${name} = ? where ${where}`, other[name] ?? null, ...values);
    else {
      const json = typeof old === 'string' && old.startsWith('{');
      const made =
        verb === 'json' && json
          ? mutateJson(JSON.parse(old), mutation).toString().replaceAll('\0', '')
          : scalarOf(scalar);
      db.run(`update ${table} set ${name} = ? where ${where}`, made, ...values);
    }
  } catch {
    // a constraint
  }
}

describe('property: the state file', () => {
  let scene: Scene;
  let directory: string;
  /** Where the file holds anything but zeros. */
  let used: number[];
  let count = 0;
  before(async () => {
    scene = await makeScene();
    used = [...scene.bytes.keys()].filter(index => scene.bytes[index] !== 0);
    directory = inMemory() ?? makeWorkspace('state');
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** All that commands read, as they read it. */
  async function readAll(store: Store): Promise<void> {
    const { settings, now } = scene;
    const states = await Promise.all(settings.services.map(({ name }) => store.service(name)));
    const decisions = await Promise.all(settings.services.map(({ name }) => store.decision(name)));
    const document = statusOf(settings, states, decisions, now);
    for (const line of ircLines(document)) assertFit(line, 'a line for IRC');
    JSON.stringify(document);
    for (const run of await store.runs({ limit: 20 })) {
      await store.plan(run.plan);
      await store.journal(run.id);
    }
    await store.incidents({ limit: 20 });
    await store.notices({ limit: 20 });
    await store.audit({ limit: 20 });
    await store.proposed('web');
    await store.outbox('hook', 5);
  }

  /** One tick of cron over this file, in a world that is well. @returns what it threw, or null */
  async function tickOver(path: string): Promise<unknown> {
    const { lab, now } = scene;
    lab.deeds.length = 0;
    const zone = JSON.stringify([lab.records, lab.epochSet]);
    const thrown = await thrownBy(async () => {
      const store = await openSqliteStore(path);
      try {
        await readAll(store);
        const clock = new VirtualClock(now + 1000);
        await tick(lab.world({ store, clock }), clock);
        await readAll(store);
      } finally {
        await store.close();
      }
    });
    const acts = lab.deeds.filter(deed => deed !== 'run lag');
    assert.deepEqual(acts, [], 'the file made it act');
    assert.equal(JSON.stringify([lab.records, lab.epochSet]), zone);
    return thrown;
  }

  async function check(path: string): Promise<void> {
    const thrown = await tickOver(path);
    if (thrown === null) return;
    // A damaged index hides a row from whoever looks it up by id: then the plan is the place.
    if (thrown instanceof UnderstudyError && thrown.code === 'plan-unknown')
      return void assertGoodError(thrown, /^there is no plan p-/);
    const error = assertGoodError(thrown, new RegExp(path.replaceAll('.', '\\.')));
    assert.ok(error instanceof StoreError, error.message);
  }

  async function withFile(bytes: Buffer, use: (path: string) => Promise<void>): Promise<void> {
    count += 1;
    const path = join(directory, `${count}.db`);
    writeFileSync(path, bytes, { mode: 0o600 });
    try {
      await use(path);
    } finally {
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    }
  }

  it('as it was left is read, and nothing is done', async () => {
    await withFile(scene.bytes, async path => assert.equal(await tickOver(path), null));
  });

  it('can lead to a failover when the active site is down: or "nothing is done" would prove nothing', async () => {
    const { lab, now } = scene;
    const { records, epochSet } = lab;
    const host = lab.hosts.get('2');
    lab.site('away', { ok: false, failure: 'refused' });
    await withFile(scene.bytes, async path => {
      const store = await openSqliteStore(path);
      const clock = new VirtualClock(now + 1000);
      lab.deeds.length = 0;
      await tick(lab.world({ store, clock }), clock);
      await store.close();
    });
    assert.ok(lab.deeds.includes('swap third 4'), lab.deeds.join());
    Object.assign(lab, { records, epochSet });
    if (host !== undefined) lab.hosts.set('2', host);
    lab.site('away', 'well');
  });

  property(
    'rows, mutated: refused at their place or read, and nothing is done',
    fc.array(rowEdit, { minLength: 1, maxLength: 3 }),
    edits =>
      withFile(scene.bytes, async path => {
        const db = openDatabase(path, 1000);
        for (const edit of edits) editRow(db, edit);
        db.close();
        await check(path);
      }),
    { file, usual: 200 },
  );

  property(
    'bytes, flipped where there are any: refused or read, and nothing is done',
    fc.array(fc.record({ nth: fc.nat({ max: 1_000_000 }), bits: fc.integer({ min: 1, max: 255 }) }), {
      minLength: 1,
      maxLength: 12,
    }),
    flips => {
      const bytes = Buffer.from(scene.bytes);
      for (const { nth, bits } of flips) {
        const at = used[Math.floor((nth / 1_000_001) * used.length)] ?? 0;
        bytes[at] = (bytes[at] ?? 0) ^ bits;
      }
      return withFile(bytes, check);
    },
    { file, usual: 150 },
  );

  property(
    'the whole file cut, doubled, filled: refused or read, and nothing is done',
    byteEdits,
    edits => withFile(mutateBytes(scene.bytes, edits), check),
    { file, usual: 100 },
  );
});
