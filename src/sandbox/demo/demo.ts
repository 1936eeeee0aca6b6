/** Builds the embedded world, lives one night through in it and gives an account of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answers } from '../answers.ts';
import { PRIMARY, SERVICE, STANDBY } from '../config.ts';
import { type SandboxWorld, startWorld, type WorldOptions } from '../world.ts';
import { type Child, type Ended, startChild } from './child.ts';
import { NO_TIMES, type Recovery, type RecoveryMs, recoveryOf } from './measure.ts';
import { type Outcome, SCENARIOS, type Scenario, type Stage } from './scenarios.ts';

export interface DemoOptions {
  readonly self: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  readonly now: () => number;
  readonly world?: Partial<WorldOptions>;
}

/** The last line of `demo --json`. */
export interface DemoResult {
  readonly scenario: string;
  readonly outcome: Outcome | 'skipped' | 'wrong';
  readonly active: string | null;
  readonly epoch: number | null;
  readonly recovery_ms: RecoveryMs;
  readonly answers: { readonly before: Answers | null; readonly after: Answers | null };
  /** What is not as it must be; null when all is. */
  readonly complaint: string | null;
  /** What the program said of it, in one line. */
  readonly said: string | null;
}

/** @returns the account; it is `wrong` when anything was not as the scenario must end */
export async function playScenario(
  name: string,
  scenario: Scenario,
  options: DemoOptions,
): Promise<DemoResult> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-demo-'));
  let world: SandboxWorld | null = null;
  try {
    options.say(`${name}: ${scenario.title}`);
    world = await startWorld({ folder, ...options.world });
    if (scenario.v6 === true && world.primary.v6 === null) return skipped(name);
    return await play(name, scenario, world, folder, options);
  } finally {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function skipped(name: string): DemoResult {
  const answers = { before: null, after: null };
  const said = 'this machine has no ::1, so there is no IPv6 to lock';
  return {
    scenario: name,
    outcome: 'skipped',
    active: null,
    epoch: null,
    recovery_ms: NO_TIMES,
    answers,
    complaint: null,
    said,
  };
}

async function play(
  name: string,
  scenario: Scenario,
  world: SandboxWorld,
  folder: string,
  options: DemoOptions,
): Promise<DemoResult> {
  const env = { ...options.env, ...world.env };
  const last: Ended[] = [];
  const start = (words: readonly string[], configFile = world.configFile): Child => {
    const child = startChild({
      self: options.self,
      words: ['--config', configFile, ...words],
      env,
      onLine: options.say,
    });
    child.ended.then(ended => last.push(ended)).catch(() => {});
    return child;
  };
  const stage: Stage = { world, folder, start, say: options.say };
  const calm = await start(['tick']).ended;
  if (calm.code !== 0)
    return wrong(name, `the world is not healthy at the start: ${calm.stdout}${calm.stderr}`);
  options.say(calm.stdout.trim());
  const before = await world.answers();
  const writes = writesOf(world);
  const since = options.now();
  options.say(`--- now: ${scenario.title}`);
  await scenario.befall(world);
  const trouble = (await scenario.live?.(stage)) ?? null;
  const wrote = writesOf(world) - writes;
  const recovery = await recoveryOf(join(folder, 'state.db'), SERVICE, since);
  if (scenario.expect === 'nothing') await world.heal();
  const after = await world.answers();
  const said = saidBy(last.at(-1) ?? null);
  const complaint = trouble ?? judgeEnd(scenario.expect, world, { before, after, recovery, wrote });
  const epoch = /epoch=(\d+)/.exec(after.epoch ?? '')?.[1];
  return {
    scenario: name,
    outcome: complaint === null ? scenario.expect : 'wrong',
    active: /active=(\S+)/.exec(after.epoch ?? '')?.[1] ?? null,
    epoch: epoch === undefined ? null : Number(epoch),
    recovery_ms: recovery.ms,
    answers: { before, after },
    complaint,
    said,
  };
}

function wrong(name: string, complaint: string): DemoResult {
  const answers = { before: null, after: null };
  return {
    scenario: name,
    outcome: 'wrong',
    active: null,
    epoch: null,
    recovery_ms: NO_TIMES,
    answers,
    complaint,
    said: null,
  };
}

/** Requests that could change the world: power actions and DNS changes. */
function writesOf(world: SandboxWorld): number {
  const power = world.hcloud.requests.filter(request => request.method === 'POST').length;
  return (
    power + world.route53.requests.filter(request => request.operation === 'ChangeResourceRecordSets').length
  );
}

/** The one line of the last tick that says what was done or why nothing was. */
function saidBy(ended: Ended | null): string | null {
  try {
    const parsed = JSON.parse(ended?.stdout.trim().split('\n').at(-1) ?? '') as {
      services: {
        verdict: string;
        standing: { detail: string } | null;
        run: { note: string | null } | null;
      }[];
    };
    const [service] = parsed.services;
    if (service === undefined) return null;
    const why = service.run?.note ?? service.standing?.detail ?? '';
    if (why === '') return service.verdict;
    return why.startsWith(service.verdict) ? why : `${service.verdict}: ${why}`;
  } catch {
    return null;
  }
}

interface End {
  readonly before: Answers;
  readonly after: Answers;
  readonly recovery: Recovery;
  readonly wrote: number;
}

/** Looks at the world itself, not at what the program claims. @returns a complaint, or null */
function judgeEnd(
  expect: Outcome,
  world: SandboxWorld,
  { before, after, recovery, wrote }: End,
): string | null {
  const v4 = after.v4.join();
  if (expect === 'nothing') {
    if (wrote > 0) return `${wrote} requests that change the world were made`;
    return JSON.stringify(before) === JSON.stringify(after) ? null : 'the DNS answers changed';
  }
  if (recovery.run?.status !== 'done')
    return `the run is ${recovery.run?.status ?? 'missing'}: ${recovery.run?.note ?? ''}`;
  if (expect === 'withdraw') {
    if (after.v6.length > 0 || v4 !== before.v4.join()) return `after: A ${v4}, AAAA ${after.v6.join()}`;
    return world.hcloud.server(PRIMARY.server).status === 'running' ? null : 'the primary was powered off';
  }
  if (v4 !== world.standby.v4.address) return `the name server answers ${v4}, not the standby`;
  if (after.v6.length > 0)
    return `the name server still answers with the old IPv6 address ${after.v6.join()}`;
  if (world.hcloud.server(PRIMARY.server).status !== 'off') return 'the primary is not off';
  if (world.standby.role() !== 'active') return 'the standby was not promoted';
  const epochs = /epoch=(\d+) active=(\S+)/.exec(after.epoch ?? '');
  // The claim and the flip raise it by one each; whoever was stopped has raised nothing.
  return epochs?.[1] === '3' && epochs[2] === STANDBY.name ? null : `the epoch record says ${after.epoch}`;
}

export { SCENARIOS };
