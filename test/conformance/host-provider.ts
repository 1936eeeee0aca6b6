/**
 * What every HostProvider owes its callers, whoever the vendor is: power is proven by reading back, a command that
 * was done is not done twice, every failure is a ProviderError of the agreed codes that says whether something may
 * have been changed, an abort is obeyed at once, and no error shows a secret. The world behind it misbehaves on demand.
 */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { ProviderErrorCode } from '../../src/ports/errors.ts';
import { PROVIDER_ERRORS, ProviderError } from '../../src/ports/errors.ts';
import type { HostProvider } from '../../src/ports/providers.ts';

/** Which requests a fault hits: those that read, those that command, or all. */
export type Hits = 'reads' | 'commands' | 'all';

/** Each is good for the next `n` requests. "done" and "not done" tell what becomes of a command. */
export interface HostFaults {
  /** The connection is reset; not done. */
  refuse(n: number, hits: Hits): void;
  /** Taken, and no answer ever; not done. */
  hang(n: number, hits: Hits): void;
  /** A proxy's HTML page; not done. */
  html(n: number, hits: Hits, status: number): void;
  /** Done, and the answer is mangled. */
  garbage(n: number, kind: 'truncated' | 'shape' | 'binary' | 'huge', hits: Hits): void;
  /** Done at once, answered after `ms`. */
  late(ms: number, n: number, hits: Hits): void;
  /** Done, and the connection is cut in place of the answer. */
  loseReply(n: number): void;
  /** Reported as done, and not done. */
  lie(n: number): void;
  /** Accepted, and reported as failed afterwards; not done. */
  fail(n: number): void;
  /** An error of the vendor, by its meaning; not done. */
  deny(meaning: 'unauthorized' | 'throttled' | 'busy' | 'rejected' | 'broken', n: number, hits: Hits): void;
  /** An error whose text repeats the request's headers; not done. */
  echo(n: number): void;
  clear(): void;
}

export interface HostWorld {
  /** A machine that runs at the start of each test and has both address families. */
  readonly server: string;
  /** An id of the right form that no machine has. */
  readonly nobody: string;
  /** Ids that must not reach the vendor. */
  readonly malformed: readonly string[];
  readonly secrets: readonly string[];
  readonly faults: HostFaults;
  power(): string;
  lock(family: 'v4' | 'v6', blocked: boolean): void;
  /** Requests that have arrived, and those among them that change something. */
  requests(): number;
  commands(): number;
  whenRequests(count: number): Promise<void>;
  offline(): Promise<void>;
  close(): Promise<void>;
}

export interface HostMakeOptions {
  /** Default 5000: longer than any test here waits. */
  readonly requestTimeoutMs?: number;
  /** Between tries; a few ms when left out. */
  readonly pauseMs?: number;
  /** Credentials that the vendor refuses; they are among `secrets` too. */
  readonly wrongSecret?: boolean;
}

export interface HostConformance {
  readonly name: string;
  world(): Promise<HostWorld>;
  /** With polls and pauses of a few ms and some four tries of a power command. */
  make(world: HostWorld, options: HostMakeOptions): HostProvider;
}

const FOREVER = 1_000_000;
/** An abort is obeyed within this: far below the request timeout, far above what a busy machine needs. */
const PROMPT_MS = 1_500;

interface Bench {
  readonly world: HostWorld;
  make(options?: HostMakeOptions): HostProvider;
}

export function hostProviderConformance(subject: HostConformance): void {
  describe(`HostProvider conformance: ${subject.name}`, () => {
    let world: HostWorld;
    const bench: Bench = {
      get world() {
        return world;
      },
      make: (options = {}) => subject.make(world, options),
    };
    beforeEach(async () => {
      world = await subject.world();
    });
    afterEach(() => world.close());
    describe('describe', () => describing(bench));
    describe('power', () => powering(bench));
    describe('power on a bad night', () => troubledPower(bench));
    describe('failures', () => failures(bench));
    describe('aborts', () => aborts(bench));
    describe('secrets', () => secrets(bench));
  });
}

