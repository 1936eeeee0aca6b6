/** When the loop looks: start to start, faster on the first failure, alone for each service, to the end of its budget. */
import assert from 'node:assert/strict';
import { StoreError } from '../../src/ports/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import type { World } from '../../src/reconcile/world.ts';
import { makeSite } from '../lab/service.ts';
import { Lab } from '../lab/world.ts';

const REFUSED = { ok: false, failure: 'refused' } as const;
const single = { sites: [makeSite('home'), makeSite('away')] };

/** Runs the daemon for so long and notes when the active site's address was probed, ms from the start. */
async function daemon(
  lab: Lab,
  forMs: number,
  patch: Partial<World> = {},
  during: () => Promise<unknown> = async () => {},
): Promise<readonly number[]> {
  const began = lab.clock.now();
  const at: number[] = [];
  const outside = patch.outside ?? lab.outside();
  const prober: typeof outside.prober = {
    ...outside.prober,
    probe: async (kind, params, target, timeoutMs) => {
      if (target.address === '127.0.0.11') at.push(lab.clock.now() - began);
      return outside.prober.probe(kind, params, target, timeoutMs);
    },
  };
  const world = lab.world({ keep: 'news', ...patch, outside: { ...outside, prober } });
  const loop = watchService(world, lab.watch(), { once: false, budgetMs: 0 });
  const end = lab.clock.sleep(forMs).then(() => lab.stop.abort());
  await lab.clock.drive(Promise.all([loop, end, during()]));
  return at;
}

describe('scheduler: the daemon', () => {
  it('all well: one look an interval', async () => {
    const lab = new Lab(single);
    assert.deepEqual(await daemon(lab, 4500), [0, 1000, 2000, 3000, 4000]);
  });

  it('start to start: a slow answer does not shift the next look', async () => {
    const lab = new Lab(single);
    const outside = lab.outside();
    const starts: number[] = [];
    const began = lab.clock.now();
    const slow: typeof outside.prober = {
      ...outside.prober,
      probe: async (_kind, _params, target) => {
        if (target.address === '127.0.0.11') starts.push(lab.clock.now() - began);
        await lab.clock.sleep(400);
        return { ok: true };
      },
    };
    await daemon(lab, 3500, { outside: { ...outside, prober: slow } });
    assert.deepEqual(starts, [0, 1000, 2000, 3000]);
  });

  it('on the first failure at once at the faster pace, and back when it is over', async () => {
    const lab = new Lab({ ...single, thresholds: { ...lab0().thresholds, failures: 100 } });
    const at = await daemon(lab, 5000, {}, async () => {
      await lab.clock.sleep(1500);
      lab.site('home', REFUSED);
      await lab.clock.sleep(1000);
      lab.site('home', 'well');
    });
    assert.deepEqual(at, [0, 1000, 2000, 2250, 2500, 3500, 4500]);
  });

  it('a site that hangs is looked at again before the first look has ended', async () => {
    const lab = new Lab({ ...single, thresholds: { ...lab0().thresholds, failures: 100 } });
    lab.site('home', 'hang');
    const at = await daemon(lab, 1900);
    assert.deepEqual(at.slice(0, 4), [0, 500, 750, 1000]);
  });

  it('a failure of a standby hurries nobody', async () => {
    const lab = new Lab({ ...single, pace: { ...lab0().pace, standbyMs: 1000 } });
    lab.site('away', REFUSED);
    assert.deepEqual(await daemon(lab, 3500), [0, 1000, 2000, 3000]);
  });

  it('a host without IPv6 goes on at its usual pace', async () => {
    const lab = new Lab();
    lab.online = { v4: true, v6: false };
    const at = await daemon(lab, 20_500);
    assert.ok(at.length >= 21 && at.length <= 25, `${at.length} looks in 20 intervals`);
  });

  it('and sees at once that a site has gone when its own IPv6 is back', async () => {
    const lab = new Lab();
    lab.online = { v4: true, v6: false };
    lab.site('home', REFUSED, ['v6']);
    let states: readonly string[] = [];
    await daemon(lab, 16_000, {}, async () => {
      await lab.clock.sleep(10_000);
      lab.online.v6 = true;
      await lab.clock.sleep(5000);
      const decision = await lab.store.decision(lab.service.name);
      states = decision?.observation.families.map(({ state }) => state) ?? [];
    });
    assert.deepEqual(states, ['ok', 'down']);
  });

  it('lives on when a round fails, tells it, and goes on when it is over', async () => {
    const lab = new Lab(single);
    let broken = true;
    const problems: string[] = [];
    const store: Store = {
      ...lab.store,
      service: async name => {
        if (broken) throw new StoreError({ code: 'store-full', message: 'the disk is full' });
        return lab.store.service(name);
      },
    };
    const watcher = { problem: (_service: string, message: string) => void problems.push(message) };
    const at = await daemon(lab, 5500, { store, watcher }, async () => {
      await lab.clock.sleep(2500);
      broken = false;
      await lab.clock.sleep(1000);
      lab.site('home', REFUSED);
    });
    assert.deepEqual(new Set(problems), new Set(['the disk is full']));
    assert.ok(at.length > 2, `${at.length} looks`);
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away', 'swap away 2']);
  });

  it('a hoster and a zone that hang are asked once, and hold up nothing', async () => {
    const lab = new Lab(single);
    let asked = 0;
    const outside = lab.outside();
    const hanging = () => {
      asked += 1;
      return new Promise<never>(() => {});
    };
    const world = { outside: { ...outside, host: hanging, dns: hanging } };
    lab.site('home', REFUSED);
    const at = await daemon(lab, 3500, world);
    assert.equal(asked, 3, 'two machines and the zone');
    assert.ok(at.length >= 4, `${at.length} looks`);
    assert.deepEqual(lab.deeds, []);
  });

  it('ends at once when told to stop', async () => {
    const lab = new Lab(single);
    lab.stop.abort();
    const report = await watchService(lab.world(), lab.watch(), { once: false, budgetMs: 0 });
    assert.equal(report, null);
    assert.equal(lab.probeCount, 0);
  });
});

