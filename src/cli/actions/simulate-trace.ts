/**
 * What understudy would have on its disk after a simulated night, as a trace: something to try `replay` on before there is
 * evidence of one's own. The changes that were committed go into the store in memory, and from there the way of `export`.
 */
import type { Change } from '../../model/state.ts';
import { collectTrace } from '../../replay/collect.ts';
import { traceLines } from '../../replay/write.ts';
import type { Event } from '../../simulate/events.ts';
import type { Scenario } from '../../simulate/scenario/parse.ts';
import { BEGINNING } from '../../simulate/station.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { UsageError } from '../io.ts';
import { count } from '../render/text.ts';
import { inPieces, writeWhole } from './whole-file.ts';

export class Recorder {
  readonly #scenario: Scenario;
  readonly #station: string;
  readonly #commits: (readonly Change[])[] = [];
  #now: number;

  /** @throws UsageError for a story of several services or installations: a trace is of one */
  constructor(scenario: Scenario) {
    const { cast, startsAtMs = 0 } = scenario.script;
    const services = cast.settings.services.map(({ name }) => name);
    const stations = cast.stations.filter(({ runner }) => runner !== null).map(({ name }) => name);
    const [station] = stations;
    if (services.length !== 1 || station === undefined || stations.length > 1) {
      const has = `${count(services.length, 'service')} at ${count(stations.length, 'station')}`;
      throw new UsageError(
        `--trace takes a scenario of one service and one runner; ${scenario.file} has ${has}`,
      );
    }
    this.#scenario = scenario;
    this.#station = station;
    this.#now = BEGINNING + startsAtMs;
  }

  see(event: Event): void {
    if (event.kind !== 'commit' || event.by.station !== this.#station) return;
    this.#commits.push(event.changes);
    this.#now = Math.max(this.#now, event.wall);
  }

  /** @returns how many lines it has, without the first @throws UsageError when the file cannot be written */
  async write(output: string): Promise<number> {
    const { cast, startsAtMs = 0 } = this.#scenario.script;
    const [service] = cast.settings.services;
    if (service === undefined) return 0;
    const store = createMemoryStore();
    for (const changes of this.#commits) await store.commit(changes);
    const [since, now] = [BEGINNING + startsAtMs, this.#now];
    const { header, events } = await collectTrace({ store, service, runner: this.#station, since, now });
    writeWhole('--trace', output, inPieces(traceLines(header, events)));
    return events.length;
  }
}