function describing(bench: Bench): void {
  it('reads power and no lock of a healthy machine', async () => {
    assert.deepEqual(await bench.make().describe(bench.world.server, patience()), {
      power: 'running',
      blocked: { v4: false, v6: false },
    });
  });

  it('tells a lock per family, and that the machine runs on', async () => {
    const provider = bench.make();
    bench.world.lock('v4', true);
    assert.deepEqual(await provider.describe(bench.world.server, patience()), {
      power: 'running',
      blocked: { v4: true, v6: false },
    });
    bench.world.lock('v4', false);
    bench.world.lock('v6', true);
    assert.deepEqual((await provider.describe(bench.world.server, patience())).blocked, {
      v4: false,
      v6: true,
    });
  });

  it('reads what power commands have done', async () => {
    const provider = bench.make();
    await provider.powerOff(bench.world.server, patience());
    assert.equal((await provider.describe(bench.world.server, patience())).power, 'off');
    await provider.powerOn(bench.world.server, patience());
    assert.equal((await provider.describe(bench.world.server, patience())).power, 'running');
  });

  it('survives one cut connection', async () => {
    bench.world.faults.refuse(1, 'all');
    assert.equal((await bench.make().describe(bench.world.server, patience())).power, 'running');
  });

  it('waits for a late answer', async () => {
    bench.world.faults.late(150, 1, 'all');
    assert.equal((await bench.make().describe(bench.world.server, patience())).power, 'running');
  });

  it('says "not found" of a machine that is not there', async () => {
    const { world } = bench;
    const provider = bench.make();
    for (const act of [provider.describe, provider.powerOff, provider.powerOn])
      await refused(bench, act(world.nobody, patience()), 'provider-not-found', {
        applied: 'no',
        retriable: false,
      });
    assert.equal(world.commands(), 0);
  });

  it('lets no malformed id near the vendor', async () => {
    const { world } = bench;
    const provider = bench.make();
    for (const id of world.malformed)
      for (const act of [provider.describe, provider.powerOff, provider.powerOn])
        await refused(bench, act(id, patience()), 'provider-rejected', { applied: 'no', retriable: false });
    assert.equal(world.requests(), 0);
  });
}

function powering(bench: Bench): void {
  it('is off when powerOff resolves', async () => {
    await bench.make().powerOff(bench.world.server, patience());
    assert.equal(bench.world.power(), 'off');
    assert.equal(bench.world.commands(), 1);
  });

  it('has nothing to do the second time', async () => {
    const provider = bench.make();
    await provider.powerOff(bench.world.server, patience());
    await provider.powerOff(bench.world.server, patience());
    await bench.make().powerOff(bench.world.server, patience());
    assert.equal(bench.world.commands(), 1);
  });

  it('is running when powerOn resolves, and the second time has nothing to do', async () => {
    const provider = bench.make();
    await provider.powerOn(bench.world.server, patience());
    assert.equal(bench.world.commands(), 0);
    await provider.powerOff(bench.world.server, patience());
    await provider.powerOn(bench.world.server, patience());
    assert.equal(bench.world.power(), 'running');
    await provider.powerOn(bench.world.server, patience());
    assert.equal(bench.world.commands(), 2);
  });

  it('powers off a locked machine: an abuse lock is no reason not to', async () => {
    bench.world.lock('v4', true);
    bench.world.lock('v6', true);
    await bench.make().powerOff(bench.world.server, patience());
    assert.equal(bench.world.power(), 'off');
  });

  it('lets two callers power off at once', async () => {
    const { world } = bench;
    await Promise.all([
      bench.make().powerOff(world.server, patience()),
      bench.make().powerOff(world.server, patience()),
    ]);
    assert.equal(world.power(), 'off');
  });
}

