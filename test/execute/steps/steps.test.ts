/** Each step by itself: what counts as proof, what is asked, and how it gives up. The whole run is in executor.test.ts. */
import assert from 'node:assert/strict';
import type { StepContext } from '../../../src/execute/context.ts';
import { stillFenced } from '../../../src/execute/steps/fence.ts';
import { handlerOf } from '../../../src/execute/steps/registry.ts';
import { formatEpoch } from '../../../src/model/epoch.ts';
import type { FenceStep, Plan, Step } from '../../../src/model/plan.ts';
import type { RecordSet } from '../../../src/model/signal.ts';
import type { Receipt, Run } from '../../../src/model/state.ts';
import { ProviderError } from '../../../src/ports/errors.ts';
import type { DnsProvider } from '../../../src/ports/providers.ts';
import { Lab } from '../../lab/world.ts';
import { makeRun, makeScene, planOf } from '../../plan/scene.ts';

const command = (...argv: readonly string[]) => ({ argv, limitMs: 1000 });

function contextOf(
  lab: Lab,
  limitMs = 5000,
): StepContext & { readonly lines: string[]; readonly answers: string[] } {
  const lines: string[] = [];
  const answers: string[] = [];
  return {
    plan: planOf(makeScene()),
    run: { ...makeRun(), startedAt: lab.clock.now() },
    service: lab.service,
    outside: lab.outside(),
    clock: lab.clock,
    signal: lab.clock.deadline(limitMs).signal,
    output: line => void lines.push(line),
    answered: ({ site, probe, family }) => void answers.push(`${site} ${probe} ${family}`),
    recheck: async () => {},
    sees: async family => lab.online[family],
    runningAgain: () => false,
    receiptOf: () => null,
    lines,
    answers,
  };
}

function stepOf<K extends Step['kind']>(
  kind: K,
  plan: Plan = planOf(makeScene()),
): Extract<Step, { kind: K }> {
  const step = plan.steps.find(entry => entry.kind === kind);
  assert.ok(step !== undefined, `no ${kind}`);
  return step as Extract<Step, { kind: K }>;
}

function act(lab: Lab, step: Step, context = contextOf(lab)): Promise<Receipt> {
  return lab.clock.drive(handlerOf(step).act(step, context));
}

function settled(lab: Lab, step: Step): Promise<Receipt | null> {
  return lab.clock.drive(handlerOf(step).settled(step, contextOf(lab)));
}

const fence = (patch: Partial<FenceStep> = {}): FenceStep => ({ ...stepOf('fence'), ...patch });

