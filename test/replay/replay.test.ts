import assert from 'node:assert/strict';
import type { Policy, VerdictClass } from '../../src/model/verdict.ts';
import type { LogEntry } from '../../src/replay/log.ts';
import type { Replay } from '../../src/replay/replay.ts';
import { cycle } from '../../src/reconcile/cycle.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { makeService } from '../lab/service.ts';
import { Lab } from '../lab/world.ts';
import { changesOf, cronNight, daemonNight, type Night, replayed } from './recorded.ts';

const REFUSED = { ok: false, failure: 'refused' } as const;
const UNREACHABLE = { ok: false, failure: 'unreachable' } as const;
const BLOCKED = { v4: true, v6: true };
const FREE = { v4: false, v6: false };

const lock = (lab: Lab) => {
  lab.site('home', UNREACHABLE);
  lab.hosts.set('1', { power: 'running', blocked: BLOCKED });
};
const unlock = (lab: Lab) => {
  lab.site('home', 'well');
  lab.hosts.set('1', { power: 'running', blocked: FREE });
};
const down = (lab: Lab) => lab.site('home', REFUSED);
const up = (lab: Lab) => lab.site('home', 'well');

let eventful: Promise<Night> | null = null;

/** A short fault that nobody acted on, then a lock, a failover, and the end of the lock. Lived through once. */
function eventfulNight(): Promise<Night> {
  eventful ??= daemonNight(new Lab(), 300_000, [
    [60_000, down],
    [60_400, up],
    [120_300, lock],
    [200_000, unlock],
  ]);
  return eventful;
}

type Of<W extends LogEntry['what']> = Extract<LogEntry, { readonly what: W }>;

function entries<W extends LogEntry['what']>({ log }: Replay, what: W): readonly Of<W>[] {
  return log.filter((entry): entry is Of<W> => entry.what === what);
}

function thresholds(night: Night, failures: number, failingForMs: number) {
  return { thresholds: { ...night.lab.service.thresholds, failures, failingForMs } };
}

function observing(night: Night, ...classes: readonly VerdictClass[]) {
  const changed = Object.fromEntries(classes.map(name => [name, 'observe' as Policy]));
  return { policy: { ...night.lab.service.policy, ...changed } };
}

async function madeRun({ lab }: Night) {
  const run = (await lab.store.service('web')).lastRun;
  assert.ok(run !== null);
  const stored = await lab.store.plan(run.plan);
  assert.ok(stored !== null);
  return { run, plan: stored.plan };
}