function troubledPower(bench: Bench): void {
  const off = async (options: HostMakeOptions = {}) => {
    await bench.make(options).powerOff(bench.world.server, patience());
    assert.equal(bench.world.power(), 'off');
  };

  it('reads back after a lost reply', async () => {
    bench.world.faults.loseReply(1);
    await off();
  });

  for (const kind of ['truncated', 'shape', 'binary', 'huge'] as const)
    it(`reads back after a ${kind} reply`, async () => {
      bench.world.faults.garbage(1, kind, 'commands');
      await off();
    });

  it('reads back after a reply that came too late, before it commands again', async () => {
    bench.world.faults.late(700, 1, 'commands');
    await off({ requestTimeoutMs: 250 });
    assert.equal(bench.world.commands(), 1);
  });

  it('commands again when the first was never answered nor done', async () => {
    bench.world.faults.hang(1, 'commands');
    await off({ requestTimeoutMs: 250 });
    assert.equal(bench.world.commands(), 2);
  });

  for (const meaning of ['busy', 'throttled', 'broken'] as const)
    it(`tries again when the vendor is ${meaning} for a moment`, async () => {
      bench.world.faults.deny(meaning, 2, 'commands');
      await off();
      assert.equal(bench.world.commands(), 3);
    });

  it('does not believe a vendor that reports done with nothing done', async () => {
    const { world } = bench;
    world.faults.lie(FOREVER);
    await refused(bench, bench.make().powerOff(world.server, patience()), 'provider-failed', {
      applied: 'unknown',
    });
    assert.equal(world.power(), 'running');
    world.faults.clear();
    await off();
  });

  it('asks its caller before each command, and gives none when that says no', async () => {
    const { world } = bench;
    let asked = 0;
    const counted = async () => void (asked += 1);
    await bench.make().powerOff(world.server, patience(), counted);
    await bench.make().powerOff(world.server, patience(), counted);
    assert.deepEqual([asked, world.commands()], [1, 1], 'for what is so already nobody is asked');
    await bench.make().powerOn(world.server, patience());
    world.faults.lie(FOREVER);
    const held = new Error('held by a person');
    const once = async () => {
      asked += 1;
      if (asked > 2) throw held;
    };
    await assert.rejects(bench.make().powerOff(world.server, patience(), once), held);
    assert.deepEqual([world.power(), world.commands()], ['running', 3]);
  });

  it('reports a command that the vendor says failed', async () => {
    bench.world.faults.fail(FOREVER);
    await refused(bench, bench.make().powerOff(bench.world.server, patience()), 'provider-failed', {
      applied: 'unknown',
    });
    assert.equal(bench.world.power(), 'running');
  });

  it('stays in doubt when the reply was lost and nothing can be read after', async () => {
    const { world } = bench;
    const provider = bench.make();
    await provider.describe(world.server, patience());
    world.faults.loseReply(1);
    const pending = settle(provider.powerOff(world.server, patience()));
    while (world.commands() === 0) await world.whenRequests(world.requests() + 1);
    await world.offline();
    await refused(bench, Promise.reject(await pending), 'provider-unreachable', { applied: 'unknown' });
  });
}

type Arm = (faults: HostFaults, hits: Hits) => void;
const DENIALS: readonly (readonly [
  string,
  Arm,
  ProviderErrorCode,
  { retriable: boolean; sent: 'no' | 'unknown' },
])[] = [
  [
    'a cut connection',
    (f, h) => f.refuse(FOREVER, h),
    'provider-unreachable',
    { retriable: true, sent: 'unknown' },
  ],
  ['silence', (f, h) => f.hang(FOREVER, h), 'provider-timeout', { retriable: true, sent: 'unknown' }],
  [
    'HTML as a success',
    (f, h) => f.html(FOREVER, h, 200),
    'provider-garbage',
    { retriable: true, sent: 'unknown' },
  ],
  [
    'HTML as a 404',
    (f, h) => f.html(FOREVER, h, 404),
    'provider-garbage',
    { retriable: true, sent: 'unknown' },
  ],
  [
    'HTML as a redirect',
    (f, h) => f.html(FOREVER, h, 302),
    'provider-garbage',
    { retriable: true, sent: 'unknown' },
  ],
  [
    'HTML as a 502',
    (f, h) => f.html(FOREVER, h, 502),
    'provider-failed',
    { retriable: true, sent: 'unknown' },
  ],
  [
    'an error of the vendor',
    (f, h) => f.deny('broken', FOREVER, h),
    'provider-failed',
    { retriable: true, sent: 'unknown' },
  ],
  [
    'throttling',
    (f, h) => f.deny('throttled', FOREVER, h),
    'provider-throttled',
    { retriable: true, sent: 'no' },
  ],
  [
    'a running action',
    (f, h) => f.deny('busy', FOREVER, h),
    'provider-busy',
    { retriable: true, sent: 'no' },
  ],
  [
    'a refusal',
    (f, h) => f.deny('rejected', FOREVER, h),
    'provider-rejected',
    { retriable: false, sent: 'no' },
  ],
];

