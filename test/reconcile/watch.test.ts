/** What a runner remembers: thinned without a change of what is observed, bounded, and in turns. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { observe } from '../../src/judge/observe.ts';
import type { Sample } from '../../src/model/sample.ts';
import type { Evidence } from '../../src/model/state.ts';
import { NO_EVIDENCE, retentionMs, Watch } from '../../src/reconcile/watch.ts';
import { makeService, makeSite } from '../lab/service.ts';
import { epochSet, zoneOf } from '../plan/scene.ts';

const NOW = 1_800_000_000_000;
const service = makeService({ sites: [makeSite('home'), makeSite('away')] });

/** With the pace that the README's example has. */
const daily = { ...service, pace: { ...service.pace, intervalMs: 10_000, fastMs: 1000 } };

function sample(ok: boolean, at: number): Sample {
  const failure = ok ? {} : { failure: 'refused' as const };
  return {
    service: 'web',
    site: 'home',
    probe: 'http',
    family: 'v4',
    vantage: 'local',
    at,
    tookMs: 1,
    ok,
    ...failure,
  };
}

function seen(history: Evidence, now: number, of = service) {
  const [site] = of.sites;
  assert.ok(site !== undefined);
  const state = { active: 'home', epoch: 0, maxEpoch: 0, published: null };
  return observe({ service: of, site, evidence: history, state, now }).families[0];
}