describe('step: fence', () => {
  it('power-off counts when off is read back, not when it was accepted', async () => {
    const lab = new Lab();
    assert.equal((await act(lab, fence())).confirmedBy, 'read-back');
    assert.equal((await settled(lab, fence()))?.summary, 'home is off');
    const stubborn = new Lab();
    const outside = stubborn.outside();
    const context = {
      ...contextOf(stubborn),
      outside: {
        ...outside,
        host: async (name: string) => ({ ...(await outside.host(name)), powerOff: async () => {} }),
      },
    };
    await assert.rejects(act(stubborn, fence(), context), { code: 'fence-unconfirmed' });
    assert.equal(await settled(stubborn, fence()), null);
  });

  it('a lock counts for all its families only, and is read again', async () => {
    const lab = new Lab();
    const step = fence({ method: 'provider-lock' });
    const blocked = (v4: boolean, v6: boolean) =>
      lab.hosts.set('1', { power: 'running', blocked: { v4, v6 } });
    blocked(true, true);
    assert.match((await act(lab, step)).summary, /locked by its hoster in v4 and v6/);
    blocked(true, false);
    await assert.rejects(act(lab, step), { code: 'fence-unconfirmed' });
    await assert.rejects(act(lab, { ...step, families: [] }), { code: 'fence-unconfirmed' });
    assert.deepEqual(lab.deeds, []);
  });

  it('a command counts by its check, not by its own exit status', async () => {
    const lab = new Lab();
    const step = fence({ method: 'command', run: command('cut'), check: command('is-cut') });
    assert.equal((await act(lab, step)).confirmedBy, 'exit-status');
    lab.commands.set('is-cut', () => 1);
    await assert.rejects(act(lab, step), { code: 'fence-unconfirmed' });
    lab.commands.set('cut', () => 3);
    await assert.rejects(act(lab, step), /the fence command on home ended with status 3/);
    await assert.rejects(act(lab, { ...step, run: null }), { code: 'fence-unconfirmed' });
    await assert.rejects(act(new Lab(), { ...step, check: null }), { code: 'fence-unconfirmed' });
  });

  it('a wait lasts to its end, and one cut short is no fence', async () => {
    const lab = new Lab();
    lab.site('home', { ok: false, failure: 'refused' });
    const step = fence({ method: 'wait', waitMs: 4000 });
    const began = lab.clock.now();
    assert.equal((await act(lab, step)).confirmedBy, 'clock');
    assert.equal(lab.clock.now() - began, 4000);
    await assert.rejects(act(lab, step, contextOf(lab, 3999)), { code: 'fence-unconfirmed' });
    assert.equal(await settled(lab, step), null);
  });

  it('a wait proves nothing of a site that answers, at its beginning or in the middle, in any family', async () => {
    const step = fence({ method: 'wait', waitMs: 4000 });
    await assert.rejects(act(new Lab(), step), /it answers in v4, so it has not given itself up/);
    const lab = new Lab();
    lab.site('home', { ok: false, failure: 'refused' });
    const acted = assert.rejects(act(lab, step), /it answers in v6/);
    await lab.clock.sleep(2500).then(() => lab.site('home', 'well', ['v6']));
    await acted;
  });

  it('a wait ends with a look that is begun after it: one that was begun before, and is heard of late, is none', async () => {
    const lab = new Lab();
    lab.site('home', { ok: false, failure: 'refused' });
    const context = contextOf(lab, 60_000);
    const { prober } = context.outside;
    const began = lab.clock.now();
    const probe: typeof prober.probe = async (...asked) => {
      const result = await prober.probe(...asked);
      if (lab.clock.now() - began < 2000) return result;
      // The process is stopped in the middle of its second look, and the site comes back meanwhile.
      lab.site('home', 'well');
      await lab.clock.sleep(10_000);
      return result;
    };
    const outside = { ...context.outside, prober: { ...prober, probe } };
    await assert.rejects(
      act(lab, fence({ method: 'wait', waitMs: 4000 }), { ...context, outside }),
      /it answers in v4/,
    );
  });

  it('a wait sees a site that comes back while an earlier look at it hangs', async () => {
    const lab = new Lab();
    lab.site('home', 'hang');
    const probes = lab.service.probes.map(probe => ({ ...probe, timeoutMs: 10_000 }));
    const context = { ...contextOf(lab, 60_000), service: { ...lab.service, probes } };
    const acted = act(lab, fence({ method: 'wait', waitMs: 30_000 }), context);
    // For as long as one probe may hang, and no longer: within it the site gets its lease anew.
    const meanwhile = async () => {
      await lab.clock.sleep(500);
      lab.site('home', 'well');
      await lab.clock.sleep(3000);
      lab.site('home', 'hang');
    };
    await Promise.all([assert.rejects(acted, /it answers in v4/), meanwhile()]);
  });

  it('a wait in which nothing was looked at for a while begins anew, whichever of the clocks tells it', async () => {
    const gaps = [
      { what: 'the monotonic clock', monotonic: 10_000, now: 10_000, lasted: 6000 },
      { what: 'the wall clock of a machine that slept', monotonic: 0, now: 10_000, lasted: 6000 },
      { what: 'none: only late', monotonic: 900, now: 900, lasted: 3100 },
      { what: 'none: a clock that was set back', monotonic: 0, now: -10_000, lasted: 4000 },
    ];
    for (const { what, lasted, ...gap } of gaps) {
      const lab = new Lab();
      lab.site('home', { ok: false, failure: 'refused' });
      const { clock } = lab;
      const began = clock.now();
      const passed = (ms: number) => (clock.now() - began < 2000 ? 0 : ms);
      const shifted = {
        now: () => clock.now() + passed(gap.now),
        monotonic: () => clock.monotonic() + passed(gap.monotonic),
        sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
        deadline: clock.deadline.bind(clock),
      };
      const context = { ...contextOf(lab, 60_000), clock: shifted };
      await act(lab, fence({ method: 'wait', waitMs: 4000 }), context);
      assert.equal(clock.now() - began, lasted, what);
    }
  });

  it('a wait proves nothing in a family in which no reference tells whether we are up', async () => {
    const lab = new Lab();
    lab.site('home', { ok: false, failure: 'refused' });
    const context = { ...contextOf(lab), sees: async () => null };
    await assert.rejects(
      act(lab, fence({ method: 'wait', waitMs: 4000 }), context),
      /no reference tells whether our own v4 is up, and it may answer there/,
    );
  });

  it('a wait proves nothing in a family in which we are cut off ourselves, unless nothing is probed there', async () => {
    const step = fence({ method: 'wait', waitMs: 4000 });
    const lab = new Lab();
    lab.site('home', { ok: false, failure: 'refused' });
    const context = contextOf(lab);
    const acted = assert.rejects(act(lab, step, context), /our own v6 is down, and it may answer there/);
    await lab.clock.sleep(2500).then(() => {
      lab.online.v6 = false;
    });
    await acted;
    const probes = lab.service.probes.map(probe => ({ ...probe, families: ['v4'] as const }));
    const unprobed = { ...contextOf(lab), service: { ...lab.service, probes } };
    assert.equal((await act(lab, step, unprobed)).confirmedBy, 'clock');
  });

  it('a wait proves nothing of a site of which one probe of several passes', async () => {
    const lab = new Lab();
    lab.site('home', 'hang');
    const context = contextOf(lab);
    const [http] = lab.service.probes;
    assert.ok(http !== undefined);
    const service = { ...lab.service, probes: [http, { ...http, id: 'smtp', kind: 'smtp' }] };
    const { prober } = context.outside;
    const probe: typeof prober.probe = (kind, ...rest) =>
      kind === 'smtp' ? Promise.resolve({ ok: true }) : prober.probe(kind, ...rest);
    const outside = { ...context.outside, prober: { ...prober, probe } };
    const step = fence({ method: 'wait', waitMs: 4000 });
    await assert.rejects(act(lab, step, { ...context, service, outside }), /it answers in v4/);
    assert.deepEqual(
      context.answers,
      ['home smtp v4', 'home smtp v6'],
      'what passed is told, and nothing else',
    );
  });

  it('looks once more at a site when the run was begun a while ago, unless a person ordered it', async () => {
    const late = (lab: Lab, run: Partial<Run>) => {
      const context = contextOf(lab);
      return { ...context, run: { ...context.run, startedAt: lab.clock.now() - 15_000, ...run } };
    };
    const well = new Lab();
    await assert.rejects(act(well, fence(), late(well, {})), { code: 'site-well', retriable: false });
    assert.deepEqual(well.deeds, []);
    const young = { startedAt: well.clock.now() - 14_999 };
    assert.equal((await act(well, fence(), late(well, young))).confirmedBy, 'read-back');
    const ordered = new Lab();
    assert.equal((await act(ordered, fence(), late(ordered, { automatic: false }))).confirmedBy, 'read-back');
    const unwell = new Lab();
    unwell.site('home', { ok: false, failure: 'refused' }, ['v4']);
    assert.equal((await act(unwell, fence(), late(unwell, {}))).confirmedBy, 'read-back', 'v4 is essential');
    const turned = new Lab();
    const back = { startedAt: turned.clock.now() + 3_600_000 };
    await assert.rejects(
      act(turned, fence(), late(turned, back)),
      { code: 'site-well' },
      'a clock that was set',
    );
  });

  it('cuts nothing off by itself after a while when it can see nothing any more', async () => {
    for (const sees of [false, null]) {
      const lab = new Lab();
      lab.site('home', { ok: false, failure: 'timeout' });
      const base = contextOf(lab);
      const run = { ...base.run, startedAt: lab.clock.now() - 15_000 };
      await assert.rejects(act(lab, fence(), { ...base, run, sees: async () => sees }), {
        code: 'site-unseen',
      });
      assert.deepEqual(lab.deeds, []);
    }
  });

  it('stands as it was read back when its hoster does not answer, but not on a question that we slept over', async () => {
    const silent = new ProviderError({ code: 'provider-timeout', message: 'late', retriable: true });
    const stands = (lab: Lab, failures: number, runningAgain = false) => {
      const base = contextOf(lab, 60_000);
      let asked = 0;
      const host = async (name: string) => {
        const honest = await base.outside.host(name);
        const describe: typeof honest.describe = async (...args) => {
          asked += 1;
          if (asked <= failures) throw silent;
          return honest.describe(...args);
        };
        return { ...honest, describe };
      };
      const outside = { ...base.outside, host };
      const context = { ...base, outside, runningAgain: () => runningAgain };
      return lab.clock.drive(stillFenced(fence(), context));
    };
    const running = new Lab();
    assert.equal(await stands(running, 1), false, 'asked once more, it says that it is running');
    assert.equal(await stands(running, 9), true, 'nobody can tell');
    assert.equal(await stands(running, 9, true), false, 'a look has seen it');
    const off = new Lab();
    off.hosts.set('1', { power: 'off', blocked: { v4: false, v6: false } });
    assert.equal(await stands(off, 1, true), true);
  });

  it('without a provider or server there is nobody to ask', async () => {
    for (const patch of [{ provider: null }, { server: null }])
      await assert.rejects(act(new Lab(), fence(patch)), { code: 'fence-unconfirmed' });
  });
});

