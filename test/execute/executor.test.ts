/** The executor over the lab: the journal's order, what ends a run and how, and what a resumed run asks again. */
import assert from 'node:assert/strict';
import { handlerOf, STEP_HANDLERS } from '../../src/execute/steps/registry.ts';
import { formatEpoch } from '../../src/model/epoch.ts';
import { STEP_KINDS } from '../../src/model/plan.ts';
import type { Change, Run } from '../../src/model/state.ts';
import { ProviderError } from '../../src/ports/errors.ts';
import type { Outside } from '../../src/ports/outside.ts';
import type { DnsProvider } from '../../src/ports/providers.ts';
import type { Store } from '../../src/ports/store.ts';
import { type CycleReport, cycle } from '../../src/reconcile/cycle.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import type { World } from '../../src/reconcile/world.ts';
import { Crash } from '../lab/crashing-store.ts';
import { makeService, makeSite, POWER_OFF } from '../lab/service.ts';
import { Lab } from '../lab/world.ts';
import { withDns, withFlip } from '../lab/wrapped.ts';

const REFUSED = { ok: false, failure: 'refused' } as const;
const MINUTE = 60_000;
const WHOLE = makeService().limitsMs;
/** Steps that can only fail by their limit need not wait for long. */
const SHORT = { limitsMs: { ...WHOLE, check: 1000, flip: 2000, verify: 3000 } };

async function tick(lab: Lab, patch: Partial<World> = {}): Promise<CycleReport | null> {
  const watch = lab.watch();
  watch.add(await lab.store.evidence('web', 0));
  watch.takeUnsaved();
  const world = lab.world({ isOwnerDead: () => true, ...patch });
  return lab.clock.drive(watchService(world, watch, { once: true, budgetMs: 50_000 }));
}

/** Whose changes may have been made or not, nobody knows. */
function losingReplies(lab: Lab): Outside {
  const lost = { code: 'provider-timeout', message: 'late', retriable: true, applied: 'unknown' } as const;
  return withFlip(lab, () => ({
    swap: async () => {
      throw new ProviderError(lost);
    },
  }));
}

const RIVAL = { owner: 'r-9', since: 0, busyMs: 1000, stepMs: 300_000, until: null };

/** Another installation's claim stands in the zone, and has had its time. */
async function overRival(): Promise<Lab> {
  const lab = new Lab();
  await lab.store.commit([{ kind: 'service', service: 'web', patch: { rival: RIVAL } }]);
  const claim = { epoch: 1, active: 'home', owner: RIVAL.owner, claim: { busyS: 1, stepS: 300 } };
  const values = [`"${formatEpoch(claim)}"`];
  lab.epochSet = { name: lab.service.dns.epochName, type: 'TXT', ttlS: 60, values };
  return lab;
}

function switchover(lab: Lab, patch: Partial<World> = {}): Promise<CycleReport> {
  const request = { kind: 'switchover', to: null, overrides: [], operator: 'ann', reason: 'test' } as const;
  const order = { request, approved: null };
  return lab.clock.drive(cycle(lab.world(patch), lab.watch(), { depth: 'suspicious', order }));
}

/** Dies when the journal is to hold this event of this step. */
function diesAt(lab: Lab, kind: string, event: string): Store {
  let dead = false;
  const check = () => {
    if (dead) throw new Crash('the process is gone');
  };
  return new Proxy(lab.store, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return async (...args: readonly unknown[]) => {
        check();
        const [changes] = args;
        if (name === 'commit' && Array.isArray(changes))
          dead = changes.some(
            change => change.kind === 'journal' && change.entry.kind === kind && change.entry.event === event,
          );
        check();
        return value.apply(target, args);
      };
    },
  });
}

async function lastRun(lab: Lab): Promise<Run> {
  const run = (await lab.store.service('web')).lastRun;
  assert.ok(run !== null, 'there was no run');
  return run;
}

async function journalOf(lab: Lab): Promise<readonly string[]> {
  const entries = await lab.store.journal((await lastRun(lab)).id);
  return entries.map(entry => `${entry.kind} ${entry.event}`);
}