describe('watch: what is forgotten', () => {
  it('changes nothing of what is observed of the streaks', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 200 }))), made => {
        const unique = [...new Map(made.map(([ok, step]) => [step, sample(ok, NOW - step * 1000)])).values()];
        const watch = new Watch(service, NO_EVIDENCE, 0);
        watch.add({ samples: unique });
        const before = seen(watch.history, NOW);
        watch.forget(NOW);
        watch.forget(NOW);
        const after = seen(watch.history, NOW);
        const told = (family: typeof before) =>
          family?.probes.map(({ state, consecutiveFailures, failingForMs, lastOkAt, lastAt }) => ({
            state,
            consecutiveFailures: Math.min(consecutiveFailures, 16),
            failingForMs,
            lastOkAt,
            lastAt,
          }));
        assert.deepEqual(told(after), told(before));
        assert.equal(after?.state, before?.state);
      }),
    );
  });

  it('changes nothing through a night of looks and pauses: a streak is broken by what broke it, and as old as it was', () => {
    const { intervalMs, staleMs } = daily.pace;
    const gap = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 20 }) },
      { weight: 1, arbitrary: fc.integer({ min: 100, max: 320 }) },
    );
    const isWell = fc.integer({ min: 0, max: 40 }).map(drawn => drawn === 0);
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, isWell), { minLength: 40, maxLength: 400 }), night => {
        const watch = new Watch(daily, NO_EVIDENCE, 0);
        const all: Sample[] = [];
        let at = NOW;
        for (const [gapS, ok] of night) {
          at += gapS * 1000;
          const one = sample(ok, at);
          all.push(one);
          watch.add({ samples: [one] });
          watch.forget(at);
          const [kept, whole] = [watch.history, { ...NO_EVIDENCE, samples: all.slice(-400) }].map(
            history => seen(history, at, daily)?.probes[0],
          );
          assert.ok(kept !== undefined && whole !== undefined);
          assert.equal(Math.min(kept.consecutiveFailures, 16), Math.min(whole.consecutiveFailures, 16));
          const lostMs = whole.failingForMs - kept.failingForMs;
          assert.ok(
            lostMs >= 0 && lostMs <= intervalMs,
            `${lostMs} ms of ${whole.failingForMs} at ${at - NOW}`,
          );
        }
        assert.ok(watch.history.samples.length <= 48 + 2 * (staleMs / intervalMs) + 80);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a site down for as long as it is, however near `failing_for` is to `stale`', () => {
    const { intervalMs, staleMs, fastMs } = daily.pace;
    const [http] = daily.probes;
    assert.ok(http !== undefined);
    const failingForMs = staleMs - intervalMs - http.timeoutMs;
    const slow = { ...daily, thresholds: { ...daily.thresholds, failingForMs } };
    const watch = new Watch(slow, NO_EVIDENCE, 0);
    const states = new Set<string | undefined>();
    for (let at = NOW; at < NOW + 6 * staleMs; at += fastMs) {
      watch.add({ samples: [sample(false, at)] });
      watch.forget(at);
      if (at >= NOW + failingForMs) states.add(seen(watch.history, at, slow)?.state);
    }
    assert.deepEqual([...states], ['down']);
  });

  it('keeps how long all has been well, for ever, in a bounded memory', () => {
    const watch = new Watch(service, NO_EVIDENCE, 0);
    const span = 2 * retentionMs(service);
    for (let at = NOW; at <= NOW + span; at += 1000) {
      watch.add({ samples: [sample(true, at)] });
      watch.forget(at);
      const well = seen(watch.history, at)?.okForMs ?? 0;
      assert.ok(well >= Math.min(at - NOW, 600_000), `well for ${well} ms after ${at - NOW} ms`);
      assert.ok(watch.history.samples.length <= 90, `${watch.history.samples.length} samples`);
    }
  });

  it('keeps of a long streak what counts, in a bounded memory', () => {
    const watch = new Watch(daily, NO_EVIDENCE, 0);
    for (let second = 0; second <= 5000; second += 1) {
      watch.add({ samples: [sample(false, NOW + second * 1000)] });
      watch.forget(NOW + second * 1000);
      assert.ok(watch.history.samples.length < 16 + 2 * 31 + 50, `${watch.history.samples.length} samples`);
      const probe = seen(watch.history, NOW + second * 1000, daily)?.probes[0];
      if (second <= 300) assert.equal(probe?.failingForMs, second * 1000);
      else assert.ok((probe?.failingForMs ?? 0) > 290_000, String(probe?.failingForMs));
    }
  });

  it('drops everything when the clock has been set back, and says so', () => {
    const watch = new Watch(service, NO_EVIDENCE, NOW);
    watch.add({ samples: [sample(false, NOW - 60_000), sample(true, NOW)] });
    watch.forget(NOW - 1500);
    assert.deepEqual([watch.wasSetBack, watch.history.samples.length], [false, 2]);
    watch.forget(NOW - 30_000);
    assert.deepEqual([watch.wasSetBack, watch.history.samples.length], [true, 0]);
    assert.deepEqual(watch.takeUnsaved(), NO_EVIDENCE, 'nor is it stored behind what is cut there');
    watch.add({ samples: [sample(true, NOW - 29_000)] });
    watch.forget(NOW - 29_000);
    assert.equal(watch.history.samples.length, 1, 'what is measured since is kept');
  });

  it('drops what is older than anything needs, and what is from the future', () => {
    const hour = 3_600_000;
    const watch = new Watch(service, NO_EVIDENCE, 0);
    const old = NOW - retentionMs(service) - 1;
    const host = (at: number) => ({ service: 'web', site: 'home', at });
    const reference = (at: number) => ({ reference: 'r', family: 'v4' as const, at, tookMs: 1, ok: true });
    watch.add({
      samples: [sample(true, old), sample(true, NOW), sample(true, NOW + hour)],
      references: [reference(old), reference(NOW), reference(NOW + hour)],
      hosts: [host(NOW + hour), host(NOW - 1), host(NOW - 2)],
      zones: [
        { service: 'web', at: NOW - 1 },
        { service: 'web', at: NOW + hour },
      ],
      freshness: [host(NOW - 1), host(NOW + hour)],
    });
    watch.forget(NOW);
    const { samples, references, hosts, zones, freshness } = watch.history;
    assert.deepEqual(
      [samples, references].map(list => list.map(item => item.at)),
      [[NOW], [NOW]],
    );
    assert.deepEqual(
      [hosts, zones, freshness].map(list => list.map(item => item.at)),
      [[NOW - 1], [NOW - 1], [NOW - 1]],
    );
  });
});

describe('watch: the other watches of the process', () => {
  const blind = { reference: 'r', family: 'v4', at: NOW, tookMs: 3000, ok: false } as const;

  it('learn what references tell, which is about the network of all, and keep it for the next process', () => {
    const [asker, other] = [new Watch(service, NO_EVIDENCE, 0), new Watch(service, NO_EVIDENCE, 0)];
    Watch.share([asker, other]);
    asker.add({ references: [blind] });
    other.add({ references: [{ ...blind, at: NOW + 1 }] });
    for (const watch of [asker, other])
      assert.deepEqual(
        watch.history.references.map(({ at }) => at),
        [NOW, NOW + 1],
      );
    assert.deepEqual(
      [asker, other].map(watch => watch.takeUnsaved().references.map(({ at }) => at)),
      [
        [NOW, NOW + 1],
        [NOW, NOW + 1],
      ],
    );
  });

  it('so a failure of the first look does not count when another found us cut off in that moment', () => {
    const [asker, other] = [new Watch(service, NO_EVIDENCE, 0), new Watch(service, NO_EVIDENCE, 0)];
    Watch.share([asker, other]);
    other.add({ samples: [sample(false, NOW)] });
    asker.add({ references: [blind] });
    other.add({ samples: [sample(false, NOW + 10_000)] });
    other.add({ references: [{ ...blind, at: NOW + 10_000, ok: true }] });
    const observed = seen(other.history, NOW + 15_000);
    assert.equal(observed?.probes.find(({ probe }) => probe === 'http')?.consecutiveFailures, 1);
  });
});

