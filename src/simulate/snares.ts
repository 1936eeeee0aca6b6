/**
 * Snares: a few things that do harm only together and in one order, laid around the steps of a run. Each is a mistake that
 * somebody could make in the code that carries out plans, seen from outside: where drawing at random would need thousands of
 * nights for the pair, a snare brings both.
 */
import { DNS } from './cast.ts';
import {
  api,
  command,
  crash,
  failing,
  type Ground,
  hold,
  hosterOf,
  MIN,
  onBox,
  order,
  S,
  sleep,
  someStation,
  unarmed,
  wellAgain,
} from './ground.ts';
import type { Armed, Happening } from './script.ts';

type Snare = (ground: Ground) => readonly Happening[];

export function drawSnare(ground: Ground): readonly Happening[] {
  return ground.dice.pick(Object.values(SNARES))(ground);
}

const SNARES: Readonly<Record<string, Snare>> = {
  // The fault ends within the step, after a try that was refused under the hold.
  holdBetweenTries: ground => {
    const how = ground.dice.pick(['refuses', 'throttles', 'busy', 'fails'] as const);
    const forMs = ground.dice.int(5, 20) * S;
    return [
      api(ground, DNS, how, forMs, { on: 'flip', afterMs: 0 }),
      hold(ground, 'flip', ground.dice.int(1, 4) * S),
    ];
  },
  holdBetweenParts: ground => [hold(ground, 'promote', ground.dice.int(0, 2 * ground.cast.commandMs + S))],
  holdBetweenSteps: ground => [
    hold(
      ground,
      ground.dice.pick(['snapshot', 'fence', 'promote', 'check'] as const),
      ground.dice.int(0, 20) * S,
    ),
  ],
  // The hoster says that it is done, and it is not: the power is to be cut again, and by then nobody may want it.
  fencedTwice: ground => {
    const armed: Armed = { on: 'fence', afterMs: 0 };
    return [
      { ...api(ground, hosterOf(ground), 'lies', 40 * S, armed), writesOnly: false },
      hold(ground, 'fence', ground.dice.int(0, 20) * S),
    ];
  },
  lyingAgent: ground => {
    const armed: Armed = { on: 'run', afterMs: 0 };
    return [
      ground.dice.chance(0.7)
        ? command(ground, ground.dice.pick(['fence', 'fence-check'] as const), 'lies', 'active', armed)
        : command(ground, 'promote', 'lies', 'standby', armed),
    ];
  },
  // In touch for a few seconds of the wait that fences it, it gets its lease anew; sometimes nobody is awake to see it.
  touchedInTheWait: ground => {
    const { dice } = ground;
    const cut = { kind: 'cut', ...onBox(ground, 'active'), families: ['v4', 'v6'] } as const;
    const fromMs = dice.int(12, 26) * S;
    const isAsleep = dice.chance(0.4);
    const lastsMs = (isAsleep ? 12 : 4) * S;
    const asleep = sleep(ground, 1, lastsMs + 3 * S, { on: 'fence', afterMs: fromMs - 2 * S });
    return [
      { ...cut, forMs: 20 * MIN },
      ...wellAgain(ground, { on: 'fence', afterMs: fromMs - S }),
      { ...cut, forMs: 20 * MIN, armed: { on: 'fence', afterMs: fromMs + lastsMs } },
      ...(isAsleep ? [asleep] : []),
    ];
  },
  // The site is well again before it is to be cut off, and who would cut it off can't see it any more.
  blindBeforeTheFence: ground => [
    { ...failing(ground), forMs: 20 * MIN },
    ...wellAgain(ground, { on: 'claim', afterMs: 0 }),
    api(ground, DNS, 'busy', 24 * S, { on: 'claim', afterMs: 0 }),
    command(ground, 'snapshot', 'hangs', 'active', { on: 'snapshot', afterMs: 0 }),
    {
      kind: 'blind',
      at: ground.at,
      station: someStation(ground),
      families: ground.service.essential,
      forMs: 3 * MIN,
      armed: { on: 'claim', afterMs: ground.dice.int(2, 20) * S, here: true },
    },
  ],
  // It is cut off in one family and serves on in the other, in which who waits for it can't see.
  blindWait: ground => {
    const soon: Armed = { on: ground.dice.pick(['suspicion', 'fence'] as const), afterMs: 0, here: true };
    return [
      { kind: 'cut', ...onBox(ground, 'active'), families: ['v4'], forMs: 20 * MIN },
      {
        kind: 'blind',
        at: ground.at,
        station: someStation(ground),
        families: ['v6'],
        forMs: 20 * MIN,
        armed: soon,
      },
    ];
  },
  cutWait: ground => [crash(ground, { on: 'fence', afterMs: ground.dice.int(0, 40) * S })],
  // Another installation takes the epoch and is never heard of again; who waits for its last deed to be over dies meanwhile.
  cutClaim: ground => [
    { kind: 'foreign-claim', at: ground.at, service: ground.service.name, busyMs: 2 * MIN },
    { ...failing(ground), forMs: 30 * MIN },
    crash(ground, { on: 'claim', afterMs: ground.dice.int(0, 100) * S }),
  ],
  changedInTheDark: ground => [
    crash(ground, { on: ground.dice.pick(['promote', 'check', 'flip'] as const), afterMs: 0 }),
    {
      ...onBox(ground, 'active'),
      kind: 'box-on',
      armed: { on: 'promote', afterMs: ground.dice.int(0, 5) * S },
    },
  ],
  doubtfulFlip: ground => {
    const how = ground.dice.pick(['late', 'loses-reply', 'does-later', 'times-out', 'garbage'] as const);
    const forMs = ground.dice.pick([15 * S, 40 * S, 3 * MIN, 10 * MIN]);
    const writesOnly = ground.dice.chance(0.4);
    return [{ ...api(ground, DNS, how, forMs, { on: 'flip', afterMs: 0 }), writesOnly }];
  },
  // Nobody knows whether the change is in force, and the old site comes back before the next try.
  freedInDoubt: ground => [
    api(ground, DNS, 'times-out', 15 * S, { on: 'flip', afterMs: 0 }),
    {
      kind: 'box-on',
      ...onBox(ground, 'active'),
      armed: { on: 'flip', afterMs: ground.dice.int(1, 10) * S },
    },
  ],
  // The change is done long after it was asked for, when the run that asked has failed and is over.
  lateFlip: ground => {
    const laterMs = ground.dice.pick([2, 4, 8]) * MIN;
    const how = ground.dice.pick(['refuses', 'throttles', 'busy', 'fails'] as const);
    return [
      { ...api(ground, DNS, 'does-later', 20 * MIN, { on: 'flip', afterMs: 0 }), laterMs },
      api(ground, DNS, how, 10 * MIN, { on: 'flip', afterMs: ground.dice.int(1, 4) * S }),
    ];
  },
  // Who finds a run that another has left open falls asleep over it, and a third has ended it when the sleeper wakes.
  sleptOver: ground => [
    {
      ...crash(ground, { on: ground.dice.pick(['promote', 'check', 'flip', 'verify'] as const), afterMs: 0 }),
      calls: ground.dice.int(1, 4),
    },
    sleep(ground, 1, ground.dice.pick([5, 15]) * MIN, { on: 'open-run', afterMs: 0 }),
  ],
  failedAfterthought: ground => [
    order(ground, 'announce', ground.dice.int(5, 40) * S),
    command(ground, 'promote', 'fails', 'standby', { on: 'announce', afterMs: 0 }, 3 * MIN),
    { ...failing(ground), forMs: 12 * MIN, armed: { on: 'announce', afterMs: 2 * MIN } },
  ],
  twoAtOnce: ground => [
    { kind: 'disk', at: ground.at, station: someStation(ground), how: 'slow', forMs: 4 * MIN },
    order(ground, 'suspicion', ground.dice.int(0, 60) * S),
    order(ground, 'run', ground.dice.int(0, 10) * S),
  ],
  // What was seen before the state could not be read is too old when it can be again.
  staleEvidence: ground => [
    { ...failing(ground), forMs: 60 * MIN },
    {
      kind: 'disk',
      at: ground.at,
      station: someStation(ground),
      how: 'fails',
      forMs: ground.service.pace.staleMs + ground.dice.int(1, 5) * MIN,
      armed: { on: 'suspicion', afterMs: 0, here: true },
    },
  ],
  oldVerdict: ground => [
    { ...failing(ground), forMs: 5 * MIN },
    // At 0 it sleeps when the decision is written down and nothing of it is begun: even the lease is taken afterwards.
    sleep(ground, ground.dice.pick([0, 0, 1, 3]), 20 * MIN, { on: 'decision', afterMs: 0 }),
  ],
  // The same hour is lived through twice by the station's clock, and DNS has changed in it.
  hourTwice: ground => [
    {
      kind: 'clock-jumps',
      at: ground.at,
      station: someStation(ground),
      byMs: -ground.dice.pick([6, 12, 20]) * MIN,
      armed: { on: 'announce', afterMs: ground.dice.int(1, 4) * MIN, here: true },
    },
  ],
  poweredOn: ground => [
    {
      kind: 'box-on',
      ...onBox(ground, 'active'),
      armed: {
        on: ground.dice.pick(['promote', 'promote', 'check'] as const),
        afterMs: ground.dice.int(0, 3) * S,
      },
    },
  ],
  // A lock that ends takes the lock that was there before with it.
  lockLifted: ground => [
    { kind: 'lock', ...onBox(ground, 'active'), families: ['v4', 'v6'], forMs: 20 * MIN },
    {
      kind: 'lock',
      ...onBox(ground, 'active'),
      families: ['v4', 'v6'],
      forMs: S,
      armed: { on: ground.dice.pick(['fence', 'promote', 'promote', 'check', 'flip'] as const), afterMs: 0 },
    },
  ],
  // While the standby takes its time to answer, the old site comes free, by power or of its lock; of a lock its hoster says nothing then.
  freedWhileChecked: ground => {
    const armed: Armed = { on: 'check', afterMs: 0 };
    const slow: Happening = { ...failing(ground, 'standby'), forMs: 10 * S, armed };
    if (ground.dice.chance(0.4)) return [slow, { kind: 'box-on', ...onBox(ground, 'active'), armed }];
    const lock = { kind: 'lock', ...onBox(ground, 'active'), families: ['v4', 'v6'] } as const;
    return [
      slow,
      { ...lock, forMs: 20 * MIN },
      { ...lock, forMs: S, armed },
      { ...api(ground, hosterOf(ground), 'refuses', 5 * MIN, armed), writesOnly: false },
    ];
  },
  configChanged: ground => [
    {
      kind: 'config',
      at: ground.at,
      station: someStation(ground),
      service: ground.service.name,
      change: ground.dice.pick(['ttl', 'record'] as const),
      armed: { on: 'fence', afterMs: 0, here: true },
    },
    crash(ground, { on: ground.dice.pick(['promote', 'check'] as const), afterMs: 0 }),
  ],
  switchoverCutShort: ground => [
    unarmed(order(ground, 'run', 0, 'switchover'), ground.at - 2 * MIN),
    crash(ground, { on: ground.dice.pick(['quiesce', 'catch-up', 'promote', 'check'] as const), afterMs: 0 }),
  ],
  noneWillDo: ground => [
    command(
      ground,
      'promote',
      ground.dice.pick(['fails', 'lies'] as const),
      'standby',
      { on: 'run', afterMs: 0 },
      20 * MIN,
    ),
  ],
  // What comes right before a deed is asked, and it falls asleep over the answer, while what that tells of changes.
  sleptOverTheAnswer: ground => {
    const { dice } = ground;
    const on = dice.pick(['fence', 'promote', 'promote'] as const);
    const afterMs = dice.int(1, 20) * S;
    const forMs = dice.pick([40 * S, 2 * MIN, 6 * MIN]);
    const asleep = sleep(ground, dice.int(1, 6), forMs, { on, afterMs: 0 });
    return dice.chance(0.3)
      ? [asleep, hold(ground, on, afterMs)]
      : [asleep, ...wellAgain(ground, { on: 'promote', afterMs })];
  },
  sleeper: ground => {
    const { dice } = ground;
    const forMs = dice.pick([2 * MIN, 6 * MIN, 20 * MIN]);
    const on = dice.pick(['fence', 'promote', 'check', 'flip'] as const);
    return [sleep(ground, dice.int(1, 6), forMs, { on, afterMs: 0 })];
  },
};