async function hold(lab: Lab): Promise<void> {
  const entry = { service: 'web', owner: 'ann', reason: 'I am on it', since: 0, until: null };
  await lab.store.commit([{ kind: 'hold', hold: entry }]);
}

const timeout = (applied: 'no' | 'unknown', retriable = false) =>
  new ProviderError({ code: 'provider-timeout', message: 'no answer', applied, retriable });

describe('executor: the journal', () => {
  it('has a handler for every kind of step and no other', () => {
    assert.deepEqual(Object.keys(STEP_HANDLERS).sort(), [...STEP_KINDS].sort());
    assert.equal(handlerOf({ kind: 'announce', limitMs: 1 }), STEP_HANDLERS.announce);
  });

  it('holds an intent before and a receipt after each step, in order', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    await tick(lab);
    const kinds = ['claim', 'fence', 'promote', 'check', 'flip', 'verify', 'announce'];
    const steps = (await journalOf(lab)).filter(line => !line.endsWith('output'));
    assert.deepEqual(
      steps,
      kinds.flatMap(kind => [`${kind} intent`, `${kind} receipt`]),
    );
  });

  it('has the intent before the world is touched', async () => {
    for (const kind of ['fence', 'promote', 'flip']) {
      const lab = new Lab();
      lab.site('home', REFUSED);
      await tick(lab, { store: diesAt(lab, kind, 'intent') }).catch(() => null);
      const deed = { fence: 'fence', promote: 'run promote', flip: 'swap' }[kind] ?? '';
      assert.deepEqual(
        lab.deeds.filter(one => one.startsWith(deed)),
        [],
        kind,
      );
    }
  });

  it('tells each step once, in the transaction of its receipt, and the end', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    await tick(lab);
    const told = (await lab.store.notices({ limit: 100 })).filter(notice => notice.kind === 'step');
    assert.equal(told.length, 7);
    const { incident } = told[0] ?? {};
    assert.ok(typeof incident === 'string' && told.every(notice => notice.incident === incident));
  });
});

