/** What only a file can suffer: power, permissions, other programs, other versions of this one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { openForReading } from '../../src/cli/actions/reading.ts';
import { StoreError } from '../../src/ports/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { ServiceState } from '../../src/model/state.ts';
import { APPLICATION_ID, CONNECTION_PRAGMAS, MIGRATIONS } from '../../src/store/schema.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { describeStore } from '../conformance/store.ts';
import { makeWorkspace } from '../workspace.ts';
import { runChild } from './children.ts';
import { hold, intent } from './records.ts';

const newFile = () => join(makeWorkspace('store'), 'state.db');

describeStore('sqlite', () => openSqliteStore(newFile()));

/** Makes a state file with something to lose in it, closed whole. */
async function filledFile(): Promise<string> {
  const file = newFile();
  const store = await openSqliteStore(file);
  await store.commit([{ kind: 'hold', hold: hold() }]);
  for (let step = 0; step < 40; step += 1)
    await store.commit([
      { kind: 'journal', entry: { ...intent({ step }), event: 'output', lines: ['x'.repeat(2000)] } },
    ]);
  await store.close();
  // Into the main file with all of it, so that damage done there is not covered by the log.
  const db = openDatabase(file, 1000);
  db.exec('pragma wal_checkpoint(truncate)');
  db.close();
  return file;
}

