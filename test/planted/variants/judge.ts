/** Mistakes in seeing: one's own blindness taken for the world's end, too little or too old evidence. */
import type { Variant } from '../variant.ts';

const OBSERVE = 'src/judge/observe.ts';

export const JUDGE: readonly Variant[] = [
  {
    name: 'acts-when-blind',
    breaks: [5],
    sentence: 'a vantage that can reach no reference host either still counts its failures and acts on them',
    patches: [
      { file: OBSERVE, find: 'sample.ok || sample.at >= sight.seesFrom', replace: 'true' },
      {
        file: OBSERVE,
        find: "if (blind && sight.blindAt >= Math.max(lastOkAt, oldest)) return 'offline';",
        replace: '',
      },
      {
        file: OBSERVE,
        find: "return sight.lastOkAt >= Math.max(since, oldest) ? 'online' : 'unproven';",
        replace: "return 'online';",
      },
    ],
  },
  {
    name: 'counts-without-time',
    breaks: [5],
    sentence: 'three failures are three failures, though re-probes have taken them within two seconds',
    patches: [
      {
        file: OBSERVE,
        find: 'streak.length >= thresholds.failures && failingForMs >= thresholds.failingForMs;',
        replace: 'streak.length >= thresholds.failures;',
      },
    ],
  },
  {
    name: 'time-without-count',
    breaks: [5],
    sentence: 'a failure that is old enough is enough, even when nobody has looked again',
    patches: [
      {
        file: OBSERVE,
        find: 'streak.length >= thresholds.failures && failingForMs >= thresholds.failingForMs;',
        replace: 'streak.length > 0 && failingForMs >= thresholds.failingForMs;',
      },
    ],
  },
  {
    name: 'streak-across-a-success',
    breaks: [5],
    sentence: 'failures are counted over the window, whether or not an answer came in between',
    patches: [
      {
        file: OBSERVE,
        find: 'fresh.slice(fresh.findLastIndex(({ ok }) => ok) + 1)',
        replace: 'newest?.ok === false ? fresh.filter(({ ok }) => !ok) : []',
      },
    ],
  },
  {
    name: 'stale-samples-count',
    breaks: [5],
    sentence: 'failures of an hour ago are added to one of now, as if somebody had looked in between',
    patches: [
      {
        file: OBSERVE,
        find: 'const staleBefore = now - pace.staleMs;',
        replace: 'const staleBefore = -Infinity;',
      },
      // Either keeps the other from being seen: what is stale lies behind a pause as well.
      {
        file: OBSERVE,
        find: 'const most = pauseMs(service);',
        replace: 'const most = Infinity;',
      },
    ],
  },
  {
    name: 'one-probe-speaks-for-all',
    breaks: [5],
    sentence: 'a family is down as soon as one of its probes is, although the config says all',
    patches: [
      {
        file: OBSERVE,
        find: "if (down > 0 && (downWhen === 'any' || down === required.length)) return 'down';",
        replace: "if (down > 0) return 'down';",
      },
    ],
  },
];