describe('executor: how a run ends', () => {
  it('failed before the flip: says what is left behind', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    lab.commands.set('promote away', () => 1);
    await tick(lab);
    const { status, note, flipped } = await lastRun(lab);
    assert.equal(status, 'failed');
    assert.equal(flipped, false);
    assert.match(note ?? '', /no address was changed; home stays fenced; away may be promoted$/);
    assert.equal((await lab.store.service('web')).active, 'home');
  });

  it('a fence that may have come through is not called "nothing was changed"', async () => {
    for (const [applied, words] of [
      ['unknown', /home may be fenced all the same$/],
      ['no', /nothing but the epoch in DNS was changed$/],
    ] as const) {
      const lab = new Lab();
      lab.site('home', REFUSED);
      lab.faults.set('powerOff', timeout(applied));
      await tick(lab);
      assert.match((await lastRun(lab)).note ?? '', words);
    }
  });

  it('unverified when the proof from outside is missing; it undoes nothing and blocks as any flip', async () => {
    const lab = new Lab(SHORT);
    lab.site('home', REFUSED);
    lab.faults.set('propagated', timeout('no'));
    await tick(lab);
    const run = await lastRun(lab);
    assert.equal(run.status, 'unverified');
    assert.equal(run.flipped, true);
    const state = await lab.store.service('web');
    assert.equal(state.active, 'away');
    assert.deepEqual(
      state.quarantined.map(entry => entry.site),
      ['home'],
    );
  });

  it('superseded when another epoch is in force, at each step that touches something', async () => {
    const elsewhere = { type: 'TXT', ttlS: 60, values: ['"v=1 epoch=9 active=away owner=r-other"'] } as const;
    const places: readonly [string, (lab: Lab, move: () => void) => Outside, RegExp][] = [
      // Read for the plan, then by the guard of the fence: the second read sees the other's epoch.
      [
        'fence',
        (lab, move) =>
          withFlip(lab, inner => ({
            read: async (...args) => {
              if ((await lab.store.openRun('web')) !== null) move();
              return inner.read(...args);
            },
          })),
        /; nothing was changed$/,
      ],
      [
        'fence',
        (lab, move) => {
          const outside = lab.outside();
          const host: Outside['host'] = async name => {
            const inner = await outside.host(name);
            const powerOff: typeof inner.powerOff = async (...args) => {
              move();
              return inner.powerOff(...args);
            };
            return { ...inner, powerOff };
          };
          return { ...outside, host };
        },
        /; home may be fenced all the same$/,
      ],
      [
        'flip',
        (lab, move) =>
          withFlip(lab, inner => ({
            swap: async (...args) => {
              move();
              return inner.swap(...args);
            },
          })),
        /; home stays fenced; away was promoted$/,
      ],
    ];
    for (const [kind, outside, left] of places) {
      const lab = new Lab();
      lab.site('home', REFUSED);
      const move = () => {
        lab.epochSet = { name: lab.service.dns.epochName, ...elsewhere };
      };
      await tick(lab, { outside: outside(lab, move) });
      const run = await lastRun(lab);
      assert.equal(run.status, 'superseded', kind);
      assert.match(run.note ?? '', left);
      assert.ok(!lab.deeds.some(deed => deed.startsWith('swap')), kind);
      if (kind === 'fence') assert.deepEqual(lab.deeds, []);
      assert.equal((await lab.store.service('web')).active, 'away', 'what DNS says is adopted');
      assert.deepEqual((await lab.store.service('web')).tried, [], 'no standby is to blame');
    }
  });

  it('a DNS API that fails between two steps blames no standby: it is tried again after the pause', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    let failing = false;
    const outside = withFlip(lab, inner => ({
      read: async (...args) => {
        if (failing && lab.deeds.length === 1) throw timeout('no', true);
        return inner.read(...args);
      },
    }));
    failing = true;
    await tick(lab, { outside });
    assert.deepEqual(lab.deeds, ['fence home']);
    assert.equal((await lastRun(lab)).status, 'failed');
    assert.deepEqual((await lab.store.service('web')).tried, []);
    failing = false;
    await lab.clock.drive(lab.clock.sleep(2 * MINUTE));
    await tick(lab);
    assert.equal((await lab.store.service('web')).active, 'away');
  });

  it('a standby that failed is tried no more in this incident, but in the next one', async () => {
    const lab = new Lab({ blockWindowMs: 0 });
    lab.site('home', REFUSED);
    lab.commands.set('promote away', () => 1);
    await tick(lab);
    assert.deepEqual((await lab.store.service('web')).tried, ['away']);
    lab.site('home', 'well');
    await tick(lab);
    assert.deepEqual((await lab.store.service('web')).tried, []);
  });

  it('a planned move that failed on a quiet day does not cost the standby of the next night', async () => {
    const lab = new Lab();
    const fails = { ...lab.outside() };
    lab.commands.set('promote away', () => 1);
    const request = { kind: 'switchover', to: null, overrides: [], operator: 'ann', reason: 'test' } as const;
    const order = { request, approved: null };
    const report = await lab.clock.drive(
      cycle(lab.world({ outside: fails }), lab.watch(), { depth: 'suspicious', order }),
    );
    assert.equal(report.run?.status, 'failed');
    lab.commands.set('promote away', () => 0);
    lab.site('home', REFUSED);
    lab.deeds.length = 0;
    await lab.clock.drive(lab.clock.sleep(2 * MINUTE));
    await tick(lab);
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away', 'swap away 4']);
  });

  it('what it took and did not use it gives back; when that fails too, others wait, and nothing else is lost', async () => {
    for (const [fault, claims] of [
      [null, ['claim home 1', 'back home 2']],
      ['back', ['claim home 1']],
    ] as const) {
      const lab = new Lab();
      lab.site('home', REFUSED);
      lab.commands.set('promote away', () => 1);
      if (fault !== null) lab.faults.set(fault, timeout('no'));
      await tick(lab);
      assert.equal((await lastRun(lab)).status, 'failed');
      assert.deepEqual(lab.claims, claims);
      assert.match(lab.epochSet?.values[0] ?? '', fault === null ? /owner=r-\d+"$/ : /busy=\d+ step=\d+"$/);
    }
  });

  it('a claim over another installation’s whose wait was cut short is not given back, and the next one waits anew', async () => {
    const lab = await overRival();
    const stop = new AbortController();
    void lab.clock.sleep(2 * MINUTE).then(() => stop.abort());
    assert.equal((await switchover(lab, { stop: stop.signal })).run?.status, 'interrupted');
    await tick(lab);
    assert.equal((await lastRun(lab)).status, 'abandoned', 'a switchover is not continued');
    assert.deepEqual(lab.claims, ['claim home 2'], 'it stands: others keep off');
    const began = lab.clock.now();
    assert.equal((await switchover(lab)).run?.status, 'done');
    assert.ok(lab.clock.now() - began >= RIVAL.stepMs, 'its last deed is waited for');
    assert.equal((await lab.store.service('web')).rival, null);
  });

  it('a claim that stands when its wait is cut by its limit is not called "nothing was changed"', async () => {
    const lab = await overRival();
    const outside = withDns(lab, dns => ({
      swap: async (...order) => {
        // So long that less of the step is left than the wait takes.
        await lab.clock.sleep(2 * WHOLE.claim + 1);
        return dns.swap(...order);
      },
    }));
    assert.equal((await switchover(lab, { outside })).run?.status, 'failed');
    assert.deepEqual(lab.claims, ['claim home 2']);
    assert.match((await lastRun(lab)).note ?? '', /^the claim .*; nothing but the epoch in DNS was changed$/);
  });

  it('what a flip makes of the state is written in one commit with its receipt: between two a crash would lose it', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    const withReceipt: Change[] = [];
    const commit: Store['commit'] = (changes, guard) => {
      const isIt = changes.some(
        change =>
          change.kind === 'journal' && change.entry.kind === 'flip' && change.entry.event === 'receipt',
      );
      if (isIt) withReceipt.push(...changes);
      return lab.store.commit(changes, guard);
    };
    const world = lab.world({ store: { ...lab.store, commit } });
    await lab.clock.drive(watchService(world, lab.watch(), { once: true, budgetMs: 50_000 }));
    const [run] = withReceipt.flatMap(change => (change.kind === 'run' ? [change.run] : []));
    const [patch] = withReceipt.flatMap(change => (change.kind === 'service' ? [change.patch] : []));
    assert.equal(run?.flipped, true);
    assert.equal(patch?.active, 'away');
    assert.deepEqual(
      patch?.quarantined?.map(({ site }) => site),
      ['home'],
    );
  });

  it('who was stopped before its end was written down gives nothing back', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    lab.commands.set('promote away', () => 1);
    const store: Store = {
      ...lab.store,
      commit: async (changes, guard) => {
        const ends = changes.some(change => change.kind === 'run' && change.run.status === 'failed');
        if (ends) throw new Crash('the lease is another’s by now');
        return lab.store.commit(changes, guard);
      },
    };
    await assert.rejects(tick(lab, { store }));
    assert.deepEqual(lab.claims, ['claim home 1']);
  });

  it('told to stop during a step: left open, and the next start goes on from there', async () => {
    for (const kind of ['run promote away', 'fence home']) {
      const lab = new Lab();
      lab.site('home', REFUSED);
      const stop = new AbortController();
      const host = lab.outside().host;
      const stopping: Partial<Outside> =
        kind === 'fence home'
          ? {
              host: async name => {
                const inner = await host(name);
                return {
                  ...inner,
                  powerOff: async (server, signal) => {
                    await inner.powerOff(server, signal);
                    stop.abort();
                  },
                };
              },
            }
          : {};
      lab.commands.set('promote away', () => {
        if (kind !== 'run promote away' || stop.signal.aborted) return 0;
        stop.abort();
        return 1;
      });
      await tick(lab, { stop: stop.signal, outside: { ...lab.outside(), ...stopping } });
      const run = await lastRun(lab);
      assert.equal(run.status, 'interrupted', kind);
      assert.equal(run.endedAt, null);
      assert.equal(lab.deeds.at(-1), kind, 'nothing after the signal');
      await tick(lab);
      assert.equal((await lastRun(lab)).id, run.id);
      assert.equal((await lastRun(lab)).status, 'done');
    }
  });

  it('told to stop while evidence is taken: the old site is not fenced any more', async () => {
    const sites = [makeSite('home', { snapshot: { argv: ['evidence'], limitMs: 1000 } }), makeSite('away')];
    const lab = new Lab({ sites });
    lab.site('home', REFUSED);
    const stop = new AbortController();
    lab.commands.set('evidence', () => {
      stop.abort();
      return 1;
    });
    await tick(lab, { stop: stop.signal });
    assert.deepEqual(lab.deeds, ['run evidence']);
    assert.equal((await lastRun(lab)).status, 'interrupted');
  });

  it('a hold set in the middle stops it before the next step, and is told once', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    lab.commands.set('promote away', async () => {
      await hold(lab);
      return 0;
    });
    await tick(lab);
    await tick(lab);
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away']);
    assert.equal((await lastRun(lab)).status, 'interrupted');
    const ends = (await lab.store.notices({ limit: 100 })).filter(notice => notice.kind === 'run');
    assert.equal(ends.filter(notice => /held by ann/.test(notice.text)).length, 1);
    await lab.store.commit([{ kind: 'resume', service: 'web' }]);
    await tick(lab);
    assert.equal((await lastRun(lab)).status, 'done');
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away', 'swap away 2']);
  });

  it('a hold set while the epoch is asked for, before a step, stops that very step', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    let reads = 0;
    const outside = withFlip(lab, inner => ({
      read: async (...args) => {
        reads += 1;
        if (lab.deeds.includes('fence home')) await hold(lab);
        return inner.read(...args);
      },
    }));
    await tick(lab, { outside });
    assert.ok(reads > 1, 'the epoch was asked for');
    assert.deepEqual(lab.deeds, ['fence home']);
    assert.equal((await lastRun(lab)).status, 'interrupted');
  });
});