describe('step: promote', () => {
  it('skips a part whose check passes already, and asks the check until it passes', async () => {
    const lab = new Lab();
    lab.commands.set('promoted away', () => 0);
    await act(lab, stepOf('promote'));
    assert.deepEqual(lab.deeds, []);
    const slow = new Lab();
    let asked = 0;
    slow.commands.set('promoted away', () => {
      asked += 1;
      return asked < 3 ? 1 : 0;
    });
    await act(slow, stepOf('promote'));
    assert.deepEqual(slow.deeds, ['run promote away'], 'once');
    assert.equal(asked, 3);
  });

  it('gives up when the check never passes, or the command fails', async () => {
    const lab = new Lab();
    lab.commands.set('promoted away', () => 1);
    await assert.rejects(act(lab, stepOf('promote')), { code: 'promote-unconfirmed' });
    lab.commands.set('promote away', () => 2);
    await assert.rejects(act(lab, stepOf('promote')), /promote db on away ended with status 2/);
  });

  it('what fails while our own network is down is not the standby’s fault', async () => {
    const lab = new Lab();
    lab.commands.set('promote away', () => 255);
    lab.online.v4 = false;
    await assert.rejects(act(lab, stepOf('promote')), { code: 'own-network-down', retriable: true });
    const late = new Lab();
    late.commands.set('promoted away', () => Promise.reject(new Error('no connection')));
    late.online.v4 = false;
    await assert.rejects(act(late, stepOf('promote')), { code: 'own-network-down' });
    assert.deepEqual(late.deeds, []);
  });

  it('is settled only when every part says so; one without a check never does', async () => {
    const lab = new Lab();
    const step = stepOf('promote');
    assert.equal(await settled(lab, step), null);
    lab.commands.set('promoted away', () => 0);
    assert.equal((await settled(lab, step))?.confirmedBy, 'exit-status');
    const unchecked = { ...step, parts: [...step.parts, { name: 'web', run: command('x'), check: null }] };
    assert.equal(await settled(lab, unchecked), null);
  });
});

