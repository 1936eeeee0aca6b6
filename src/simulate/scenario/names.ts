/** Holds the names in a sentence against what there is in the file. */
import { type Cast } from '../script.ts';
import { DNS } from '../cast.ts';
import type { Problems } from './problems.ts';
import type { Found } from './slots.ts';

/** What may stand in a slot of names, given the rest of the sentence. `what` for the message. */
type Known = (cast: Cast, service: string) => readonly string[];

const KNOWN: Readonly<Record<string, { readonly what: string; readonly names: Known }>> = {
  SERVICE: { what: 'service', names: cast => cast.settings.services.map(service => service.name) },
  SITE: {
    what: 'site',
    names: (cast, service) => serviceOf(cast, service)?.sites.map(site => site.name) ?? [],
  },
  PROBE: {
    what: 'probe',
    names: (cast, service) => serviceOf(cast, service)?.probes.map(probe => probe.id) ?? [],
  },
  STATION: { what: 'station', names: cast => cast.stations.map(station => station.name) },
  API: { what: 'api', names: cast => [...new Set([...cast.boxes.map(box => box.hoster), DNS])] },
  SINK: { what: 'sink', names: cast => cast.settings.sinks.map(sink => sink.name) },
};

function serviceOf(cast: Cast, name: string) {
  return cast.settings.services.find(service => service.name === name);
}

export function checkNames(found: Found, cast: Cast, line: number, problems: Problems): void {
  const service = found.has('SERVICE') ? found.text('SERVICE') : '';
  for (const [slot, { what, names }] of Object.entries(KNOWN)) {
    if (!found.has(slot)) continue;
    const known = names(cast, service);
    const needsService = slot === 'SITE' || slot === 'PROBE';
    if (needsService && serviceOf(cast, service) === undefined) continue;
    const word = found.word(slot);
    if (known.includes(word.text)) continue;
    const of = needsService ? ` of ${service}` : '';
    problems.add(line, word, `there is no such ${what}${of}`, known);
  }
}