describe('executor: a flip in doubt', () => {
  /** Applies the swap and loses the reply; nobody can say what came of it until `calm`. */
  function lossy(lab: Lab, land: boolean) {
    const doubt = { calm: false };
    const outside = withFlip(lab, inner => ({
      read: async (...args) => {
        if (!doubt.calm && lab.deeds.includes('run promote away') && swapped) throw timeout('no', true);
        return inner.read(...args);
      },
      swap: async (...args) => {
        if (land && !swapped) await inner.swap(...args);
        swapped = true;
        throw timeout('unknown', true);
      },
    }));
    let swapped = false;
    return { doubt, outside };
  }

  it('that landed: the run stays open, is known by its token, and the old site goes into quarantine', async () => {
    const lab = new Lab(SHORT);
    lab.site('home', REFUSED);
    const { doubt, outside } = lossy(lab, true);
    await tick(lab, { outside });
    assert.equal((await lastRun(lab)).status, 'interrupted');
    await tick(lab, { outside });
    assert.equal(
      (await lastRun(lab)).status,
      'interrupted',
      'still nobody can say: neither done nor given up',
    );
    doubt.calm = true;
    await tick(lab, { outside });
    const state = await lab.store.service('web');
    assert.equal(state.lastRun?.status, 'done');
    assert.equal(state.lastRun?.flipped, true);
    assert.deepEqual(
      state.quarantined.map(entry => entry.site),
      ['home'],
    );
    assert.deepEqual(
      lab.deeds.filter(deed => deed.startsWith('swap')),
      ['swap away 2'],
      'one flip',
    );
    assert.equal((await lab.store.runs({ limit: 9 })).length, 1);
  });

  it('that did not land: the same run flips after the standby was checked again', async () => {
    const lab = new Lab(SHORT);
    lab.site('home', REFUSED);
    const { outside } = lossy(lab, false);
    await tick(lab, { outside });
    assert.equal((await lastRun(lab)).status, 'interrupted');
    const checks = async () => (await journalOf(lab)).filter(line => line === 'check receipt').length;
    assert.equal(await checks(), 1);
    await tick(lab);
    assert.equal((await lastRun(lab)).status, 'done');
    assert.equal(await checks(), 2);
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away', 'swap away 2']);
  });

  it('under a hold nothing is written again, and the run stays open', async () => {
    const lab = new Lab(SHORT);
    lab.site('home', REFUSED);
    let times = 0;
    const outside = withFlip(lab, inner => ({
      swap: async (...args) => {
        times += 1;
        if (times > 1) return inner.swap(...args);
        await hold(lab);
        throw timeout('unknown', true);
      },
    }));
    await tick(lab, { outside });
    assert.equal(times, 1);
    assert.equal((await lastRun(lab)).status, 'interrupted');
    assert.match((await lastRun(lab)).note ?? '', /held by ann/);
  });

  it('a run that is taken up again and again tells each thing once', async () => {
    const lab = new Lab(SHORT);
    lab.site('home', REFUSED);
    const outside = losingReplies(lab);
    for (let time = 0; time < 4; time += 1) {
      await tick(lab, { outside });
      await lab.clock.drive(lab.clock.sleep(60_000));
    }
    assert.equal((await lab.store.openRun('web'))?.status, 'interrupted');
    const texts = (await lab.store.notices({ limit: 99 })).map(({ text }) => text);
    assert.ok(texts.some(text => text.includes('pointing DNS to away: FAILED')));
    assert.deepEqual(texts.length, new Set(texts).size, texts.join('\n'));
  });

  it('where nothing is fenced, a change in doubt that DNS does not show is a failure, with the pause after it', async () => {
    const site = (name: string) => makeSite(name, { fence: { ...POWER_OFF, method: 'none' }, promote: [] });
    const lab = new Lab({ ...SHORT, stateless: true, sites: [site('home'), site('away')] });
    lab.site('home', REFUSED);
    const outside = losingReplies(lab);
    const runs = new Set<string>();
    for (let minute = 0; minute < 30; minute += 1) {
      await tick(lab, { outside });
      runs.add((await lastRun(lab)).id);
      await lab.clock.drive(lab.clock.sleep(60_000));
    }
    assert.match((await lastRun(lab)).note ?? '', /in doubt/);
    assert.ok(runs.size >= 2 && runs.size <= 8, `${runs.size} runs in half an hour`);
  });

  it('throttled: is tried again within the step', async () => {
    const lab = new Lab(SHORT);
    lab.site('home', REFUSED);
    let times = 0;
    const outside = withFlip(lab, inner => ({
      swap: async (...args) => {
        times += 1;
        if (times < 4)
          throw new ProviderError({ code: 'provider-throttled', message: 'slow down', retriable: true });
        return inner.swap(...args);
      },
    }));
    await tick(lab, { outside });
    assert.equal(times, 4);
    assert.equal((await lastRun(lab)).status, 'done');
    assert.ok((await journalOf(lab)).includes('flip output'), 'the tries stand in the journal');
  });

  it('refused for good: failed at once, and not in doubt', async () => {
    const lab = new Lab(SHORT);
    lab.site('home', REFUSED);
    const outside = withFlip(lab, () => ({
      swap: async () => {
        throw new ProviderError({ code: 'provider-unauthorized', message: 'no right' });
      },
    }));
    await tick(lab, { outside });
    const run = await lastRun(lab);
    assert.equal(run.status, 'failed');
    assert.match(run.note ?? '', /home stays fenced; away was promoted$/);
    assert.deepEqual((await lab.store.service('web')).tried, [], 'the standby was well');
  });
});

