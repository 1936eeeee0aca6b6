/** A script of a few happenings, and checkers that are easily displeased: violations without a broken program. */
import { buildCast } from '../../src/simulate/cast.ts';
import type { Checker } from '../../src/simulate/events.ts';
import type { Happening, Script } from '../../src/simulate/script.ts';

const MIN = 60_000;

/** Seven happenings, of which the third and the sixth bring the violation about, together. */
export const HAPPENINGS: readonly Happening[] = [
  { kind: 'link-lost', at: 2 * MIN, service: 'web', site: 'away', forMs: MIN },
  { kind: 'sink', at: 3 * MIN, sink: 'irc', how: 'refuses', forMs: MIN },
  { kind: 'foreign-record', at: 4 * MIN, service: 'web', value: '192.0.2.99' },
  { kind: 'blind', at: 5 * MIN, station: 'desk', families: ['v6'], forMs: MIN },
  { kind: 'disk', at: 6 * MIN, station: 'desk', how: 'slow', forMs: 10_000 },
  { kind: 'box-off', at: 7 * MIN, box: '1003', forMs: MIN },
  { kind: 'clock-jumps', at: 7.5 * MIN, station: 'desk', byMs: 1_000 },
];

export function artificialScript(happenings: readonly Happening[] = HAPPENINGS): Script {
  const sites = [{ name: 'home' }, { name: 'away' }];
  const cast = buildCast({
    services: [
      { name: 'mail', sites },
      { name: 'web', sites },
    ],
  });
  return { seed: 7, cast, happenings, lengthMs: 8 * MIN };
}

/** Displeased when a machine goes off after somebody has pointed `web` elsewhere. */
export function displeased(): readonly Checker[] {
  let pointed = false;
  return [
    {
      invariant: 3,
      sentence: 'Nobody switches a machine off in a zone that is not ours.',
      see: event => {
        if (event.kind !== 'happening' || event.over) return null;
        pointed ||= event.happening.kind === 'foreign-record';
        return pointed && event.happening.kind === 'box-off'
          ? 'web was pointed elsewhere, and then this'
          : null;
      },
    },
  ];
}