describe('step: check', () => {
  it('passes when the standby answers in every family, also after a while', async () => {
    const lab = new Lab();
    lab.site('away', { ok: false, failure: 'refused' });
    const heal = lab.clock.sleep(700).then(() => lab.site('away', 'well'));
    const step = stepOf('check');
    const done = handlerOf(step).act(step, contextOf(lab));
    const [receipt] = await lab.clock.drive(Promise.all([done, heal]));
    assert.equal(receipt.confirmedBy, 'probe');
  });

  it('what fails while our own network is down says nothing of the standby; without references it does', async () => {
    const lab = new Lab();
    lab.online.v4 = false;
    await assert.rejects(act(lab, stepOf('check')), { code: 'own-network-down' });
    const untold = { ...contextOf(lab), sees: async () => null };
    await assert.rejects(act(lab, stepOf('check'), untold), { code: 'standby-unwell' });
    const other = new Lab();
    other.site('away', { ok: false, failure: 'refused' });
    other.online.v6 = false;
    await assert.rejects(act(other, stepOf('check')), { code: 'standby-unwell' }, 'another family');
  });

  it('names what fails at its limit; a family without an address fails', async () => {
    const lab = new Lab();
    lab.site('away', { ok: false, failure: 'refused' });
    await assert.rejects(act(lab, stepOf('check')), /http v4: refused/);
    const both = { ...stepOf('check'), families: ['v4', 'v6'] as const };
    await assert.rejects(act(new Lab(), both), /http v6: no address/);
  });
});