/** Asserts the code, and that the message is one a person can act on. */
async function refused(work: Promise<unknown>, code: StoreError['code'], path: string): Promise<StoreError> {
  const error = await work.then(
    () => assert.fail(`must fail with ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StoreError, String(error));
  assert.equal(error.code, code, error.message);
  assert.ok(error.message.includes(path), error.message);
  assert.match(error.message, /nothing was (changed in|written to) it/);
  assert.doesNotMatch(error.message, /outside|world/, 'which a store cannot know');
  assert.ok(error.next);
  assert.equal(error.retriable, code === 'store-busy');
  return error;
}

describe('sqlite store: a new file', () => {
  it('is private, whole, and leaves nothing else behind', async () => {
    const file = newFile();
    const store = await openSqliteStore(file);
    await store.commit([{ kind: 'hold', hold: hold() }]);
    for (const suffix of ['', '-wal', '-shm'])
      assert.equal(statSync(file + suffix).mode & 0o777, 0o600, suffix);
    assert.deepEqual(readdirSync(dirname(file)).sort(), ['state.db', 'state.db-shm', 'state.db-wal']);
    const db = openDatabase(file, 1000);
    assert.equal(db.get('pragma journal_mode')?.journal_mode, 'wal');
    assert.equal(db.get('pragma application_id')?.application_id, APPLICATION_ID);
    assert.equal(db.get('pragma user_version')?.user_version, MIGRATIONS.length);
    db.close();
    await store.close();
  });

  it('needs its directory, and says how to make it', async () => {
    const file = join(makeWorkspace('store'), 'not there', 'state.db');
    const error = await refused(openSqliteStore(file), 'store-unusable', file);
    assert.equal(error.next, `make it: install -d -m 0700 '${dirname(file)}'`);
    execFileSync('sh', ['-c', String(error.next).replace('make it: ', '')]);
    await (await openSqliteStore(file)).close();
  });

  it('is not put where a directory is', async () => {
    const directory = makeWorkspace('store');
    await refused(openSqliteStore(directory), 'store-unusable', directory);
  });

  it('is not put where a link to nothing leads', async () => {
    const file = newFile();
    const aim = join(makeWorkspace('store'), 'not mounted.db');
    symlinkSync(aim, file);
    const error = await refused(openSqliteStore(file), 'store-unusable', file);
    assert.match(error.message, /symbolic link to a file that does not exist/);
    // Commands that only look say "there is no state file" of a path with nothing at it; here there is a link.
    await assert.rejects(openForReading({ state: file }), { message: error.message });
    assert.deepEqual(readdirSync(dirname(aim)), []);
    assert.deepEqual(readdirSync(dirname(file)), ['state.db']);
    await (await openSqliteStore(aim)).close();
    await (await openSqliteStore(file)).close();
  });

  it('may have any name', async () => {
    const file = join(makeWorkspace('store'), `a 'name'?mode=memory&x=%41#ü.db`);
    const store = await openSqliteStore(file);
    await store.commit([{ kind: 'hold', hold: hold() }]);
    await store.close();
    assert.ok(existsSync(file));
    const again = await openSqliteStore(file, { migrations: [...MIGRATIONS, 'create table next (x)'] });
    assert.deepEqual((await again.service('chat')).hold, hold());
    assert.ok(existsSync(`${file}.before-v${MIGRATIONS.length + 1}`));
    await again.close();
  });

  it('an ack of the first schema, which named an instant, counts for no run in the second', async () => {
    const file = newFile();
    const old = await openSqliteStore(file, { migrations: MIGRATIONS.slice(0, 1) });
    const patch = { tried: ['away'], ackedAt: 7 } as Partial<ServiceState>;
    await old.commit([{ kind: 'service', service: 'chat', patch }]);
    await old.close();
    const now = await openSqliteStore(file);
    const state = await now.service('chat');
    assert.deepEqual([state.ackedRun, state.tried, 'ackedAt' in state], [null, ['away'], false]);
    await now.close();
  });

  it('a state of the second schema knows of no other installation, and can remember one in the third', async () => {
    const file = newFile();
    const old = await openSqliteStore(file, { migrations: MIGRATIONS.slice(0, 2) });
    const patch = { active: 'home', epoch: 4, maxEpoch: 4, tried: ['away'], ackedRun: 'r-7' };
    await old.commit([{ kind: 'service', service: 'chat', patch }]);
    await old.close();
    // As that version wrote it: its states had no such field.
    const db = openDatabase(file, 1000);
    db.run("update service set state = json_remove(state, '$.rival')");
    db.close();
    const now = await openSqliteStore(file);
    const { rival, active, epoch, tried, ackedRun } = await now.service('chat');
    assert.deepEqual([rival, active, epoch, tried, ackedRun], [null, 'home', 4, ['away'], 'r-7']);
    const seen = { owner: 'r-other', since: 5, busyMs: 680_000, stepMs: 315_000, until: null };
    await now.commit([{ kind: 'service', service: 'chat', patch: { rival: seen } }]);
    await now.close();
    const again = await openSqliteStore(file);
    assert.deepEqual((await again.service('chat')).rival, seen);
    await again.close();
  });

  it('is not put over one that another process made meanwhile', async () => {
    const file = newFile();
    const others: Promise<Store>[] = [];
    let inode = 0;
    const slow = Object.assign([...MIGRATIONS], {
      join: (glue: string) => {
        // While this one builds its draft, another is quicker.
        others.push(openSqliteStore(file));
        inode = statSync(file).ino;
        return MIGRATIONS.join(glue);
      },
    });
    const store = await openSqliteStore(file, { migrations: slow });
    const other = await (others[0] ?? assert.fail('nobody was quicker'));
    assert.equal(statSync(file).ino, inode, 'the first file stays');
    await other.commit([{ kind: 'hold', hold: hold() }]);
    assert.deepEqual((await store.service('chat')).hold, hold());
    for (const each of [store, other]) await each.close();
    assert.deepEqual(
      readdirSync(dirname(file)).filter(name => name.includes('.new-')),
      [],
    );
  });

  it('takes no call after close', async () => {
    const file = newFile();
    const store = await openSqliteStore(file);
    await store.close();
    await store.close();
    const calls = [store.service('chat'), store.commit([{ kind: 'hold', hold: hold() }])];
    for (const call of calls)
      assert.match((await refused(call, 'store-unusable', file)).message, /it was closed before/);
  });

  it('is synced at each commit', () => {
    const db = openDatabase(newFile(), 1000);
    db.exec('pragma synchronous = off; pragma foreign_keys = off');
    for (const pragma of CONNECTION_PRAGMAS) db.exec(`pragma ${pragma}`);
    assert.equal(db.get('pragma synchronous')?.synchronous, 2);
    assert.equal(db.get('pragma foreign_keys')?.foreign_keys, 1);
    db.close();
  });
});

