/** The pauses between tries, in virtual time: how long they are, what ends them, and that none of them is real. */
import assert from 'node:assert/strict';
import { ProviderError } from '../../src/ports/errors.ts';
import { pauseBefore, type RetryOptions, retrying } from '../../src/providers/retry.ts';
import { VirtualClock } from '../lab/clock.ts';
import { withoutRealTime } from './real-time.ts';

const busy = () => new ProviderError({ code: 'provider-busy', message: 'busy', retriable: true });
const refused = () => new ProviderError({ code: 'provider-rejected', message: 'no' });

interface Outcome {
  /** When each try began, ms after the first. */
  readonly tries: readonly number[];
  readonly endedAt: number;
  /** What it threw, else null. */
  readonly thrown: unknown;
  readonly clock: VirtualClock;
}

/** @param fail what the tries throw, in order; after the last of them a try succeeds */
async function run(
  fail: readonly Error[],
  options: Partial<RetryOptions> = {},
  onTry: (at: number) => void = () => {},
): Promise<Outcome> {
  const clock = new VirtualClock(0);
  const tries: number[] = [];
  const work = () =>
    retrying(
      async () => {
        const error = fail[tries.length];
        tries.push(clock.now());
        onTry(clock.now());
        if (error !== undefined) throw error;
      },
      {
        clock,
        random: () => 0,
        signal: new AbortController().signal,
        retries: 5,
        firstPauseMs: 100,
        ...options,
      },
    );
  const thrown = await withoutRealTime(() =>
    clock.drive(work()).then(
      () => null,
      (error: unknown) => error,
    ),
  );
  return { tries, endedAt: clock.now(), thrown, clock };
}

describe('providers: retrying', () => {
  it('waits on the clock, twice as long each time, stretched by the dice, up to the longest', async () => {
    const four = [busy(), busy(), busy(), busy()];
    assert.deepEqual((await run(four)).tries, [0, 100, 300, 700, 1500]);
    assert.deepEqual((await run(four, { random: () => 0.5 })).tries, [0, 150, 450, 1050, 2250]);
    assert.deepEqual((await run(four, { longestPauseMs: 250 })).tries, [0, 100, 300, 550, 800]);
  });

  it('draws once for each pause and not otherwise', async () => {
    let draws = 0;
    const random = () => {
      draws += 1;
      return 0;
    };
    await run([busy(), busy()], { random });
    assert.equal(draws, 2);
    await run([], { random });
    await run([refused()], { random });
    await run([busy()], { random, retries: 0 });
    assert.equal(draws, 2);
  });

  it('is the jitter it always was: from once to twice the pause, whole ms, the longest included', () => {
    assert.equal(
      pauseBefore(1, { firstPauseMs: 150 }, () => 0),
      150,
    );
    assert.equal(
      pauseBefore(3, { firstPauseMs: 150 }, () => 0.999_999),
      1200,
    );
    assert.equal(
      pauseBefore(5, { firstPauseMs: 250, longestPauseMs: 5_000 }, () => 0.9),
      5_000,
    );
    assert.equal(
      pauseBefore(1, { firstPauseMs: 11 }, () => 0.1),
      12,
    );
  });

  it('throws the last error as soon as the tries are used up, with no pause after it', async () => {
    const errors = [busy(), busy(), busy()];
    const { tries, endedAt, thrown } = await run(errors, { retries: 2 });
    assert.deepEqual(tries, [0, 100, 300]);
    assert.equal(endedAt, 300);
    assert.equal(thrown, errors[2]);
  });

  it('gives up at once what cannot help: not retriable, not worth it, or no error of a provider', async () => {
    const bug = new RangeError('a bug');
    const error = refused();
    for (const [fail, isWorthIt] of [
      [error, () => true],
      [busy(), () => false],
      [bug, () => true],
      [new TypeError('another'), () => true],
    ] as const) {
      const { tries, endedAt, thrown } = await run([fail], { isWorthIt });
      assert.deepEqual([tries, endedAt, thrown], [[0], 0, fail]);
    }
  });

  it('tells of each failure before the pause', async () => {
    const told: string[] = [];
    await run(
      [busy(), busy()],
      { onFailure: error => told.push(error.code) },
      at => void told.push(`try at ${at}`),
    );
    assert.deepEqual(told, ['try at 0', 'provider-busy', 'try at 100', 'provider-busy', 'try at 300']);
  });

  it('ends in the middle of a pause when the signal fires, with its reason and no other try', async () => {
    const stop = new AbortController();
    const clock = new VirtualClock(0);
    let tries = 0;
    const work = retrying(
      () => {
        tries += 1;
        return Promise.reject(busy());
      },
      { clock, random: () => 0, signal: stop.signal, retries: 5, firstPauseMs: 1_000 },
    );
    const stopping = clock.sleep(400).then(() => stop.abort(new Error('enough')));
    await assert.rejects(clock.drive(work), /^Error: enough$/);
    await stopping;
    assert.deepEqual([clock.now(), tries], [400, 1]);
  });

  it('does not begin when the signal has fired already', async () => {
    const { tries, thrown } = await run([], { signal: AbortSignal.abort(new Error('never mind')) });
    assert.deepEqual([tries, String(thrown)], [[], 'Error: never mind']);
  });
});
