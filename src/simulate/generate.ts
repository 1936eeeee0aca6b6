/**
 * From a seed to a script. Half of the seeds are wide: three services on a handful of machines that are looked at now and
 * then, one or two stations, and a dozen or two of faults, errors and orders, mostly together, because one thing at a time is
 * what every lab tests. The other half are dense: one service, looked at all the time, that is in trouble over and over.
 * Swarm testing: each seed draws its own few kinds of happenings, so that rare ones meet each other.
 */
import { FAMILIES, type Family } from '../model/sample.ts';
import type { Service, Settings } from '../model/service.ts';
import { DEFAULT_POLICY } from '../model/verdict.ts';
import { buildCast, type ServiceSketch, type SiteSketch } from './cast.ts';
import { createDice, type Dice } from './dice.ts';
import { DRAWS } from './draws.ts';
import { drawEpisodes } from './episodes.ts';
import { drawMoment } from './moments.ts';
import type { Scene } from './scene.ts';
import type { Cast, Happening, HappeningKind, Script, StationCast } from './script.ts';

const S = 1000;
const MIN = 60 * S;
export const HOUR = 60 * MIN;
/** Happenings begin after this: first all is well for a while, so that there is a past. */
const QUIET_MS = 15 * MIN;

/** What is worst in the middle of a run: half of these wait for one to begin. */
const MEDDLING: ReadonlySet<HappeningKind> = new Set([
  'crash',
  'sleep',
  'hold',
  'order',
  'api',
  'disk',
  'blind',
  'command',
  'box-on',
  'lock',
  'rollback',
  'config',
  'clear',
  'clock-jumps',
]);
/** How often is looked while all is well. Wide: seldom, since only in trouble, when the pace is another, is there much to see. */
const EVERY_MS: Readonly<Record<Shape, readonly number[]>> = {
  wide: [5 * MIN, 15 * MIN, 30 * MIN, 30 * MIN],
  dense: [MIN, 2 * MIN, 5 * MIN],
};
const FENCES: Readonly<Record<Shape, readonly ('power-off' | 'command' | 'wait')[]>> = {
  wide: ['power-off', 'power-off', 'power-off', 'command', 'wait'],
  dense: ['power-off', 'power-off', 'command', 'command', 'wait'],
};
/** Steps take seconds, a power-off up to a minute. */
const DELAYS_MS = [0, 0, 1, S, 5 * S, 20 * S, MIN];

/** @param hours length of the phase of faults */
export function generate(seed: number, hours: number): Script {
  const dice = createDice(seed);
  const lengthMs = hours * HOUR;
  const shape = shapeOf(seed);
  const cast = drawCast(dice.child('cast'), shape);
  const draw = shape === 'dense' ? drawEpisodes : drawHappenings;
  return { seed, cast, lengthMs, happenings: draw(dice.child('fate'), cast, lengthMs) };
}

export type Shape = 'wide' | 'dense';

/** Odd seeds are dense: so any run of seeds has as many of both. */
export function shapeOf(seed: number): Shape {
  return seed % 2 === 0 ? 'wide' : 'dense';
}

function drawCast(dice: Dice, shape: Shape): Cast {
  const shared = shape === 'wide' && dice.chance(0.15);
  const names = shape === 'wide' ? ['mail', 'web', 'irc'] : ['mail'];
  const services = names.map(name => drawService(dice.child(name), name, shape, shared));
  const mode = dice.chance(shape === 'wide' ? 0.85 : 0.97)
    ? 'act'
    : dice.pick(['propose', 'observe'] as const);
  const cast = buildCast({
    services,
    stations: drawStations(dice.child('stations'), shape),
    sinks: dice.chance(0.7) ? ['irc'] : ['irc', 'mail'],
    mode,
    propagationMs: dice.pick([0, 5 * S, 40 * S]),
    powerMs: dice.pick([2 * S, 10 * S, 60 * S]),
    ...(dice.chance(shape === 'wide' ? 0.5 : 0.8) ? { commandMs: dice.pick([4 * S, 12 * S]) } : {}),
    replicationMs: dice.pick([S, 5 * S, 30 * S]),
    latencyMs: dice.chance(0.2) ? dice.int(20, 2000) : 0,
  });
  const settings = { ...cast.settings, references: drawReferences(dice.child('references'), cast) };
  return { ...cast, settings, ...(dice.chance(0.03) ? { unguardedDns: true } : {}) };
}

/** Where IPv6 counts too, some people forget to name a reference for it: then our own v6 is never proven. */
function drawReferences(dice: Dice, { settings: { references, services } }: Cast): Settings['references'] {
  const forgotten = services.some(service => service.essential.length > 1) && dice.chance(0.4);
  return forgotten ? references.filter(reference => reference.family === 'v4') : references;
}

