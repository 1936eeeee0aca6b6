/** Nights that a runner really lived through, in virtual time, and what its store kept of them as a trace. */
import type { Verdict } from '../../src/model/verdict.ts';
import { collectTrace } from '../../src/replay/collect.ts';
import { replay, type Replay } from '../../src/replay/replay.ts';
import { readTrace, type Trace } from '../../src/replay/trace.ts';
import { traceLines } from '../../src/replay/write.ts';
import type { Service, Settings } from '../../src/model/service.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import { Watch } from '../../src/reconcile/watch.ts';
import type { Lab } from '../lab/world.ts';

export interface Night {
  readonly lab: Lab;
  /** Every change of the verdict's class, with its instant. */
  readonly verdicts: readonly Verdict[];
  readonly text: string;
}

/** What happens so many ms after the start. */
export type Happening = readonly [afterMs: number, happen: (lab: Lab) => void];

/** @param lastsMs the daemon watches for so long */
export async function daemonNight(
  lab: Lab,
  lastsMs: number,
  happenings: readonly Happening[],
): Promise<Night> {
  const verdicts: Verdict[] = [];
  const world = lab.world({ keep: 'news', watcher: { verdict: verdict => verdicts.push(verdict) } });
  const happen = async () => {
    const start = lab.clock.now();
    for (const [afterMs, change] of [...happenings].sort(([a], [b]) => a - b)) {
      await lab.clock.sleep(start + afterMs - lab.clock.now());
      change(lab);
    }
    await lab.clock.sleep(start + lastsMs - lab.clock.now());
    lab.stop.abort();
  };
  const watching = watchService(world, lab.watch(), { once: false, budgetMs: 0 });
  await lab.clock.drive(Promise.all([watching, happen()]), lastsMs * 2);
  return { lab, verdicts, text: await exported(lab) };
}

/** The same by cron: a process each `everyMs` that knows only what the store kept. */
export async function cronNight(
  lab: Lab,
  everyMs: number,
  ticks: number,
  happenings: readonly Happening[],
): Promise<Night> {
  const verdicts: Verdict[] = [];
  const world = lab.world({ keep: 'always', watcher: { verdict: verdict => verdicts.push(verdict) } });
  const start = lab.clock.now();
  for (let count = 0; count < ticks; count += 1) {
    const due = start + count * everyMs;
    for (const [afterMs, change] of happenings)
      if (start + afterMs <= due && start + afterMs > due - everyMs) change(lab);
    await lab.clock.drive(lab.clock.sleep(due - lab.clock.now()));
    const watch = new Watch(lab.service, await lab.store.evidence('web', 0), 0);
    await lab.clock.drive(watchService(world, watch, { once: true, budgetMs: 50_000 }));
  }
  return { lab, verdicts, text: await exported(lab) };
}

async function exported(lab: Lab): Promise<string> {
  const input = { store: lab.store, service: lab.service, runner: 'lab', since: 0, now: lab.clock.now() };
  const { header, events } = await collectTrace(input);
  return [...traceLines(header, events)].join('');
}

export interface Other {
  readonly service?: Partial<Service>;
  readonly settings?: Partial<Settings>;
  readonly falseWithinMs?: number;
}

/** Replays a night under its own policy, or another. */
export async function replayed({ lab, text }: Night, other: Other = {}): Promise<Replay> {
  const trace: Trace = readTrace(text, 'night.jsonl');
  const service = { ...lab.service, ...other.service };
  return replay({
    trace,
    service,
    settings: { ...lab.settings, ...other.settings, services: [service] },
    dnsCapabilities: () => ({ compareAndSwap: true, reportsPropagation: true }),
    falseWithinMs: other.falseWithinMs ?? 300_000,
  });
}

/** Class, site and instant of each change, as both sides tell it. */
export function changesOf(found: Replay | readonly Verdict[]): readonly string[] {
  const list = 'log' in found ? found.log.filter(entry => entry.what === 'verdict') : found;
  let last = '';
  return list.flatMap(({ at, class: name, site, rule }) => {
    if (name === last) return [];
    last = name;
    return [`${at} ${name} (${rule}) at ${site}`];
  });
}
