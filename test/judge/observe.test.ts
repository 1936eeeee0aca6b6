/** Samples and readings → observation: which count, when a streak is long enough, what is said of our own sight. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judge } from '../../src/judge/judge.ts';
import { FUTURE_MS, observe } from '../../src/judge/observe.ts';
import type { Family, ReferenceSample, Sample } from '../../src/model/sample.ts';
import type { Service } from '../../src/model/service.ts';
import type { HostSignal } from '../../src/model/signal.ts';
import type { Evidence } from '../../src/model/state.ts';
import { NO_EVIDENCE } from '../../src/reconcile/watch.ts';
import { makeService, makeSite } from '../lab/service.ts';

const NOW = 1_800_000_000_000;
/** Half of `stale` and the longest time-out: after that long without a look a streak of failures is broken. */
const LATE = 150_000 + (makeService().probes[0]?.timeoutMs ?? 0);

function sample(ok: boolean, ago: number, patch: Partial<Sample> = {}): Sample {
  return {
    service: 'web',
    site: 'home',
    probe: 'http',
    family: 'v4',
    vantage: 'local',
    at: NOW - ago,
    tookMs: 5,
    ok,
    ...(ok ? {} : { failure: 'refused' as const }),
    ...patch,
  };
}

function reference(ok: boolean, ago: number, patch: Partial<ReferenceSample> = {}): ReferenceSample {
  return { reference: 'ref', family: 'v4', at: NOW - ago, tookMs: 5, ok, ...patch };
}

function host(ago: number, patch: Partial<HostSignal> = {}): HostSignal {
  return {
    service: 'web',
    site: 'home',
    at: NOW - ago,
    power: 'running',
    blocked: { v4: false, v6: false },
    ...patch,
  };
}

const one = makeService({ sites: [makeSite('home'), makeSite('away')] });

function look(
  evidence: Partial<Evidence>,
  { service = one, published = null }: { service?: Service; published?: readonly Family[] | null } = {},
) {
  const [site] = service.sites;
  assert.ok(site !== undefined);
  const state = { active: 'home', epoch: 1, maxEpoch: 1, published };
  const seen = observe({ service, site, evidence: { ...NO_EVIDENCE, ...evidence }, state, now: NOW });
  const v4 = seen.families.find(family => family.family === 'v4');
  return { seen, v4, probe: v4?.probes[0], verdict: judge(seen) };
}

const DOWN = [sample(false, 1000), sample(false, 750), sample(false, 500)];

