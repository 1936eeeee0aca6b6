/**
 * What every DnsProvider with compare-and-swap owes its callers, whoever the vendor is: the flip happens all or
 * nothing and only from the epoch it was built on; whoever flipped knows it, whatever became of the reply; nothing
 * is claimed that is not known; no answer that makes no sense is taken for an empty zone; no error shows a secret.
 */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { EpochRecord } from '../../src/model/epoch.ts';
import type { GuardedChange } from '../../src/model/plan.ts';
import type { RecordSet } from '../../src/model/signal.ts';
import type { ProviderErrorCode } from '../../src/ports/errors.ts';
import { PROVIDER_ERRORS, ProviderError } from '../../src/ports/errors.ts';
import type { DnsProvider, SwapOutcome } from '../../src/ports/providers.ts';

export type Hits = 'reads' | 'writes' | 'all';

/** Each is good for the next `n` requests. "done" and "not done" tell what becomes of a write. */
export interface DnsFaults {
  /** The connection is cut; not done. */
  cut(n: number, hits: Hits): void;
  /** The connection is cut; done. */
  loseReply(n: number): void;
  /** The connection is cut; done when `when` resolves. */
  landLate(when: Promise<unknown>): void;
  /** No answer ever; not done, or done. */
  hang(n: number, hits: Hits, done: boolean): void;
  /** An answer that comes in drops and has no end; done. */
  trickle(n: number, hits: Hits): void;
  /** Done at once, answered after `ms`. */
  late(ms: number, n: number, hits: Hits): void;
  /** `truncated` is done, the others are not. `page`: HTML with status 200; `proxy`: HTML with 502. */
  garbage(kind: 'truncated' | 'page' | 'proxy' | 'empty' | 'binary', n: number, hits: Hits): void;
  /** An error of the vendor, by its meaning; not done. `echo` repeats the request's headers. */
  deny(meaning: 'unauthorized' | 'throttled' | 'busy' | 'broken' | 'echo', n: number, hits: Hits): void;
  /** The vendor keeps this set from being changed. */
  protect(name: string, type: string, on: boolean): void;
  clear(): void;
}

export interface DnsWorld {
  readonly zone: string;
  /** An id of the right form that no zone has. */
  readonly nobody: string;
  /** Without the last dot. Only its own apex sets exist at the start. */
  readonly zoneName: string;
  readonly secrets: readonly string[];
  readonly faults: DnsFaults;
  /** All that the zone holds, in a form that is equal only when the zone is. */
  content(): string;
  find(name: string, type: string): RecordSet | null;
  requests(): number;
  writes(): number;
  whenRequests(count: number): Promise<void>;
  /** Changes stay pending until this. */
  settle(): void;
  offline(): Promise<void>;
  close(): Promise<void>;
}

export interface DnsMakeOptions {
  /** Default 5000. */
  readonly requestTimeoutMs?: number;
  /** Default 2000. */
  readonly readBackTimeoutMs?: number;
  /** Default 2. */
  readonly readRetries?: number;
  /** Credentials that the vendor refuses; they are among `secrets` too. */
  readonly wrongSecret?: boolean;
}

export interface DnsConformance {
  readonly name: string;
  world(): Promise<DnsWorld>;
  make(world: DnsWorld, options: DnsMakeOptions): DnsProvider;
}

const FOREVER = 1_000_000;
const SHORT_MS = 200;
/** An abort is obeyed within this: far below the request timeout, far above what a busy machine needs. */
const PROMPT_MS = 2_000;

const TTL_S = 60;
const never = (): AbortSignal => new AbortController().signal;