describe('a replay under the policy that was in force', () => {
  it('gives the verdicts of a night with a daemon, each at the same instant, and the plan that was made', async () => {
    const night = await eventfulNight();
    assert.deepEqual(
      night.verdicts.map(verdict => verdict.class),
      ['HEALTHY', 'SUSPECT', 'HEALTHY', 'SUSPECT', 'PROVIDER_LOCK', 'HEALTHY'],
    );
    const again = await replayed(night);
    assert.deepEqual(changesOf(again), changesOf(night.verdicts));
    const { run, plan } = await madeRun(night);
    const [move, ...others] = entries(again, 'move');
    assert.deepEqual(others, []);
    assert.equal(move?.at, run.startedAt);
    assert.equal(move.recorded, run.id);
    assert.deepEqual([move.kind, move.from, move.to], [plan.kind, plan.from, plan.to]);
    assert.deepEqual(move.steps.slice(0, 4), [
      'claim epoch 1',
      'fence home (provider-lock)',
      'promote away: db',
      'check away',
    ]);
    assert.equal(again.summary.falseMoves, 0);
    assert.equal(again.summary.recordedRuns, 1);
    assert.deepEqual(again.remarks, []);
  });

  it('gives those of a hang, where rounds overlap and a run takes its time', async () => {
    const lab = new Lab();
    lab.commands.set('promote away', async () => {
      await lab.clock.sleep(7300);
      return 0;
    });
    const night = await daemonNight(lab, 120_000, [[30_000, () => lab.site('home', 'hang')]]);
    const { run } = await madeRun(night);
    assert.ok((run.endedAt ?? 0) - run.startedAt >= 7300);
    const again = await replayed(night);
    assert.deepEqual(changesOf(again), changesOf(night.verdicts));
    assert.equal(entries(again, 'move')[0]?.at, run.startedAt);
  });

  it('knows of a slow answer of the hoster when it was there, not when it was asked for', async () => {
    const { thresholds: usual } = makeService();
    const lab = new Lab({ thresholds: { ...usual, failures: 20 } });
    const outside = lab.outside.bind(lab);
    lab.outside = () => ({
      ...outside(),
      host: async name => {
        await lab.clock.sleep(2900);
        return outside().host(name);
      },
    });
    const night = await daemonNight(lab, 90_000, [[30_000, lock]]);
    assert.ok(night.verdicts.some(verdict => verdict.class === 'PROVIDER_LOCK'));
    assert.deepEqual(changesOf(await replayed(night)), changesOf(night.verdicts));
  });

  it('decides when the references of a round have answered, too', async () => {
    const lab = new Lab();
    const outside = lab.outside.bind(lab);
    lab.outside = () => {
      const { prober, ...others } = outside();
      const reach: typeof prober.reach = async (...asked) => {
        await lab.clock.sleep(170);
        return prober.reach(...asked);
      };
      return { ...others, prober: { ...prober, reach } };
    };
    const night = await daemonNight(lab, 90_000, [[30_000, down]]);
    const again = await replayed(night);
    assert.deepEqual(changesOf(again), changesOf(night.verdicts));
    assert.equal(entries(again, 'move')[0]?.at, (await madeRun(night)).run.startedAt);
  });

  it('gives those of cron, where each tick knows only what the store kept', async () => {
    const night = await cronNight(new Lab(), 60_000, 8, [
      [150_000, lab => lab.site('home', 'hang')],
      [400_000, up],
    ]);
    assert.deepEqual(night.lab.deeds, ['fence home', 'run promote away', 'swap away 2']);
    const again = await replayed(night);
    assert.deepEqual(changesOf(again), changesOf(night.verdicts));
    assert.equal(entries(again, 'move').length, 1);
  });

  it('gives those of a withdrawn family and its return', async () => {
    const night = await daemonNight(new Lab({ blockWindowMs: 1000 }), 400_000, [
      [60_000, lab => lab.site('home', 'hang', ['v6'])],
      [120_000, lab => lab.site('home', 'well', ['v6'])],
    ]);
    const again = await replayed(night);
    assert.deepEqual(
      entries(again, 'move').map(move => move.kind),
      ['withdraw', 'restore'],
    );
    assert.deepEqual(changesOf(again), changesOf(night.verdicts));
  });

  it('follows what a person moved, there and back, and calls it nobody’s decision', async () => {
    const order = (lab: Lab, to: string) => {
      const request = { kind: 'switchover' as const, to, overrides: [], operator: 'ada', reason: 'a test' };
      const options = { depth: 'ordered' as const, order: { request, approved: null } };
      void cycle(lab.world(), lab.watch(), options);
    };
    const night = await daemonNight(new Lab({ blockWindowMs: 1000 }), 200_000, [
      [60_000, lab => order(lab, 'away')],
      [100_000, lab => order(lab, 'home')],
      [150_000, down],
    ]);
    assert.deepEqual(
      night.lab.deeds.filter(deed => deed.startsWith('swap')),
      ['swap away 2', 'swap home 4', 'swap away 6'],
    );
    const again = await replayed(night);
    assert.deepEqual(
      entries(again, 'recorded').map(({ kind, to, automatic }) => [kind, to, automatic]),
      [
        ['switchover', 'away', false],
        ['switchover', 'home', false],
      ],
    );
    assert.deepEqual(
      entries(again, 'move').map(({ kind, to }) => [kind, to]),
      [['failover', 'away']],
      'the site that was left in order is no outcast',
    );
  });

  it('gives those of a promotion that failed, and of the next site', async () => {
    const sites = [...makeService().sites];
    const [home, away] = sites;
    assert.ok(home !== undefined && away !== undefined);
    const third = { ...away, name: 'third', server: '3', addresses: { v4: '127.0.0.13' } };
    const promote = [{ name: 'db', run: { argv: ['promote', 'third'], limitMs: 1000 }, check: null }];
    const lab = new Lab({ sites: [home, away, { ...third, promote }] });
    lab.commands.set('promote away', () => 1);
    const night = await daemonNight(lab, 200_000, [[60_000, down]]);
    const again = await replayed(night);
    assert.deepEqual(
      entries(again, 'move').map(move => move.to),
      ['away', 'third'],
    );
    assert.deepEqual(changesOf(again), changesOf(night.verdicts));
  });

  it('is the same to the byte, each time', async () => {
    const night = await eventfulNight();
    const [first, second] = [await replayed(night), await replayed(night)];
    assert.equal(JSON.stringify(first), JSON.stringify(second));
  });

  it('has in the store what a run began on, though the process died in the middle of it', async () => {
    const kept = createMemoryStore();
    let isDead = false;
    const store = {
      ...kept,
      commit: async (...given: Parameters<typeof kept.commit>) => {
        if (isDead) throw new Error('the process is gone');
        await kept.commit(...given);
      },
    };
    const lab = new Lab({}, {}, store);
    // The zone is slow, so that the verdict has been told when the plan can be made of it.
    const outside = lab.outside.bind(lab);
    lab.outside = () => ({
      ...outside(),
      dns: async name => {
        await lab.clock.sleep(1700);
        return outside().dns(name);
      },
    });
    lab.commands.set('promote away', () => {
      isDead = true;
      return 0;
    });
    const night = await daemonNight(lab, 65_000, [[60_000, down]]);
    const again = await replayed(night);
    assert.equal(entries(again, 'move')[0]?.at, (await madeRun(night)).run.startedAt);
  });
});

