/** Where notices end: a channel that takes them, or does not, or does and cannot say so. */
import { UnderstudyError } from '../../ports/errors.ts';
import type { Sink } from '../../ports/providers.ts';
import type { Process } from '../process.ts';
import type { SimulatedWorld } from './world.ts';

export function createSinks(world: SimulatedWorld, process: Process): readonly Sink[] {
  return world.cast.settings.sinks.map(({ name }) => ({
    name,
    deliver: notice =>
      process.call(async () => {
        const { online } = process.station;
        const fault = online.v4 || online.v6 ? world.sinkFaults.get(name) : 'refuses';
        if (fault === 'hangs') await new Promise(() => {});
        if (fault === 'refuses') throw undelivered(name, 'no');
        world.tell({ kind: 'delivered', sink: name, notice, by: process.actor });
        if (fault === 'loses-reply') throw undelivered(name, 'unknown');
      }),
  }));
}

function undelivered(sink: string, applied: 'no' | 'unknown'): UnderstudyError {
  return new UnderstudyError({
    code: 'sink-failed',
    message: `${sink} did not take it`,
    retriable: true,
    applied,
  });
}