describe('observe: when a probe is down', () => {
  const cases: readonly [string, readonly Sample[], string][] = [
    ['three failures over half a second', [sample(false, 500), sample(false, 250), sample(false, 0)], 'down'],
    [
      'three failures a millisecond short of it',
      [sample(false, 499), sample(false, 250), sample(false, 0)],
      'failing',
    ],
    ['two failures over an hour', [sample(false, 200_000), sample(false, 0)], 'failing'],
    ['one failure', [sample(false, 0)], 'failing'],
    ['a success last', [...DOWN, sample(true, 100)], 'ok'],
    [
      'a success in the middle',
      [sample(false, 2000), sample(false, 1500), sample(true, 1000), sample(false, 600), sample(false, 0)],
      'failing',
    ],
    ['nothing', [], 'no-data'],
    [
      'failures, the last of them half of `stale` ago',
      [170_000, 165_000, LATE].map(ago => sample(false, ago)),
      'down',
    ],
    ['failures from before that', [170_000, 165_000, LATE + 1].map(ago => sample(false, ago)), 'no-data'],
    [
      'failures with no look for that long in between',
      [LATE + 2001, LATE + 2000, 1999, 0].map(ago => sample(false, ago)),
      'failing',
    ],
    [
      'failures with a pause just as long as it may be',
      [LATE + 2000, 2000, 0].map(ago => sample(false, ago)),
      'down',
    ],
    ['failures that are stale', [300_001, 300_002, 300_003].map(ago => sample(false, ago)), 'no-data'],
    [
      'one that is stale does not count',
      [sample(false, 300_001), sample(false, 1000), sample(false, 0)],
      'failing',
    ],
    ['failures of another site', DOWN.map(item => ({ ...item, site: 'away' })), 'no-data'],
    ['failures of the other family', DOWN.map(item => ({ ...item, family: 'v6' as const })), 'no-data'],
    [
      'failures from the future',
      [-FUTURE_MS - 1, -FUTURE_MS - 2, -FUTURE_MS - 3].map(ago => sample(false, ago)),
      'no-data',
    ],
    ['a success from the future does not heal', [...DOWN, sample(true, -FUTURE_MS - 1)], 'down'],
    [
      'failures as far in the future as clocks may differ',
      [sample(false, -FUTURE_MS), sample(false, 500), sample(false, 1000)],
      'down',
    ],
    [
      'a hang that is reported late, but began before the success',
      [sample(false, 1000, { tookMs: 900 }), sample(true, 500)],
      'ok',
    ],
  ];
  for (const [title, samples, state] of cases) {
    it(`${title}: ${state}`, () => {
      assert.equal(look({ samples, references: [reference(true, 0)] }).probe?.state, state);
      assert.equal(
        look({ samples: samples.toReversed(), references: [reference(true, 0)] }).probe?.state,
        state,
      );
    });
  }

  it('counts and dates the streak', () => {
    const { probe } = look({
      samples: [sample(true, 5000), ...DOWN.slice(0, 2), sample(false, 500, { detail: 'nobody listens' })],
    });
    assert.equal(probe?.consecutiveFailures, 3);
    assert.equal(probe?.failingForMs, 1000);
    assert.equal(probe?.lastOkAt, NOW - 5000);
    assert.equal(probe?.lastAt, NOW - 500);
    assert.equal(probe?.lastFailure, 'refused');
    assert.equal(probe?.lastDetail, 'nobody listens');
  });

  it('counts what is fresh, up to the edge of staleness, and dates the last success however old it is', () => {
    const { probe } = look({ samples: [sample(true, 300_001), sample(false, 300_000), sample(false, 0)] });
    assert.deepEqual([probe?.fresh, probe?.consecutiveFailures, probe?.lastOkAt], [2, 1, NOW - 300_001]);
    const well = look({ samples: [sample(false, 2000), sample(true, 1000), sample(true, 0)] }).probe;
    assert.deepEqual([well?.fresh, well?.consecutiveFailures, well?.lastOkAt], [3, 0, NOW]);
  });

  it('takes two looks for no pause, however short `stale` is', () => {
    const service = makeService({ pace: { ...makeService().pace, intervalMs: 100_000, staleMs: 300_000 } });
    const samples = [sample(false, 200_000), sample(false, 0)];
    assert.equal(look({ samples }, { service }).probe?.consecutiveFailures, 2);
    assert.equal(look({ samples }).probe?.consecutiveFailures, 1);
  });

  it('takes a probe that hangs longer than that for no pause', () => {
    const [http] = makeService().probes;
    assert.ok(http !== undefined);
    const pace = { ...makeService().pace, intervalMs: 10_000, staleMs: 45_000 };
    const service = makeService({ pace, probes: [{ ...http, timeoutMs: 30_000 }] });
    const hung = [42_000, 40_000, 30_000].map(ago => sample(false, ago, { tookMs: 30_000 }));
    assert.equal(look({ samples: hung }, { service }).probe?.state, 'down');
  });

  it('says the same whatever the order of arrival', () => {
    const samples = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -3000, max: 400_000 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(samples, fc.infiniteStream(fc.nat()), (made, keys) => {
        const unique = [...new Map(made.map(([ok, ago]) => [ago, sample(ok, ago)])).values()];
        const shuffled = unique.map(item => ({ item, key: keys.next().value })).sort((a, b) => a.key - b.key);
        assert.deepEqual(
          look({ samples: shuffled.map(({ item }) => item) }).seen.families,
          look({ samples: unique }).seen.families,
        );
      }),
    );
  });
});