describe('a replay under another policy', () => {
  it('moves earlier with fewer failures, and knows the run that was made later for the same', async () => {
    const night = await daemonNight(new Lab(), 200_000, [[60_000, down]]);
    const { run } = await madeRun(night);
    const sooner = await replayed(night, { service: thresholds(night, 2, 0) });
    const [move] = entries(sooner, 'move');
    assert.equal(run.startedAt - (move?.at ?? 0), 250);
    assert.equal(move?.recorded, null);
    assert.deepEqual(
      entries(sooner, 'followed').map(({ run: id, laterMs }) => [id, laterMs]),
      [[run.id, 250]],
    );
    assert.equal(sooner.summary.moves[0]?.recorded, run.id);
    assert.equal(sooner.summary.falseMoves, 0);
    assert.deepEqual(entries(sooner, 'recorded'), []);
  });

  it('tells a false failover: the site answered again by itself', async () => {
    const night = await eventfulNight();
    const hasty = await replayed(night, { service: thresholds(night, 2, 0) });
    const [returned] = entries(hasty, 'returned');
    assert.equal(returned?.isFalse, true);
    assert.equal(returned.afterMs, 250);
    assert.equal(hasty.summary.falseMoves, 1);
    const strict = await replayed(night, { service: thresholds(night, 2, 0), falseWithinMs: 100 });
    assert.equal(strict.summary.falseMoves, 0);
    assert.equal(strict.summary.moves[0]?.returnedAfterMs, 250);
  });

  it('is followed on after a false failover, with the block window that it would have opened', async () => {
    const night = await eventfulNight();
    const hasty = await replayed(night, { service: thresholds(night, 2, 0) });
    const [refused] = entries(hasty, 'standing').filter(entry => entry.code === 'refused-by-gate');
    assert.deepEqual(
      refused?.refused.map(row => row.code),
      ['block-window'],
    );
    const [recorded] = entries(hasty, 'recorded');
    assert.equal(recorded?.to, 'away');
    assert.deepEqual(hasty.summary.moves.length, 1);
    const ready = await replayed(night, { service: { ...thresholds(night, 2, 0), blockWindowMs: 1000 } });
    assert.equal(ready.summary.moves.length, 2);
  });

  it('does nothing where the policy is to observe, and says what really was done', async () => {
    const night = await eventfulNight();
    const calm = await replayed(night, { service: observing(night, 'PROVIDER_LOCK', 'UNREACHABLE') });
    assert.deepEqual(entries(calm, 'move'), []);
    assert.equal(calm.summary.falseMoves, 0);
    assert.ok(entries(calm, 'standing').some(entry => entry.code === 'policy-observe'));
    assert.deepEqual(
      entries(calm, 'recorded').map(({ kind, to, automatic }) => [kind, to, automatic]),
      [['failover', 'away', true]],
    );
  });

  it('asks a person where the mode is to propose', async () => {
    const night = await eventfulNight();
    const asking = await replayed(night, { settings: { mode: 'propose' } });
    assert.deepEqual(entries(asking, 'move'), []);
    assert.deepEqual(
      entries(asking, 'proposal').map(({ kind, to }) => [kind, to]),
      [['failover', 'away']],
    );
  });

  it('judges a service that only watched: what would act have done?', async () => {
    const night = await daemonNight(new Lab({}, { mode: 'observe' }), 300_000, [
      [60_000, down],
      [100_000, up],
    ]);
    assert.deepEqual(night.lab.deeds, []);
    const acting = await replayed(night, { settings: { mode: 'act' } });
    assert.equal(acting.summary.moves.length, 1);
    const [move] = acting.summary.moves;
    assert.ok(Math.abs((move?.returnedAfterMs ?? 0) - 39_500) < 1000);
    assert.equal(move?.isFalse, true);
    const told = entries(acting, 'verdict').map(entry => entry.class);
    assert.ok(
      !told.includes('ROLLED_BACK'),
      'a zone in which the move was not made is no control plane gone back',
    );
    const last = entries(acting, 'verdict').at(-1);
    assert.deepEqual([last?.class, last?.site], ['HEALTHY', 'home']);
  });
});

