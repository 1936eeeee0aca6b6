/**
 * Twenty runners race from one epoch while replies, requests and read-backs are lost at random. However it goes,
 * exactly one flips and knows that it did, and the others know that they did not, at the latest after one more read.
 */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { parseEpoch } from '../../../src/model/epoch.ts';
import type { GuardedChange } from '../../../src/model/plan.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { RecordSet } from '../../../src/model/signal.ts';
import { ProviderError } from '../../../src/ports/errors.ts';
import type { DnsProvider } from '../../../src/ports/providers.ts';
import { create } from '../../../src/providers/route53/route53.ts';
import { type Route53Emulator, startRoute53 } from '../../../src/sandbox/route53/emulator.ts';
import { FAULTS, type Fault, type Operation } from '../../../src/sandbox/route53/faults.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { canaries } from '../../secrets.ts';

const RUNNERS = 20;
const ROUNDS = 30;
const ZONE = 'Z0RACE';
const EPOCH_NAME = '_understudy-web.example.org';
const WWW = 'www.example.org';

/** Mulberry32: enough to draw faults, and the same draws for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function drawFault(draw: () => number, operation: Operation): Fault | null {
  const chance = draw();
  if (operation !== 'ChangeResourceRecordSets') return chance < 0.2 ? FAULTS.cut : null;
  if (chance < 0.4) return FAULTS.loseReply;
  if (chance < 0.5) return FAULTS.cut;
  if (chance < 0.55) return FAULTS.truncate;
  if (chance < 0.6) return FAULTS.throttled;
  if (chance < 0.65) return FAULTS.priorRequest;
  return null;
}

/** What a runner believes: by itself, or after the one further read that an unknown outcome asks for. */
type Belief = 'flipped' | 'not';

async function race(
  runner: DnsProvider,
  change: GuardedChange,
  owner: string,
): Promise<Belief | ProviderError> {
  try {
    const next = { ...change.nextEpoch, owner };
    const outcome = await runner.swap(ZONE, change, next, new AbortController().signal);
    return outcome.outcome === 'applied' ? 'flipped' : 'not';
  } catch (thrown) {
    assert.ok(thrown instanceof ProviderError, inspect(thrown));
    return thrown.applied === 'no' ? 'not' : thrown;
  }
}

describe(`race of ${RUNNERS} runners from one epoch`, () => {
  const seed = Number(process.env.UNDERSTUDY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  let emulator: Route53Emulator;
  let runners: readonly DnsProvider[];

  before(async () => {
    emulator = await startRoute53({ zones: [{ id: ZONE, name: 'example.org' }] });
    runners = Array.from({ length: RUNNERS }, () =>
      create(
        {
          accessKeyId: new Secret(canaries.awsAccessKeyId, 'test'),
          secretAccessKey: new Secret(canaries.awsSecretAccessKey, 'test'),
          endpoint: emulator.url,
          // None, so that a cut read-back leaves the doubt standing instead of being repaired out of sight.
          readRetries: 0,
        },
        { clock: systemClock, random: Math.random },
      ),
    );
  });
  after(() => emulator.close());

  it(`has one winner that knows it, in ${ROUNDS} rounds`, async function () {
    this.timeout(60_000);
    const again = `UNDERSTUDY_SEED=${seed} npx mocha test/providers/route53/race.test.ts`;
    const draw = random(seed);
    let doubts = 0;
    let winners = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const before = emulator.zone(ZONE).find(EPOCH_NAME, 'TXT');
      const epochSet: RecordSet | null =
        before === undefined ? null : { name: EPOCH_NAME, type: 'TXT', ttlS: 60, values: before.values };
      const owners = runners.map((_, at) => `r-${round}-${at}`);
      emulator.faults.decide(operation => drawFault(draw, operation));
      const beliefs = await Promise.all(
        runners.map((runner, at) =>
          race(runner, changeOf(epochSet, round, `192.0.2.${at + 1}`), owners[at] ?? ''),
        ),
      );
      emulator.faults.decide(null);
      const epoch = parseEpoch((emulator.zone(ZONE).find(EPOCH_NAME, 'TXT')?.values[0] ?? '').slice(1, -1));
      if (typeof epoch === 'string') {
        // Every request of the round was lost before it was done: no winner, and nobody may believe to be one.
        assert.ok(!beliefs.includes('flipped'), `round ${round}: a winner without a flip; repeat: ${again}`);
        continue;
      }
      for (const [at, belief] of beliefs.entries()) {
        const runner = runners[at];
        assert.ok(runner !== undefined);
        let knows = belief;
        if (knows instanceof ProviderError) {
          doubts += 1;
          const view = await runner.read(ZONE, EPOCH_NAME, [WWW], new AbortController().signal);
          knows = view.epoch?.owner === owners[at] ? 'flipped' : 'not';
        }
        const truth: Belief = epoch.owner === owners[at] ? 'flipped' : 'not';
        assert.equal(knows, truth, `round ${round}, runner ${at}; repeat: ${again}`);
        if (truth === 'flipped') {
          winners += 1;
          assert.deepEqual(
            emulator.zone(ZONE).find(WWW, 'A')?.values,
            [`192.0.2.${at + 1}`],
            `round ${round}: epoch and address of different runners; repeat: ${again}`,
          );
        }
      }
      assert.equal(epoch.epoch, round, `one flip a round; repeat: ${again}`);
    }
    assert.equal(winners, ROUNDS, `one winner a round; repeat: ${again}`);
    assert.ok(doubts > 0, `no doubt ever arose, so nothing was tested; repeat: ${again}`);
  });
});

function changeOf(expectEpoch: RecordSet | null, epoch: number, address: string): GuardedChange {
  return {
    epochName: EPOCH_NAME,
    ttlS: 60,
    expectEpoch,
    nextEpoch: { epoch, active: 'site-b' },
    upserts: [{ name: WWW, type: 'A', ttlS: 60, values: [address] }],
    deletes: [],
  };
}