describe('observe: a family of several probes', () => {
  const spec = (id: string, required = true) => ({ ...makeService().probes[0], id, required });
  const service = (downWhen: 'all' | 'any', optional = false): Service => ({
    ...one,
    thresholds: { ...one.thresholds, downWhen },
    probes: [spec('http'), spec('smtp', !optional)] as Service['probes'],
  });
  const of = (probe: string, samples: readonly Sample[]) => samples.map(item => ({ ...item, probe }));
  const down = (probe: string) => of(probe, DOWN);
  const ok = (probe: string) => of(probe, [sample(true, 100)]);
  const failing = (probe: string) => of(probe, [sample(false, 100)]);
  const cases: readonly [string, readonly Sample[], 'all' | 'any', string][] = [
    ['all down', [...down('http'), ...down('smtp')], 'all', 'down'],
    ['one down, one well', [...down('http'), ...ok('smtp')], 'all', 'degraded'],
    ['one down, one well, any counts', [...down('http'), ...ok('smtp')], 'any', 'down'],
    ['one down, one failing', [...down('http'), ...failing('smtp')], 'all', 'failing'],
    ['one failing, one well', [...failing('http'), ...ok('smtp')], 'all', 'suspect'],
    ['all failing', [...failing('http'), ...failing('smtp')], 'all', 'failing'],
    ['one down, of one nothing: not all have spoken', down('http'), 'all', 'degraded'],
    ['one down, of one nothing, any counts', down('http'), 'any', 'down'],
    ['one failing, of one nothing', failing('http'), 'all', 'suspect'],
    ['all well', [...ok('http'), ...ok('smtp')], 'all', 'ok'],
    ['nothing', [], 'all', 'no-data'],
  ];
  for (const [title, samples, downWhen, state] of cases) {
    it(`${title}: ${state}`, () => {
      assert.equal(look({ samples }, { service: service(downWhen) }).v4?.state, state);
    });
  }

  it('a probe that is not required decides nothing, but is warned of', () => {
    const { v4, verdict } = look(
      { samples: [...ok('http'), ...down('smtp')] },
      { service: service('any', true) },
    );
    assert.equal(v4?.state, 'ok');
    assert.equal(verdict.class, 'WARNED');
    const only = look({ samples: down('smtp') }, { service: service('any', true) });
    assert.equal(only.verdict.class, 'UNKNOWN');
  });

  it('a probe of one family is not asked for in the other', () => {
    const probes = [spec('http'), { ...spec('smtp'), families: ['v6'] as const }] as Service['probes'];
    const { v4 } = look({ samples: ok('http') }, { service: { ...one, probes } });
    assert.deepEqual([v4?.state, v4?.probes.map(({ probe }) => probe)], ['ok', ['http']]);
  });

  it('our own way out must be proven since the last of them began to fail', () => {
    const samples = [...down('http'), ...of('smtp', [sample(false, 200)])];
    const observer = (ago: number) =>
      look({ samples, references: [reference(true, ago)] }, { service: service('any') }).v4?.observer;
    assert.equal(observer(200), 'online');
    assert.equal(observer(201), 'unproven');
  });

  it('two vantages must agree, of three two must', () => {
    const from = (vantage: string, samples: readonly Sample[]) => samples.map(item => ({ ...item, vantage }));
    const state = (...samples: readonly (readonly Sample[])[]) =>
      look({ samples: samples.flatMap((list, index) => from(`v${index}`, list)) }).probe?.state;
    const well = [sample(true, 100)];
    assert.equal(state(DOWN, well), 'ok');
    assert.equal(state(DOWN, DOWN), 'down');
    assert.equal(state(DOWN, DOWN, well), 'down');
    assert.equal(state(DOWN, well, well), 'ok');
    assert.equal(
      state(DOWN, [sample(true, 400_000)]),
      'down',
      'one that has nothing fresh to say has no vote',
    );
  });
});