describe('the sums of a replay', () => {
  it('take a time in which our own network was gone for no outage of the site', async () => {
    const blind = (v4: boolean) => (lab: Lab) => void (lab.online = { v4, v6: v4 });
    const night = await daemonNight(new Lab(), 900_000, [
      [120_000, blind(false)],
      [480_000, blind(true)],
    ]);
    assert.equal((await replayed(night)).summary.outagesLeftAlone, 0);
  });

  it('share out the time that was watched, and no more', async () => {
    const night = await cronNight(new Lab(), 60_000, 3, []);
    await night.lab.clock.drive(night.lab.clock.sleep(3_600_000), 4_000_000);
    const later = await cronNight(night.lab, 60_000, 3, []);
    const { summary, log } = await replayed(later);
    assert.equal(summary.watchedMs, 4 * 60_000);
    assert.ok(summary.unwatchedMs >= 3_600_000);
    assert.equal(log.filter(entry => entry.what === 'gap').length, 1);
    assert.deepEqual(summary.classes, [{ class: 'HEALTHY', ms: 4 * 60_000 }]);
  });

  it('remark on what the config has and the trace not', async () => {
    const night = await cronNight(new Lab(), 60_000, 2, []);
    const [home] = night.lab.service.sites;
    assert.ok(home !== undefined);
    const [probe] = night.lab.service.probes;
    assert.ok(probe !== undefined);
    const { remarks } = await replayed(night, {
      service: { sites: [home, { ...home, name: 'new' }], probes: [{ ...probe, id: 'smtp' }] },
    });
    assert.deepEqual(remarks, [
      'the service has no site away any more',
      'the trace knows nothing of the site new',
      'the service has no probe http any more',
      'the trace has no sample of the probe smtp',
    ]);
  });
});
