/** Mistakes in the store: leases that bind nobody, holds that a restart forgets. In src/store/memory.ts, which simulations use. */
import type { Variant } from '../variant.ts';

const MEMORY = 'src/store/memory.ts';

export const STORE: readonly Variant[] = [
  {
    name: 'commit-without-the-lease',
    breaks: [6, 9],
    sentence: 'a commit does not ask whether the lease is still held: a sleeper that wakes writes on',
    patches: [
      { file: MEMORY, find: 'if (guard !== undefined) ours(tables, guard.lease, guard.now);', replace: '' },
      {
        file: MEMORY,
        find: 'if (guard?.extendMs !== undefined) extend(tables, guard.lease, guard.extendMs, guard.now);',
        replace: '',
      },
    ],
  },
  {
    name: 'lease-given-to-everybody',
    breaks: [6, 9],
    sentence: 'a lease is given whether or not another holds it, and lasts for whoever had it before',
    patches: [
      {
        file: MEMORY,
        find: 'if (current !== undefined && current.until > now && isDead?.(current.owner) !== true)',
        replace: 'if (false)',
      },
      {
        file: MEMORY,
        find: 'return left.owner === right.owner && left.token === right.token;',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'hold-forgotten-after-a-restart',
    breaks: [7],
    sentence: 'holds are kept by the process that has them, and the next one that observes knows of none',
    patches: [
      {
        file: MEMORY,
        find: '      tables.leases.set(name, held);\n',
        replace: `      tables.leases.set(name, held);
      if (name === 'observer') tables.holds.clear();
`,
      },
    ],
  },
  {
    name: 'outbox-forgotten-after-a-restart',
    breaks: [10],
    sentence: 'the outbox is kept by the process that has it: what a crash interrupts is never told',
    patches: [
      {
        file: MEMORY,
        find: '      tables.leases.set(name, held);\n',
        replace: `      tables.leases.set(name, held);
      if (name === 'observer') tables.outbox.clear();
`,
      },
    ],
  },
];