describe('sqlite store: a damaged file', () => {
  const damage: Readonly<Record<string, (file: string) => void>> = {
    'filled with garbage': file => writeFileSync(file, 'garbage '.repeat(4096)),
    'shorter than a header': file => writeFileSync(file, 'SQLite'),
    'with a wrong header': file => patch(file, 0, 'SQLite formax 3'),
    emptied: file => truncateSync(file, 0),
    'cut in the middle': file => truncateSync(file, Math.floor(statSync(file).size / 2)),
    'cut to its first page': file => truncateSync(file, 4096),
    'with garbage for its schema': file => patch(file, 100, '\xff'.repeat(300)),
  };
  for (const [how, harm] of Object.entries(damage))
    it(`${how} is refused and left alone`, async () => {
      const file = await filledFile();
      harm(file);
      const before = readFileSync(file);
      const use = async () => {
        const store = await openSqliteStore(file);
        try {
          await store.service('chat');
          await store.journal('r-1');
          await store.commit([{ kind: 'journal', entry: intent() }]);
        } finally {
          await store.close();
        }
      };
      const error = await refused(use(), 'store-corrupt', file);
      assert.match(String(error.next), /^stop understudy first; then set it aside: mkdir .* mv /);
      if (/^cut|schema$/.test(how)) assert.match(error.message, /but what its own log held already/);
      assert.deepEqual(readFileSync(file), before);
    });

  /** As kill -9 leaves it: the newest commits only in the log. Copies, since this process has the originals open. */
  async function killedFile(): Promise<string> {
    const original = newFile();
    const store = await openSqliteStore(original);
    await store.commit([{ kind: 'hold', hold: hold() }]);
    const file = newFile();
    for (const suffix of ['', '-wal', '-shm']) copyFileSync(original + suffix, file + suffix);
    await store.close();
    assert.ok(statSync(`${file}-wal`).size > 0);
    return file;
  }

  const contents = (file: string) =>
    readdirSync(dirname(file))
      .sort()
      .map(name => {
        const bytes = readFileSync(join(dirname(file), name));
        return `${name} ${createHash('sha256').update(bytes).digest('hex')}`;
      });

  for (const how of ['filled with garbage', 'shorter than a header', 'with a wrong header', 'emptied'])
    it(`${how} is left alone with the log beside it`, async () => {
      const file = await killedFile();
      damage[how]?.(file);
      const before = contents(file);
      await refused(openSqliteStore(file), 'store-corrupt', file);
      assert.deepEqual(contents(file), before);
    });

  it('of another program or a newer version is left alone with the log beside it', async () => {
    for (const [offset, text, code] of [
      [68, 'Oops', 'store-unusable'],
      [60, '\0\0\x11\x11', 'store-newer'],
    ] as const) {
      const file = await killedFile();
      patch(file, offset, text);
      const before = contents(file);
      await refused(openSqliteStore(file), code, file);
      assert.deepEqual(contents(file), before);
    }
  });

  it('killed but whole: what the log holds is there', async () => {
    const store = await openSqliteStore(await killedFile());
    assert.deepEqual((await store.service('chat')).hold, hold());
    await store.close();
  });

  it('moved away without its log: no new file is made over that log', async () => {
    const file = await killedFile();
    rmSync(file);
    const before = contents(file);
    const error = await refused(openSqliteStore(file), 'store-unusable', file);
    assert.match(error.message, /its log .*-wal is still there/);
    assert.deepEqual(contents(file), before);
  });

  it('with an unreadable record says so', async () => {
    const file = await filledFile();
    const db = openDatabase(file, 1000);
    db.exec(`update hold set body = '{"service": '`);
    db.close();
    const store = await openSqliteStore(file);
    await refused(store.service('chat'), 'store-corrupt', file);
    await store.close();
  });

  function patch(file: string, offset: number, text: string): void {
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.from(text, 'latin1'), 0, text.length, offset);
    closeSync(handle);
  }
});