function failures(bench: Bench): void {
  for (const [name, arm, code, { retriable, sent }] of DENIALS) {
    it(`${name}: a reading ends in ${code}`, async () => {
      arm(bench.world.faults, 'all');
      const { server } = bench.world;
      const provider = bench.make({ requestTimeoutMs: 100 });
      await refused(bench, provider.describe(server, patience()), code, { retriable, applied: 'no' });
      await refused(bench, provider.powerOff(server, patience()), code, { retriable, applied: 'no' });
      assert.equal(bench.world.commands(), 0, 'what could not be read must not be commanded');
    });

    it(`${name}: a command ends in ${code}, applied "${sent}"`, async () => {
      arm(bench.world.faults, 'commands');
      const provider = bench.make({ requestTimeoutMs: 100 });
      await refused(bench, provider.powerOff(bench.world.server, patience()), code, {
        retriable,
        applied: sent,
      });
      assert.equal(bench.world.power(), 'running');
    });
  }

  for (const kind of ['truncated', 'shape', 'binary', 'huge'] as const)
    it(`a ${kind} answer is garbage, and nothing is commanded on its strength`, async () => {
      const { world } = bench;
      world.faults.garbage(FOREVER, kind, 'reads');
      await refused(bench, bench.make().describe(world.server, patience()), 'provider-garbage', {
        applied: 'no',
      });
      await refused(bench, bench.make().powerOff(world.server, patience()), 'provider-garbage', {
        applied: 'no',
      });
      assert.equal(world.commands(), 0);
    });

  it('a closed port is unreachable, and certainly nothing was changed', async () => {
    await bench.world.offline();
    const provider = bench.make();
    for (const act of [provider.describe, provider.powerOff, provider.powerOn])
      await refused(bench, act(bench.world.server, patience()), 'provider-unreachable', {
        applied: 'no',
        retriable: true,
      });
  });

  it('refused credentials are never tried again', async () => {
    const provider = bench.make({ wrongSecret: true });
    let expected = 0;
    for (const act of [provider.describe, provider.powerOff, provider.powerOn]) {
      await refused(bench, act(bench.world.server, patience()), 'provider-unauthorized', {
        applied: 'no',
        retriable: false,
      });
      expected += 1;
      assert.equal(bench.world.requests(), expected);
    }
  });

  it('a command without the right is not tried again', async () => {
    bench.world.faults.deny('unauthorized', FOREVER, 'commands');
    await refused(bench, bench.make().powerOff(bench.world.server, patience()), 'provider-unauthorized', {
      applied: 'no',
      retriable: false,
    });
    assert.equal(bench.world.commands(), 1);
  });
}

