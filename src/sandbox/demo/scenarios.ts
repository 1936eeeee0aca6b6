/**
 * The nights of `understudy demo`. Each says what befalls the world and what must come of it; the story itself is
 * lived through by understudy as a process, over the wire, with the adapters that production uses.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS } from '../route53/faults.ts';
import type { SandboxWorld } from '../world.ts';
import type { Child, Ended } from './child.ts';

export type Outcome = 'failover' | 'withdraw' | 'nothing';

export interface Stage {
  readonly world: SandboxWorld;
  readonly folder: string;
  /** Starts `understudy WORDS…` with this config (the world's own when left out). */
  start(words: readonly string[], configFile?: string): Child;
  say(line: string): void;
}

export interface Scenario {
  readonly title: string;
  readonly expect: Outcome;
  /** Does the deed. */
  befall(world: SandboxWorld): Promise<void>;
  /** What runs after it; one tick unless told otherwise. @returns a complaint when something is not as it must be */
  live?(stage: Stage): Promise<string | null>;
  /** Needs IPv6 on the loopback interface. */
  readonly v6?: boolean;
}

const TICK = ['tick', '--json'] as const;

/** One cron run, its exit code as expected. */
function ticking(code: number): (stage: Stage) => Promise<string | null> {
  return async stage => complaint(await stage.start([...TICK]).ended, code, 'the tick');
}

function complaint(ended: Ended, code: number, who: string): string | null {
  if (ended.code === code) return null;
  return `${who} ended with ${ended.code ?? ended.signal}, not with ${code}: ${ended.stderr.trim().split('\n').at(-1) ?? ''}`;
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  lock: {
    title: 'the hoster locks the primary’s IPv4 address',
    expect: 'failover',
    befall: world => world.lock(['v4']),
    live: ticking(0),
  },
  crash: {
    title: 'the primary’s service dies: connections are refused',
    expect: 'failover',
    befall: world => world.crash(),
    live: ticking(0),
  },
  blackhole: {
    title: 'the primary answers nothing at all, and nobody says why',
    expect: 'failover',
    befall: world => world.blackhole(),
    live: ticking(0),
  },
  'lock-v6-only': {
    title: 'the hoster locks the primary’s IPv6 address only',
    expect: 'withdraw',
    v6: true,
    befall: world => world.lockV6(),
    live: ticking(0),
  },
  blind: {
    title: 'the observer’s own network is gone',
    expect: 'nothing',
    befall: world => world.blind(),
    live: ticking(0),
  },
  'standby-down': {
    title: 'the primary dies while the standby is down too',
    expect: 'nothing',
    befall: async world => {
      await world.standbyDown();
      await world.crash();
    },
    live: ticking(4),
  },
  sleeper: {
    title: 'a second runner is stopped before it has the epoch and wakes up after the first has finished',
    expect: 'failover',
    befall: world => world.crash(),
    live: sleeper,
  },
  'crash-midway': {
    title: 'the runner is killed (kill -9) between fence and flip, and started again',
    expect: 'failover',
    befall: world => world.crash(),
    live: crashMidway,
  },
};

/** Starts a tick and resolves once `reached`, or when it is over. */
async function until(reached: () => boolean, stage: Stage, configFile?: string): Promise<Child> {
  const child = stage.start([...TICK], configFile);
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  while (!reached() && !over) await new Promise(resolve => setTimeout(resolve, 2));
  return child;
}

/** Attempts to change DNS: of each run that moves the service its claim, and then its flip. */
function attempts(world: SandboxWorld): number {
  return world.route53.requests.filter(request => request.operation === 'ChangeResourceRecordSets').length;
}

/** The second runner has a state of its own, as on another machine: no lease can stop it, only the epoch in DNS. */
async function sleeper(stage: Stage): Promise<string | null> {
  const { world, folder } = stage;
  const otherConfig = join(folder, 'second-runner.yaml');
  copyFileSync(world.configFile, otherConfig);
  const text = readFileSync(otherConfig, 'utf8');
  writeFileSync(
    otherConfig,
    text.replace('state: state.db', 'state: second.db').replace('runner: sandbox', 'runner: second'),
  );
  // Route 53 is busy for as long as the second one is awake: it has made up its mind, and can't take the epoch yet.
  world.route53.faults.add(FAULTS.priorRequest, { hits: 'writes', times: Infinity });
  const second = await until(() => attempts(world) > 0, stage, otherConfig);
  second.kill('SIGSTOP');
  world.route53.faults.clear();
  if (attempts(world) === 0) return 'the second runner did not try to take the epoch';
  stage.say('the second runner is stopped (SIGSTOP) before it has the epoch; the first goes on');
  const first = complaint(await stage.start([...TICK]).ended, 0, 'the first runner');
  const tried = attempts(world);
  const deeds = powerActions(world);
  stage.say('the first runner is done; the second wakes up (SIGCONT)');
  second.kill('SIGCONT');
  const woken = await second.ended;
  if (first !== null) return first;
  if (attempts(world) === tried) return 'the second runner did not try to take the epoch again';
  if (powerActions(world) > deeds) return 'the second runner cut the power without having the epoch';
  return complaint(woken, 6, 'the second runner');
}

function powerActions(world: SandboxWorld): number {
  return world.hcloud.requests.filter(request => request.method === 'POST').length;
}

async function crashMidway(stage: Stage): Promise<string | null> {
  const { world } = stage;
  const doomed = await until(() => world.standby.role() === 'active', stage);
  doomed.kill('SIGKILL');
  await doomed.ended;
  if (attempts(world) > 1) return 'the runner flipped before it could be killed';
  stage.say('the runner was killed between fence and flip; started again');
  return complaint(await stage.start([...TICK]).ended, 0, 'the second start');
}
