/** The state store of a station as one process sees it: its reads and writes are calls to the outside, and may fail. */
import { StoreError } from '../../ports/errors.ts';
import type { Store } from '../../ports/store.ts';
import type { Process } from '../process.ts';
import { elapsed } from './api.ts';
import type { SimulatedWorld } from './world.ts';

const SLOW_MS = 2000;

export function createDisk(world: SimulatedWorld, process: Process): Store {
  const { station } = process;
  const { disk } = station;
  const through = <T>(write: boolean, work: () => Promise<T>) =>
    process.call(() => (station.diskFault === null ? work() : suffer(world, process, write).then(work)));
  const reading =
    <A extends readonly unknown[], T>(read: (...args: A) => Promise<T>) =>
    (...args: A) =>
      through(false, () => read(...args));
  const writing =
    <A extends readonly unknown[], T>(write: (...args: A) => Promise<T>) =>
    (...args: A) =>
      through(true, () => write(...args));
  return {
    acquire: writing(disk.acquire),
    renew: writing(disk.renew),
    release: writing(disk.release),
    commit: writing(async (changes, guard) => {
      await disk.commit(changes, guard);
      world.tell({ kind: 'commit', changes, wall: process.station.wall(), by: process.actor });
    }),
    service: async name => {
      const state = await through(false, () => disk.service(name));
      world.tell({ kind: 'told-state', state, by: process.actor });
      return state;
    },
    evidence: reading(disk.evidence),
    decision: reading(disk.decision),
    plan: reading(disk.plan),
    proposed: reading(disk.proposed),
    run: reading(disk.run),
    openRun: reading(disk.openRun),
    runs: reading(disk.runs),
    journal: reading(disk.journal),
    incidents: reading(disk.incidents),
    notices: reading(disk.notices),
    audit: reading(disk.audit),
    outbox: reading(disk.outbox),
    prune: writing(disk.prune),
    close: async () => {},
  };
}

async function suffer(world: SimulatedWorld, process: Process, write: boolean): Promise<void> {
  switch (process.station.diskFault) {
    case 'full':
      if (!write) return;
      throw new StoreError({
        code: 'store-full',
        message: 'the disk of the state is full',
        next: 'free some space',
      });
    case 'fails':
      throw new StoreError({
        code: 'store-unusable',
        message: 'the state cannot be read',
        next: 'mend the disk',
      });
    case 'slow':
      await elapsed(world, SLOW_MS);
      return;
    case null:
  }
}
