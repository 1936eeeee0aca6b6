/**
 * Outages of a trace that a policy did nothing about. Counted from the samples alone, not from verdicts: where looks are too
 * rare for the thresholds there is no verdict to count, and a quiet log would be taken for a quiet month.
 */
import type { ReferenceSample, Sample } from '../model/sample.ts';
import type { Service } from '../model/service.ts';
import type { LogEntry } from './log.ts';
import type { Trace } from './trace.ts';

interface Outage {
  readonly site: string;
  /** First and last look of it that failed, ms since the epoch. */
  readonly from: number;
  readonly to: number;
}

/**
 * @returns how many outages of the site that was active led to no move and no question to a person. An outage: every required
 * probe of the essential families failed at every look, from the first to the last for at least `failing_for`, and our own
 * network was not shown to be gone meanwhile.
 */
export function outagesLeftAlone(trace: Trace, service: Service, log: readonly LogEntry[]): number {
  const references = trace.events.flatMap(({ type, item }) =>
    type === 'reference' && service.essential.includes(item.family) ? [item] : [],
  );
  const verdicts = log.flatMap(entry => (entry.what === 'verdict' ? [entry] : []));
  const acts = log.filter(({ what }) => what === 'move' || what === 'proposal');
  const activeAt = (at: number) => (verdicts.findLast(entry => entry.at <= at) ?? verdicts[0])?.site;
  return outagesOf(trace, service).filter(
    ({ site, from, to }) =>
      to - from >= service.thresholds.failingForMs &&
      activeAt(from) === site &&
      !wasBlind(references, from, to) &&
      !acts.some(({ at }) => at >= from && at <= to),
  ).length;
}

/** References were asked, and none answered. */
function wasBlind(references: readonly ReferenceSample[], from: number, to: number): boolean {
  const asked = references.filter(({ at }) => at >= from && at <= to);
  return asked.length > 0 && asked.every(({ ok }) => !ok);
}

function outagesOf({ events }: Trace, service: Service): readonly Outage[] {
  const required = new Set(service.probes.flatMap(({ id, required }) => (required ? [id] : [])));
  const counts = ({ probe, family }: Sample) => required.has(probe) && service.essential.includes(family);
  const sites = new Map<string, SiteLooks>();
  for (const event of events) {
    if (event.type !== 'sample' || !counts(event.item)) continue;
    const { site } = event.item;
    const looks = sites.get(site) ?? new SiteLooks(site);
    sites.set(site, looks);
    looks.add(event.item);
  }
  return [...sites.values()].flatMap(looks => looks.all());
}

class SiteLooks {
  readonly #site: string;
  readonly #last = new Map<string, boolean>();
  readonly #over: Outage[] = [];
  #open: Outage | null = null;

  constructor(site: string) {
    this.#site = site;
  }

  add({ at, probe, family, ok }: Sample): void {
    this.#last.set(`${probe} ${family}`, ok);
    if ([...this.#last.values()].includes(true)) {
      if (this.#open !== null) this.#over.push(this.#open);
      this.#open = null;
    } else this.#open = { site: this.#site, from: this.#open?.from ?? at, to: at };
  }

  all(): readonly Outage[] {
    return this.#open === null ? this.#over : [...this.#over, this.#open];
  }
}
