/**
 * One event as one line of a story, for those events that a person needs to understand how it came to a violation: what
 * befell, what the verdict became, what runs did step by step, what changed in DNS, at machines and at sites. Looks that
 * found what was known already are not told.
 */
import type { Change, Decision } from '../model/state.ts';
import type { Actor, Event } from './events.ts';
import { Where } from './scenario/phrases.ts';
import { sayHappening } from './scenario/say.ts';
import type { Cast, Happening } from './script.ts';

export interface Told {
  readonly at: number;
  /** Services that it is about; none: all of them. */
  readonly services: readonly string[];
  /** True: by fate or a person of the script. */
  readonly fate: boolean;
  readonly text: string;
}

/** What one line says, without its time. */
type Part = Pick<Told, 'services' | 'text'>;

/** Said at every look of an unhappy night. */
const UNTOLD: ReadonlySet<string> = new Set(['nothing-to-do', 'looking']);

/** Keeps what was told last, so that only changes are told. Fresh for each simulation. */
export class Teller {
  readonly #where: Where;
  readonly #onBox: ReadonlyMap<string, readonly string[]>;
  readonly #last = new Map<string, string>();
  readonly #serviceOf = new Map<string, string>();

  constructor(cast: Cast) {
    this.#where = new Where(cast);
    const boxes = new Map<string, string[]>();
    for (const { name, sites } of cast.settings.services)
      for (const { server } of sites)
        if (server !== null) boxes.set(server, [...(boxes.get(server) ?? []), name]);
    this.#onBox = boxes;
  }

  /** The service of a run, when a commit has told of it. */
  serviceOf(run: string): string | undefined {
    return this.#serviceOf.get(run);
  }