describe('watch: what is unsaved', () => {
  it('is taken once, and put back in front when the store refused', () => {
    const watch = new Watch(service, NO_EVIDENCE, 0);
    watch.add({ samples: [sample(true, 1)] });
    const taken = watch.takeUnsaved();
    assert.deepEqual(
      taken.samples.map(item => item.at),
      [1],
    );
    assert.deepEqual(watch.takeUnsaved(), NO_EVIDENCE);
    watch.add({ samples: [sample(true, 2)] });
    watch.putBack(taken);
    assert.deepEqual(
      watch.takeUnsaved().samples.map(item => item.at),
      [1, 2],
    );
    assert.equal(watch.history.samples.length, 2);
  });

  it('after a run the zone is to be asked again', () => {
    const watch = new Watch(service, NO_EVIDENCE, 0);
    watch.add({ zones: [{ service: 'web', at: 1 }] });
    watch.forgetZone();
    assert.deepEqual(watch.history.zones, []);
  });

  it('a lower epoch counts only when the higher one was known before it was asked for', () => {
    const at = (epoch: number) => ({
      service: 'web',
      at: 1,
      view: zoneOf(service, 'home', ['v4'], epoch === 0 ? null : epochSet(epoch, 'home')),
    });
    const kept = (read: number, asked: number, known: number, from: 'asked' | 'store' = 'asked') => {
      const history = from === 'store' ? { ...NO_EVIDENCE, zones: [at(read)] } : NO_EVIDENCE;
      const watch = new Watch(service, history, 0);
      watch.knowEpoch(asked);
      if (from === 'asked') watch.add({ zones: [at(read)] });
      watch.knowEpoch(known);
      return watch.zones.length;
    };
    assert.equal(kept(8, 8, 9), 0, 'of before');
    assert.equal(kept(0, 0, 1), 0, 'of before the first');
    assert.equal(kept(8, 9, 9), 1, 'rolled back');
    assert.equal(kept(8, 9, 10), 0, 'of before the next');
    assert.equal(kept(7, 9, 8), 0, 'of before a person accepted a lower one');
    assert.equal(kept(9, 9, 8), 0, 'the higher one, of before a person accepted a lower one');
    assert.equal(kept(9, 8, 9), 1, 'no lower');
    assert.equal(kept(8, 9, 9, 'store'), 0, 'by a process of before');
    assert.equal(kept(9, 9, 9, 'store'), 1);
    const late = new Watch(service, NO_EVIDENCE, 0);
    late.knowEpoch(9);
    late.add({ zones: [at(8)] }, 8);
    late.add({ zones: [{ service: 'web', at: 2, error: 'refused' }] }, 8);
    late.knowEpoch(9);
    assert.deepEqual(
      late.zones.map(zone => zone.error),
      ['refused'],
      'an answer that comes late; an error is none',
    );
  });
});

describe('watch: in turns', () => {
  it('decisions never overlap, and one that fails does not hold up the next', async () => {
    const watch = new Watch(service, NO_EVIDENCE, 0);
    const events: string[] = [];
    const decide =
      (name: string, fail = false) =>
      async () => {
        events.push(`${name} begins`);
        await new Promise(resolve => setImmediate(resolve));
        events.push(`${name} ends`);
        if (fail) throw new Error(name);
        return name;
      };
    const results = await Promise.allSettled([
      watch.exclusive(decide('a', true)),
      watch.exclusive(decide('b')),
      watch.exclusive(decide('c')),
    ]);
    assert.deepEqual(
      events,
      ['a', 'b', 'c'].flatMap(name => [`${name} begins`, `${name} ends`]),
    );
    assert.deepEqual(
      results.map(result => result.status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
  });

  it('tells of every sample as it arrives', () => {
    const watch = new Watch(service, NO_EVIDENCE, 0);
    const heard: number[] = [];
    watch.onSample = item => void heard.push(item.at);
    watch.add({ samples: [sample(true, 1), sample(false, 2)] });
    assert.deepEqual(heard, [1, 2]);
  });
});