describe('sqlite store: a file that is taken away while it is open', () => {
  const ways: Readonly<Record<string, (file: string) => void | Promise<void>>> = {
    moved: file => renameSync(file, `${file}.aside`),
    removed: file => rmSync(file),
    replaced: async file => {
      const other = await filledFile();
      renameSync(other, file);
    },
  };
  for (const [how, take] of Object.entries(ways))
    it(`${how}: no write is taken, and no lease`, async () => {
      const file = newFile();
      const store = await openSqliteStore(file);
      const taken = await store.acquire('run', 'a', 1000, 1);
      assert.ok('held' in taken);
      await take(file);
      const writes = {
        commit: () => store.commit([{ kind: 'resume', service: 'chat' }]),
        guarded: () => store.commit([], { lease: taken.held, now: 2 }),
        acquire: () => store.acquire('other', 'a', 1000, 2),
        renew: () => store.renew(taken.held, 1000, 2),
        prune: () => store.prune(0, 0),
      };
      for (const [name, write] of Object.entries(writes)) {
        const error = await refused(write(), 'store-unusable', file);
        assert.match(error.message, /moved, replaced or removed while understudy was running/, name);
        assert.match(String(error.next), /^stop understudy and start it again/);
      }
      await store.close();
    });

  it('put back: goes on', async () => {
    const file = newFile();
    const store = await openSqliteStore(file);
    renameSync(file, `${file}.aside`);
    await refused(store.commit([{ kind: 'hold', hold: hold() }]), 'store-unusable', file);
    renameSync(`${file}.aside`, file);
    await store.commit([{ kind: 'hold', hold: hold() }]);
    await store.close();
  });
});

describe('sqlite store: a file of others', () => {
  it('of another program is refused and left alone', async () => {
    for (const sql of [
      'create table notes (x)',
      'pragma application_id = 77',
      `pragma user_version = ${MIGRATIONS.length}; create table notes (x)`,
    ]) {
      const file = newFile();
      const db = openDatabase(file, 1000);
      db.exec(sql);
      db.close();
      const before = readFileSync(file);
      await refused(openSqliteStore(file), 'store-unusable', file);
      assert.deepEqual(readFileSync(file), before);
    }
  });

  it('of a newer understudy is refused with both versions, and left alone', async () => {
    const file = await filledFile();
    const db = openDatabase(file, 1000);
    db.exec('pragma user_version = 4711');
    db.close();
    const before = readFileSync(file);
    const error = await refused(openSqliteStore(file), 'store-newer', file);
    assert.match(error.message, new RegExp(`version 4711 .* up to ${MIGRATIONS.length}`));
    assert.deepEqual(readFileSync(file), before);
  });
});

describe('sqlite store: an older schema', () => {
  const next = `create table extra (x); update hold set body = json_set(body, '$.reason', 'migrated');`;

  it('is migrated once, with a copy of the old file beside it', async () => {
    const file = await filledFile();
    const version = MIGRATIONS.length + 1;
    for (let opening = 0; opening < 2; opening += 1) {
      const store = await openSqliteStore(file, { migrations: [...MIGRATIONS, next] });
      assert.equal((await store.service('chat')).hold?.reason, 'migrated');
      await store.close();
    }
    const copy = `${file}.before-v${version}`;
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    const old = await openSqliteStore(copy);
    assert.deepEqual((await old.service('chat')).hold, hold());
    assert.equal((await old.journal('r-1')).length, 40);
    await old.close();
    await refused(openSqliteStore(file), 'store-newer', file);
  });

  it('takes what is still in the log into the copy', async () => {
    const file = newFile();
    const writer = await openSqliteStore(file);
    await writer.commit([{ kind: 'hold', hold: hold() }]);
    const store = await openSqliteStore(file, { migrations: [...MIGRATIONS, next] });
    const old = await openSqliteStore(`${file}.before-v${MIGRATIONS.length + 1}`);
    assert.deepEqual((await old.service('chat')).hold, hold());
    for (const each of [writer, store, old]) await each.close();
  });

  it('stays as it was when the migration fails', async () => {
    const file = await filledFile();
    const broken = [...MIGRATIONS, `${next} insert into nowhere values (1);`];
    await refused(openSqliteStore(file, { migrations: broken }), 'store-unusable', file);
    const store = await openSqliteStore(file);
    assert.deepEqual((await store.service('chat')).hold, hold());
    await store.close();
  });
});

