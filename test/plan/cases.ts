/** The main cases, each a scene and what a person asked for, if anything: printed by the golden files, mutated for the gate. */
import type { Plan } from '../../src/model/plan.ts';
import type { Request } from '../../src/plan/view.ts';
import { makeService, makeSite, POWER_OFF } from '../lab/service.ts';
import { epochSet, makeScene, makeState, planOf, type Scene, zoneOf } from './scene.ts';

export interface Case {
  readonly title: string;
  readonly scene: Scene;
  readonly request: Partial<Request> | null;
}

const command = (...argv: readonly string[]) => ({ argv, limitMs: 20_000 });

const both = { v4: '127.0.0.12', v6: '::2' };

const rich = makeService({
  sites: [
    makeSite('home', {
      addresses: { v4: '127.0.0.11', v6: '::1' },
      snapshot: command('take-evidence'),
      fence: {
        ...POWER_OFF,
        method: 'command',
        run: command('cut', 'home'),
        check: command('is-cut', 'home'),
      },
    }),
    makeSite('away', { addresses: both, catchUp: command('catch-up') }),
  ],
  dns: { ...makeService().dns, records: ['www.example.org', 'example.org'] },
});

const waiting = makeService({
  sites: [
    makeSite('home', {
      addresses: { v4: '127.0.0.11', v6: '::1' },
      provider: null,
      server: null,
      fence: { ...POWER_OFF, method: 'wait', leaseMs: 30_000, marginMs: 5000 },
    }),
    makeSite('away'),
  ],
});

const bare = { promote: [], fence: { ...POWER_OFF, method: 'none' as const } };
const stateless = makeService({ stateless: true, sites: [makeSite('home', bare), makeSite('away', bare)] });

const onlyV4 = makeState({ published: ['v4'] });
const v4Zone = (service = makeService()) => zoneOf(service, 'home', ['v4'], epochSet(4, 'home'));

export const CASES: readonly Case[] = [
  { title: 'failover', scene: makeScene(), request: null },
  {
    title: 'failover-first-epoch',
    scene: makeScene({
      state: makeState({ epoch: 0, maxEpoch: 0 }),
      zone: zoneOf(makeService(), 'home', ['v4', 'v6'], null),
    }),
    request: null,
  },
  {
    title: 'failover-by-lock',
    scene: makeScene({ locked: ['home v4', 'home v6'] }),
    request: null,
  },
  {
    title: 'failover-one-family-locked',
    scene: makeScene({ down: ['home v4'], locked: ['home v4'] }),
    request: null,
  },
  {
    title: 'failover-command-fence-and-snapshot',
    scene: makeScene({ service: rich, zone: zoneOf(rich, 'home', ['v4', 'v6'], epochSet(4, 'home')) }),
    request: null,
  },
  {
    title: 'failover-wait',
    scene: makeScene({
      service: waiting,
      state: onlyV4,
      zone: v4Zone(waiting),
    }),
    request: null,
  },
  {
    title: 'failover-stateless',
    scene: makeScene({ service: stateless, state: onlyV4, zone: v4Zone(stateless) }),
    request: null,
  },
  { title: 'failover-skip-fence', scene: makeScene(), request: { overrides: ['skip-fence'] } },
  {
    title: 'switchover',
    scene: makeScene({
      service: rich,
      down: [],
      zone: zoneOf(rich, 'home', ['v4', 'v6'], epochSet(4, 'home')),
    }),
    request: { kind: 'switchover' },
  },
  { title: 'withdraw', scene: makeScene({ down: ['home v6'] }), request: null },
  { title: 'withdraw-by-lock', scene: makeScene({ down: ['home v6'], locked: ['home v6'] }), request: null },
  { title: 'restore', scene: makeScene({ down: [], state: onlyV4, zone: v4Zone() }), request: null },
];

export function caseOf(title: string): Case & { readonly plan: Plan } {
  const found = CASES.find(entry => entry.title === title);
  if (found === undefined) throw new Error(`no case ${title}`);
  return { ...found, plan: planOf(found.scene, found.request) };
}
