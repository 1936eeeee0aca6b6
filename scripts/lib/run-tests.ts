/**
 * The middle of ./scripts/test: lint, mocha over everything with canary secrets in the environment, then two looks at
 * what the run left behind: processes that outlived it, and secrets in any file or line of output. Written here and
 * not as a mocha hook, because it must hold for the output of mocha itself and when mocha dies. Simulated nights come
 * last, by the command that users have: it tells how far it is, and they take minutes of all processors.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createWriteStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { makeCanaries } from '../../test/secrets.ts';
import { scanForSecrets } from './scan-secrets.ts';

const ALL_TESTS = 'test/**/*.test.ts';

interface Counts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
}

/** How long processes that were told to end may take to be gone, ms. */
const GRACE_MS = 3000;

async function runMocha(
  directory: string,
  env: NodeJS.ProcessEnv,
  patterns: readonly string[],
): Promise<Counts | null> {
  const countsFile = join(directory, 'counts.json');
  const log = createWriteStream(join(directory, 'output.log'));
  const child = spawn(
    process.execPath,
    ['node_modules/mocha/bin/mocha.js', '--reporter', 'scripts/lib/counting-reporter.cjs', ...patterns],
    {
      env: { ...env, UNDERSTUDY_TEST_COUNTS: countsFile, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from.pipe(to, { end: false });
    from.pipe(log, { end: false });
  }
  // `exit`, not `close`: a process that outlived its test may hold the pipes open for ever.
  await new Promise(resolve => child.once('exit', resolve));
  await pause(100);
  log.end();
  await finished(log);
  return existsSync(countsFile) ? JSON.parse(readFileSync(countsFile, 'utf8')) : null;
}

/** @returns processes whose environment names this run's directory, as `pid command` */
function survivors(directory: string): { readonly pid: number; readonly command: string }[] {
  if (!existsSync('/proc/self/environ')) return [];
  const mark = `UNDERSTUDY_TEST_DIR=${directory}`;
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(name => {
      try {
        const environ = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        if (!environ.includes(mark)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), command }];
      } catch {
        return []; // gone meanwhile, or not ours to look at
      }
    });
}

async function reportSurvivors(directory: string): Promise<boolean> {
  const until = Date.now() + GRACE_MS;
  let left = survivors(directory);
  while (left.length > 0 && Date.now() < until) {
    await pause(100);
    left = survivors(directory);
  }
  for (const { pid, command } of left) {
    console.log(`left running by a test: ${pid} ${command}`);
    process.kill(pid, 'SIGKILL');
  }
  return left.length === 0;
}

function lint(): boolean {
  return spawnSync('./scripts/lint', { stdio: 'inherit' }).status === 0;
}

function reportLeaks(directory: string, secrets: Readonly<Record<string, string>>): boolean {
  const leaks = scanForSecrets(directory, secrets);
  for (const { file, secret, form } of leaks) console.log(`secret leaked: ${secret} (${form}) in ${file}`);
  return leaks.length === 0;
}

/** Nights that every run lives through, the same ones, and together everything must have occurred in them. */
const NIGHTS = {
  known: { seeds: 2_000, hours: 2 },
  fresh: { seeds: 200, hours: 2 },
  /** Short ones: more seeds find more than more hours. */
  nightly: { seeds: 100_000, hours: 1 },
} as const;
const SEEDS_MOST = 2 ** 31 - 1;

interface Batch {
  readonly seeds: number;
  /** Of faults, each. */
  readonly hours: number;
}

interface Nights {
  readonly what: string;
  readonly words: readonly string[];
}

/** @returns what is to be lived through; fresh seeds are told, so that a violation can be seen again */
function nightsOf(nightly: boolean): readonly Nights[] {
  const { known } = NIGHTS;
  const nights = (from: number, { seeds, hours }: Batch, ...more: readonly string[]) => [
    ...['simulate', '--from', String(from), '--seeds', String(seeds), '--hours', String(hours)],
    ...more,
  ];
  const fresh = nightly ? NIGHTS.nightly : NIGHTS.fresh;
  // Beyond the known ones, so that they are new to this tree.
  const from = randomInt(known.seeds + 1, SEEDS_MOST - fresh.seeds);
  return [
    { what: `${known.seeds} nights that are known`, words: nights(1, known, '--cover') },
    { what: `${fresh.seeds} fresh nights`, words: nights(from, fresh) },
  ];
}

/** @returns for each whether it went well */
function liveThrough(all: readonly Nights[]): readonly boolean[] {
  return all.map(({ what, words }) => {
    console.log(`\n== ${what}: understudy ${words.join(' ')}`);
    const { status } = spawnSync(process.execPath, ['dist/understudy.js', ...words], { stdio: 'inherit' });
    if (status !== 0) console.log(`${what}: failed with ${status ?? 'a signal'}, see above`);
    return status === 0;
  });
}

/** @returns whether the tests of judge, plan and gate notice when these are wrong */
function mutate(): boolean {
  console.log('\n== ./scripts/mutate');
  return spawnSync('./scripts/mutate', { stdio: 'inherit' }).status === 0;
}

interface Wish {
  readonly nightly: boolean;
  /** Test files; none: all of them. */
  readonly chosen: readonly string[];
}

/** @returns how many went well and not, and whether everything else was in order */
async function testsOf({ nightly, chosen }: Wish): Promise<Counts & { readonly clean: boolean }> {
  const tidy = chosen.length > 0 || lint();
  const directory = mkdtempSync(join(tmpdir(), 'us-'));
  const secrets = { ...makeCanaries() };
  const counts = await runMocha(
    directory,
    {
      ...process.env,
      UNDERSTUDY_TEST_DIR: directory,
      UNDERSTUDY_TEST_SECRETS: JSON.stringify(secrets),
      ...(nightly ? { UNDERSTUDY_NIGHTLY: '1' } : {}),
    },
    chosen.length > 0 ? chosen : [ALL_TESTS],
  );
  const alone = await reportSurvivors(directory);
  const tight = reportLeaks(directory, secrets);
  if (tight) rmSync(directory, { recursive: true, force: true });
  if (!tidy) console.log('lint failed: see above');
  if (counts === null) console.log('mocha ended before it had counted: see above');
  return { ...(counts ?? { passes: 0, failures: 1, pending: 0 }), clean: tidy && alone && tight };
}

async function main(): Promise<boolean> {
  const options = process.argv.slice(2);
  const unknown = options.find(
    option => option.startsWith('-') && !['--nightly', '--nights'].includes(option),
  );
  if (unknown !== undefined) throw new Error(`unknown option ${unknown}; see ./scripts/test --help`);
  const nightly = options.includes('--nightly');
  const chosen = options.filter(option => !option.startsWith('-'));
  const onlyNights = options.includes('--nights');
  const tested = onlyNights
    ? { passes: 0, failures: 0, pending: 0, clean: true }
    : await testsOf({ nightly, chosen });
  const nights = chosen.length === 0 ? liveThrough(nightsOf(nightly)) : [];
  const noticed = nightly && chosen.length === 0 ? [mutate()] : [];
  const others = [...nights, ...noticed];
  const passes = tested.passes + others.filter(well => well).length;
  const failures = tested.failures + others.filter(well => !well).length;
  const { pending, clean } = tested;
  if (pending > 0) console.log(`${pending} skipped: a test that does not run proves nothing`);
  console.log(`${passes} passed, ${failures} failed`);
  return clean && failures === 0 && pending === 0 && passes > 0;
}

process.exitCode = (await main()) ? 0 : 1;
