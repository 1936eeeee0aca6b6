/** How each kind of happening is drawn, and how often. One line of the table a kind. */
import { FAMILIES, type Family } from '../model/sample.ts';
import { DNS } from './cast.ts';
import type { Dice } from './dice.ts';
import { PEOPLE_DRAWS } from './draws-people.ts';
import { aService, aSite, type Draw, type Scene, span, station } from './scene.ts';
import {
  API_FAULTS,
  type ApiFault,
  COMMAND_FAULTS,
  COMMANDS,
  type CommandFault,
  DISK_FAULTS,
  type DiskFault,
  type HappeningKind,
  SINK_FAULTS,
  type SinkFault,
} from './script.ts';

const S = 1000;
const MIN = 60 * S;
const HOUR = 60 * MIN;

function aBox(scene: Scene): string {
  return aSite(scene).its.server ?? '';
}

function families(dice: Dice): { readonly families: readonly Family[] } {
  return { families: dice.pick([FAMILIES, FAMILIES, ['v4'], ['v6']] as const) };
}

const keys = <T extends string>(table: Readonly<Record<T, string>>) =>
  Object.keys(table) as unknown as readonly T[];
export const DRAWS: { readonly [K in HappeningKind]: Draw } = {
  'site-fails': {
    weight: 6,
    draw: scene => {
      const { service, site } = aSite(scene);
      const how = scene.dice.pick(['refused', 'hang', 'status'] as const);
      return [{ kind: 'site-fails', at: scene.at, service, site, how, ...span(scene.dice) }];
    },
  },
  'probe-fails': {
    weight: 2,
    draw: scene => {
      const { service, site, of } = aSite(scene);
      const probe = scene.dice.pick(of.probes).id;
      const how = scene.dice.pick(['refused', 'hang'] as const);
      return [{ kind: 'probe-fails', at: scene.at, service, site, probe, how, ...span(scene.dice) }];
    },
  },
  'certificate-ends': {
    weight: 1,
    draw: scene => {
      const { service, site } = aSite(scene);
      return [
        { kind: 'certificate-ends', at: scene.at, service, site, inMs: 5 * 24 * HOUR, ...span(scene.dice) },
      ];
    },
  },
  'link-lost': {
    weight: 2,
    draw: scene => {
      const { service, site } = aSite(scene);
      return [{ kind: 'link-lost', at: scene.at, service, site, ...span(scene.dice) }];
    },
  },
  command: {
    weight: 4,
    draw: scene => {
      const { service, site } = aSite(scene);
      const command = scene.dice.pick(COMMANDS);
      const how = scene.dice.pick<CommandFault>(keys(COMMAND_FAULTS));
      return [{ kind: 'command', at: scene.at, service, site, command, how, ...span(scene.dice) }];
    },
  },
  'box-hangs': {
    weight: 4,
    draw: scene => [{ kind: 'box-hangs', at: scene.at, box: aBox(scene), ...span(scene.dice) }],
  },
  'box-off': {
    weight: 4,
    draw: scene => [{ kind: 'box-off', at: scene.at, box: aBox(scene), ...span(scene.dice) }],
  },
  'box-on': { weight: 3, draw: scene => [{ kind: 'box-on', at: scene.at, box: aBox(scene) }] },
  lock: {
    weight: 6,
    draw: scene => [
      { kind: 'lock', at: scene.at, box: aBox(scene), ...families(scene.dice), ...span(scene.dice) },
    ],
  },
  cut: {
    weight: 4,
    draw: scene => [
      { kind: 'cut', at: scene.at, box: aBox(scene), ...families(scene.dice), ...span(scene.dice) },
    ],
  },
  api: {
    weight: 8,
    draw: scene => {
      const hosters = scene.cast.boxes.map(box => box.hoster);
      const api = scene.dice.chance(0.5) ? DNS : scene.dice.pick(hosters);
      const how = scene.dice.pick<ApiFault>(keys(API_FAULTS));
      const writesOnly = scene.dice.chance(0.5);
      return [{ kind: 'api', at: scene.at, api, how, writesOnly, ...span(scene.dice) }];
    },
  },
  rollback: {
    weight: 1,
    draw: scene => [{ kind: 'rollback', at: scene.at, toAgoMs: scene.dice.pick([MIN, 10 * MIN, HOUR]) }],
  },
  'foreign-record': {
    weight: 1,
    draw: scene => [
      { kind: 'foreign-record', at: scene.at, service: aService(scene).name, value: '192.0.2.99' },
    ],
  },
  'foreign-epoch': {
    weight: 1,
    draw: scene => [
      {
        kind: 'foreign-epoch',
        at: scene.at,
        service: aService(scene).name,
        text: scene.dice.pick(['v=spf1 -all', 'v=2 epoch=9', 'v=1 epoch=9 active=mars owner=r-x']),
      },
    ],
  },
  'foreign-claim': {
    weight: 1,
    draw: scene => [
      {
        kind: 'foreign-claim',
        at: scene.at,
        service: aService(scene).name,
        busyMs: scene.dice.int(1, 12) * MIN,
      },
    ],
  },
  blind: {
    weight: 4,
    draw: scene => {
      const { dice, at } = scene;
      const happening = { kind: 'blind' as const, at, ...families(dice), ...span(dice) };
      // Alone, or all stations together.
      return dice.chance(0.3)
        ? scene.cast.stations.map(({ name }) => ({ ...happening, station: name }))
        : [{ ...happening, ...station(scene) }];
    },
  },
  'clock-jumps': {
    weight: 1,
    draw: scene => [
      {
        kind: 'clock-jumps',
        at: scene.at,
        ...station(scene),
        byMs: scene.dice.pick([-2 * HOUR, -5 * MIN, -20 * S, 20 * S, 5 * MIN, 2 * HOUR]),
      },
    ],
  },
  'clock-drifts': {
    weight: 1,
    draw: scene => [
      {
        kind: 'clock-drifts',
        at: scene.at,
        ...station(scene),
        ppm: scene.dice.pick([-5000, 5000]),
        ...span(scene.dice),
      },
    ],
  },
  disk: {
    weight: 3,
    draw: scene => {
      const how = scene.dice.pick<DiskFault>(keys(DISK_FAULTS));
      return [{ kind: 'disk', at: scene.at, ...station(scene), how, ...span(scene.dice) }];
    },
  },
  crash: {
    weight: 8,
    draw: scene => [
      {
        kind: 'crash',
        at: scene.at,
        ...station(scene),
        calls: scene.dice.int(1, scene.dice.pick([10, 60, 200])),
        when: scene.dice.pick(['before', 'after'] as const),
      },
    ],
  },
  sleep: {
    weight: 6,
    draw: scene => [
      {
        kind: 'sleep',
        at: scene.at,
        ...station(scene),
        calls: scene.dice.int(1, scene.dice.pick([10, 60, 200])),
        forMs: scene.dice.pick([30 * S, 3 * MIN, 20 * MIN, 2 * HOUR]),
      },
    ],
  },
  sink: {
    weight: 2,
    draw: scene => {
      const how = scene.dice.pick<SinkFault>(keys(SINK_FAULTS));
      const sink = scene.dice.pick(scene.cast.settings.sinks).name;
      return [{ kind: 'sink', at: scene.at, sink, how, ...span(scene.dice) }];
    },
  },
  ...PEOPLE_DRAWS,
};
