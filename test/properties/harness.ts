/**
 * What every property about input that nobody trusts has in common: the number of inputs, the guards (time, memory,
 * nothing thrown behind our back), the look at the error that came out, and a command that repeats a failure.
 */
import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { UnderstudyError } from '../../src/ports/errors.ts';
import { canaries } from '../secrets.ts';
import { NIGHTLY, runs } from './runs.ts';

/** No input may cost more than this, ms of our own CPU: unlike the wall clock it does not count what neighbours do. */
const CPU_LIMIT_MS = 1000;
/** Nor may any leave us waiting; far above what a busy machine needs, ms. */
const WALL_LIMIT_MS = 15_000;
/** All inputs of a property together may make the process grow by so much, bytes. */
const MEMORY_LIMIT = 700e6;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface PropertyOptions {
  /** `import.meta.url` of the test file. */
  readonly file: string;
  /** Inputs in the usual run, when the property costs more than most. */
  readonly usual?: number;
}

/** One mocha test: `check` holds for every input. A failure prints the seed, the path and the command that repeats it. */
export function property<T>(
  title: string,
  arbitrary: fc.Arbitrary<T>,
  check: (input: T) => Promise<void> | void,
  options: PropertyOptions,
): void {
  it(title, async function () {
    this.timeout(NIGHTLY ? 3_600_000 : 120_000);
    const given = process.env.UNDERSTUDY_SEED;
    const path = process.env.UNDERSTUDY_PATH;
    const before = process.memoryUsage().rss;
    const details = await alone(thrown =>
      fc.check(
        fc.asyncProperty(arbitrary, input => guarded(check, input, thrown)),
        {
          numRuns: runs(options.usual),
          ...(given === undefined ? {} : { seed: Number(given) }),
          ...(path === undefined ? {} : { path }),
        },
      ),
    );
    if (details.failed) {
      const file = relative(ROOT, fileURLToPath(options.file));
      const again = `UNDERSTUDY_SEED=${details.seed} UNDERSTUDY_PATH=${details.counterexamplePath ?? 0} npx mocha ${file} -f '${title.replaceAll("'", "'\\''")}'`;
      throw new Error(`repeat: ${again}\n${fc.defaultReportMessage(details)}`, {
        cause: details.errorInstance,
      });
    }
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < MEMORY_LIMIT, `grew by ${Math.round(grown / 1e6)} MB`);
  });
}

/** Mocha would fail such a test too, but without the seed: so what nobody catches is caught here while it runs. */
async function alone<T>(work: (thrown: unknown[]) => Promise<T>): Promise<T> {
  const events = ['unhandledRejection', 'uncaughtException'] as const;
  const thrown: unknown[] = [];
  const note = (reason: unknown): void => void thrown.push(reason);
  const theirs = events.map(event => [event, process.rawListeners(event)] as const);
  for (const event of events) process.removeAllListeners(event).on(event, note);
  try {
    return await work(thrown);
  } finally {
    for (const [event, listeners] of theirs) {
      process.removeAllListeners(event);
      for (const listener of listeners) process.on(event, listener as () => void);
    }
  }
}

async function guarded<T>(
  check: (input: T) => Promise<void> | void,
  input: T,
  thrown: unknown[],
): Promise<void> {
  const start = process.cpuUsage();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${WALL_LIMIT_MS} ms`)), WALL_LIMIT_MS);
  });
  try {
    await Promise.race([Promise.resolve(check(input)), late]);
    // A rejection that nobody took is reported a turn later.
    await new Promise(resolve => setImmediate(resolve));
  } finally {
    clearTimeout(timer);
  }
  const { user, system } = process.cpuUsage(start);
  const stray = thrown.splice(0);
  assert.deepEqual(stray, [], 'thrown where nobody listens');
  assert.ok((user + system) / 1000 < CPU_LIMIT_MS, `took ${Math.round((user + system) / 1000)} ms of CPU`);
}

/** @returns what `work` rejects or throws with; null when it does neither */
export async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return null;
  } catch (thrown) {
    return thrown ?? new Error('threw nothing');
  }
}

/** What a person must never read: secrets, and what would move a cursor or forge a second line. */
export function assertFit(text: string, what: string): void {
  assert.doesNotMatch(
    text,
    /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u,
    `${what}: ${JSON.stringify(text)}`,
  );
  assertNoSecret(text, what);
}

export function assertNoSecret(text: string, what: string): void {
  for (const [name, canary] of Object.entries(canaries))
    assert.ok(!text.includes(canary), `${name} is shown in ${what}`);
}

/**
 * An error as an operator may be given it: one of ours, with a code of its own, that names the place, and neither
 * born of a mistake in our code (a TypeError with a new name) nor carrying a secret, not even in its causes.
 */
export function assertGoodError(thrown: unknown, place: RegExp): UnderstudyError {
  assert.ok(thrown instanceof UnderstudyError, `not an error of ours: ${inspect(thrown, { depth: 5 })}`);
  assert.notEqual(thrown.code, 'internal', inspect(thrown));
  assert.match(thrown.message, place);
  // What it quotes is another's; the words around it are ours.
  assert.doesNotMatch(thrown.message.replace(/"[^"]*"/g, '""'), /\bundefined\b|\[object |\bNaN\b|\n\s+at /);
  assert.ok(thrown.message.length <= 2000, `a message of ${thrown.message.length} characters`);
  assertFit(thrown.message, 'the message');
  assertNoSecret(inspect(thrown, { depth: 12, showHidden: true }), 'the error');
  for (let cause: unknown = thrown.cause; cause instanceof Error; cause = cause.cause)
    assert.ok(
      !(cause instanceof TypeError || cause instanceof RangeError || cause instanceof ReferenceError),
      `our own mistake: ${inspect(cause)}`,
    );
  return thrown;
}