describe('executor: resumed', () => {
  async function crashed(lab: Lab, kind: string, event: string): Promise<void> {
    lab.site('home', REFUSED);
    await tick(lab, { store: diesAt(lab, kind, event) }).catch(() => null);
    assert.ok((await lab.store.openRun('web')) !== null, 'no run was left open');
  }

  it('a standby that died meanwhile is not flipped to', async () => {
    const lab = new Lab(SHORT);
    await crashed(lab, 'flip', 'intent');
    lab.site('away', REFUSED);
    await tick(lab);
    assert.ok(!lab.deeds.some(deed => deed.startsWith('swap')));
    assert.equal((await lastRun(lab)).status, 'failed');
  });

  it('a flip that comes into force while the run is being given up is recognised', async () => {
    const lab = new Lab(SHORT);
    lab.site('home', REFUSED);
    const swap: DnsProvider['swap'] = async () => ({
      outcome: 'applied',
      confirmedBy: 'read-back',
      changeId: null,
    });
    const outside = withFlip(lab, () => ({ swap }));
    await tick(lab, { outside, store: diesAt(lab, 'flip', 'receipt') }).catch(() => null);
    const open = await lab.store.openRun('web');
    const flip = (await lab.store.plan(open?.plan ?? ''))?.plan.steps.find(step => step.kind === 'flip');
    assert.ok(open !== null && flip !== undefined && lab.epochSet !== null);
    const values = [`"${formatEpoch({ ...flip.change.nextEpoch, owner: open.token })}"`];
    const landed = { ...lab.epochSet, values };
    lab.site('away', REFUSED);
    void lab.clock.sleep(1).then(() => (lab.epochSet = landed));
    await tick(lab);
    const { status, flipped } = await lastRun(lab);
    assert.deepEqual([status, flipped], ['unverified', true]);
  });

  it('a fence of the clock is waited for again', async () => {
    const fence = { ...POWER_OFF, method: 'wait' as const, leaseMs: 2000, marginMs: 1000 };
    const lab = new Lab({ ...SHORT, sites: [makeSite('home', { fence }), makeSite('away')] });
    await crashed(lab, 'promote', 'intent');
    const before = lab.clock.now();
    await tick(lab);
    assert.equal((await lastRun(lab)).status, 'done');
    assert.ok(lab.clock.now() - before >= 3000);
  });

  it('a lock that was lifted meanwhile fences no more: judged anew', async () => {
    const lab = new Lab({ sites: [makeSite('home'), makeSite('away')] });
    lab.hosts.set('1', { power: 'running', blocked: { v4: true, v6: null } });
    await crashed(lab, 'promote', 'intent');
    lab.hosts.set('1', { power: 'running', blocked: { v4: false, v6: null } });
    lab.site('home', 'well');
    await tick(lab);
    assert.deepEqual(lab.deeds, []);
    assert.equal((await lastRun(lab)).status, 'abandoned');
  });

  it('a process that slept after it had begun its run fences nothing', async () => {
    const lab = new Lab(SHORT);
    lab.site('home', REFUSED);
    let slept = false;
    const store: typeof lab.store = {
      ...lab.store,
      commit: async (changes, guard) => {
        const fences = changes.some(change => change.kind === 'journal' && change.entry.kind === 'fence');
        if (fences && !slept) {
          slept = true;
          await lab.clock.sleep(100_000);
          lab.site('home', 'well');
        }
        return lab.store.commit(changes, guard);
      },
    };
    await tick(lab, { store });
    assert.ok(slept);
    assert.deepEqual(lab.deeds, []);
    const run = await lastRun(lab);
    assert.equal(run.status, 'abandoned');
    assert.match(run.note ?? '', /begun too long ago and had done nothing yet/);
  });

  it('before its fence came about, and the old site is well again: judged anew, and nothing is fenced', async () => {
    const lab = new Lab(SHORT);
    await crashed(lab, 'fence', 'intent');
    const before = lab.deeds.length;
    lab.site('home', 'well');
    await tick(lab);
    assert.deepEqual(lab.deeds.slice(before), []);
    const run = await lastRun(lab);
    assert.equal(run.status, 'abandoned');
    assert.match(
      run.note ?? '',
      /^it was cut short before it had done anything: to be judged anew; nothing but the epoch in DNS was changed$/,
    );
  });

  it('the target has left the config: ended, DNS untouched, and it says so', async () => {
    const lab = new Lab(SHORT);
    await crashed(lab, 'promote', 'receipt');
    const other = new Lab(
      { sites: [makeSite('home'), makeSite('elsewhere', { server: '2' })] },
      {},
      lab.store,
    );
    other.clock.deadline(0).done();
    other.site('home', REFUSED);
    other.hosts.set('1', { power: 'off', blocked: { v4: false, v6: false } });
    const store = lab.store;
    const watch = other.watch();
    await other.clock.drive(other.clock.sleep(lab.clock.now() - other.clock.now()));
    await other.clock.drive(
      cycle(other.world({ store, isOwnerDead: () => true }), watch, { depth: 'suspicious' }),
    );
    const run = await lastRun(lab);
    assert.equal(run.status, 'abandoned');
    assert.match(run.note ?? '', /the config has changed since it was begun.*away may be promoted/);
    assert.ok(!other.deeds.some(deed => deed.startsWith('swap')));
  });

  it('asks for what another process wrote meanwhile, not for what was read before the lease', async () => {
    const lab = new Lab(SHORT);
    await crashed(lab, 'verify', 'intent');
    const stale = await lab.store.openRun('web');
    assert.equal(stale?.flipped, true);
    const store: Store = {
      ...lab.store,
      openRun: async service => {
        const run = await lab.store.openRun(service);
        first = first === null && run !== null ? { ...run, flipped: false } : run;
        return first;
      },
    };
    let first: Run | null = null;
    await tick(lab, { store });
    const run = await lastRun(lab);
    assert.equal(run.status, 'done');
    assert.equal(run.flipped, true);
  });

  it('mode propose leaves an automatic run open; what a person began against the mode is brought to an end', async () => {
    const lab = new Lab(SHORT);
    await crashed(lab, 'promote', 'intent');
    const settings = { ...lab.settings, mode: 'propose' as const };
    await tick(lab, { settings });
    assert.deepEqual(lab.deeds, ['fence home']);

    const asked = new Lab({}, { mode: 'propose' });
    asked.site('home', REFUSED);
    const request = {
      kind: 'failover',
      to: null,
      overrides: ['mode-act'],
      operator: 'ann',
      reason: 'night',
    } as const;
    const order = { request, approved: null };
    const world = asked.world({ store: diesAt(asked, 'promote', 'intent') });
    await asked.clock.drive(cycle(world, asked.watch(), { depth: 'suspicious', order })).catch(() => null);
    assert.deepEqual(asked.deeds, ['fence home']);
    await tick(asked);
    assert.equal((await lastRun(asked)).status, 'done');
    assert.equal((await lastRun(asked)).automatic, false);
  });

  it('what a person approved against the mode too: the override stands in the audit, not in the plan', async () => {
    const lab = new Lab({}, { mode: 'propose' });
    lab.site('home', REFUSED);
    await tick(lab);
    const [waiting] = await lab.store.proposed('web');
    assert.ok(waiting !== undefined, 'no plan waits');
    const acting = { ...lab.settings, mode: 'act' as const };
    const world = lab.world({ store: diesAt(lab, 'promote', 'intent'), settings: acting });
    const order = { request: null, approved: { plan: waiting.plan, by: 'ann' } };
    const watch = lab.watch();
    watch.add(await lab.store.evidence('web', 0));
    await lab.clock.drive(cycle(world, watch, { depth: 'suspicious', order })).catch(() => null);
    assert.deepEqual(lab.deeds, ['fence home']);
    await tick(lab);
    assert.equal((await lastRun(lab)).status, 'done');
  });
});

