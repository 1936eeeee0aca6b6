/** A world of one service on two machines, a process at its desk, and everything that is told there. */
import { buildCast, type ServiceSketch } from '../../../src/simulate/cast.ts';
import type { Event, EventOf } from '../../../src/simulate/events.ts';
import { Process } from '../../../src/simulate/process.ts';
import { Timeline } from '../../../src/simulate/timeline.ts';
import { SimulatedWorld } from '../../../src/simulate/world/world.ts';

export function stage(sketch: Partial<ServiceSketch> = {}, latencyMs = 0) {
  const timeline = new Timeline();
  const sites = [{ name: 'home' }, { name: 'away' }];
  const cast = buildCast({ services: [{ name: 'mail', sites, ...sketch }], latencyMs });
  const world = new SimulatedWorld(cast, timeline);
  const actor = { process: 'desk/boot/1/1/1', station: 'desk', program: 'run' } as const;
  const process = new Process(actor, world.station('desk'), timeline);
  const events: Event[] = [];
  world.onEvent = event => void events.push(event);
  /** @returns what it came to within ten minutes, and when; null when it is still open then */
  const settle = async <T>(work: Promise<T>): Promise<{ readonly value: T; readonly at: number } | null> => {
    const found: { value: T; at: number }[] = [];
    const failed: unknown[] = [];
    work.then(
      value => found.push({ value, at: timeline.now }),
      (thrown: unknown) => failed.push(thrown),
    );
    const until = timeline.now + 600_000;
    await timeline.run(until, () => found.length + failed.length > 0);
    if (failed.length > 0) throw failed[0];
    return found[0] ?? null;
  };
  const told = <K extends Event['kind']>(kind: K) =>
    events.filter((event): event is EventOf<K> => event.kind === kind);
  return {
    ...{ world, timeline, process, actor, events, settle, told, station: process.station },
    ...{ home: world.site('mail', 'home'), away: world.site('mail', 'away') },
  };
}
