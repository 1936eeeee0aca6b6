import assert from 'node:assert/strict';
import type { Clock } from '../../src/ports/clock.ts';
import { ProviderError } from '../../src/ports/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { type CycleReport, cycle } from '../../src/reconcile/cycle.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import { openWatches } from '../../src/reconcile/open-watches.ts';
import { makeService, makeSite, POWER_OFF } from '../lab/service.ts';
import { epochSet } from '../plan/scene.ts';
import { Lab } from '../lab/world.ts';

const REFUSED = { ok: false, failure: 'refused' } as const;

async function tick(lab: Lab): Promise<CycleReport> {
  const report = await lab.clock.drive(
    watchService(lab.world(), lab.watch(), { once: true, budgetMs: 50_000 }),
  );
  assert.ok(report !== null);
  return report;
}

/** The same clock as it was before it was set back. */
function aheadBy(clock: Clock, ms: number): Clock {
  return {
    now: () => clock.now() + ms,
    monotonic: () => clock.monotonic(),
    sleep: clock.sleep.bind(clock),
    deadline: clock.deadline.bind(clock),
  };
}

const address = (lab: Lab, type: 'A' | 'AAAA') =>
  lab.records.find(set => set.type === type)?.values[0] ?? null;

describe('one tick', () => {
  it('costs one probe of each kind when all is well and everything was asked lately', async () => {
    const lab = new Lab();
    await tick(lab);
    const before = lab.probeCount;
    const watch = lab.watch();
    watch.add(await lab.store.evidence('web', 0));
    lab.probeCount = 0;
    await lab.clock.drive(watchService(lab.world(), watch, { once: true, budgetMs: 50_000 }));
    assert.ok(before > lab.probeCount, 'the first tick also looks at the standby');
    assert.equal(lab.probeCount, 2, 'one probe in each family of the active site');
  });

  it('sees a crash and fails over in one run: fence, promote, flip, in this order', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    const report = await tick(lab);
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away', 'swap away 2']);
    assert.equal(report.verdict.class, 'HEALTHY');
    assert.equal(report.verdict.site, 'away');
    assert.equal(address(lab, 'A'), '127.0.0.12');
    assert.equal(address(lab, 'AAAA'), null, 'the standby has no IPv6: the old AAAA is withdrawn');
    const state = await lab.store.service('web');
    assert.equal(state.active, 'away');
    assert.equal(state.lastRun?.status, 'done');
    assert.deepEqual(
      state.quarantined.map(entry => entry.site),
      ['home'],
    );
  });

  it('takes no longer than thresholds and steps need', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    const began = lab.clock.now();
    await tick(lab);
    const run = (await lab.store.service('web')).lastRun;
    assert.equal((run?.startedAt ?? 0) - began, 500, 'two re-probes at 250 ms');
  });

  it('what was decided before another process moved the epoch on is not written, and decided anew', async () => {
    const lab = new Lab();
    let outrun = 0;
    const commit: Store['commit'] = async (changes, guard) => {
      if (changes.some(({ kind }) => kind === 'decision') && outrun < 1) {
        outrun += 1;
        lab.epochSet = epochSet(9, 'away');
        await lab.store.commit([
          { kind: 'service', service: 'web', patch: { active: 'away', epoch: 9, maxEpoch: 9 } },
        ]);
      }
      return lab.store.commit(changes, guard);
    };
    const world = lab.world({ store: { ...lab.store, commit } });
    const watch = lab.watch();
    const report = await lab.clock.drive(cycle(world, watch, { depth: 'routine' }));
    assert.equal(report.verdict.site, 'away');
    const { active, maxEpoch } = await lab.store.service('web');
    assert.deepEqual([active, maxEpoch], ['away', 9]);
    assert.equal((await lab.store.evidence('web', 0)).samples.length > 0, true, 'what was measured is kept');
  });

  it('what a step saw answer ends the streak of failures from before', async () => {
    const fence = { ...POWER_OFF, method: 'wait', leaseMs: 3000, marginMs: 1000 } as const;
    const lab = new Lab({ sites: [makeSite('home', { fence }), makeSite('away')], blockWindowMs: 0 });
    lab.site('home', REFUSED);
    // It is well for the one moment in which the step looks.
    const progress = ({ event }: { readonly event: string }) => {
      if (event === 'error') lab.site('home', REFUSED);
    };
    const once = { once: true, budgetMs: 50_000 };
    const ticking = lab.clock.drive(
      watchService(
        lab.world({ watcher: { problem: () => {}, progress: (_run, at) => progress(at) } }),
        lab.watch(),
        once,
      ),
    );
    await lab.clock.sleep(2500).then(() => lab.site('home', 'well'));
    await ticking;
    assert.match((await lab.store.service('web')).lastRun?.note ?? '', /it answers in v4/);
    const { samples } = await lab.store.evidence('web', 0);
    const ofHome = samples
      .filter(({ site, family }) => site === 'home' && family === 'v4')
      .map(({ ok }) => ok);
    assert.deepEqual(ofHome.filter(ok => ok).length, 1);
    assert.equal(ofHome.slice(0, 3).includes(true), false);
  });

  it('a hang costs its time-out once: re-probes overlap', async () => {
    const lab = new Lab();
    lab.site('home', 'hang');
    const began = lab.clock.now();
    await tick(lab);
    const run = (await lab.store.service('web')).lastRun;
    assert.equal((run?.startedAt ?? 0) - began, 500 + 250 + 500);
  });

  it('blind: does nothing when the references are away too', async () => {
    const lab = new Lab();
    lab.online = { v4: false, v6: false };
    const report = await tick(lab);
    assert.equal(report.verdict.class, 'OBSERVER_OFFLINE');
    assert.deepEqual(lab.deeds, []);
  });

  it('blind after a good look: a success from before the blindness does not make it healthy', async () => {
    const lab = new Lab();
    const watch = lab.watch();
    await lab.clock.drive(watchService(lab.world(), watch, { once: true, budgetMs: 50_000 }));
    lab.online = { v4: false, v6: false };
    await lab.clock.drive(lab.clock.sleep(1000));
    const seen: string[] = [];
    const world = lab.world({ watcher: { verdict: verdict => void seen.push(verdict.class) } });
    await lab.clock.drive(watchService(world, watch, { once: true, budgetMs: 50_000 }));
    assert.deepEqual(seen, ['SUSPECT', 'OBSERVER_OFFLINE']);
  });

  it('a run that another runner superseded is not tried again from the old reading', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    lab.commands.set('promote away', () => {
      lab.epochSet = {
        name: lab.service.dns.epochName,
        type: 'TXT',
        ttlS: 60,
        values: ['"v=1 epoch=5 active=away owner=r-other"'],
      };
      return 0;
    });
    const report = await tick(lab);
    assert.equal(report.run?.status, 'superseded');
    assert.equal((await lab.store.runs({ limit: 10 })).length, 1);
    assert.equal((await lab.store.service('web')).active, 'away', 'what DNS says is adopted');
    assert.ok(!lab.deeds.some(deed => deed.startsWith('swap')));
  });

  it('does nothing without any reference that proves the way out', async () => {
    const lab = new Lab({}, { references: [] });
    lab.site('home', REFUSED);
    const report = await tick(lab);
    assert.equal(report.verdict.class, 'OBSERVER_OFFLINE');
    assert.equal(report.verdict.rule, 22);
    assert.deepEqual(lab.deeds, []);
  });

  it('one failed sample that does not repeat is no incident', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    const watched = watchService(lab.world(), lab.watch(), { once: true, budgetMs: 50_000 });
    const heal = lab.clock.sleep(100).then(() => lab.site('home', 'well'));
    const report = await lab.clock.drive(Promise.all([watched, heal]).then(([result]) => result));
    assert.equal(report?.verdict.class, 'HEALTHY');
    assert.deepEqual(lab.deeds, []);
  });

  it('withdraws the AAAA only, when IPv6 alone is locked', async () => {
    const lab = new Lab();
    lab.site('home', 'hang', ['v6']);
    lab.hosts.set('1', { power: 'running', blocked: { v4: false, v6: true } });
    await tick(lab);
    assert.deepEqual(lab.deeds, ['swap home 1']);
    assert.equal(address(lab, 'A'), '127.0.0.11');
    assert.equal(address(lab, 'AAAA'), null);
    assert.deepEqual((await lab.store.service('web')).published, ['v4']);
  });

  it('publishes the family again when it has been well for long enough', async () => {
    const lab = new Lab({ blockWindowMs: 0 });
    lab.site('home', 'hang', ['v6']);
    await tick(lab);
    lab.site('home', 'well');
    const watch = lab.watch();
    lab.deeds.length = 0;
    for (let minute = 0; minute < 3; minute += 1) {
      await lab.clock.drive(watchService(lab.world(), watch, { once: true, budgetMs: 50_000 }));
      await lab.clock.drive(lab.clock.sleep(45_000));
    }
    assert.deepEqual(lab.deeds, ['swap home 2']);
    assert.equal(address(lab, 'AAAA'), '::1');
  });

  it('a lock of every address counts as the fence; the machine is left running', async () => {
    const lab = new Lab({ sites: [makeSite('home'), makeSite('away')] });
    lab.site('home', 'hang');
    lab.hosts.set('1', { power: 'running', blocked: { v4: true, v6: null } });
    await tick(lab);
    const run = (await lab.store.service('web')).lastRun;
    assert.deepEqual(lab.deeds, ['run promote away', 'swap away 2']);
    const plan = await lab.store.plan(run?.plan ?? '');
    assert.equal(plan?.plan.because.class, 'PROVIDER_LOCK');
  });

  it('the hoster is asked at once when the failures begin, however lately it was asked before', async () => {
    const lab = new Lab({ sites: [makeSite('home'), makeSite('away')] });
    const watch = lab.watch();
    await lab.clock.drive(watchService(lab.world(), watch, { once: true, budgetMs: 50_000 }));
    lab.site('home', 'hang');
    lab.hosts.set('1', { power: 'running', blocked: { v4: true, v6: null } });
    await lab.clock.drive(lab.clock.sleep(1000));
    await lab.clock.drive(watchService(lab.world(), watch, { once: true, budgetMs: 50_000 }));
    const run = (await lab.store.service('web')).lastRun;
    assert.equal((await lab.store.plan(run?.plan ?? ''))?.plan.because.class, 'PROVIDER_LOCK');
  });

  it('a lock of one of two addresses does not: the other may still serve', async () => {
    const lab = new Lab();
    lab.site('home', 'hang', ['v4']);
    lab.hosts.set('1', { power: 'running', blocked: { v4: true, v6: false } });
    await tick(lab);
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away', 'swap away 2']);
  });

  it('standby down: does nothing and says why for each site', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    lab.site('away', REFUSED);
    const report = await tick(lab);
    assert.deepEqual(lab.deeds, []);
    assert.equal(report.standing?.code, 'no-viable-target');
    assert.match(report.standing?.detail ?? '', /away: v4 there is not well: http v4 refused/);
  });

  it('a look at the standby from before the trouble does not count: both may have died together', async () => {
    const lab = new Lab();
    const watch = lab.watch();
    await lab.clock.drive(watchService(lab.world(), watch, { once: true, budgetMs: 50_000 }));
    await lab.clock.drive(lab.clock.sleep(1000));
    lab.site('home', REFUSED);
    lab.site('away', 'hang');
    const report = await lab.clock.drive(watchService(lab.world(), watch, { once: true, budgetMs: 50_000 }));
    assert.deepEqual(lab.deeds, []);
    assert.equal(report?.standing?.code, 'no-viable-target');
  });

  it('never promotes when the fence is not confirmed', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    lab.faults.set(
      'powerOff',
      new ProviderError({ code: 'provider-timeout', message: 'no answer', applied: 'unknown' }),
    );
    await tick(lab);
    assert.deepEqual(lab.deeds, []);
    assert.equal((await lab.store.service('web')).lastRun?.status, 'failed');
  });

  it('tries the next standby when the first cannot be promoted, and leaves DNS alone when none can', async () => {
    const third = makeSite('third', { server: '3', addresses: { v4: '127.0.0.13' } });
    const lab = new Lab({ sites: [makeSite('home'), makeSite('away'), third] });
    lab.commands.set('promote away', () => 1);
    lab.site('home', REFUSED);
    await tick(lab);
    assert.deepEqual(lab.deeds, [
      'fence home',
      'run promote away',
      'fence home',
      'run promote third',
      'swap third 4',
    ]);
    const lone = new Lab();
    lone.commands.set('promote away', () => 1);
    lone.site('home', REFUSED);
    await tick(lone);
    assert.equal(address(lone, 'A'), '127.0.0.11', 'fail static: the last answer stands');
  });

  it('a hold wins, and the real state stays visible beside it', async () => {
    const lab = new Lab();
    const hold = { service: 'web', owner: 'ann', reason: 'moving racks', since: 0, until: null };
    await lab.store.commit([{ kind: 'hold', hold }]);
    lab.site('home', REFUSED);
    const report = await tick(lab);
    assert.equal(report.verdict.class, 'UNREACHABLE');
    assert.match(report.standing?.detail ?? '', /held by ann: moving racks/);
    assert.deepEqual(lab.deeds, []);
  });

  it('an expired hold does not', async () => {
    const lab = new Lab();
    const hold = { service: 'web', owner: 'ann', reason: 'x', since: 0, until: lab.clock.now() - 1 };
    await lab.store.commit([{ kind: 'hold', hold }]);
    lab.site('home', REFUSED);
    await tick(lab);
    assert.equal(lab.deeds.length, 3);
  });

  it('mode propose writes nothing and drafts one plan, not one a tick', async () => {
    const lab = new Lab({}, { mode: 'propose' });
    lab.site('home', REFUSED);
    const first = await tick(lab);
    await tick(lab);
    assert.deepEqual(lab.deeds, []);
    assert.equal(first.standing?.code, 'awaiting-approval');
    assert.equal((await lab.store.proposed('web')).length, 1);
  });

  it('a plan that waits is void when the service is well again', async () => {
    const lab = new Lab({}, { mode: 'propose' });
    lab.site('home', REFUSED);
    await tick(lab);
    const [waiting] = await lab.store.proposed('web');
    lab.site('home', 'well');
    await tick(lab);
    assert.deepEqual(await lab.store.proposed('web'), []);
    assert.equal((await lab.store.plan(waiting?.plan.id ?? ''))?.status, 'void');
  });

  it('mode observe drafts nothing', async () => {
    const lab = new Lab({}, { mode: 'observe' });
    lab.site('home', REFUSED);
    await tick(lab);
    assert.equal((await lab.store.proposed('web')).length, 0);
    assert.deepEqual(lab.deeds, []);
  });

  it('no second automatic run inside the block window, counted from the end; a person can lift it', async () => {
    const third = makeSite('third', { server: '3', addresses: { v4: '127.0.0.13' } });
    const lab = new Lab({ sites: [makeSite('home'), makeSite('away'), third] });
    lab.site('home', REFUSED);
    await tick(lab);
    lab.site('away', REFUSED);
    const blocked = await tick(lab);
    assert.match(blocked.standing?.detail ?? '', /block window/);
    assert.ok(!lab.deeds.includes('fence away'));
    const ackedRun = (await lab.store.service('web')).lastRun?.id ?? null;
    await lab.store.commit([{ kind: 'service', service: 'web', patch: { ackedRun } }]);
    await tick(lab);
    assert.ok(lab.deeds.includes('swap third 4'));
  });

  it('a run is looked at once more, however long it took', async () => {
    const fence = { ...POWER_OFF, method: 'wait' as const, leaseMs: 55_000, marginMs: 1000 };
    const lab = new Lab({ sites: [makeSite('home', { fence }), makeSite('away')] });
    lab.site('home', REFUSED);
    const back = lab.clock.sleep(40_000).then(() => lab.site('home', 'well'));
    const watched = watchService(lab.world(), lab.watch(), { once: true, budgetMs: 20_000 });
    await lab.clock.drive(Promise.all([watched, back]));
    const run = (await lab.store.service('web')).lastRun;
    assert.equal(run?.status, 'failed', 'the site came back while it was waited for');
    const { samples } = await lab.store.evidence('web', run?.endedAt ?? Number.POSITIVE_INFINITY);
    assert.ok(
      samples.some(({ site, ok }) => site === 'home' && ok),
      'the next tick must not count the old failures on',
    );
  });

  it('what was measured before the clock was set back never passes for the newest in the same hours', async () => {
    const lab = new Lab();
    const hour = 3_600_000;
    const { clock } = lab;
    const ahead = aheadBy(clock, hour);
    const once = { once: true, budgetMs: 50_000 };
    await clock.drive(watchService(lab.world({ clock: ahead }), lab.watch(), once));
    assert.ok((await lab.store.evidence('web', clock.now() + hour)).zones.length > 0);
    const [watch] = await openWatches(lab.store, [lab.service], clock.now());
    assert.ok(watch !== undefined);
    await clock.drive(watchService(lab.world(), watch, once));
    const { zones, samples, hosts } = await lab.store.evidence('web', clock.now() + 1);
    assert.deepEqual([zones, samples, hosts], [[], [], []]);
    assert.ok((await lab.store.evidence('web', 0)).zones.length > 0, 'what was read since is kept');
  });

  it('the returned primary stays out until a person clears it', async () => {
    const lab = new Lab({ blockWindowMs: 0 });
    lab.site('home', REFUSED);
    await tick(lab);
    lab.site('home', 'well');
    lab.site('away', REFUSED);
    lab.deeds.length = 0;
    const report = await tick(lab);
    assert.equal(report.standing?.code, 'no-viable-target');
    assert.match(report.standing?.detail ?? '', /no person has cleared it/);
    assert.deepEqual(lab.deeds, []);
  });

  it('a lower epoch than one that was seen stops everything', async () => {
    const lab = new Lab({ blockWindowMs: 0 });
    lab.site('home', REFUSED);
    await tick(lab);
    lab.epochSet = null;
    lab.site('away', REFUSED);
    lab.deeds.length = 0;
    await lab.clock.drive(lab.clock.sleep(400_000));
    const report = await tick(lab);
    assert.equal(report.verdict.class, 'ROLLED_BACK');
    assert.deepEqual(lab.deeds, []);
  });

  it('where DNS cannot tie a change to the epoch a person is asked, and their yes is carried out', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    const world = () =>
      lab.world({ dnsCapabilities: () => ({ compareAndSwap: false, reportsPropagation: true }) });
    const once = { once: true, budgetMs: 50_000 };
    const watch = lab.watch();
    const report = await lab.clock.drive(watchService(world(), watch, once));
    assert.equal(report?.standing?.code, 'awaiting-approval');
    assert.deepEqual(lab.deeds, [], 'nothing is done by itself');
    const [waiting] = await lab.store.proposed('web');
    assert.ok(waiting);
    const order = { request: null, approved: { plan: waiting.plan, by: 'ann' } };
    await lab.clock.drive(cycle(world(), watch, { depth: 'suspicious', order }));
    assert.equal(address(lab, 'A'), '127.0.0.12');
  });

  it('who slept in the middle of a decision decides anew: what others have written meanwhile counts', async () => {
    const { thresholds } = makeService();
    const lab = new Lab({ thresholds: { ...thresholds, failures: 1, failingForMs: 0 } });
    lab.site('home', REFUSED);
    let asleep = true;
    const store: Store = {
      ...lab.store,
      proposed: async service => {
        const waiting = await lab.store.proposed(service);
        if (asleep) {
          asleep = false;
          await lab.clock.sleep(600_000);
          const hold = { service: 'web', owner: 'ann', reason: 'mine', since: 0, until: null };
          await lab.store.commit([{ kind: 'hold', hold }]);
        }
        return waiting;
      },
    };
    const watch = lab.watch();
    await lab.clock.drive(cycle(lab.world({ store }), watch, { depth: 'suspicious' }));
    const decision = await lab.store.decision('web');
    const unheld = decision?.gate.filter(({ code, ok }) => code === 'hold' && ok);
    assert.deepEqual(unheld, [], 'the hold that was set meanwhile is heeded');
  });

  it('what a sleeper has read is no roll-back, even when the clock was set back for as long as it slept', async () => {
    const lab = new Lab();
    const { clock } = lab;
    const hour = 3_600_000;
    const ahead = aheadBy(clock, hour);
    const once = { once: true, budgetMs: 50_000 };
    const sleeper = lab.watch();
    await clock.drive(watchService(lab.world({ clock: ahead }), sleeper, once));
    lab.site('home', REFUSED);
    await tick(lab);
    await clock.drive(clock.sleep(hour));
    const seen: string[] = [];
    const watcher = { verdict: (verdict: { readonly class: string }) => void seen.push(verdict.class) };
    await clock.drive(watchService(lab.world({ watcher }), sleeper, once));
    assert.ok(!seen.includes('ROLLED_BACK'), seen.join());
    const { active, epoch, maxEpoch } = await lab.store.service('web');
    assert.deepEqual([active, epoch, maxEpoch], ['away', 2, 2]);
  });

  it('a standby whose data is too old is refused, and the age counts on after it was measured', async () => {
    const freshness = { argv: ['lag', 'away'], limitMs: 1000 };
    const lab = new Lab({ sites: [makeSite('home'), makeSite('away', { freshness, maxLagMs: 60_000 })] });
    lab.site('home', REFUSED);
    const report = await tick(lab);
    assert.match(report.standing?.detail ?? '', /age of its data is unknown/);
    assert.deepEqual(
      lab.deeds.filter(deed => !deed.startsWith('run lag')),
      [],
    );
  });

  it('the age of the data is that of the standby itself, not of whichever was measured last', async () => {
    const measured = (name: string) => ({
      freshness: { argv: ['lag', name], limitMs: 1000 },
      maxLagMs: 60_000,
    });
    const sites = [
      makeSite('home'),
      makeSite('away', measured('away')),
      makeSite('third', measured('third')),
    ];
    const lab = new Lab({ sites });
    lab.tails.set('lag away', ['3600']);
    lab.tails.set('lag third', ['1']);
    lab.commands.set('lag third', () => lab.clock.sleep(10).then(() => 0));
    lab.site('home', REFUSED);
    await tick(lab);
    assert.equal((await lab.store.service('web')).active, 'third');
  });

  it('a hold that a person sets while one that has run out is being taken away stays', async () => {
    const lab = new Lab();
    const hold = { service: 'web', owner: 'ann', reason: 'mine', since: 1, until: lab.clock.now() };
    await lab.store.commit([{ kind: 'hold', hold }]);
    const newer = { ...hold, owner: 'bob', since: 2, until: null };
    let isSet = false;
    const commit: Store['commit'] = async (changes, guard) => {
      if (!isSet && changes.some(change => change.kind === 'resume')) {
        isSet = true;
        await lab.store.commit([{ kind: 'hold', hold: newer }]);
      }
      return lab.store.commit(changes, guard);
    };
    await lab.clock.drive(
      cycle(lab.world({ store: { ...lab.store, commit } }), lab.watch(), { depth: 'routine' }),
    );
    assert.ok(isSet);
    assert.deepEqual((await lab.store.service('web')).hold, newer);
  });

  it('a time-out that came while the process slept says nothing of the site', async () => {
    const lab = new Lab();
    const probe = async () => {
      await lab.clock.sleep(1_200_000);
      return { ok: false, failure: 'timeout' } as const;
    };
    const outside = lab.outside();
    const watch = lab.watch();
    const world = lab.world({ outside: { ...outside, prober: { ...outside.prober, probe } } });
    await lab.clock.drive(cycle(world, watch, { depth: 'routine' }), 2_000_000);
    assert.deepEqual(watch.history.samples, []);
  });

  it('a stateless service needs no fence', async () => {
    const bare = { promote: [], fence: { ...POWER_OFF, method: 'none' as const } };
    const lab = new Lab({ stateless: true, sites: [makeSite('home', bare), makeSite('away', bare)] });
    lab.site('home', REFUSED);
    await tick(lab);
    assert.deepEqual(lab.deeds, ['swap away 2']);
  });

  it('an error of the DNS API changes nothing and is told once', async () => {
    const lab = new Lab();
    lab.faults.set('read', new ProviderError({ code: 'provider-unreachable', message: 'refused' }));
    lab.site('home', REFUSED);
    await tick(lab);
    await tick(lab);
    assert.deepEqual(lab.deeds, []);
    const told = (await lab.store.notices({ limit: 100 })).filter(notice => notice.kind === 'problem');
    assert.equal(told.length, 1);
  });
});