describe('executor: the lease', () => {
  it('lost at each commit of a run: it stops there, and writes nothing more', async () => {
    const whole = new Lab();
    whole.site('home', REFUSED);
    await tick(whole);
    const lines = (await journalOf(whole)).filter(line => !line.endsWith('output')).length;
    for (let at = 1; at <= lines; at += 1) {
      const lab = new Lab();
      lab.site('home', REFUSED);
      let guarded = 0;
      const store: Store = {
        ...lab.store,
        commit: async (changes, guard) => {
          if (guard !== undefined && changes.some(change => change.kind === 'journal')) guarded += 1;
          if (guarded === at && guard !== undefined) {
            // Another runner takes over: the lease has run out while this one slept.
            await lab.store.acquire(
              guard.lease.name,
              'other/boot/9',
              MINUTE * 60,
              guard.lease.until + 3_600_000,
            );
          }
          return lab.store.commit(changes, guard);
        },
      };
      await assert.rejects(
        tick(lab, { store, isOwnerDead: () => false }),
        { code: 'lease-lost' },
        `commit ${at}`,
      );
      const journal = await lab.store.journal((await lab.store.openRun('web'))?.id ?? '');
      assert.ok(journal.length < at + 3, `commit ${at}: ${journal.length} lines`);
      const deeds = lab.deeds.length;
      await tick(lab, { isOwnerDead: () => false });
      assert.equal(lab.deeds.length, deeds, 'while the other holds the lease, nothing is done');
    }
  });
});
