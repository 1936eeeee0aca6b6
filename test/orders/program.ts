/** The small world in memory as a program that a person gives orders to, each in a process of its own. */
import type { Program } from '../../src/reconcile/daemon.ts';
import type { CycleReport } from '../../src/reconcile/cycle.ts';
import { tickAll } from '../../src/reconcile/tick.ts';
import { openWatches } from '../../src/reconcile/open-watches.ts';
import type { World } from '../../src/reconcile/world.ts';
import type { Lab } from '../lab/world.ts';

/** Another process than the one that gives the order. */
export const OTHER = 'box2/boot/77/1/1';
export const WORDS = { operator: 'ada', reason: 'seen it' };
export const REFUSED = { ok: false, failure: 'refused' } as const;

export function programOf(lab: Lab, patch: Partial<World> = {}): Program {
  const world = lab.world(patch);
  const { store, clock, settings } = world;
  return {
    world,
    store,
    watches: () => openWatches(store, settings.services, clock.now()),
  };
}

/** One tick as cron makes it. @returns the report of the only service */
export async function tick(lab: Lab, patch: Partial<World> = {}): Promise<CycleReport> {
  const result = await lab.clock.drive(tickAll(programOf(lab, patch), 50_000));
  if ('busy' in result) throw new Error(`busy: ${result.busy}`);
  const [report] = result.reports;
  if (report === undefined) throw new Error('no report');
  return report;
}