describe('observe: our own sight', () => {
  const sight = (references: readonly ReferenceSample[], samples: readonly Sample[] = DOWN) => {
    const { v4, verdict } = look({ samples, references });
    return [v4?.observer, verdict.class];
  };

  it('proven since the failures began: it is the site', () => {
    assert.deepEqual(sight([reference(true, 400)]), ['online', 'UNREACHABLE']);
    assert.deepEqual(
      sight([reference(true, 1000)]),
      ['online', 'UNREACHABLE'],
      'in the round of the first failure',
    );
  });

  it('proven only before: unproven', () => {
    assert.deepEqual(sight([reference(true, 1001)]), ['unproven', 'OBSERVER_OFFLINE']);
    assert.deepEqual(sight([]), ['unproven', 'OBSERVER_OFFLINE']);
    assert.deepEqual(sight([reference(true, 0, { family: 'v6' })]), ['unproven', 'OBSERVER_OFFLINE']);
    assert.equal(sight([], [sample(false, 0)])[0], 'unproven', 'from the instant of the first failure');
  });

  it('no reference answered: offline, and failures up to then say nothing', () => {
    assert.deepEqual(sight([reference(false, 400)]), ['offline', 'OBSERVER_OFFLINE']);
    const { probe } = look({ samples: [...DOWN, sample(false, 100)], references: [reference(false, 400)] });
    assert.equal(probe?.consecutiveFailures, 0, 'nor do those after it, until something answers');
    assert.equal(
      sight([reference(false, 400)], [...DOWN, sample(false, 100)])[0],
      'offline',
      'a failure since then is no sight',
    );
    assert.equal(
      look({ samples: [sample(false, 400)], references: [reference(false, 400)] }).probe?.state,
      'no-data',
      'nor is one in the same round',
    );
  });

  it('one of several references is enough, in the same round', () => {
    assert.deepEqual(sight([reference(false, 400), reference(true, 400)])[0], 'online');
    assert.deepEqual(sight([reference(true, 400), reference(false, 400)])[0], 'online');
    assert.deepEqual(
      sight([reference(true, 400), reference(false, 300)])[0],
      'offline',
      'a later round without',
    );
  });

  it('back again: what failed since then counts from its own beginning', () => {
    const samples = [...DOWN, sample(false, 200)];
    assert.deepEqual(sight([reference(false, 450), reference(true, 200)], samples), ['online', 'SUSPECT']);
  });

  it('failures between blindness and the first answer are not counted: nobody knows whether we saw by then', () => {
    const samples = [sample(false, 60_000), sample(false, 5000), sample(false, 0)];
    const references = [reference(false, 90_000), reference(true, 5000)];
    assert.deepEqual(sight(references, samples), ['online', 'SUSPECT']);
    assert.equal(look({ samples, references }).probe?.consecutiveFailures, 2);
  });

  it('the site answers after the references failed: that is sight', () => {
    assert.deepEqual(sight([reference(false, 400)], [...DOWN, sample(true, 300)])[0], 'online');
    assert.deepEqual(sight([reference(false, 400)], [sample(true, 500)]), ['offline', 'OBSERVER_OFFLINE']);
    assert.equal(
      sight([reference(false, 400)], [sample(true, 400)])[0],
      'offline',
      'in the same round: doubt first',
    );
  });

  it('a reference that is stale proves nothing, and blinds no more', () => {
    const old = [sample(false, 299_000), sample(false, 1000), sample(false, 0)];
    assert.deepEqual(sight([reference(true, 300_001)], old)[0], 'unproven');
    assert.deepEqual(sight([reference(false, 300_001)], old)[0], 'unproven');
    assert.deepEqual(
      sight([reference(false, 300_000)], [])[0],
      'offline',
      'at the edge of staleness it blinds yet',
    );
    const counted = (ago: number) =>
      look({ samples: DOWN, references: [reference(false, ago)] }).probe?.consecutiveFailures;
    assert.deepEqual([counted(300_000), counted(300_001)], [0, 3], 'nor do failures since then count');
  });

  it('an answer from before we were blind is no sight: what fails since is not counted', () => {
    const references = [reference(true, 450), reference(false, 400)];
    const { probe } = look({ samples: [sample(false, 420), sample(false, 100)], references });
    assert.deepEqual([probe?.state, probe?.consecutiveFailures], ['no-data', 0]);
  });

  it('a reference from the future neither vouches nor blinds: the clock was set back', () => {
    const hour = -3_600_000;
    assert.deepEqual(sight([reference(true, hour)]), ['unproven', 'OBSERVER_OFFLINE']);
    assert.deepEqual(sight([reference(true, hour), reference(false, 400)]), ['offline', 'OBSERVER_OFFLINE']);
    assert.deepEqual(sight([reference(false, hour), reference(true, 400)]), ['online', 'UNREACHABLE']);
    assert.equal(sight([reference(true, -FUTURE_MS)])[0], 'online', 'as far ahead as clocks may differ');
  });

  it('never acts without a reference that answered within the streak, whatever else was seen', () => {
    const sampled = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -10_000, max: 400_000 })), {
      maxLength: 10,
    });
    fc.assert(
      fc.property(sampled, sampled, fc.boolean(), (samples, references, blocked) => {
        const made = samples.map(([ok, ago]) => sample(ok, ago));
        const asked = references.map(([ok, ago]) => reference(ok, ago));
        const { verdict } = look({
          samples: made,
          references: asked,
          hosts: [host(0, { blocked: { v4: blocked, v6: null } })],
        });
        if (verdict.class !== 'UNREACHABLE' && verdict.class !== 'PROVIDER_LOCK') return;
        // As far ahead as clocks may differ is now.
        const known = made
          .filter(item => item.at <= NOW + FUTURE_MS)
          .map(({ ok, at }) => ({ ok, at: Math.min(at, NOW) }));
        const lastFailure = Math.max(...known.filter(item => !item.ok).map(item => item.at));
        // A success of the very millisecond of the last failure may have been before it.
        const successes = known.filter(item => item.ok && item.at < lastFailure).map(item => item.at);
        const lastOk = Math.max(-Infinity, ...successes);
        // All that is asked in one look shares one instant.
        assert.ok(asked.some(item => item.ok && item.at <= NOW + FUTURE_MS && item.at >= lastOk));
        const answers = asked
          .filter(item => item.at <= NOW + FUTURE_MS)
          .map(({ ok, at }) => ({ ok, at: Math.min(at, NOW) }));
        const blind = answers.filter(item => !item.ok).map(item => item.at);
        const proof = answers.filter(item => item.ok).map(item => item.at);
        assert.ok(Math.max(-Infinity, ...blind) <= Math.max(...proof), 'blind after the last proof');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('observe: the lock', () => {
  const proof = [reference(true, 0)];
  const locked = (ago: number, patch: Partial<HostSignal> = {}) =>
    host(ago, { blocked: { v4: true, v6: null }, ...patch });
  const blocked = (hosts: readonly HostSignal[], samples: readonly Sample[] = DOWN) => {
    const { v4, verdict } = look({ samples, references: proof, hosts });
    return [v4?.blocked, verdict.class];
  };

  it('counts when it was read since the failures began', () => {
    assert.deepEqual(blocked([locked(1000)]), [true, 'PROVIDER_LOCK']);
    assert.deepEqual(blocked([locked(1001)]), [null, 'UNREACHABLE']);
    assert.deepEqual(
      blocked([locked(100)], [sample(false, 200)]),
      [true, 'PROVIDER_LOCK'],
      'one failure is enough',
    );
  });

  it('the newest reading counts, of this site, not from the future', () => {
    assert.deepEqual(blocked([locked(500), host(100)]), [false, 'UNREACHABLE']);
    assert.deepEqual(blocked([host(100), locked(500)]), [false, 'UNREACHABLE']);
    assert.deepEqual(blocked([locked(100, { site: 'away' })]), [null, 'UNREACHABLE']);
    assert.deepEqual(blocked([locked(-FUTURE_MS - 1), host(100)]), [false, 'UNREACHABLE']);
    assert.deepEqual(blocked([locked(-FUTURE_MS), host(100)]), [true, 'PROVIDER_LOCK']);
    assert.deepEqual(
      blocked([host(100), locked(100)]),
      [true, 'PROVIDER_LOCK'],
      'of one instant: the later entry',
    );
    assert.deepEqual(blocked([{ service: 'web', site: 'home', at: NOW, error: 'timeout' }]), [
      null,
      'UNREACHABLE',
    ]);
  });

  it('carries the reading and its age, or neither', () => {
    const { seen } = look({ hosts: [host(700)] });
    assert.deepEqual([seen.host, seen.hostAgeMs], [host(700), 700]);
    const none = look({}).seen;
    assert.deepEqual([none.host, none.hostAgeMs], [null, null]);
  });

  it('all well: a flag is believed while it is fresh, and only warned of', () => {
    assert.deepEqual(blocked([locked(300_000)], [sample(true, 0)]), [true, 'WARNED']);
    assert.deepEqual(blocked([locked(300_001)], [sample(true, 0)]), [null, 'HEALTHY']);
  });
});

describe('observe: how long all has been well', () => {
  const well = (...samples: readonly Sample[]) => look({ samples }).v4?.okForMs;
  it('from the first success after the last failure', () => {
    assert.equal(well(sample(true, 9000), sample(true, 100)), 9000);
    assert.equal(well(sample(true, 9000), sample(false, 5000), sample(true, 3000), sample(true, 100)), 3000);
    assert.equal(well(sample(true, 9000), sample(false, 100)), 0);
    assert.equal(well(), 0);
  });

  it('a failure is no break while no reference answered either, and is one a moment later', () => {
    const since = (failedAgo: number) =>
      look({
        samples: [sample(true, 500_000), sample(false, failedAgo), sample(true, 100)],
        references: [reference(false, 400_000)],
      }).v4?.okForMs;
    assert.deepEqual([since(400_000), since(399_999)], [500_000, 100]);
  });

  it('by all required probes, whatever the others say', () => {
    const spec = (id: string) => ({ ...makeService().probes[0], id, required: id !== 'ping' });
    const service = { ...one, probes: ['http', 'smtp', 'ping'].map(spec) as Service['probes'] };
    const since = (...samples: readonly Sample[]) => look({ samples }, { service }).v4?.okForMs;
    const [http, smtp, ping] = ['http', 'smtp', 'ping'].map(probe => ({ probe }));
    const fine = [sample(true, 3000, http), sample(true, 2500, smtp)];
    assert.equal(since(...fine, sample(true, 9000, ping), sample(false, 100, ping)), 3000);
    assert.equal(since(...fine, sample(false, 100, http), sample(true, 50, smtp)), 0, 'one fails');
    assert.equal(since(sample(true, 3000, http)), 0, 'one has said nothing');
    assert.equal(
      since(...fine, sample(true, 5000, http), sample(false, 5000, smtp)),
      3000,
      'not from a bad round',
    );
  });
});

describe('observe: what is published', () => {
  const both = makeService();
  const of = (published: readonly Family[] | null, v6: readonly Sample[]) => {
    const samples = [sample(true, 100), ...v6.map(item => ({ ...item, family: 'v6' as const }))];
    const references = [reference(true, 0), reference(true, 0, { family: 'v6' })];
    return look({ samples, references }, { service: both, published });
  };
  const v6 = (published: readonly Family[] | null, samples: readonly Sample[]) =>
    of(published, samples).verdict.class;

  it('a family that is withdrawn hurts nobody while it is away, and returns when it has been well for long', () => {
    assert.equal(v6(['v4', 'v6'], DOWN), 'PARTIAL_FAMILY');
    assert.equal(v6(null, DOWN), 'PARTIAL_FAMILY', 'not read yet: as if published');
    assert.equal(v6(['v4'], DOWN), 'HEALTHY');
    assert.equal(v6(['v4'], [sample(true, 59_999), sample(true, 0)]), 'HEALTHY');
    assert.equal(v6(['v4'], [sample(true, 60_000), sample(true, 0)]), 'FAMILY_RETURNED');
  });

  it('for a standby every family counts', () => {
    const [, away] = both.sites;
    assert.ok(away !== undefined);
    const state = { active: 'home', epoch: 1, maxEpoch: 1, published: [] };
    const seen = observe({ service: both, site: away, evidence: NO_EVIDENCE, state, now: NOW });
    assert.deepEqual(
      seen.families.map(family => family.published),
      [true],
    );
  });
});
