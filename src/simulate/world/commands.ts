/**
 * Commands at the sites: what the scripts of a sane operator do there. `promote SERVICE SITE PART`, `quiesce SERVICE SITE`
 * and so on; their effect is what counts, their exit status is only what comes back.
 */
import type { Command, Shell } from '../../model/service.ts';
import { ProviderError } from '../../ports/errors.ts';
import type { CommandResult, Promoter } from '../../ports/providers.ts';
import type { Process } from '../process.ts';
import type { CommandName } from '../script.ts';
import { elapsed } from './api.ts';
import type { SiteState } from './sites.ts';
import { demote, type SimulatedWorld } from './world.ts';

const DONE: CommandResult = { status: 0, timedOut: false, tail: [] };
const FAILED: CommandResult = { status: 1, timedOut: false, tail: ['it did not work'] };
const KILLED: CommandResult = { status: null, timedOut: true, tail: [] };
/** A catch-up asks so often whether everything has come, ms. */
const CATCH_UP_MS = 2000;

/** What takes its time: it is so from the beginning, and the answer comes at the end. */
const CHANGING: ReadonlySet<CommandName> = new Set(['quiesce', 'fence', 'promote']);

interface Call {
  readonly state: SiteState;
  readonly command: CommandName;
  readonly part: string | null;
  readonly run: string | null;
  readonly askedAt: number;
}

export function createPromoter(world: SimulatedWorld, process: Process, kind: Shell['kind']): Promoter {
  return {
    kind,
    run: (shell, command, { signal, env = {} }) => {
      const [word, service = '', site = '', part = null] = command.argv;
      const state = world.site(service, site);
      const run = env.UNDERSTUDY_RUN ?? null;
      const call: Call = { state, command: word as CommandName, part, run, askedAt: world.now };
      return process.call(() => carryOut(world, process, shell, command, call, signal));
    },
  };
}

async function carryOut(
  world: SimulatedWorld,
  process: Process,
  shell: Shell,
  { limitMs }: Command,
  call: Call,
  signal: AbortSignal,
): Promise<CommandResult> {
  const fault = call.state.commandFaults.get(call.command);
  if (fault === 'unreachable' || (shell.kind === 'ssh' && !hasWay(process, call.state)))
    throw new ProviderError({
      code: 'provider-unreachable',
      message: `ssh to ${call.state.site.name}: no connection`,
      retriable: true,
    });
  if (fault === 'hangs') return killedAfter(world, limitMs);
  if (fault === 'fails') return FAILED;
  if (fault === 'lies') return DONE;
  tell(world, process, call);
  const result = await effect(world, process, call, limitMs, signal);
  const { commandMs } = world.cast;
  if (commandMs > 0 && CHANGING.has(call.command)) await elapsed(world, commandMs);
  return fault === 'cut-off' ? { status: 255, timedOut: false, tail: ['connection closed'] } : result;
}

function hasWay(process: Process, { box }: SiteState): boolean {
  const { online } = process.station;
  return box.alive && box.families.some(family => online[family] && box.reachable(family));
}

async function killedAfter(world: SimulatedWorld, limitMs: number): Promise<CommandResult> {
  await elapsed(world, limitMs);
  return KILLED;
}

function tell(world: SimulatedWorld, process: Process, { state, command, part, run }: Call): void {
  const { name: service } = state.service;
  world.tell({
    kind: 'command',
    service,
    site: state.site.name,
    command,
    part,
    by: process.actor,
    run,
  });
}

function effect(
  world: SimulatedWorld,
  process: Process,
  call: Call,
  limitMs: number,
  signal: AbortSignal,
): CommandResult | Promise<CommandResult> {
  const { state, part, run, askedAt } = call;
  const named = { service: state.service.name, site: state.site.name, by: process.actor, run };
  switch (call.command) {
    case 'snapshot':
      return DONE;
    case 'quiesce':
      world.change(() => demote(state), { kind: 'demoted', ...named });
      return DONE;
    case 'catch-up':
      return catchUp(world, process, call, limitMs, signal);
    case 'fence':
      world.change(() => (state.isolated = true), { kind: 'isolated', isolated: true, ...named });
      return DONE;
    case 'fence-check':
      return state.isolated ? DONE : FAILED;
    case 'promote':
      promote(world, state, part ?? '', () => world.tell({ kind: 'promoted', ...named, askedAt }));
      return DONE;
    case 'promote-check':
      return state.parts.has(part ?? '') ? DONE : FAILED;
    case 'freshness': {
      const lagMs = world.lagMs(named.service, named.site);
      world.tell({ kind: 'told-lag', service: named.service, site: named.site, lagMs, by: process.actor });
      return { ...DONE, tail: [(lagMs / 1000).toFixed(3)] };
    }
  }
}

function promote(world: SimulatedWorld, state: SiteState, part: string, told: () => void): void {
  const was = state.role;
  world.change(() => {
    state.parts.add(part);
    if (state.site.promote.every(({ name }) => state.parts.has(name))) state.role = 'primary';
  });
  if (was !== state.role) told();
}

async function catchUp(
  world: SimulatedWorld,
  process: Process,
  { state, run }: Call,
  limitMs: number,
  signal: AbortSignal,
): Promise<CommandResult> {
  const { name: service } = state.service;
  const until = world.now + limitMs;
  for (;;) {
    let all = false;
    world.change(() => {
      all = world.services.get(service)?.catchUp(state) === true;
    });
    if (all) {
      world.tell({ kind: 'caught-up', service, site: state.site.name, by: process.actor, run });
      return DONE;
    }
    if (signal.aborted || world.now >= until) return KILLED;
    await elapsed(world, CATCH_UP_MS);
  }
}
