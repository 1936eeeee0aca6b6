/**
 * The same seed is the same night, byte for byte: twice in one process, and in another one. And nothing of what is
 * simulated asks for real time or real randomness, whoever's library it is.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { eventsOf } from './events-of.ts';
import { withTraps } from './traps.ts';

const HOURS = 1;
/** Short nights with runs in them, with one and with two stations, cron and daemons. */
const SEEDS = [2, 3, 11];
/** p-retry measures with it how long its attempts took; the limit that it is for is never given. */
const ALLOWED: readonly (readonly [what: string, by: RegExp])[] = [
  ['performance.now', /node_modules\/p-retry\//],
];

function assertSame(found: readonly string[], wanted: readonly string[], what: string): void {
  const at = wanted.findIndex((line, index) => line !== found[index]);
  if (at === -1 && found.length === wanted.length) return;
  const index = at === -1 ? wanted.length : at;
  const [is = 'none', was = 'none'] = [found[index], wanted[index]];
  const apart = [...was].findIndex((char, place) => char !== is[place]);
  const part = (text: string) => text.slice(Math.max(0, apart - 200), Math.max(0, apart) + 200);
  assert.fail(`${what}: event ${index} differs from place ${apart} on:\n${part(is)}\n${part(was)}`);
}

describe('simulate: determinism', function () {
  this.timeout(120_000);

  for (const seed of SEEDS) {
    it(`seed ${seed} is the same night again, and in another process`, async () => {
      const first = await eventsOf(seed, HOURS);
      assert.ok(first.length > 300, `${first.length} events: too quiet a night to prove anything`);
      assertSame(await eventsOf(seed, HOURS), first, 'in the same process');
      const program = fileURLToPath(new URL('events-of.ts', import.meta.url));
      const told = execFileSync(
        process.execPath,
        ['--import', 'tsx', program, String(seed), String(HOURS)],
        // Another zone and language: neither may show.
        {
          encoding: 'utf8',
          maxBuffer: 2 ** 30,
          env: { ...process.env, TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8' },
        },
      );
      assertSame(told.trimEnd().split('\n'), first, 'in another process');
    });
  }

  it('another seed is another night', async () => {
    const [one, other] = [await eventsOf(2, HOURS), await eventsOf(3, HOURS)];
    assert.notDeepEqual(one, other);
  });

  for (const seed of SEEDS) {
    it(`seed ${seed} asks for no real time and no real randomness`, async () => {
      // What is read when a module is loaded is read once, before any simulation.
      await eventsOf(seed, HOURS);
      const { caught } = await withTraps(() => eventsOf(seed, HOURS));
      const strange = caught.filter(
        ({ what, stack }) => !ALLOWED.some(([name, by]) => name === what && by.test(stack)),
      );
      const places = [...new Set(strange.map(({ what, stack }) => `${what}\n${stack}`))];
      assert.equal(places.length, 0, places.slice(0, 3).join('\n'));
    });
  }

  it('the traps catch', async () => {
    const { caught } = await withTraps(async () => {
      Date.now();
      new Date();
      new Date(5);
      Math.random();
      performance.now();
      randomUUID();
      crypto.getRandomValues(new Uint8Array(1));
      clearTimeout(setTimeout(() => {}, 1));
      await pause(1);
      AbortSignal.timeout(1);
    });
    const found = new Set(caught.map(({ what }) => what));
    for (const what of ['Date.now', 'new Date()', 'Math.random', 'performance.now', 'crypto.randomUUID'])
      assert.ok(found.has(what), what);
    for (const what of ['crypto.getRandomValues', 'setTimeout', 'timers/promises setTimeout'])
      assert.ok(found.has(what), what);
    assert.ok(found.has('AbortSignal.timeout'));
    assert.equal(caught.filter(({ what }) => what === 'new Date()').length, 1);
    assert.doesNotMatch(Date.now.toString(), /trap/, 'the traps are gone');
  });
});