function drawService(dice: Dice, name: string, shape: Shape, shared: boolean): ServiceSketch {
  const stateless = dice.chance(0.1);
  const third = dice.chance(shape === 'wide' ? 0.5 : 0.8);
  const sites: SiteSketch[] = ['home', 'away', ...(third ? ['third'] : [])].map(site => ({
    name: site,
    ...(shared ? { box: `shared-${site}` } : {}),
    ...(shared || dice.chance(0.6) ? {} : { families: ['v4'] satisfies Family[] }),
    ...(stateless ? {} : drawFence(dice, shape)),
    ...(stateless || dice.chance(shape === 'wide' ? 0.5 : 0.8)
      ? {}
      : { maxLagMs: dice.pick([60 * S, 5 * MIN]) }),
    ...(dice.chance(0.5) ? { snapshot: true } : {}),
  }));
  const intervalMs = dice.pick(EVERY_MS[shape]);
  return {
    name,
    sites,
    probes: dice.pick([['http'], ['http', 'smtp'], ['http', 'smtp?']]),
    parts: stateless ? [] : dice.pick([['db'], ['db', 'mail']]),
    patch: {
      ...(dice.chance(shape === 'wide' ? 0.15 : 0.05) ? { policy: drawPolicy(dice) } : {}),
      essential: dice.chance(0.1) && sites.every(site => site.families === undefined) ? FAMILIES : ['v4'],
      thresholds: {
        failures: dice.pick([2, 3, 5]),
        failingForMs: dice.pick([5 * S, 10 * S, 60 * S]),
        returnForMs: 10 * MIN,
        downWhen: dice.chance(0.8) ? 'all' : 'any',
        certificateMs: 14 * 24 * HOUR,
      },
      pace: {
        intervalMs,
        fastMs: dice.pick([3 * S, 10 * S]),
        standbyMs: 4 * intervalMs,
        providerMs: 4 * intervalMs,
        staleMs: 8 * intervalMs,
      },
      blockWindowMs: dice.pick(shape === 'wide' ? [10 * MIN, HOUR] : [10 * MIN, 10 * MIN, 10 * MIN, HOUR]),
    },
  };
}

function drawPolicy(dice: Dice): Service['policy'] {
  const policy = dice.pick(['propose', 'act'] as const);
  return { ...DEFAULT_POLICY, UNREACHABLE: policy, DEGRADED: 'act', PARTIAL_FAMILY: policy };
}

function drawFence(dice: Dice, shape: Shape): Pick<SiteSketch, 'fence'> {
  const method = dice.pick(FENCES[shape]);
  return { fence: { method, lockCounts: dice.chance(0.8) } };
}

function drawStations(dice: Dice, shape: Shape): readonly StationCast[] {
  const one = (name: string): StationCast => ({
    name,
    runner: dice.chance(0.5)
      ? {
          way: 'cron',
          everyMs: dice.pick(EVERY_MS[shape]),
          latenessMs: dice.pick(shape === 'wide' ? [0, 10 * S, 10 * MIN] : [0, 10 * S, MIN]),
        }
      : { way: 'daemon', restartMs: dice.pick([5 * S, MIN]) },
    offsetMs: dice.pick([0, 0, -3 * S, 40 * S]),
  });
  return dice.chance(shape === 'wide' ? 0.25 : 0.4) ? [one('desk'), one('loft')] : [one('desk')];
}

function drawHappenings(dice: Dice, cast: Cast, lengthMs: number): readonly Happening[] {
  const kinds = Object.keys(DRAWS) as (keyof typeof DRAWS)[];
  const chosen = kinds.filter(() => dice.chance(0.5));
  const weighted = chosen.flatMap(kind => Array.from({ length: DRAWS[kind].weight }, () => kind));
  const happenings: Happening[] = [];
  const number = dice.int(3, 18);
  // Where it is looked at seldom, troubles last longer, or hardly one would be seen.
  const slow = Math.max(...cast.settings.services.map(({ pace }) => pace.intervalMs)) / (5 * MIN);
  // Troubles come in clusters: half of all happenings fall close to the one before.
  let at = QUIET_MS;
  for (let drawn = 0; drawn < number && weighted.length > 0; drawn += 1) {
    at = dice.chance(0.6) ? at + dice.int(0, dice.pick([1, slow]) * 4 * MIN) : dice.int(QUIET_MS, lengthMs);
    if (at > lengthMs) continue;
    const own = dice.child(`happening ${drawn}`);
    const kind = dice.pick(weighted);
    const inTheMiddle =
      MEDDLING.has(kind) && own.chance(0.5)
        ? { armed: { on: 'run' as const, afterMs: own.pick(DELAYS_MS) } }
        : {};
    const scene: Scene = { dice: own, cast, at };
    const longer = own.chance(0.7) ? slow : 1;
    for (const happening of DRAWS[kind].draw(scene))
      happenings.push({ ...lasting(happening, longer), ...inTheMiddle });
  }
  happenings.push(...drawFromMoments(dice.child('moment'), cast, lengthMs));
  return happenings.sort((a, b) => a.at - b.at);
}

function lasting(happening: Happening, longer: number): Happening {
  return 'forMs' in happening && happening.forMs !== undefined
    ? { ...happening, forMs: happening.forMs * longer }
    : happening;
}

/** Half of the seeds have one. */
function drawFromMoments(dice: Dice, cast: Cast, lengthMs: number): readonly Happening[] {
  if (dice.chance(0.5)) return [];
  const at = dice.int(QUIET_MS, Math.max(QUIET_MS, lengthMs - 40 * MIN));
  return drawMoment({ dice, cast, at }).filter(happening => happening.at <= lengthMs);
}
