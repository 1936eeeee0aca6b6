/** Several processes on one file, and processes that are killed or starved: what was acknowledged stays. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { makeWorkspace } from '../workspace.ts';
import { runChild } from './children.ts';
import { intent } from './records.ts';

const newFile = () => join(makeWorkspace('store'), 'state.db');

/** Numerical Recipes' generator: the same kills in each run of the test. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const numbers = (lines: readonly string[]) => lines.filter(line => /^\d+$/.test(line)).map(Number);

describe('sqlite store: processes', function () {
  // Each process compiles its TypeScript first; on a busy machine that is seconds.
  this.timeout(60_000);

  it('killed at any moment lose nothing that was acknowledged', async () => {
    const random = seeded(20261123);
    const file = newFile();
    for (let round = 0; round < 4; round += 1) {
      const run = `r-${round}`;
      const child = runChild('write', [file, run]);
      const enough = 1 + random(300);
      await child.printed(enough);
      child.process.kill('SIGKILL');
      const acknowledged = numbers((await child.ended()).lines);
      assert.ok(acknowledged.length >= enough);
      const store = await openSqliteStore(file);
      const steps = (await store.journal(run)).map(({ step }) => step);
      await store.close();
      // One more may have been committed that it did not live to tell of.
      assert.deepEqual(steps.slice(0, acknowledged.length), acknowledged);
      assert.ok(steps.length <= acknowledged.length + 1);
    }
  });

  it('that start together make one file, and one of them gets the lease', async () => {
    const file = newFile();
    const owners = ['a', 'b', 'c', 'd'];
    const ends = await Promise.all(owners.map(owner => runChild('race', [file, owner]).ended()));
    const said = ends.flatMap(({ lines }) => lines);
    const held = owners.filter((_, i) => ends[i]?.lines[0] === 'held 1');
    assert.equal(held.length, 1, said.join(', '));
    assert.equal(said.filter(line => line === `heldBy ${held[0]}`).length, 3, said.join(', '));
    const left = readdirSync(dirname(file)).filter(name => name.includes('.new-'));
    assert.deepEqual(left, []);
  });

  it('that write at the same time wait for each other', async () => {
    const file = newFile();
    const store = await openSqliteStore(file);
    const children = ['r-a', 'r-b'].map(run => runChild('write', [file, run, '200']));
    await Promise.all(children.map(child => child.printed(1)));
    // Bounded, since SQLite's waiting is not fair: a writer without a pause can starve the others.
    for (let step = 0; step < 200; step += 1) {
      await store.commit([{ kind: 'journal', entry: intent({ run: 'r-own', step }) }]);
      await new Promise(setImmediate);
    }
    for (const child of children) {
      const { lines } = await child.ended();
      assert.equal(numbers(lines).length, 200, lines.at(-1));
    }
    for (const run of ['r-a', 'r-b', 'r-own'])
      assert.deepEqual(
        (await store.journal(run)).map(({ step }) => step),
        Array.from({ length: 200 }, (_, step) => step),
      );
    await store.close();
  });

  it('on a full disk are told so, and keep what was acknowledged', async () => {
    const directory = makeWorkspace('full');
    const mount = `mount -t tmpfs -o size=512k tmpfs "$0" && exec "$@"`;
    // A mount of our own needs root, or a user namespace; some machines grant neither. The size limit of a file always
    // works, though SQLite can't tell it from a failing disk.
    const namespaces = [
      ['unshare', '-m'],
      ['unshare', '-Urm'],
    ].find(
      argv => spawnSync(argv[0] ?? '', [...argv.slice(1), 'sh', '-c', mount, directory, 'true']).status === 0,
    );
    const [wrapper, code] =
      namespaces === undefined
        ? [['sh', '-c', 'ulimit -f 1000 && exec "$@"', 'sh'], 'store-unusable']
        : [[...namespaces, 'sh', '-c', mount, directory], 'store-full'];
    const { lines } = await runChild('fill', [join(directory, 'state.db'), 'r-1'], wrapper).ended();
    expectStarved(lines, code);
  });

  it('that may write no more to the file are told so, and keep what was acknowledged', async () => {
    const file = newFile();
    const limit = ['sh', '-c', 'ulimit -f 1000 && exec "$@"', 'sh'];
    const { lines } = await runChild('fill', [file, 'r-1'], limit).ended();
    const kept = expectStarved(lines, 'store-unusable');
    const store = await openSqliteStore(file);
    assert.equal((await store.journal('r-1')).length, kept);
    await store.commit([{ kind: 'journal', entry: intent() }]);
    await store.close();
  });

  function expectStarved(lines: readonly string[], code: string): number {
    const acknowledged = numbers(lines).length;
    assert.ok(acknowledged > 3, lines.join('\n'));
    assert.deepEqual(
      lines.filter(line => !/^\d+$/.test(line)),
      [`failed ${code}`, `failed ${code}`, `kept ${acknowledged}`],
    );
    return acknowledged;
  }
});
