/**
 * What every Store must do, whatever it is made of. `describeStore` is called by one test file for each implementation
 * (memory, sqlite …); what only one of them can suffer stands in its own file.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Change, Incident, JournalEntry, Run } from '../../src/model/state.ts';
import { LeaseLostError, StateMovedError, UnderstudyError } from '../../src/ports/errors.ts';
import type { Lease, Store } from '../../src/ports/store.ts';
import {
  auditEntry,
  decision,
  evidence,
  hold,
  incident,
  intent,
  NO_EVIDENCE,
  notice,
  plan,
  run,
  sample,
} from '../store/records.ts';

/** @param open makes a new, empty store; it is closed after each test */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(`store: ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());
    const current = () => store;
    describe('remembers', () => remembers(current));
    describe('applies all or nothing', () => allOrNothing(current));
    describe('leases', () => leases(current));
    describe('outbox', () => outbox(current));
    describe('prunes', () => prunes(current));
    describe('any text', () => anyText(current));
  });
}

async function take(store: Store, owner: string, ttlMs: number, now: number): Promise<Lease> {
  const result = await store.acquire('run', owner, ttlMs, now);
  assert.ok('held' in result, 'the lease is free');
  return result.held;
}

function remembers(store: () => Store): void {
  it('a fresh state of a service it never heard of', async () => {
    assert.deepEqual(await store().service('chat'), {
      service: 'chat',
      active: null,
      epoch: 0,
      maxEpoch: 0,
      published: null,
      quarantined: [],
      rival: null,
      tried: [],
      ackedRun: null,
      incident: null,
      hold: null,
      lastRun: null,
      lastVerdict: null,
    });
    assert.equal(await store().decision('chat'), null);
    assert.equal(await store().plan('p-1'), null);
    assert.equal(await store().run('r-1'), null);
    assert.equal(await store().openRun('chat'), null);
    assert.deepEqual(await store().journal('r-1'), []);
    assert.deepEqual(await store().evidence('chat', 0), NO_EVIDENCE);
    assert.deepEqual(await store().outbox('irc', 10), []);
    assert.deepEqual(await store().proposed('chat'), []);
    for (const history of ['runs', 'incidents', 'notices', 'audit'] as const)
      assert.deepEqual(await store()[history]({ limit: 10 }), []);
  });

  it('a patch, and leaves the other fields and other services alone', async () => {
    const quarantined = [{ site: 'home', since: 5, run: 'r-1' }];
    await store().commit([
      {
        kind: 'service',
        service: 'chat',
        patch: { active: 'home', epoch: 4, maxEpoch: 4, published: ['v4'] },
      },
      {
        kind: 'service',
        service: 'chat',
        patch: { epoch: 3, quarantined, tried: ['away'], ackedRun: 'r-9' },
      },
      { kind: 'service', service: 'mail', patch: { active: 'away' } },
    ]);
    await store().commit([
      { kind: 'service', service: 'chat', patch: { active: undefined, ackedRun: null } },
    ]);
    const state = await store().service('chat');
    assert.deepEqual(
      { ...state, service: 'chat' },
      {
        ...(await store().service('unheard')),
        service: 'chat',
        active: 'home',
        epoch: 3,
        maxEpoch: 4,
        published: ['v4'],
        quarantined,
        tried: ['away'],
      },
    );
    assert.equal((await store().service('mail')).active, 'away');
  });

  it('a claim of another installation, until it is gone', async () => {
    const rival = { owner: 'r-other', since: 5, busyMs: 680_000, stepMs: 315_000, until: null };
    await store().commit([{ kind: 'service', service: 'chat', patch: { epoch: 5, maxEpoch: 5, rival } }]);
    await store().commit([{ kind: 'service', service: 'chat', patch: { active: 'home' } }]);
    assert.deepEqual((await store().service('chat')).rival, rival);
    assert.equal((await store().service('mail')).rival, null);
    await store().commit([{ kind: 'service', service: 'chat', patch: { rival: null } }]);
    const { rival: gone, epoch } = await store().service('chat');
    assert.deepEqual([gone, epoch], [null, 5]);
  });

  it('an incident that two write down at once: what either has told of stays told', async () => {
    const told = (...codes: readonly string[]) => incident({ id: 'i-1', told: codes });
    for (const codes of [[], ['refused-by-gate'], ['zone-unread']])
      await store().commit([{ kind: 'incident', incident: told(...codes) }]);
    const kept = (await store().service('chat')).incident;
    assert.deepEqual(kept?.told, ['refused-by-gate', 'zone-unread']);
  });

  it('an incident from its opening to its end', async () => {
    const first = incident({ id: 'i-1' });
    await store().commit([{ kind: 'incident', incident: first }]);
    assert.deepEqual((await store().service('chat')).incident, first);
    const worse: Incident = { ...first, class: 'PROVIDER_LOCK' };
    await store().commit([{ kind: 'incident', incident: worse }]);
    assert.deepEqual((await store().service('chat')).incident, worse);
    const closed: Incident = { ...worse, closedAt: 99 };
    await store().commit([{ kind: 'incident', incident: closed }]);
    assert.equal((await store().service('chat')).incident, null);
    const other = incident({ id: 'i-2', service: 'mail' });
    await store().commit([{ kind: 'incident', incident: other }]);
    assert.deepEqual(await store().incidents({ limit: 10 }), [other, closed]);
    assert.deepEqual(await store().incidents({ service: 'chat', limit: 10 }), [closed]);
    assert.deepEqual(await store().incidents({ limit: 1 }), [other]);
  });

  it('a plan, its status, and which ones wait for a person', async () => {
    const [first, second] = [plan({ id: 'p-1' }), plan({ id: 'p-2' })];
    await store().commit([
      { kind: 'plan', plan: first, status: 'proposed' },
      { kind: 'plan', plan: second, status: 'proposed' },
      { kind: 'plan', plan: plan({ id: 'p-3', service: 'mail' }), status: 'proposed' },
    ]);
    assert.deepEqual(await store().proposed('chat'), [
      { plan: second, status: 'proposed' },
      { plan: first, status: 'proposed' },
    ]);
    await store().commit([{ kind: 'plan-status', plan: 'p-2', status: 'started' }]);
    assert.deepEqual(await store().plan('p-2'), { plan: second, status: 'started' });
    assert.deepEqual(await store().proposed('chat'), [{ plan: first, status: 'proposed' }]);
  });

  it('the same plan stored again, with its new status', async () => {
    await store().commit([{ kind: 'plan', plan: plan(), status: 'proposed' }]);
    await store().commit([{ kind: 'plan', plan: plan(), status: 'void' }]);
    assert.deepEqual(await store().plan('p-1'), { plan: plan(), status: 'void' });
  });

  it('a run: the open one, the last one, the history', async () => {
    const first = run({ id: 'r-1' });
    await store().commit([{ kind: 'run', run: first }]);
    assert.deepEqual(await store().openRun('chat'), first);
    assert.equal(await store().openRun('mail'), null);
    const interrupted: Run = { ...first, status: 'interrupted' };
    await store().commit([{ kind: 'run', run: interrupted }]);
    assert.deepEqual(await store().openRun('chat'), interrupted);
    const done: Run = { ...first, status: 'done', endedAt: 50, flipped: true, note: 'well' };
    const second = run({ id: 'r-2', status: 'failed', endedAt: 60 });
    await store().commit([
      { kind: 'run', run: done },
      { kind: 'run', run: second },
      { kind: 'run', run: run({ id: 'r-3', service: 'mail' }) },
    ]);
    assert.equal(await store().openRun('chat'), null);
    assert.deepEqual(await store().run('r-1'), done);
    assert.deepEqual((await store().service('chat')).lastRun, second);
    assert.deepEqual(await store().runs({ service: 'chat', limit: 10 }), [second, done]);
    assert.deepEqual(
      (await store().runs({ limit: 2 })).map(({ id }) => id),
      ['r-3', 'r-2'],
    );
  });

  it('a journal in the order it was written, each run apart', async () => {
    const entries: JournalEntry[] = [
      intent({ step: 0, at: 30 }),
      { ...intent({ step: 0, at: 20 }), event: 'output', lines: ['one', '', 'two'] },
      {
        ...intent({ step: 0, at: 10 }),
        event: 'receipt',
        receipt: { confirmedBy: 'read-back', summary: 'off' },
      },
      { ...intent({ step: 1, at: 10 }), event: 'error', code: 'provider-timeout', message: 'no answer' },
    ];
    for (const entry of entries) await store().commit([{ kind: 'journal', entry }]);
    await store().commit([{ kind: 'journal', entry: intent({ run: 'r-2' }) }]);
    assert.deepEqual(await store().journal('r-1'), entries);
    assert.equal((await store().journal('r-2')).length, 1);
  });

  it('a hold until it is resumed, expired or not', async () => {
    const [first, second] = [hold({ until: 5 }), hold({ owner: 'eve', until: null })];
    await store().commit([{ kind: 'hold', hold: first }]);
    assert.deepEqual((await store().service('chat')).hold, first);
    await store().commit([{ kind: 'hold', hold: second }]);
    assert.deepEqual((await store().service('chat')).hold, second);
    await store().commit([{ kind: 'resume', service: 'mail' }]);
    assert.deepEqual((await store().service('chat')).hold, second);
    await store().commit([{ kind: 'resume', service: 'chat' }]);
    assert.equal((await store().service('chat')).hold, null);
  });

  it('a hold that was set since, from who lifts one of before', async () => {
    const [old, newer] = [hold({ since: 7 }), hold({ owner: 'eve', since: 8 })];
    await store().commit([{ kind: 'hold', hold: old }]);
    await store().commit([{ kind: 'hold', hold: newer }]);
    await store().commit([{ kind: 'resume', service: 'chat', since: 7 }]);
    assert.deepEqual((await store().service('chat')).hold, newer);
    await store().commit([{ kind: 'resume', service: 'chat', since: 8 }]);
    assert.equal((await store().service('chat')).hold, null);
  });

  it('the last decision and its verdict', async () => {
    const last = decision({ at: 70, plan: 'p-1' });
    await store().commit([{ kind: 'decision', decision: decision() }]);
    await store().commit([{ kind: 'decision', decision: last }]);
    assert.deepEqual(await store().decision('chat'), last);
    assert.deepEqual((await store().service('chat')).lastVerdict, last.verdict);
    assert.equal(await store().decision('mail'), null);
  });

  it('evidence by the instant of each item, oldest first', async () => {
    const late = evidence(100);
    const early = evidence(40);
    await store().commit([{ kind: 'evidence', service: 'chat', evidence: late }]);
    await store().commit([
      { kind: 'evidence', service: 'chat', evidence: early },
      { kind: 'evidence', service: 'chat', evidence: NO_EVIDENCE },
      { kind: 'evidence', service: 'mail', evidence: evidence(70) },
    ]);
    const all = await store().evidence('chat', 0);
    for (const part of ['samples', 'references', 'hosts', 'zones', 'freshness'] as const)
      assert.deepEqual(all[part], [...early[part], ...late[part]], part);
    // A batch spans time: its older items fall away one by one.
    assert.deepEqual((await store().evidence('chat', 41)).samples, [
      ...early.samples.slice(1),
      ...late.samples,
    ]);
    assert.deepEqual(await store().evidence('chat', 100), late);
    assert.deepEqual(await store().evidence('chat', 200), NO_EVIDENCE);
  });

  it('instants that are no whole numbers of ms', async () => {
    const odd = { ...NO_EVIDENCE, samples: [sample({ at: 10.25 }), sample({ at: 10.5 })] };
    await store().commit([{ kind: 'evidence', service: 'chat', evidence: odd }]);
    assert.deepEqual((await store().evidence('chat', 10.5)).samples, odd.samples.slice(1));
  });

  it('what people did, newest first', async () => {
    const [first, second] = [
      auditEntry({ at: 1 }),
      auditEntry({ at: 2, service: null, overrides: ['skip-fence'] }),
    ];
    await store().commit([{ kind: 'audit', entry: first }]);
    await store().commit([{ kind: 'audit', entry: second }]);
    assert.deepEqual(await store().audit({ limit: 10 }), [second, first]);
    assert.deepEqual(await store().audit({ service: 'chat', limit: 10 }), [first]);
  });

  it('no evidence from after a clock was set back, once it is told so; none of another service goes', async () => {
    await store().commit([
      { kind: 'evidence', service: 'chat', evidence: evidence(40) },
      { kind: 'evidence', service: 'chat', evidence: evidence(100) },
      { kind: 'evidence', service: 'mail', evidence: evidence(100) },
    ]);
    const before = await store().evidence('chat', 0);
    const until = Math.min(...evidence(100).samples.map(({ at }) => at)) + 1;
    await store().commit([{ kind: 'evidence-cut', service: 'chat', after: until }]);
    const after = await store().evidence('chat', 0);
    for (const kind of ['samples', 'references', 'hosts', 'zones', 'freshness'] as const)
      assert.deepEqual(
        after[kind],
        (before[kind] as readonly { at: number }[]).filter(({ at }) => at <= until),
        kind,
      );
    assert.ok(after.samples.length > 0 && after.samples.length < before.samples.length);
    assert.deepEqual(await store().evidence('mail', 0), evidence(100));
    // What is measured the second time is kept.
    await store().commit([{ kind: 'evidence', service: 'chat', evidence: evidence(100) }]);
    assert.deepEqual((await store().evidence('chat', 100)).zones, evidence(100).zones);
  });

  it('what it was given, not what became of it in the hands of the caller', async () => {
    const tried = ['home'];
    await store().commit([{ kind: 'service', service: 'chat', patch: { tried } }]);
    try {
      tried.push('away');
    } catch (thrown) {
      // The one without a file freezes what it keeps.
      assert.ok(thrown instanceof TypeError);
    }
    assert.deepEqual((await store().service('chat')).tried, ['home']);
  });
}

function allOrNothing(store: () => Store): void {
  const patch = { kind: 'service', service: 'chat', patch: { active: 'away' } } as const;
  const untouched = async () => {
    assert.equal((await store().service('chat')).active, null);
    assert.deepEqual(await store().notices({ limit: 1 }), []);
  };

  it('when a plan comes again with another content', async () => {
    await store().commit([{ kind: 'plan', plan: plan(), status: 'proposed' }]);
    await assert.rejects(
      store().commit([
        patch,
        { kind: 'notice', notice: notice(), sinks: ['irc'] },
        { kind: 'plan', plan: plan({ to: 'elsewhere' }), status: 'started' },
      ]),
      (error: unknown) => error instanceof UnderstudyError && error.code === 'plan-conflict',
    );
    await untouched();
    assert.deepEqual(await store().plan('p-1'), { plan: plan(), status: 'proposed' });
  });

  it('when two plans of one list have one id', async () => {
    await assert.rejects(
      store().commit([
        { kind: 'plan', plan: plan(), status: 'proposed' },
        { kind: 'plan', plan: plan({ to: 'elsewhere' }), status: 'proposed' },
      ]),
    );
    assert.equal(await store().plan('p-1'), null);
  });

  it('when the epoch that it was decided on is another by now, be it higher or lower', async () => {
    const decidedOn = (maxEpoch: number): Change => ({ kind: 'premise', service: 'chat', maxEpoch });
    const moved = (from: number, to: number) => (error: unknown) =>
      error instanceof StateMovedError &&
      error.retriable &&
      error.message.includes(`epoch ${from} when`) &&
      error.message.includes(`at ${to} now`);
    await assert.rejects(store().commit([decidedOn(3), patch]), moved(3, 0));
    await untouched();
    const known = { kind: 'service', service: 'chat', patch: { maxEpoch: 5 } } as const;
    await store().commit([decidedOn(0), known]);
    await assert.rejects(store().commit([patch, decidedOn(4)]), moved(4, 5));
    await untouched();
    await store().commit([decidedOn(5), patch]);
    assert.equal((await store().service('chat')).active, patch.patch.active);
  });

  it('when a status is set on a plan that is not there', async () => {
    await assert.rejects(
      store().commit([patch, { kind: 'plan-status', plan: 'p-9', status: 'started' }]),
      (error: unknown) => error instanceof UnderstudyError && error.code === 'plan-unknown',
    );
    await untouched();
  });

  it('when the lease is lost', async () => {
    const lost = await take(store(), 'a', 100, 0);
    await take(store(), 'b', 100, 100);
    await assert.rejects(store().commit([patch], { lease: lost, now: 100, extendMs: 500 }), LeaseLostError);
    await untouched();
  });

  it('and a list that fails does not extend the lease', async () => {
    const lease = await take(store(), 'a', 100, 0);
    await assert.rejects(
      store().commit([patch, { kind: 'plan-status', plan: 'p-9', status: 'void' }], {
        lease,
        now: 50,
        extendMs: 1000,
      }),
    );
    await take(store(), 'b', 100, 100);
    await untouched();
  });
}

function leases(store: () => Store): void {
  it('are taken by one, and shown to the others', async () => {
    const lease = await take(store(), 'a', 100, 0);
    assert.deepEqual({ ...lease, token: 0 }, { name: 'run', owner: 'a', token: 0, until: 100 });
    assert.deepEqual(await store().acquire('run', 'b', 100, 99), { heldBy: lease });
    // Not even to itself: two loops of one process are two runners.
    assert.deepEqual(await store().acquire('run', 'a', 100, 99), { heldBy: lease });
    const other = await store().acquire('other', 'b', 100, 99);
    assert.ok('held' in other, 'each name is a lease of its own');
  });

  it('are free again at their end, with a higher token', async () => {
    const first = await take(store(), 'a', 100, 0);
    const second = await take(store(), 'b', 100, 100);
    assert.ok(second.token > first.token);
    const third = await take(store(), 'b', 100, 200);
    assert.ok(third.token > second.token);
  });

  it('are taken from an owner that is dead, and only from such', async () => {
    const first = await take(store(), 'a', 100, 0);
    const asked: string[] = [];
    const isDead = (owner: string) => {
      asked.push(owner);
      return owner === 'a';
    };
    const taken = await store().acquire('run', 'b', 100, 1, isDead);
    assert.ok('held' in taken);
    assert.ok(taken.held.token > first.token);
    assert.deepEqual(await store().acquire('run', 'c', 100, 2, isDead), { heldBy: taken.held });
    assert.deepEqual(asked, ['a', 'b']);
    await assert.rejects(store().renew(first, 100, 3), LeaseLostError);
  });

  it('are renewed while they last, and never shortened', async () => {
    const lease = await take(store(), 'a', 100, 0);
    assert.deepEqual(await store().renew(lease, 100, 50), { ...lease, until: 150 });
    assert.equal((await store().renew(lease, 10, 60)).until, 150);
    assert.ok('heldBy' in (await store().acquire('run', 'b', 100, 149)));
    await assert.rejects(store().renew(lease, 100, 150), LeaseLostError);
  });

  it('are not renewed for an owner of the same name with an old token', async () => {
    const first = await take(store(), 'a', 100, 0);
    const second = await take(store(), 'a', 100, 100);
    await assert.rejects(store().renew(first, 100, 101), LeaseLostError);
    await assert.rejects(store().renew({ ...second, owner: 'b' }, 100, 101), LeaseLostError);
    await assert.rejects(store().commit([], { lease: first, now: 101 }), LeaseLostError);
    await store().commit([], { lease: second, now: 101 });
  });

  it('given back are free at once, and the token grows all the same', async () => {
    const first = await take(store(), 'a', 1000, 0);
    await store().release(first);
    await assert.rejects(store().commit([], { lease: first, now: 1 }), LeaseLostError);
    const second = await take(store(), 'b', 1000, 1);
    assert.ok(second.token > first.token);
    await store().release(first);
    await store().release({ ...second, owner: 'c' });
    assert.deepEqual(await store().acquire('run', 'c', 1000, 2), { heldBy: second });
  });

  it('guard a commit, and are extended by it when asked', async () => {
    const lease = await take(store(), 'a', 100, 0);
    await store().commit([{ kind: 'journal', entry: intent() }], { lease, now: 99 });
    assert.equal((await store().journal('r-1')).length, 1);
    assert.deepEqual(await store().acquire('run', 'b', 1, 99), { heldBy: lease });
    await store().commit([], { lease, now: 99, extendMs: 100 });
    assert.deepEqual(await store().acquire('run', 'b', 1, 198), { heldBy: { ...lease, until: 199 } });
    await assert.rejects(store().commit([], { lease, now: 199 }), LeaseLostError);
  });
}

function outbox(store: () => Store): void {
  it('has one item a sink, in the order of the notices', async () => {
    await store().commit([
      { kind: 'notice', notice: notice({ id: 'n-1', at: 9 }), sinks: ['irc', 'hook', 'irc'] },
      { kind: 'notice', notice: notice({ id: 'n-2', at: 3 }), sinks: ['irc'] },
    ]);
    await store().commit([{ kind: 'notice', notice: notice({ id: 'n-3' }), sinks: [] }]);
    await store().commit([{ kind: 'notice', notice: notice({ id: 'n-4' }), sinks: ['irc'] }]);
    const items = await store().outbox('irc', 10);
    assert.deepEqual(
      items.map(item => item.notice.id),
      ['n-1', 'n-2', 'n-4'],
    );
    assert.ok(items.every(({ seq }, i) => i === 0 || seq > (items[i - 1]?.seq ?? seq)));
    assert.deepEqual(items[0], {
      seq: items[0]?.seq,
      sink: 'irc',
      notice: notice({ id: 'n-1', at: 9 }),
      attempts: 0,
      dueAt: 9,
      lastError: null,
    });
    assert.equal((await store().outbox('irc', 2)).length, 2);
    assert.equal((await store().outbox('hook', 10)).length, 1);
    assert.deepEqual(
      (await store().notices({ limit: 10 })).map(({ id }) => id),
      ['n-4', 'n-3', 'n-2', 'n-1'],
    );
    assert.deepEqual(await store().notices({ service: 'mail', limit: 10 }), []);
  });

  it('keeps an item until it is delivered, with the count of attempts', async () => {
    await store().commit([{ kind: 'notice', notice: notice(), sinks: ['irc', 'hook'] }]);
    const [item] = await store().outbox('irc', 1);
    assert.ok(item);
    await store().commit([{ kind: 'undelivered', seq: item.seq, dueAt: 50, error: 'refused' }]);
    await store().commit([{ kind: 'undelivered', seq: item.seq, dueAt: 90, error: 'timeout' }]);
    assert.deepEqual(await store().outbox('irc', 10), [
      { ...item, attempts: 2, dueAt: 90, lastError: 'timeout' },
    ]);
    await store().commit([{ kind: 'delivered', seq: item.seq, at: 95 }]);
    assert.deepEqual(await store().outbox('irc', 10), []);
    assert.equal((await store().outbox('hook', 10)).length, 1);
    // A second runner that delivered the same item comes too late, and that is no error.
    await store().commit([
      { kind: 'delivered', seq: item.seq, at: 96 },
      { kind: 'undelivered', seq: item.seq, dueAt: 99, error: 'late' },
    ]);
    assert.deepEqual(await store().outbox('irc', 10), []);
  });

  it('takes a notice once, however often it is committed', async () => {
    const once = { kind: 'notice', notice: notice(), sinks: ['irc'] } as const;
    await store().commit([once, once]);
    await store().commit([{ ...once, notice: notice({ text: 'another text' }) }]);
    assert.equal((await store().outbox('irc', 10)).length, 1);
    assert.deepEqual(await store().notices({ limit: 10 }), [notice()]);
  });
}

function prunes(store: () => Store): void {
  it('evidence, to the ms', async () => {
    await store().commit([
      { kind: 'evidence', service: 'chat', evidence: evidence(40) },
      { kind: 'evidence', service: 'mail', evidence: evidence(10) },
    ]);
    await store().prune(41, 10);
    const left = await store().evidence('chat', 0);
    assert.deepEqual(left.samples, evidence(40).samples.slice(1));
    await store().prune(42, 10);
    assert.deepEqual((await store().evidence('chat', 0)).samples, evidence(40).samples.slice(2));
    assert.deepEqual(await store().evidence('mail', 0), NO_EVIDENCE);
  });

  it('the history of each service by itself, but nothing that is open, owed or proposed', async () => {
    for (const n of [1, 2, 3, 4]) {
      const open = n === 1;
      await store().commit([
        { kind: 'incident', incident: incident({ id: `i-${n}`, closedAt: open ? null : n }) },
        { kind: 'plan', plan: plan({ id: `p-${n}` }), status: open ? 'proposed' : 'void' },
        { kind: 'plan', plan: plan({ id: `p-of-r-${n}` }), status: 'started' },
        {
          kind: 'run',
          run: run({ id: `r-${n}`, plan: `p-of-r-${n}`, status: open ? 'interrupted' : 'done' }),
        },
        { kind: 'journal', entry: intent({ run: `r-${n}` }) },
        { kind: 'notice', notice: notice({ id: `n-${n}` }), sinks: ['irc'] },
        { kind: 'audit', entry: auditEntry({ at: n }) },
      ]);
    }
    await store().commit([
      { kind: 'run', run: run({ id: 'r-mail', plan: 'p-mail', service: 'mail', status: 'done' }) },
      { kind: 'decision', decision: decision({ plan: 'p-2' }) },
    ]);
    for (const { seq } of (await store().outbox('irc', 10)).slice(1))
      await store().commit([{ kind: 'delivered', seq, at: 1 }]);
    await store().prune(0, 1);
    const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);
    assert.deepEqual(ids(await store().incidents({ limit: 10 })), ['i-4', 'i-1']);
    assert.deepEqual(ids(await store().runs({ limit: 10 })), ['r-mail', 'r-4', 'r-1']);
    assert.deepEqual(ids(await store().notices({ limit: 10 })), ['n-4', 'n-1']);
    assert.deepEqual(
      (await store().outbox('irc', 10)).map(item => item.notice.id),
      ['n-1'],
    );
    const journals = await Promise.all([1, 2, 3, 4].map(n => store().journal(`r-${n}`)));
    assert.deepEqual(
      journals.map(({ length }) => length),
      [1, 0, 0, 1],
    );
    const kept = await Promise.all(
      ['p-1', 'p-2', 'p-3', 'p-4', 'p-of-r-1', 'p-of-r-2', 'p-of-r-4'].map(id => store().plan(id)),
    );
    // Waiting for a person, named by the last decision, or of a run that is kept. The newest plan is p-of-r-4.
    assert.deepEqual(
      kept.map(stored => stored?.plan.id ?? null),
      ['p-1', 'p-2', null, null, 'p-of-r-1', null, 'p-of-r-4'],
    );
    assert.equal((await store().audit({ limit: 10 })).length, 4);
  });

  it('but never the last run, since the block window counts from it', async () => {
    await store().commit([{ kind: 'run', run: run({ status: 'done', endedAt: 5 }) }]);
    await store().prune(Number.MAX_SAFE_INTEGER, 0);
    assert.equal((await store().service('chat')).lastRun?.id, 'r-1');
  });

  it('and gives no number of the outbox a second time', async () => {
    await store().commit([{ kind: 'notice', notice: notice(), sinks: ['irc'] }]);
    const [first] = await store().outbox('irc', 1);
    assert.ok(first);
    await store().commit([{ kind: 'delivered', seq: first.seq, at: 1 }]);
    await store().prune(0, 0);
    assert.deepEqual(await store().notices({ limit: 1 }), []);
    await store().commit([{ kind: 'notice', notice: notice({ id: 'n-2' }), sinks: ['irc'] }]);
    const [second] = await store().outbox('irc', 1);
    assert.ok(second !== undefined && second.seq > first.seq);
  });
}

function anyText(store: () => Store): void {
  it('goes in and comes out unchanged, as content and as a name', async () => {
    // No NUL in what is searched by: SQLite ends a text there. Content may hold anything, since JSON escapes it.
    const key = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter(text => !text.includes('\0'));
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(key, text, async (name, content) => {
        const item = { ...notice({ id: name, service: name, text: content }), data: { [content]: content } };
        await store().commit([
          { kind: 'hold', hold: hold({ service: name, reason: content }) },
          { kind: 'plan', plan: plan({ id: name, service: name, from: content }), status: 'void' },
          { kind: 'notice', notice: item, sinks: [name] },
          { kind: 'journal', entry: { ...intent({ run: name }), event: 'output', lines: [content] } },
        ]);
        assert.equal((await store().service(name)).hold?.reason, content);
        assert.equal((await store().plan(name))?.plan.from, content);
        const [owed] = await store().outbox(name, 1);
        assert.ok(owed);
        assert.deepEqual(owed.notice, item);
        const error = content.replaceAll('\0', '');
        await store().commit([{ kind: 'undelivered', seq: owed.seq, dueAt: 1, error }]);
        assert.equal((await store().outbox(name, 1))[0]?.lastError, error);
        const lines = (await store().journal(name)).flatMap(entry =>
          entry.event === 'output' ? entry.lines : [],
        );
        assert.equal(lines.at(-1), content);
        await store().commit([{ kind: 'delivered', seq: owed.seq, at: 1 }]);
        await store().prune(0, 0);
      }),
      { numRuns: 60, seed: 11 },
    );
  });
}