function lab0() {
  return new Lab().service;
}

describe('scheduler: once', () => {
  const once = (lab: Lab, budgetMs: number, patch: Partial<World> = {}) =>
    lab.clock.drive(watchService(lab.world(patch), lab.watch(), { once: true, budgetMs }));

  it('one round when all is well', async () => {
    const lab = new Lab(single);
    const began = lab.clock.now();
    assert.equal((await once(lab, 50_000))?.verdict.class, 'HEALTHY');
    assert.equal(lab.probeCount, 2, 'the active site and the standby');
    assert.ok(lab.clock.now() - began < 1000, 'it lingered');
  });

  it('no new round after the budget', async () => {
    const lab = new Lab({ ...single, thresholds: { ...lab0().thresholds, failures: 1000 } });
    lab.site('home', REFUSED);
    const began = lab.clock.now();
    const report = await once(lab, 3000);
    assert.equal(report?.verdict.class, 'SUSPECT');
    const took = lab.clock.now() - began;
    assert.ok(took >= 3000 && took < 4500, `${took} ms`);
    assert.deepEqual(lab.deeds, []);
  });

  it('hands up what went wrong', async () => {
    const lab = new Lab(single);
    const store: Store = {
      ...lab.store,
      commit: async () => {
        throw new StoreError({ code: 'store-read-only', message: 'read-only' });
      },
    };
    await assert.rejects(once(lab, 50_000, { store }), { code: 'store-read-only' });
    assert.deepEqual(lab.deeds, []);
  });

  it('shows the run that was made, though the look after it found all well', async () => {
    const lab = new Lab(single);
    lab.site('home', REFUSED);
    const report = await once(lab, 50_000);
    assert.equal(report?.verdict.class, 'HEALTHY');
    assert.equal(report?.run?.status, 'done');
  });

  it('a clock that is set back an hour in between: the next outage is met all the same', async () => {
    const lab = new Lab({ ...single, blockWindowMs: 0 });
    const watch = lab.watch();
    const hour = 3_600_000;
    const ahead = {
      ...lab.clock,
      now: () => lab.clock.now() + hour,
      monotonic: () => lab.clock.monotonic(),
      sleep: lab.clock.sleep.bind(lab.clock),
      deadline: lab.clock.deadline.bind(lab.clock),
    };
    await lab.clock.drive(watchService(lab.world({ clock: ahead }), watch, { once: true, budgetMs: 50_000 }));
    lab.site('home', REFUSED);
    await lab.clock.drive(watchService(lab.world(), watch, { once: true, budgetMs: 50_000 }));
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away', 'swap away 2']);
  });
});
