/** Mistakes on the way to people: notices that are dropped, overtaken, or given up. */
import type { Variant } from '../variant.ts';

const OUTBOX = 'src/announce/outbox.ts';

export const ANNOUNCE: readonly Variant[] = [
  {
    name: 'row-dropped-before-the-sink-has-it',
    breaks: [10],
    sentence: 'the row is taken out of the outbox first and then delivered, so that none is ever sent twice',
    patches: [
      {
        file: OUTBOX,
        find: '    const error = await attempt(sink, item.notice, budget);\n',
        replace: `    await store.commit([{ kind: 'delivered', seq: item.seq, at: clock.now() }]);
    const error = await attempt(sink, item.notice, budget);
`,
      },
    ],
  },
  {
    name: 'given-up-after-five-attempts',
    breaks: [10],
    sentence: 'a notice that a sink has refused five times is dropped, so that the others get through',
    patches: [
      {
        file: OUTBOX,
        find: '    if (error === null) {\n',
        replace: '    if (error === null || item.attempts >= 4) {\n',
      },
    ],
  },
  {
    name: 'the-next-one-overtakes',
    breaks: [10],
    sentence: 'a notice that waits for its next attempt lets those behind it pass',
    patches: [
      {
        file: OUTBOX,
        find: 'const [item] = await store.outbox(sink.name, 1);',
        replace:
          'const [item] = (await store.outbox(sink.name, 100)).filter(entry => entry.dueAt <= clock.now());',
      },
    ],
  },
  {
    name: 'taken-for-delivered-when-in-doubt',
    breaks: [10],
    sentence: 'a sink that did not answer in time counts as one that has taken the notice',
    patches: [
      {
        file: OUTBOX,
        find: '    if (error === null) {\n',
        replace: "    if (error === null || error.applied === 'unknown') {\n",
      },
    ],
  },
];