export function dnsProviderConformance(conformance: DnsConformance): void {
  describe(`DnsProvider conformance: ${conformance.name}`, () => {
    let world: DnsWorld;
    let provider: DnsProvider;
    let epochName: string;
    let www: string;

    beforeEach(async () => {
      world = await conformance.world();
      provider = conformance.make(world, {});
      epochName = `_understudy-web.${world.zoneName}`;
      www = `www.${world.zoneName}`;
    });
    afterEach(() => world.close());

    const record = (epoch: number, owner: string): EpochRecord => ({ epoch, active: 'site-b', owner });
    const a = (...values: string[]): RecordSet => ({ name: www, type: 'A', ttlS: TTL_S, values });
    const guarded = (
      expectEpoch: RecordSet | null,
      epoch: number,
      upserts: readonly RecordSet[],
      deletes: readonly RecordSet[] = [],
    ): GuardedChange => ({
      epochName,
      ttlS: TTL_S,
      expectEpoch,
      nextEpoch: { epoch, active: 'site-b' },
      upserts,
      deletes,
    });
    const view = () => provider.read(world.zone, epochName, [www], never());
    const swap = (
      expectEpoch: RecordSet | null,
      epoch: number,
      owner: string,
      address = '192.0.2.10',
      by = provider,
    ) => by.swap(world.zone, guarded(expectEpoch, epoch, [a(address)]), record(epoch, owner), never());
    /** Takes the epoch for a run, before it moves the service away from site-a. */
    const claimed = (expectEpoch: RecordSet | null, epoch: number, owner: string) => {
      const nextEpoch = { epoch, active: 'site-a', claim: { busyS: 680, stepS: 315 } };
      const change = { ...guarded(expectEpoch, epoch, []), nextEpoch };
      return provider.swap(world.zone, change, { ...nextEpoch, owner }, never());
    };
    /** Brings the zone to epoch 1 and returns the epoch set as a reader sees it. */
    const flipped = async (): Promise<RecordSet | null> => {
      await swap(null, 1, 'r-first', '192.0.2.1');
      return (await view()).epochSet;
    };
    /** The promise must fail with the code and say what is known of the write. */
    const refused = async (
      promise: Promise<unknown>,
      code: ProviderErrorCode,
      applied: 'no' | 'unknown' = 'no',
    ): Promise<ProviderError> => {
      const error = await promise.then(
        value => assert.fail(`expected ${code}, got ${inspect(value)}`),
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof ProviderError, `a ProviderError, not ${inspect(error)}`);
      assert.equal(error.code, code, error.message);
      assert.equal(error.applied, applied, error.message);
      return error;
    };
    const mine = (outcome: SwapOutcome, confirmedBy: 'reply' | 'read-back') => {
      assert.equal(outcome.outcome, 'applied');
      assert.equal(outcome.outcome === 'applied' && outcome.confirmedBy, confirmedBy);
    };

    describe('the guarded flip', () => {
      it('declares that it can compare and swap', () => {
        assert.equal(provider.capabilities.compareAndSwap, true);
      });

      it('reads a zone without epoch or records as such', async () => {
        assert.deepEqual(await view(), { epochSet: null, epoch: null, records: [] });
      });

      it('swaps from nothing, and a fresh read shows it, pending or not', async () => {
        const outcome = await swap(null, 1, 'r-one');
        mine(outcome, 'reply');
        assert.deepEqual(await view(), {
          epochSet: {
            name: epochName,
            type: 'TXT',
            ttlS: TTL_S,
            values: ['"v=1 epoch=1 active=site-b owner=r-one"'],
          },
          epoch: { epoch: 1, active: 'site-b', owner: 'r-one' },
          records: [a('192.0.2.10')],
        });
      });

      it('swaps again from a fresh read, and planning the same again changes the epoch alone', async () => {
        const before = await flipped();
        mine(await swap(before, 2, 'r-two'), 'reply');
        const second = await view();
        assert.deepEqual(second.records, [a('192.0.2.10')]);
        mine(await swap(second.epochSet, 3, 'r-three'), 'reply');
        const third = await view();
        assert.deepEqual(third.records, second.records);
        assert.equal(third.epoch?.epoch, 3);
      });

      it('upserts and deletes address sets in the same change', async () => {
        const epoch = await flipped();
        const aaaa: RecordSet = { name: www, type: 'AAAA', ttlS: TTL_S, values: ['2001:db8::1'] };
        const change = guarded(epoch, 2, [aaaa], [a('192.0.2.1')]);
        mine(await provider.swap(world.zone, change, record(2, 'r-two'), never()), 'reply');
        assert.deepEqual((await view()).records, [aaaa]);
      });

      it('reports a loss, and changes nothing, from a stale epoch', async () => {
        const stale = await flipped();
        await swap(stale, 2, 'r-two');
        const content = world.content();
        const outcome = await swap(stale, 2, 'r-late', '192.0.2.66');
        assert.deepEqual(outcome, { outcome: 'lost', current: world.find(epochName, 'TXT') });
        assert.equal(world.content(), content);
      });

      it('reports a loss when it expected no epoch and there is one', async () => {
        await flipped();
        const content = world.content();
        assert.equal((await swap(null, 1, 'r-late')).outcome, 'lost');
        assert.equal(world.content(), content);
      });

      it('reports a loss when the expected epoch is gone', async () => {
        const gone: RecordSet = {
          name: epochName,
          type: 'TXT',
          ttlS: TTL_S,
          values: ['"v=1 epoch=7 active=site-a owner=r-x"'],
        };
        const content = world.content();
        assert.deepEqual(await swap(gone, 8, 'r-late'), { outcome: 'lost', current: null });
        assert.equal(world.content(), content);
      });

      it('takes the TTL as part of what must match', async () => {
        const epoch = await flipped();
        assert.ok(epoch !== null);
        assert.equal((await swap({ ...epoch, ttlS: TTL_S + 1 }, 2, 'r-two')).outcome, 'lost');
      });

      it('refuses the whole change when a deleted set is stale, and does not call that a loss', async () => {
        const epoch = await flipped();
        const content = world.content();
        const change = guarded(epoch, 2, [], [a('192.0.2.99')]);
        await refused(provider.swap(world.zone, change, record(2, 'r-two'), never()), 'provider-rejected');
        assert.equal(world.content(), content);
      });

      it('is safe to repeat with the same run token', async () => {
        const epoch = await flipped();
        await swap(epoch, 2, 'r-two');
        const content = world.content();
        mine(await swap(epoch, 2, 'r-two'), 'read-back');
        assert.equal(world.content(), content);
      });

      it('takes the epoch alone with a claim, which the flip replaces', async () => {
        const before = await flipped();
        const claim = { busyS: 680, stepS: 315 };
        mine(await claimed(before, 2, 'r-two'), 'reply');
        const during = await view();
        assert.deepEqual(during.epoch, { epoch: 2, active: 'site-a', owner: 'r-two', claim });
        assert.deepEqual(during.epochSet?.values, [
          '"v=1 epoch=2 active=site-a owner=r-two busy=680 step=315"',
        ]);
        assert.deepEqual(during.records, [a('192.0.2.1')]);
        mine(await swap(during.epochSet, 3, 'r-two'), 'reply');
        const after = await view();
        assert.deepEqual(after.epoch, { epoch: 3, active: 'site-b', owner: 'r-two' });
        assert.deepEqual(after.records, [a('192.0.2.10')]);
      });

      it('lets one of two claim, and nobody flip past the claim', async () => {
        const before = await flipped();
        mine(await claimed(before, 2, 'r-two'), 'reply');
        const content = world.content();
        assert.equal((await claimed(before, 2, 'r-other')).outcome, 'lost');
        assert.equal((await swap(before, 2, 'r-other', '192.0.2.66')).outcome, 'lost');
        assert.equal((await swap(before, 3, 'r-two', '192.0.2.66')).outcome, 'lost', 'its own flip neither');
        assert.equal(world.content(), content);
      });

      it('does not write an epoch that could not be read again', async () => {
        await refused(swap(null, 1, 'two words'), 'provider-rejected');
        const other = guarded(null, 2, []);
        await refused(provider.swap(world.zone, other, record(3, 'r-x'), never()), 'provider-rejected');
        const long = { epoch: 1, active: 'site-a', claim: { busyS: 1_000_000, stepS: 1 } };
        const change = { ...guarded(null, 1, []), nextEpoch: long };
        await refused(
          provider.swap(world.zone, change, { ...long, owner: 'r-x' }, never()),
          'provider-rejected',
        );
        assert.equal(world.writes(), 0);
      });
    });

    describe('doubt', () => {
      it('finds its own write after a lost reply, and wrote once', async () => {
        world.faults.loseReply(1);
        mine(await swap(null, 1, 'r-one'), 'read-back');
        assert.equal(world.writes(), 1);
      });

      it('finds its own write after a timeout', async () => {
        provider = conformance.make(world, { requestTimeoutMs: SHORT_MS });
        world.faults.hang(1, 'writes', true);
        mine(await swap(null, 1, 'r-one'), 'read-back');
        assert.equal(world.writes(), 1);
      });

      it('finds its own write when the reply comes too late or drop by drop', async () => {
        provider = conformance.make(world, { requestTimeoutMs: SHORT_MS });
        world.faults.late(FOREVER, 1, 'writes');
        mine(await swap(null, 1, 'r-one'), 'read-back');
        const epoch = world.find(epochName, 'TXT');
        world.faults.trickle(1, 'writes');
        mine(await swap(epoch, 2, 'r-two'), 'read-back');
      });

      it('waits for a reply that is late but in time', async () => {
        world.faults.late(100, 1, 'writes');
        mine(await swap(null, 1, 'r-one'), 'reply');
      });

      it('finds its own write when the reply is cut short', async () => {
        world.faults.garbage('truncated', 1, 'writes');
        mine(await swap(null, 1, 'r-one'), 'read-back');
      });

      for (const kind of ['page', 'proxy', 'empty', 'binary'] as const)
        it(`claims nothing from a garbled reply (${kind})`, async () => {
          const content = world.content();
          world.faults.garbage(kind, 1, 'writes');
          await refused(swap(null, 1, 'r-one'), 'provider-garbage', 'unknown');
          assert.equal(world.content(), content);
          assert.equal(world.writes(), 1);
        });

      it('finds its own claim after a lost reply, and then its own flip', async () => {
        const before = await flipped();
        world.faults.loseReply(1);
        mine(await claimed(before, 2, 'r-two'), 'read-back');
        const own = (await view()).epochSet;
        world.faults.loseReply(1);
        mine(await swap(own, 3, 'r-two'), 'read-back');
        assert.equal((await view()).epoch?.claim, undefined);
      });

      it('does not take its own claim for its flip when the connection was cut', async () => {
        mine(await claimed(null, 1, 'r-one'), 'reply');
        const own = (await view()).epochSet;
        const content = world.content();
        world.faults.cut(1, 'writes');
        await refused(swap(own, 2, 'r-one'), 'provider-unreachable', 'unknown');
        assert.equal(world.content(), content, 'the claim stands, the flip may be repeated');
        mine(await swap(own, 2, 'r-one'), 'reply');
      });

      it('claims nothing when the connection was cut and the zone is unchanged', async () => {
        world.faults.cut(1, 'writes');
        await refused(swap(null, 1, 'r-one'), 'provider-unreachable', 'unknown');
        assert.equal(world.writes(), 1);
        mine(await swap(null, 1, 'r-one'), 'reply');
      });

      it('claims nothing after a timeout when the zone is unchanged', async () => {
        provider = conformance.make(world, { requestTimeoutMs: SHORT_MS });
        world.faults.hang(1, 'writes', false);
        await refused(swap(null, 1, 'r-one'), 'provider-timeout', 'unknown');
        assert.equal(world.writes(), 1);
      });

      it('claims nothing when the vendor failed, or when reading back fails too', async () => {
        world.faults.deny('broken', 1, 'writes');
        await refused(swap(null, 1, 'r-one'), 'provider-failed', 'unknown');
        world.faults.loseReply(1);
        world.faults.cut(FOREVER, 'reads');
        await refused(swap(null, 1, 'r-one'), 'provider-unreachable', 'unknown');
        world.faults.clear();
        mine(await swap(null, 1, 'r-one'), 'read-back');
      });

      it('was right not to say "not applied": a write that lands late is found by the repeat', async () => {
        let land: (value: unknown) => void = () => undefined;
        world.faults.landLate(
          new Promise(resolve => {
            land = resolve;
          }),
        );
        await refused(swap(null, 1, 'r-one'), 'provider-unreachable', 'unknown');
        land(null);
        // One turn of the event loop: the world does the work in the microtask after `land`.
        await new Promise(resolve => setImmediate(resolve));
        const content = world.content();
        assert.equal((await swap(null, 1, 'r-other')).outcome, 'lost');
        mine(await swap(null, 1, 'r-one'), 'read-back');
        assert.equal(world.content(), content);
      });

      it('knows that it lost although the reply never came', async () => {
        const stale = await flipped();
        await swap(stale, 2, 'r-two');
        world.faults.loseReply(1);
        assert.equal((await swap(stale, 2, 'r-late')).outcome, 'lost');
      });
    });

    describe('refusals of the vendor', () => {
      for (const [meaning, code, retriable] of [
        ['throttled', 'provider-throttled', true],
        ['busy', 'provider-busy', true],
        ['unauthorized', 'provider-unauthorized', false],
      ] as const)
        it(`${meaning}: not applied, one attempt, retriable ${retriable}`, async () => {
          const content = world.content();
          world.faults.deny(meaning, 1, 'writes');
          const error = await refused(swap(null, 1, 'r-one'), code);
          assert.equal(error.retriable, retriable);
          assert.equal(world.writes(), 1);
          assert.equal(world.content(), content);
          mine(await swap(null, 1, 'r-one'), 'reply');
        });

      it('a protected set refuses the whole change, which is not a loss', async () => {
        const epoch = await flipped();
        const content = world.content();
        world.faults.protect(www, 'A', true);
        const error = await refused(swap(epoch, 2, 'r-two'), 'provider-rejected');
        assert.match(error.message, /protect/);
        assert.equal(world.content(), content);
        world.faults.protect(www, 'A', false);
        mine(await swap(epoch, 2, 'r-two'), 'reply');
      });

      it('wrong credentials are not tried twice', async () => {
        const stranger = conformance.make(world, { wrongSecret: true });
        await refused(stranger.read(world.zone, epochName, [], never()), 'provider-unauthorized');
        assert.equal(world.requests(), 1);
        await refused(swap(null, 1, 'r-one', '192.0.2.1', stranger), 'provider-unauthorized');
        assert.equal(world.requests(), 2);
      });

      it('an unknown zone or change is not found', async () => {
        const { nobody } = world;
        await refused(provider.read(nobody, epochName, [], never()), 'provider-not-found');
        await refused(provider.nameservers(nobody, never()), 'provider-not-found');
        await refused(
          provider.swap(nobody, guarded(null, 1, []), record(1, 'r-one'), never()),
          'provider-not-found',
        );
        await refused(provider.propagated('C0NOBODY', never()), 'provider-not-found');
      });

      it('an API that is away: nothing was changed, and that is certain', async () => {
        await world.offline();
        // A provider of its own: a warm connection that is cut leaves a doubt that a refused one does not.
        const fresh = conformance.make(world, {});
        const error = await refused(swap(null, 1, 'r-one', '192.0.2.1', fresh), 'provider-unreachable');
        assert.equal(error.retriable, true);
        await refused(fresh.read(world.zone, epochName, [], never()), 'provider-unreachable');
      });
    });

    describe('reads', () => {
      beforeEach(async () => {
        await flipped();
      });

      for (const [what, meet] of [
        ['cut', () => world.faults.cut(1, 'reads')],
        ['throttled', () => world.faults.deny('throttled', 1, 'reads')],
        ['failed', () => world.faults.deny('broken', 1, 'reads')],
        ['truncated', () => world.faults.garbage('truncated', 1, 'reads')],
        ['a proxy page', () => world.faults.garbage('proxy', 1, 'reads')],
      ] as const)
        it(`are tried again when ${what}`, async () => {
          meet();
          assert.equal((await view()).epoch?.owner, 'r-first');
        });

      for (const kind of ['page', 'proxy', 'empty', 'binary', 'truncated'] as const)
        it(`never take garbage for an empty zone (${kind})`, async () => {
          provider = conformance.make(world, { readRetries: 0 });
          world.faults.garbage(kind, FOREVER, 'reads');
          await refused(view(), 'provider-garbage');
          await refused(provider.propagated('C0', never()), 'provider-garbage');
          await refused(provider.nameservers(world.zone, never()), 'provider-garbage');
        });

      it('give up in the end and say why', async () => {
        world.faults.deny('throttled', FOREVER, 'reads');
        await refused(view(), 'provider-throttled');
      });

      it('end at their own limit, also when bytes keep dripping', async () => {
        provider = conformance.make(world, { requestTimeoutMs: SHORT_MS, readRetries: 0 });
        world.faults.hang(FOREVER, 'reads', false);
        await refused(view(), 'provider-timeout');
        world.faults.clear();
        world.faults.trickle(FOREVER, 'reads');
        await refused(view(), 'provider-timeout');
      });

      it('tell a change that is pending from one that is everywhere', async () => {
        const outcome = await swap(world.find(epochName, 'TXT'), 2, 'r-two');
        const changeId = outcome.outcome === 'applied' ? outcome.changeId : null;
        assert.ok(changeId !== null);
        assert.equal(await provider.propagated(changeId, never()), false);
        world.settle();
        assert.equal(await provider.propagated(changeId, never()), true);
      });

      it('name the authoritative servers as ip:port', async () => {
        const servers = await provider.nameservers(world.zone, never());
        assert.ok(servers.length > 0);
        for (const server of servers) assert.match(server, /^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+$/);
      });
    });

    describe('an abort', () => {
      it('ends a read at once', async () => {
        world.faults.hang(FOREVER, 'all', false);
        const controller = new AbortController();
        const reading = refused(
          provider.read(world.zone, epochName, [www], controller.signal),
          'provider-timeout',
        );
        await world.whenRequests(1);
        const aborted = performance.now();
        controller.abort();
        await reading;
        assert.ok(performance.now() - aborted < PROMPT_MS);
        assert.equal(world.requests(), 1);
      });

      it('before anything was sent: certainly not applied', async () => {
        const change = guarded(null, 1, [a('192.0.2.1')]);
        await refused(
          provider.swap(world.zone, change, record(1, 'r-one'), AbortSignal.abort()),
          'provider-timeout',
        );
        assert.equal(world.requests(), 0);
      });

      it('during the write still leaves time to see that it was done', async () => {
        world.faults.hang(1, 'writes', true);
        const controller = new AbortController();
        const change = guarded(null, 1, [a('192.0.2.1')]);
        const swapping = provider.swap(world.zone, change, record(1, 'r-one'), controller.signal);
        await world.whenRequests(1);
        controller.abort();
        mine(await swapping, 'read-back');
      });

      it('ends a swap within the limit of the read-back even when nothing answers', async () => {
        provider = conformance.make(world, { readBackTimeoutMs: SHORT_MS });
        world.faults.hang(FOREVER, 'all', false);
        const controller = new AbortController();
        const change = guarded(null, 1, [a('192.0.2.1')]);
        const swapping = refused(
          provider.swap(world.zone, change, record(1, 'r-one'), controller.signal),
          'provider-timeout',
          'unknown',
        );
        await world.whenRequests(1);
        const aborted = performance.now();
        controller.abort();
        await swapping;
        assert.ok(performance.now() - aborted < PROMPT_MS + SHORT_MS);
      });
    });

    it('shows no secret in any error, however it is printed', async () => {
      const errors: unknown[] = [];
      const collect = (promise: Promise<unknown>) =>
        promise.then(
          () => undefined,
          (thrown: unknown) => void errors.push(thrown),
        );
      const { faults } = world;
      const meetings = [
        ...(['unauthorized', 'throttled', 'busy', 'broken', 'echo'] as const).map(
          meaning => () => faults.deny(meaning, FOREVER, 'all'),
        ),
        ...(['page', 'proxy', 'empty', 'binary', 'truncated'] as const).map(
          kind => () => faults.garbage(kind, FOREVER, 'all'),
        ),
        () => faults.cut(FOREVER, 'all'),
        () => faults.hang(FOREVER, 'all', false),
      ];
      const [good, bad] = [false, true].map(wrongSecret =>
        conformance.make(world, { requestTimeoutMs: SHORT_MS, readRetries: 0, wrongSecret }),
      );
      assert.ok(good !== undefined && bad !== undefined);
      await collect(bad.read(world.zone, epochName, [], never()));
      for (const meet of meetings) {
        faults.clear();
        meet();
        await collect(good.read(world.zone, epochName, [], never()));
        await collect(swap(null, 1, 'r-one', '192.0.2.1', good));
      }
      assert.ok(errors.length >= 2 * meetings.length, `${errors.length} errors`);
      for (const error of errors) {
        assert.ok(error instanceof ProviderError && PROVIDER_ERRORS.includes(error.code));
        const print = [
          inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
          JSON.stringify(error),
          String(error.stack),
          error.next,
        ].join('\n');
        for (const secret of world.secrets)
          assert.ok(!print.includes(secret), `a secret shows: ${error.code}`);
      }
    });
  });
}