function epochSetOf(lab: Lab): RecordSet {
  assert.ok(lab.epochSet !== null, 'there is no epoch');
  return lab.epochSet;
}

describe('step: claim', () => {
  const plan = planOf(makeScene());
  const base = () => {
    const lab = new Lab();
    lab.epochSet = makeScene().zone?.epochSet ?? null;
    return lab;
  };

  it('takes the epoch and changes no address; who asks again finds it settled', async () => {
    const lab = base();
    const before = JSON.stringify(lab.records);
    const step = stepOf('claim', plan);
    assert.equal(await settled(lab, step), null);
    assert.equal((await act(lab, step)).confirmedBy, 'read-back');
    assert.match(lab.epochSet?.values[0] ?? '', /epoch=5 active=home owner=r-1 busy=\d+ step=\d+"$/);
    assert.equal(JSON.stringify(lab.records), before);
    assert.equal((await settled(lab, step))?.confirmedBy, 'read-back');
    assert.equal((await act(lab, step)).confirmedBy, 'read-back', 'again: known as ours');
    assert.deepEqual(lab.claims, ['claim home 5']);
  });

  it('of two that were planned on one epoch only one is let through', async () => {
    const lab = base();
    await act(lab, stepOf('claim', plan));
    const other = { ...contextOf(lab), run: makeRun({ id: 'r-2', token: 'r-2' }) };
    await assert.rejects(act(lab, stepOf('claim', plan), other), { code: 'superseded' });
    assert.match(lab.epochSet?.values[0] ?? '', /owner=r-1 /);
  });

  it('one that supersedes another installation waits for the last deed of it, and anew when it was cut short', async () => {
    const lab = base();
    const step = { ...stepOf('claim', plan), settleMs: 4000 };
    const began = lab.clock.now();
    await act(lab, step);
    assert.equal(lab.clock.now() - began, 4000);
    assert.equal(await settled(lab, step), null, 'whether the wait was through nobody can see');
    await assert.rejects(act(lab, step, contextOf(lab, 3999)), { code: 'step-timeout' });
  });
});

describe('step: flip and verify', () => {
  const first = planOf(
    makeScene({
      state: { ...makeScene().state, epoch: 0, maxEpoch: 0 },
      zone: { epochSet: null, epoch: null, records: makeScene().zone?.records ?? [] },
    }),
  );

  /** A world in which this run holds the epoch. */
  async function claimed(): Promise<Lab> {
    const lab = new Lab();
    await act(lab, stepOf('claim', first));
    return lab;
  }

  it('a flip is known by the token of the run, and is not taken for its claim', async () => {
    const lab = await claimed();
    const step = stepOf('flip', first);
    assert.equal(await settled(lab, step), null);
    assert.equal((await act(lab, step)).confirmedBy, 'read-back');
    assert.deepEqual(lab.epochSet?.values, [`"${formatEpoch({ epoch: 2, active: 'away', owner: 'r-1' })}"`]);
    assert.equal((await settled(lab, step))?.confirmedBy, 'read-back');
    await assert.rejects(act(lab, step), { code: 'superseded' }, 'again: nothing is claimed any more');
  });

  it('the API’s word is not enough: without our token in the zone it is written again', async () => {
    const lab = await claimed();
    const context = contextOf(lab);
    const honest = await context.outside.dns('dns');
    let lies = 1;
    const dns: DnsProvider = {
      ...honest,
      swap: async (...args) => {
        lies -= 1;
        return lies >= 0
          ? { outcome: 'applied', changeId: 'C-claimed', confirmedBy: 'reply' }
          : honest.swap(...args);
      },
    };
    const outside = { ...context.outside, dns: async () => dns };
    const receipt = await act(lab, stepOf('flip', first), { ...context, outside });
    assert.equal(receipt.confirmedBy, 'read-back');
    assert.match(lab.epochSet?.values[0] ?? 'no epoch', /epoch=2 active=away owner=r-1"$/);
  });

  it('refused for good after a reply that was lost: the first attempt may land yet, so it stays in doubt', async () => {
    const lab = await claimed();
    const context = contextOf(lab);
    const honest = await context.outside.dns('dns');
    const failures = [
      new ProviderError({ code: 'provider-timeout', message: 'late', retriable: true, applied: 'unknown' }),
      new ProviderError({ code: 'provider-unauthorized', message: 'no' }),
    ];
    const dns: DnsProvider = {
      ...honest,
      swap: () => Promise.reject(failures.shift() ?? new Error('asked again')),
    };
    const outside = { ...context.outside, dns: async () => dns };
    await assert.rejects(act(lab, stepOf('flip', first), { ...context, outside }), {
      code: 'provider-unauthorized',
      applied: 'unknown',
    });
  });

  it('a lie that comes with the last second is read back all the same', async () => {
    const lab = await claimed();
    const context = contextOf(lab, 1000);
    const honest = await context.outside.dns('dns');
    const dns: DnsProvider = {
      ...honest,
      swap: async () => {
        await lab.clock.sleep(1000);
        return { outcome: 'applied', changeId: 'C-claimed', confirmedBy: 'reply' };
      },
      read: async (...args) => {
        const signal = args[3];
        if (signal.aborted) throw new ProviderError({ code: 'provider-timeout', message: 'over' });
        return honest.read(...args);
      },
    };
    const outside = { ...context.outside, dns: async () => dns };
    await assert.rejects(act(lab, stepOf('flip', first), { ...context, outside }), { applied: 'unknown' });
  });

  it('an API is not believed while the zone cannot be read', async () => {
    const lab = await claimed();
    const context = contextOf(lab, 1000);
    const honest = await context.outside.dns('dns');
    let reads = 0;
    const dns: DnsProvider = {
      ...honest,
      swap: async () => ({ outcome: 'applied', changeId: 'C-claimed', confirmedBy: 'reply' }),
      read: async (...args) => {
        reads += 1;
        if (reads > 1) throw new ProviderError({ code: 'provider-timeout', message: 'late' });
        return honest.read(...args);
      },
    };
    const outside = { ...context.outside, dns: async () => dns };
    await assert.rejects(act(lab, stepOf('flip', first), { ...context, outside }), { applied: 'unknown' });
    assert.ok(reads > 1, 'the zone was asked again');
  });

  it('a flip without its claim in the zone is not tried', async () => {
    const never = new Lab();
    await assert.rejects(act(never, stepOf('flip', first)), { code: 'superseded' });
    const lost = await claimed();
    lost.epochSet = { ...epochSetOf(lost), values: ['"v=1 epoch=2 active=home owner=r-9 busy=60 step=30"'] };
    await assert.rejects(act(lost, stepOf('flip', first)), /DNS holds .* owner=r-9/);
    assert.deepEqual([never.deeds, lost.deeds], [[], []]);
  });

  it('verify wants every record, no other, and this run’s epoch', async () => {
    const lab = await claimed();
    const step = stepOf('verify', first);
    await act(lab, stepOf('flip', first));
    assert.equal((await act(lab, step)).confirmedBy, 'read-back');
    const { records, epochSet } = lab;
    const unverified = { code: 'unverified' };
    lab.records = [...records, { name: 'www.example.org', type: 'AAAA', ttlS: 60, values: ['::1'] }];
    await assert.rejects(act(lab, step), unverified);
    lab.records = records.map(set => ({ ...set, values: [...set.values, '127.0.0.11'] }));
    await assert.rejects(act(lab, step), unverified);
    lab.records = records;
    for (const text of ['epoch=3 active=third owner=r-9', 'epoch=1 active=home owner=r-1 busy=60 step=30']) {
      lab.epochSet = { ...epochSetOf(lab), values: [`"v=1 ${text}"`] };
      await assert.rejects(act(lab, step), /does not hold this run's epoch/, text);
    }
    lab.epochSet = epochSet;
    lab.site('away', { ok: false, failure: 'timeout' });
    await assert.rejects(act(lab, step), /at the answered address: http v4: timeout/);
  });

  it('verify asks every server, the last one too', async () => {
    const lab = await claimed();
    await act(lab, stepOf('flip', first));
    const context = contextOf(lab);
    const { ask } = context.outside.nameServers;
    const nameservers = ['127.0.0.1:53', '127.0.0.2:53', '127.0.0.3:53'];
    const service = { ...lab.service, dns: { ...lab.service.dns, nameservers } };
    const lagging = (late: string) => ({
      ...context.outside,
      nameServers: {
        ask: async (server: string, ...rest: [string, 'A' | 'AAAA' | 'TXT', AbortSignal]) => {
          const answer = await ask(server, ...rest);
          return server === late ? { ...answer, records: [] } : answer;
        },
      },
    });
    for (const late of nameservers) {
      const acted = act(lab, stepOf('verify', first), { ...contextOf(lab), service, outside: lagging(late) });
      await assert.rejects(acted, { message: new RegExp(`${late}: www.example.org A is absent`) });
    }
  });

  it('verify believes no server that is not responsible for the zone', async () => {
    const lab = await claimed();
    await act(lab, stepOf('flip', first));
    const context = contextOf(lab);
    const { nameServers } = context.outside;
    const outside = {
      ...context.outside,
      nameServers: {
        ask: async (...args: Parameters<typeof nameServers.ask>) => ({
          ...(await nameServers.ask(...args)),
          authoritative: false,
        }),
      },
    };
    await assert.rejects(
      act(lab, stepOf('verify', first), { ...context, outside }),
      /no authoritative answer/,
    );
  });
});

describe('step: snapshot, quiesce, catch-up', () => {
  const shell = { kind: 'local' } as const;

  it('evidence that cannot be had delays nothing', async () => {
    const lab = new Lab();
    const step = { kind: 'snapshot', site: 'home', shell, run: command('evidence'), limitMs: 1000 } as const;
    assert.equal((await act(lab, step)).confirmedBy, 'exit-status');
    lab.commands.set('evidence', () => 1);
    assert.match((await act(lab, step)).summary, /no evidence from home: .* status 1/);
    lab.commands.set('evidence', () => Promise.reject(new Error('no connection')));
    assert.equal((await act(lab, step)).confirmedBy, 'best-effort');
  });

  it('a handover that fails is an error: data would be lost', async () => {
    for (const kind of ['quiesce', 'catch-up'] as const) {
      const lab = new Lab();
      const step = { kind, site: 'home', shell, run: command('hand'), limitMs: 1000 } as const;
      assert.equal((await act(lab, step)).confirmedBy, 'exit-status');
      lab.commands.set('hand', () => 1);
      await assert.rejects(act(lab, step), { code: 'command-failed' });
    }
  });
});
