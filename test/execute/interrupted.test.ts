/** What an attacker found: nights in which the world, a person or the config changes in the middle of a run. */
import assert from 'node:assert/strict';
import { ProviderError } from '../../src/ports/errors.ts';
import type { Outside } from '../../src/ports/outside.ts';
import type { Order } from '../../src/reconcile/assess.ts';
import { cycle } from '../../src/reconcile/cycle.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import { crashingStore } from '../lab/crashing-store.ts';
import { makeSite, POWER_OFF } from '../lab/service.ts';
import { Lab } from '../lab/world.ts';
import { withDns, withFlip } from '../lab/wrapped.ts';

const REFUSED = { ok: false, failure: 'refused' } as const;
const ONCE = { once: true, budgetMs: 50_000 } as const;
const SWITCH: Order = {
  request: { kind: 'switchover', to: null, overrides: [], operator: 'ann', reason: 'kernel' },
  approved: null,
};

async function tick(lab: Lab, store = lab.store) {
  const watch = lab.watch();
  watch.add(await lab.store.evidence('web', 0));
  watch.takeUnsaved();
  const world = lab.world({ store, isOwnerDead: () => true });
  return lab.clock.drive(watchService(world, watch, ONCE));
}

const address = (lab: Lab) => lab.records.find(set => set.type === 'A')?.values[0];

