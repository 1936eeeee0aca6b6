/**
 * A state file as a few bad days leave it (a failover, an incident, a hold that ran out, a plan that waits, notices that
 * nobody took), and the world beside it in which all is well: whoever acts now acts because of the file alone.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../src/model/service.ts';
import type { Store } from '../../src/ports/store.ts';
import { withObserverLease } from '../../src/reconcile/observer-lease.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import { retentionMs, Watch } from '../../src/reconcile/watch.ts';
import type { World } from '../../src/reconcile/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { VirtualClock } from '../lab/clock.ts';
import { makeSite } from '../lab/service.ts';
import { Lab } from '../lab/world.ts';
import { makeWorkspace } from '../workspace.ts';

const HOUR_MS = 3_600_000;

export interface Scene {
  readonly lab: Lab;
  /** When the file was left, ms since the epoch. */
  readonly now: number;
  /** The whole file, its log folded in. */
  readonly bytes: Buffer;
  readonly settings: Settings;
}

export async function tick(world: World, clock: VirtualClock): Promise<void> {
  const [service] = world.settings.services;
  if (service === undefined) throw new Error('the scene has a service');
  await clock.drive(
    withObserverLease(world, async () => {
      const history = await world.store.evidence(service.name, clock.now() - retentionMs(service));
      const decision = await world.store.decision(service.name);
      const watch = new Watch(service, history, decision?.at ?? 0);
      await watchService(world, watch, { once: true, budgetMs: 50_000 });
      await world.store.prune(clock.now() - 45 * 24 * HOUR_MS, 100);
    }),
  );
}

export async function makeScene(): Promise<Scene> {
  const file = join(makeWorkspace('state'), 'state.db');
  const store: Store = await openSqliteStore(file);
  const measured = { freshness: { argv: ['lag'], limitMs: 1000 }, maxLagMs: 60_000 };
  const third = makeSite('third', { ...measured, server: '3', addresses: { v4: '127.0.0.13' } });
  const lab = new Lab(
    {
      sites: [
        makeSite('home', { addresses: { v4: '127.0.0.11', v6: '::1' } }),
        makeSite('away', measured),
        third,
      ],
    },
    {},
    store,
  );
  lab.tails.set('lag', ['0.5']);
  const { clock } = lab;
  const world = lab.world();
  await tick(world, clock);
  await clock.drive(clock.sleep(60_000));
  lab.site('home', { ok: false, failure: 'refused', detail: 'connection refused (ECONNREFUSED)' });
  await tick(world, clock);
  if (!lab.deeds.includes('swap away 2')) throw new Error(`the scene has no failover: ${lab.deeds.join()}`);
  await clock.drive(clock.sleep(30 * HOUR_MS), 40 * HOUR_MS);
  await tick(world, clock);
  const state = await store.service('web');
  const stored = await store.plan(state.lastRun?.plan ?? '');
  if (stored === null) throw new Error('the scene has no plan');
  const now = clock.now();
  await store.commit([
    {
      kind: 'hold',
      hold: { service: 'web', owner: 'ada', reason: 'moving the rack', since: now - 9000, until: now - 10 },
    },
    {
      kind: 'audit',
      entry: {
        at: now,
        operator: 'ada',
        action: 'hold',
        service: 'web',
        reason: 'x',
        overrides: [],
        detail: '',
      },
    },
    {
      kind: 'plan',
      plan: { ...stored.plan, id: 'p-waits', createdAt: now, expiresAt: now + HOUR_MS },
      status: 'proposed',
    },
  ]);
  await store.close();
  const db = openDatabase(file, 1000);
  db.exec('pragma wal_checkpoint(truncate)');
  db.close();
  return { lab, now, bytes: readFileSync(file), settings: lab.settings };
}