describe('sqlite store: no way to write', () => {
  /** Root may write anywhere, so as root this is done as nobody, who gets the files and the way to them. */
  async function unprivileged(directory: string, work: () => Promise<void>): Promise<void> {
    // What may not be written may not be removed afterwards either.
    const restore = () => chmodSync(directory, 0o755);
    if (process.geteuid?.() !== 0 || process.seteuid === undefined) return work().finally(restore);
    const nobody = 65_534;
    for (let path = dirname(directory); path !== '/'; path = dirname(path))
      chmodSync(path, statSync(path).mode | 0o011);
    for (const path of [directory, ...readdirSync(directory).map(name => join(directory, name))])
      chownSync(path, nobody, nobody);
    process.seteuid(nobody);
    try {
      await work();
    } finally {
      process.seteuid(0);
      restore();
    }
  }

  async function resume(file: string): Promise<void> {
    const store = await openSqliteStore(file);
    try {
      await store.commit([{ kind: 'resume', service: 'chat' }]);
    } finally {
      await store.close();
    }
  }

  it('into the directory of a new file', async () => {
    const file = newFile();
    chmodSync(dirname(file), 0o555);
    await unprivileged(dirname(file), async () => {
      await refused(openSqliteStore(file), 'store-read-only', file);
    });
  });

  /** Written by another process: SQLite takes over files that its own process still has open, with the rights they had. */
  async function othersFile(): Promise<string> {
    const file = newFile();
    assert.equal((await runChild('write', [file, 'r-1', '3']).ended()).lines.length, 3);
    return file;
  }

  it('into the file', async () => {
    const file = await othersFile();
    chmodSync(file, 0o444);
    await unprivileged(dirname(file), async () => {
      await refused(resume(file), 'store-read-only', file);
    });
    chmodSync(file, 0o600);
    const store = await openSqliteStore(file);
    assert.equal((await store.journal('r-1')).length, 3);
    await store.close();
  });

  it('into the directory of an old file', async () => {
    const file = await othersFile();
    assert.deepEqual(readdirSync(dirname(file)), ['state.db'], 'nothing lies beside it');
    chmodSync(dirname(file), 0o555);
    await unprivileged(dirname(file), async () => {
      await refused(resume(file), 'store-read-only', file);
    });
  });

  it('while another process keeps the lock', async () => {
    const file = newFile();
    const store = await openSqliteStore(file, { busyMs: 20 });
    const other = openDatabase(file, 20);
    other.exec('begin immediate');
    await refused(store.commit([{ kind: 'hold', hold: hold() }]), 'store-busy', file);
    await refused(store.acquire('run', 'a', 1, 1), 'store-busy', file);
    assert.equal((await store.service('chat')).hold, null, 'reading goes on');
    other.exec('commit');
    other.close();
    await store.commit([{ kind: 'hold', hold: hold() }]);
    await store.close();
  });

  it('beyond the size the file may have', async () => {
    const file = newFile();
    const store = await openSqliteStore(file, { pragmas: ['max_page_count = 60'] });
    const lines = ['x'.repeat(20_000)];
    let acknowledged = 0;
    const fill = async () => {
      for (;;) {
        const entry = { ...intent({ step: acknowledged }), event: 'output', lines } as const;
        await store.commit([
          { kind: 'hold', hold: hold({ since: acknowledged }) },
          { kind: 'journal', entry },
        ]);
        acknowledged += 1;
      }
    };
    await refused(fill(), 'store-full', file);
    assert.equal((await store.journal('r-1')).length, acknowledged);
    assert.equal(
      (await store.service('chat')).hold?.since,
      acknowledged - 1,
      'nothing of the list that failed',
    );
    await store.close();
  });
});