function aborts(bench: Bench): void {
  it('makes no request when it was aborted before', async () => {
    const provider = bench.make();
    for (const act of [provider.describe, provider.powerOff, provider.powerOn])
      await refused(bench, act(bench.world.server, AbortSignal.abort()), 'provider-timeout', {
        applied: 'no',
      });
    assert.equal(bench.world.requests(), 0);
  });

  it('leaves a reading that hangs at once', async () => {
    const { world } = bench;
    world.faults.hang(FOREVER, 'all');
    const provider = bench.make();
    for (const act of [provider.describe, provider.powerOff])
      await abortsPromptly(bench, signal => act(world.server, signal), world.requests() + 1, 'no');
  });

  it('leaves a command that hangs at once, in doubt', async () => {
    const { world } = bench;
    world.faults.hang(FOREVER, 'commands');
    const provider = bench.make();
    await abortsPromptly(bench, signal => provider.powerOff(world.server, signal), 2, 'unknown');
  });

  it('leaves its pauses at once', async () => {
    const { world } = bench;
    world.faults.deny('busy', 1, 'commands');
    const controller = new AbortController();
    const pending = settle(bench.make({ pauseMs: 60_000 }).powerOff(world.server, controller.signal));
    await world.whenRequests(2);
    // Whoever asked later has its answer: so the first has its refusal, and pauses.
    await bench.make().describe(world.server, patience());
    const abortedAt = performance.now();
    controller.abort();
    await refused(bench, Promise.reject(await pending), 'provider-timeout', { applied: 'no' });
    assert.ok(performance.now() - abortedAt < PROMPT_MS, 'it went on after the abort');
  });
}

function secrets(bench: Bench): void {
  it('are not in an error whose text the vendor took from our own request', async () => {
    const { world } = bench;
    world.faults.echo(FOREVER);
    const provider = bench.make();
    for (const act of [provider.describe, provider.powerOff, provider.powerOn])
      await refused(bench, act(world.server, patience()), null, { applied: 'no' });
  });

  it('are not in the provider itself', () => {
    for (const secret of bench.world.secrets) {
      const shown = inspect(bench.make(), { depth: 10, showHidden: true });
      assert.ok(!shown.includes(secret) && !JSON.stringify(bench.make()).includes(secret));
    }
  });
}

/** A signal that outlives every test: reaching it is a failure by itself. */
function patience(): AbortSignal {
  return new AbortController().signal;
}

/** @returns what the promise rejects with; fails when it resolves */
async function settle(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  return assert.fail('it resolved, and should have been rejected');
}

/** Every rejection of the suite passes here, so that every one is searched for secrets. */
async function refused(
  bench: Bench,
  promise: Promise<unknown>,
  code: ProviderErrorCode | null,
  expected: { readonly applied: 'no' | 'unknown'; readonly retriable?: boolean },
): Promise<void> {
  const thrown = await settle(promise);
  assert.ok(thrown instanceof ProviderError, `no ProviderError: ${inspect(thrown)}`);
  assert.ok(PROVIDER_ERRORS.includes(thrown.code), `unknown code ${thrown.code}`);
  if (code !== null) assert.equal(thrown.code, code, thrown.message);
  assert.equal(thrown.applied, expected.applied, thrown.message);
  if (expected.retriable !== undefined) assert.equal(thrown.retriable, expected.retriable, thrown.message);
  assert.match(thrown.message, /^[^\p{Cc}]{10,400}$/u, 'one line for people');
  for (const secret of bench.world.secrets) assertHidden(thrown, secret);
}

function assertHidden(thrown: unknown, secret: string): void {
  const texts: string[] = [inspect(thrown, { depth: 20, showHidden: true })];
  for (let error = thrown; error instanceof Error; error = error.cause)
    texts.push(String(error), error.stack ?? '', JSON.stringify(error, Object.getOwnPropertyNames(error)));
  // A cut secret is still most of one.
  const needles = [secret, secret.slice(0, 16), secret.slice(-16)].map(text => text.toLowerCase());
  for (const text of texts)
    for (const needle of needles) assert.ok(!text.toLowerCase().includes(needle), 'an error shows a secret');
}

async function abortsPromptly(
  bench: Bench,
  act: (signal: AbortSignal) => Promise<unknown>,
  afterRequests: number,
  applied: 'no' | 'unknown',
): Promise<void> {
  const controller = new AbortController();
  const pending = settle(act(controller.signal));
  await bench.world.whenRequests(afterRequests);
  const abortedAt = performance.now();
  controller.abort();
  const thrown = await pending;
  assert.ok(performance.now() - abortedAt < PROMPT_MS, 'it went on after the abort');
  await refused(bench, Promise.reject(thrown), 'provider-timeout', { applied });
}
