/** How what people do is drawn, and how often. One line of the table a kind. */
import { approval, aService, aSite, type Draw, person, span, station } from './scene.ts';
import type { HumanOrder } from './people.ts';
import { EDITS } from './tamper.ts';

type PeopleKind = HumanOrder['kind'] | 'tamper' | 'config' | 'look-in';

const S = 1000;

export const PEOPLE_DRAWS: { readonly [K in PeopleKind]: Draw } = {
  hold: {
    weight: 2,
    draw: scene => [
      {
        kind: 'hold',
        at: scene.at,
        service: aService(scene).name,
        ...person(scene),
        ...(scene.dice.chance(0.7) ? span(scene.dice) : {}),
      },
    ],
  },
  resume: {
    weight: 1,
    draw: scene => [{ kind: 'resume', at: scene.at, service: aService(scene).name, ...person(scene) }],
  },
  ack: {
    weight: 1,
    draw: scene => [{ kind: 'ack', at: scene.at, service: aService(scene).name, ...person(scene) }],
  },
  'accept-epoch': {
    weight: 1,
    draw: scene => [{ kind: 'accept-epoch', at: scene.at, service: aService(scene).name, ...person(scene) }],
  },
  clear: {
    weight: 2,
    draw: scene => {
      const { service, site } = aSite(scene);
      return [{ kind: 'clear', at: scene.at, service, site, ...person(scene) }];
    },
  },
  order: {
    weight: 4,
    draw: scene => {
      const { dice } = scene;
      const of = aService(scene);
      return [
        {
          kind: 'order',
          at: scene.at,
          service: of.name,
          move: dice.pick(['failover', 'switchover'] as const),
          to: dice.chance(0.5) ? null : dice.pick(of.sites).name,
          overrides: dice.pick([[], [], [], ['skip-fence'], ['allow-data-loss'], ['mode-act']] as const),
          ...person(scene),
        },
      ];
    },
  },
  approve: {
    weight: 3,
    draw: scene => [approval(aService(scene).name, scene.at, person(scene))],
  },
  'look-in': { weight: 2, draw: ({ at }) => [{ kind: 'look-in', at }] },
  tamper: {
    weight: 1,
    draw: scene => {
      const service = aService(scene).name;
      const row = scene.dice.pick(Object.keys(EDITS));
      return [
        { kind: 'tamper', at: scene.at, ...station(scene), service, row },
        approval(service, scene.at + S, person(scene)),
      ];
    },
  },
  config: {
    weight: 1,
    draw: scene => [
      {
        kind: 'config',
        at: scene.at,
        ...station(scene),
        service: aService(scene).name,
        change: scene.dice.pick(['ttl', 'record'] as const),
      },
    ],
  },
};
