/** Mistakes in what people order. */
import type { Variant } from '../variant.ts';

const CLEAR = 'src/orders/clear.ts';

export const ORDERS: readonly Variant[] = [
  {
    name: 'override-without-audit',
    breaks: [8],
    sentence: 'an order is carried out and its audit forgotten: nobody can tell who allowed the loss of data',
    patches: [
      {
        file: 'src/orders/move.ts',
        find: "return cycle(program.world, watch, { depth: 'suspicious', order, also });",
        replace: "return cycle(program.world, watch, { depth: 'suspicious', order, also: also.slice(1) });",
      },
    ],
  },
  {
    name: 'clear-clears-all',
    breaks: [11],
    sentence: 'clearing one site empties the whole quarantine',
    patches: [
      {
        file: CLEAR,
        find: 'const rest = quarantined.filter(one => one.site !== entry.site);',
        replace: 'const rest: readonly Quarantine[] = [];',
      },
    ],
  },
  {
    name: 'resume-of-one-lifts-all',
    breaks: [7],
    sentence: 'whoever lifts the hold of one service lifts those of all the others',
    patches: [
      {
        file: 'src/orders/hold.ts',
        find: 'return change(world, services, before => resumeChanges(world, before, order));',
        replace:
          'return change(world, world.settings.services, before => resumeChanges(world, before, order));',
      },
    ],
  },
];