  tell(event: Event): readonly Told[] {
    if (event.kind === 'happening') return [this.#happening(event.happening, event.over, event.at)];
    const by = 'by' in event && event.by !== null ? `${actor(event.by)} ` : '';
    return this.#parts(event).map(part => ({
      at: event.at,
      fate: false,
      services: part.services,
      text: `${by}${part.text}`,
    }));
  }

  #happening(happening: Happening, over: boolean, at: number): Told {
    const said = sayHappening(happening, this.#where);
    const shared = 'box' in happening ? (this.#onBox.get(happening.box) ?? []) : [];
    const more = shared.length > 1 ? ` (the machine of ${shared.join(', ')})` : '';
    return { at, fate: true, services: [], text: `*** ${over ? 'over: ' : ''}${said}${more}` };
  }

  #parts(event: Event): readonly Part[] {
    switch (event.kind) {
      case 'commit':
        return event.changes.flatMap(change => this.#change(change, event.by));
      case 'zone': {
        const epoch = event.epochAfter;
        const now =
          epoch === null ? 'no epoch' : `epoch ${epoch.epoch}, active ${epoch.active}, owner ${epoch.owner}`;
        const text = `DNS of ${event.service ?? 'the zone'}: ${addressesOf(event.after)}; ${now}`;
        return [{ services: event.service === null ? [] : [event.service], text }];
      }
      case 'promoted':
      case 'demoted':
      case 'caught-up':
        return [about(event.service, `${event.site} ${event.kind}${ofRun(event.run)}`)];
      case 'isolated': {
        const what = event.isolated ? 'cut off by its fence' : 'let go by its fence';
        return [about(event.service, `${event.site} ${what}${ofRun(event.run)}`)];
      }
      case 'command': {
        const part = event.part === null ? '' : ` ${event.part}`;
        return [about(event.service, `${event.site} runs ${event.command}${part}${ofRun(event.run)}`)];
      }
      case 'told-swap':
        return [about(event.service, `the flip of ${event.owner} is told ${event.outcome}`)];
      case 'power':
        return [this.#box(event.box, `is ${event.power}`)];
      case 'power-asked':
        return [this.#box(event.box, `is asked to be ${event.power}`)];
      case 'locked':
        return [this.#box(event.box, `${event.family} is ${event.locked ? 'locked' : 'unlocked'}`)];
      case 'said':
        return [{ services: this.#mentioned(event.text), text: `says ${event.text}` }];
      case 'ended':
        if (event.how === 'done') return [];
        return [{ services: [], text: `${event.how}${event.error === null ? '' : `: ${event.error}`}` }];
      case 'calm':
        return [{ services: [], text: '=== the calm begins: everything is healed' }];
      default:
        return [];
    }
  }

  #change(change: Change, by: Actor): readonly Part[] {
    switch (change.kind) {
      case 'decision':
        return this.#decision(change.decision, by);
      case 'run': {
        const { id, service, kind, to, status, flipped, automatic, note } = change.run;
        this.#serviceOf.set(id, service);
        this.#serviceOf.set(change.run.token, service);
        const marks = `${automatic ? ', automatic' : ''}${flipped ? ', flipped' : ''}`;
        return [
          about(service, `run ${id}: ${kind} to ${to} ${status}${marks}${note === null ? '' : `: ${note}`}`),
        ];
      }
      case 'journal': {
        const { entry } = change;
        if (entry.event === 'output') return [];
        const what =
          entry.event === 'intent'
            ? 'begins'
            : entry.event === 'receipt'
              ? `done: ${entry.receipt.summary}`
              : `FAILED: ${entry.code}: ${entry.message}`;
        const service = this.#serviceOf.get(entry.run);
        const text = `${entry.run} step ${entry.step} ${entry.kind} ${what}`;
        return service === undefined ? [{ services: [], text }] : [about(service, text)];
      }
      case 'plan': {
        const { id, service, kind, to, baseEpoch, overrides } = change.plan;
        const more = overrides.length === 0 ? '' : `, ${overrides.join(', ')}`;
        return [
          about(service, `plan ${id}: ${kind} to ${to} on epoch ${baseEpoch}, ${change.status}${more}`),
        ];
      }
      case 'service':
        return [about(change.service, `writes down ${patchInWords(change.patch)}`)];
      case 'hold':
        return [about(change.hold.service, `held by ${change.hold.owner}`)];
      case 'resume':
        return [about(change.service, 'the hold is lifted')];
      default:
        return [];
    }
  }

  #decision({ service, verdict, standing, gate }: Decision, { station }: Actor): readonly Part[] {
    const code = standing === null || UNTOLD.has(standing.code) ? '' : `; not acting: ${standing.code}`;
    const refused = gate.flatMap(row => (row.ok ? [] : [`${row.code} (${row.value})`]));
    const rows = refused.length === 0 ? '' : ` by ${refused.join(', ')}`;
    const text = `${verdict.class} at ${verdict.site}, rule ${verdict.rule}${code}`;
    const key = `${station} ${service}`;
    if (this.#last.get(key) === text) return [];
    this.#last.set(key, text);
    return [about(service, `${text}${rows}`)];
  }

  #box(box: string, what: string): Part {
    return {
      services: this.#onBox.get(box) ?? [],
      text: `the machine of ${this.#where.siteOn(box)} ${what}`,
    };
  }

  /** A problem of a service begins with its name. */
  #mentioned(text: string): readonly string[] {
    const [name = ''] = text.split(':', 1);
    return [...this.#onBox.values()].some(names => names.includes(name)) ? [name] : [];
  }
}

/** `epoch 8, active away, quarantined home`: of what has parts the name is enough. */
function patchInWords(patch: object): string {
  return Object.entries(patch)
    .map(([field, value]) => `${field} ${valueInWords(value)}`)
    .join(', ');
}

function valueInWords(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.map(valueInWords).join(' and ') || 'none';
  if (typeof value !== 'object') return String(value);
  return 'site' in value ? String(value.site) : 'owner' in value ? String(value.owner) : 'something';
}

function about(service: string, text: string): Part {
  return { services: [service], text: `${service}: ${text}` };
}

function ofRun(run: string | null): string {
  return run === null ? '' : ` (${run})`;
}

/** @returns `desk#12 tick`: the station, which start of a program there, and the program */
function actor({ process, station, program }: Actor): string {
  return `${station}#${process.split('/')[2] ?? ''} ${program}`;
}

function addressesOf(sets: readonly { readonly type: string; readonly values: readonly string[] }[]): string {
  const told = sets.filter(set => set.type !== 'TXT').map(set => `${set.type} ${set.values.join(' ')}`);
  return [...new Set(told)].join(', ') || 'no address';
}