describe('a run that is interrupted', () => {
  it('a switchover that was cut short is not continued: the old site may take writes again', async () => {
    for (let at = 1; at < 17; at += 1) {
      const lab = new Lab();
      const { store } = crashingStore(lab.store, at, 'before');
      const world = lab.world({ store, isOwnerDead: () => true });
      const watch = lab.watch();
      await lab.clock.drive(cycle(world, watch, { depth: 'ordered', order: SWITCH }).catch(() => null));
      const swapped = lab.deeds.some(deed => deed.startsWith('swap'));
      const promoted = lab.deeds.includes('run promote away');
      await tick(lab);
      assert.equal(address(lab), swapped ? '127.0.0.12' : '127.0.0.11', `commit ${at}`);
      if (!promoted) assert.ok(!lab.deeds.includes('run promote away'), `commit ${at}: promoted by itself`);
      assert.equal(await lab.store.openRun('web'), null, `commit ${at}`);
    }
  });

  it('a lock that is lifted while the standby is promoted is no fence any more', async () => {
    const lab = new Lab({ sites: [makeSite('home'), makeSite('away')] });
    lab.site('home', 'hang');
    lab.hosts.set('1', { power: 'running', blocked: { v4: true, v6: null } });
    lab.commands.set('promote away', () => {
      lab.hosts.set('1', { power: 'running', blocked: { v4: false, v6: null } });
      lab.site('home', 'well');
      return 0;
    });
    await tick(lab);
    assert.equal(address(lab), '127.0.0.11', 'DNS is left alone');
    assert.match(
      (await lab.store.service('web')).lastRun?.note ?? '',
      /^the fence of home \(provider-lock\) was taken away meanwhile: .*; no address was changed; away was promoted$/,
    );
  });

  it('a lock that cannot be asked for any more is not relied on: it is another’s, who may have lifted it', async () => {
    const lab = new Lab({ sites: [makeSite('home'), makeSite('away')] });
    lab.site('home', 'hang');
    lab.hosts.set('1', { power: 'running', blocked: { v4: true, v6: null } });
    lab.commands.set('promote away', () => {
      lab.faults.set('describe', new ProviderError({ code: 'provider-unreachable', message: 'refused' }));
      return 0;
    });
    await tick(lab);
    assert.equal(address(lab), '127.0.0.11', 'DNS is left alone');
    assert.match((await lab.store.service('web')).lastRun?.note ?? '', /refused; no address was changed/);
  });

  for (const when of ['promote db away', 'promote mail away'] as const)
    it(`a machine that somebody powers on during "${when}" is fenced no more`, async () => {
      const part = (name: string) => ({
        name,
        run: { argv: ['promote', name, 'away'], limitMs: 1000 },
        check: null,
      });
      const away = makeSite('away', { promote: [part('db'), part('mail')] });
      const lab = new Lab({ sites: [makeSite('home', { fence: POWER_OFF }), away] });
      lab.site('home', 'hang');
      lab.commands.set(when, () => {
        lab.hosts.set('1', { power: 'running', blocked: { v4: false, v6: null } });
        return 0;
      });
      await tick(lab);
      assert.equal(address(lab), '127.0.0.11', 'DNS is left alone');
      const parts = lab.deeds.filter(deed => deed.startsWith('run promote'));
      assert.deepEqual(
        parts,
        when === 'promote db away'
          ? ['run promote db away']
          : ['run promote db away', 'run promote mail away'],
      );
      const note = (await lab.store.service('web')).lastRun?.note ?? '';
      assert.match(
        note,
        /^the fence of home \(power-off\) was taken away meanwhile: .*; no address was changed; away/,
      );
    });

  it('an epoch that another takes while the check of the very first part hangs is seen before anything is promoted', async () => {
    const part = {
      name: 'db',
      run: { argv: ['promote', 'db', 'away'], limitMs: 1000 },
      check: { argv: ['is', 'promoted'], limitMs: 30_000 },
    };
    const sites = [makeSite('home', { fence: POWER_OFF }), makeSite('away', { promote: [part] })];
    const lab = new Lab({ sites });
    lab.site('home', 'hang');
    lab.commands.set('is promoted', () => {
      lab.epochSet = null;
      return 1;
    });
    await tick(lab);
    assert.deepEqual(
      lab.deeds.filter(deed => deed.startsWith('run promote')),
      [],
    );
    assert.equal((await lab.store.service('web')).lastRun?.status, 'superseded');
  });

  for (const applied of ['no', 'unknown'] as const)
    it(`a machine that is powered on while the flip is being tried again is fenced no more (applied: ${applied})`, async () => {
      const lab = new Lab({ sites: [makeSite('home', { fence: POWER_OFF }), makeSite('away')] });
      lab.site('home', 'hang');
      let tries = 0;
      const outside = withFlip(lab, dns => ({
        swap: async (...order) => {
          tries += 1;
          if (tries > 1) return dns.swap(...order);
          lab.hosts.set('1', { power: 'running', blocked: { v4: false, v6: null } });
          const code = applied === 'no' ? 'provider-busy' : 'provider-timeout';
          throw new ProviderError({ code, message: 'not this time', retriable: true, applied });
        },
      }));
      const world = lab.world({ outside });
      await lab.clock.drive(watchService(world, lab.watch(), ONCE));
      if (applied === 'no') {
        assert.equal(address(lab), '127.0.0.11', 'DNS is left alone');
        assert.match(
          (await lab.store.service('web')).lastRun?.note ?? '',
          /^the fence of home \(power-off\) was taken away meanwhile: .*; no address was changed/,
        );
        return;
      }
      // The run stays open until DNS has been asked, the change may have gone through; then home is fenced anew.
      assert.deepEqual(lab.deeds, ['fence home', 'run promote away', 'fence home', 'swap away 4']);
      const notes = (await lab.store.notices({ limit: 99 })).map(({ text }) => text).join('\n');
      assert.match(
        notes,
        /taken away meanwhile: .*; an earlier attempt may have gone through; DNS is asked again/,
      );
    });

  for (const isSeen of [true, false])
    it(`a machine that is powered on is fenced no more when a look has ${isSeen ? '' : 'not '}seen it, though its hoster does not answer now`, async () => {
      const part = { name: 'db', run: { argv: ['promote', 'away'], limitMs: 1000 }, check: null };
      const sites = [makeSite('home', { fence: POWER_OFF }), makeSite('away', { promote: [part] })];
      const lab = new Lab({ sites });
      const watch = lab.watch();
      lab.site('home', 'hang');
      lab.commands.set('promote away', () => {
        const at = lab.clock.now() + 1;
        const blocked = { v4: false, v6: false };
        if (isSeen) watch.add({ hosts: [{ service: 'web', site: 'home', at, power: 'running', blocked }] });
        const code = 'provider-throttled';
        lab.faults.set('describe', new ProviderError({ code, message: 'too many', retriable: true }));
        return 0;
      });
      await lab.clock.drive(watchService(lab.world(), watch, ONCE));
      assert.equal(address(lab), isSeen ? '127.0.0.11' : '127.0.0.12');
    });

  it('a machine that is powered on while the zone is slow to be read, before the first try, is fenced no more', async () => {
    const lab = new Lab({ sites: [makeSite('home', { fence: POWER_OFF }), makeSite('away')] });
    lab.site('home', 'hang');
    let reads = 0;
    const outside = withDns(lab, dns => ({
      read: async (zone, epochName, names, ...rest) => {
        // Without records, and after the promotion: what the flip reads before it writes.
        if (names.length > 0 || !lab.deeds.includes('run promote away'))
          return dns.read(zone, epochName, names, ...rest);
        reads += 1;
        if (reads === 1) {
          await lab.clock.sleep(4000);
          lab.hosts.set('1', { power: 'running', blocked: { v4: false, v6: null } });
        }
        return dns.read(zone, epochName, names, ...rest);
      },
    }));
    await lab.clock.drive(watchService(lab.world({ outside }), lab.watch(), ONCE));
    assert.ok(reads > 0);
    assert.equal(address(lab), '127.0.0.11', 'DNS is left alone');
    const note = (await lab.store.service('web')).lastRun?.note ?? '';
    assert.match(note, /^the fence of home \(power-off\) was taken away meanwhile/);
  });

  for (const when of ['from the beginning', 'in the middle of the wait'] as const)
    it(`a wait says nothing of a site that may answer where we are cut off ourselves, ${when}`, async () => {
      const waits = { ...POWER_OFF, method: 'wait' as const, leaseMs: 20_000, marginMs: 1000 };
      const home = makeSite('home', { addresses: { v4: '127.0.0.11', v6: '::1' }, fence: waits });
      const lab = new Lab({ sites: [home, makeSite('away')] });
      lab.site('home', REFUSED);
      if (when === 'from the beginning') lab.online.v6 = false;
      const cut = lab.clock.sleep(8000).then(() => {
        lab.online.v6 = false;
      });
      const watched = watchService(lab.world(), lab.watch(), ONCE);
      const [report] = await lab.clock.drive(Promise.all([watched, cut]));
      assert.deepEqual(lab.deeds, []);
      const { lastRun } = await lab.store.service('web');
      if (when === 'from the beginning') assert.match(report?.standing?.detail ?? '', /our own v6 is/);
      else
        assert.match(lastRun?.note ?? '', /^the fence of home \(wait\) is not confirmed: our own v6 is down/);
    });

  it('a site that is well again when a slow claim is through is left alone, and the run has not failed', async () => {
    const lab = new Lab({ sites: [makeSite('home', { fence: POWER_OFF }), makeSite('away')] });
    lab.site('home', REFUSED);
    const outside = withDns(lab, dns => ({
      swap: async (...order) => {
        await lab.clock.sleep(16_000);
        lab.site('home', 'well');
        return dns.swap(...order);
      },
    }));
    await lab.clock.drive(watchService(lab.world({ outside }), lab.watch(), ONCE));
    const { lastRun } = await lab.store.service('web');
    assert.deepEqual(lab.deeds, []);
    assert.equal(lastRun?.status, 'abandoned');
    assert.equal(
      lastRun?.note,
      'home is well again: it was not fenced, and nothing was promoted; nothing but the epoch in DNS was changed',
    );
    const notices = await lab.store.notices({ limit: 99 });
    assert.equal(
      notices.some(({ text }) => text.includes('FAILED')),
      false,
    );
  });

  it('a hold that is set while the hoster is still being asked wins', async () => {
    const lab = new Lab({ sites: [makeSite('home', { fence: POWER_OFF }), makeSite('away')] });
    lab.site('home', 'hang');
    const inner = lab.outside();
    const host: Outside['host'] = async name => {
      const provider = await inner.host(name);
      const powerOff: typeof provider.powerOff = async (...order) => {
        const hold = { service: 'web', owner: 'ann', reason: 'I am here', since: 0, until: null };
        await lab.store.commit([{ kind: 'hold', hold }]);
        await provider.powerOff(...order);
      };
      return { ...provider, powerOff };
    };
    await lab.clock.drive(watchService(lab.world({ outside: { ...inner, host } }), lab.watch(), ONCE));
    assert.deepEqual(lab.deeds, []);
    assert.equal((await lab.store.openRun('web'))?.status, 'interrupted');
  });

  it('a hold that is set while the flip is being tried again wins', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    const busy = new ProviderError({
      code: 'provider-busy',
      message: 'a change before ours',
      retriable: true,
    });
    lab.faults.set('swap', busy);
    const hold = { service: 'web', owner: 'ann', reason: 'I am here', since: 0, until: null };
    const held = lab.clock.sleep(1500).then(async () => {
      await lab.store.commit([{ kind: 'hold', hold }]);
      lab.faults.delete('swap');
    });
    const watched = watchService(lab.world(), lab.watch(), ONCE);
    await lab.clock.drive(Promise.all([watched, held]));
    assert.equal(address(lab), '127.0.0.11');
    assert.equal((await lab.store.openRun('web'))?.status, 'interrupted');
    await lab.store.commit([{ kind: 'resume', service: 'web' }]);
    await tick(lab);
    assert.equal(address(lab), '127.0.0.12', 'without the hold it goes on');
  });

  for (const again of [true, false])
    it(`a standby that stepped down before the run went on is ${again ? 'promoted again' : 'not, without a post-check, promoted twice'}`, async () => {
      const check = again ? { argv: ['is', 'promoted'], limitMs: 1000 } : null;
      const part = { name: 'db', run: { argv: ['promote', 'away'], limitMs: 1000 }, check };
      const lab = new Lab({ sites: [makeSite('home'), makeSite('away', { promote: [part] })] });
      lab.site('home', REFUSED);
      let isPrimary = false;
      lab.commands.set('promote away', () => {
        isPrimary = true;
        return 0;
      });
      lab.commands.set('is promoted', () => (isPrimary ? 0 : 1));
      const stop = new AbortController();
      const stopping = withFlip(lab, () => ({
        swap: async () => {
          stop.abort();
          throw new ProviderError({ code: 'provider-busy', message: 'later', retriable: true });
        },
      }));
      const first = lab.world({ outside: stopping, stop: stop.signal });
      await lab.clock.drive(watchService(first, lab.watch(), ONCE));
      assert.equal((await lab.store.openRun('web'))?.status, 'interrupted');
      isPrimary = false;
      await tick(lab);
      assert.equal(address(lab), '127.0.0.12');
      const promotions = lab.deeds.filter(deed => deed === 'run promote away').length;
      assert.equal(promotions, again ? 2 : 1);
    });

  it('under another config the stored plan writes nothing', async () => {
    let tried = 0;
    for (let at = 1; at < 17; at += 1) {
      const lab = new Lab();
      lab.site('home', REFUSED);
      await tick(lab, crashingStore(lab.store, at, 'before').store).catch(() => null);
      if ((await lab.store.openRun('web')) === null || lab.deeds.some(deed => deed.startsWith('swap')))
        continue;
      tried += 1;
      const changed = new Lab({ dns: { ...lab.service.dns, records: ['other.example.org'] } }, {}, lab.store);
      changed.hosts.set('1', { power: 'off', blocked: { v4: false, v6: false } });
      changed.site('home', REFUSED);
      changed.epochSet = lab.epochSet;
      const before = JSON.stringify(changed.records.filter(set => set.name === 'www.example.org'));
      await tick(changed);
      const after = JSON.stringify(changed.records.filter(set => set.name === 'www.example.org'));
      assert.equal(after, before, `commit ${at}: a name that is owned no more was written`);
    }
    assert.ok(tried > 4, `only ${tried} runs were left open`);
  });

  it('a freshness command that prints an endless number does not make stale data fresh', async () => {
    const freshness = { argv: ['lag', 'away'], limitMs: 1000 };
    const lab = new Lab({ sites: [makeSite('home'), makeSite('away', { freshness, maxLagMs: 60_000 })] });
    lab.tails.set('lag away', ['9'.repeat(400)]);
    lab.site('home', REFUSED);
    const report = await tick(lab);
    assert.match(report?.standing?.detail ?? '', /age of its data is unknown/);
    assert.equal(address(lab), '127.0.0.11');
  });
});
