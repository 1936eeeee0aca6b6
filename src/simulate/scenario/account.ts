/**
 * What happened, as a person would tell it: one line a thing, with its time. Changes of the verdict, runs with their steps,
 * what DNS says, what people were told and did. Ids are left out, so that the account of a scenario stays the same until
 * what understudy does changes.
 */
import type { StepKind } from '../../model/plan.ts';
import type { Change, Decision, Notice, Run } from '../../model/state.ts';
import { type Actor, type Event, type EventOf, isMove, type Truth } from '../events.ts';
import type { Cast } from '../script.ts';
import { Where } from './phrases.ts';
import { sayHappening } from './say.ts';

export interface Account {
  see(event: Event, truth: Truth): void;
  lines(): readonly string[];
}

/** Reasons for not acting that say no more than the verdict does, or pass by themselves in a moment. */
const UNTOLD: ReadonlySet<string> = new Set([
  'nothing-to-do',
  'policy-observe',
  'looking',
  'run-open',
  'awaiting-approval',
]);
/** A notice that comes so long after it was written was late. */
const LATE_MS = 60_000;
/** Steps that an account tells of only when they fail. */
const QUIET: ReadonlySet<StepKind> = new Set(['claim', 'check']);
const LINE = 200;

/** @param time how an instant (ms since the beginning) is told */
export function createAccount(cast: Cast, time: (at: number) => string): Account {
  const teller = new Teller(cast);
  const heard = new Heard(time);
  const lines: string[] = [];
  let calm = false;
  return {
    see: event => {
      calm ||= event.kind === 'calm';
      if (calm) return;
      if (event.at > heard.at) lines.push(...heard.tell());
      heard.at = event.at;
      if (event.kind === 'delivered') heard.hear(teller.heading(event), event.sink);
      else lines.push(...teller.tell(event).map(text => lineOf(time(event.at), text)));
    },
    lines: () => {
      lines.push(...heard.tell());
      return lines;
    },
  };
}

function lineOf(time: string, text: string): string {
  const line = `${time} ${text}`;
  return line.length > LINE ? `${line.slice(0, LINE - 1)}…` : line;
}

/** What the sinks hear at one instant makes one line each: in a channel it is read as one thing too. */
class Heard {
  at = 0;
  readonly #time: (at: number) => string;
  readonly #bySink = new Map<string, string[]>();

  constructor(time: (at: number) => string) {
    this.#time = time;
  }

  hear(heading: string | null, sink: string): void {
    if (heading === null) return;
    const said = this.#bySink.get(sink);
    if (said === undefined) this.#bySink.set(sink, [heading]);
    else said.push(heading);
  }

  /** @returns the lines of the instant that is over, and forgets them */
  tell(): readonly string[] {
    const lines = [...this.#bySink].map(([sink, said]) =>
      lineOf(this.#time(this.at), `${sink} hears: ${said.join(' · ')}`),
    );
    this.#bySink.clear();
    return lines;
  }
}

function isRunner({ program }: Actor): boolean {
  return program === 'run' || program === 'tick';
}

class Teller {
  readonly #where: Where;
  readonly #many: boolean;
  /** What was told last of a thing, so that only changes are told. */
  readonly #told = new Map<string, string>();
  readonly #runs = new Map<string, string>();
  readonly #written = new Map<string, number>();
  readonly #heard = new Set<string>();
  /** When the zone was last seen to change for a service. */
  readonly #changedAt = new Map<string | null, number>();

  constructor(cast: Cast) {
    this.#where = new Where(cast);
    this.#many = cast.stations.length > 1;
  }

  tell(event: Event): readonly string[] {
    switch (event.kind) {
      case 'happening':
        return [`${event.over ? 'over: ' : ''}${sayHappening(event.happening, this.#where)}`];
      case 'commit':
        return event.changes.flatMap(change => this.#change(change, event));
      case 'zone':
        if (event.by === null || !isMove(event)) return [];
        this.#changedAt.set(event.service, event.at);
        return [zone(event)];
      case 'said':
        // What a runner says on its way is told by its decisions; what a person is answered, nobody else tells.
        return isRunner(event.by) ? [] : [`${this.#at(event.by.station)}${event.by.program}: ${event.text}`];
      case 'ended':
        return this.#ended(event);
      default:
        return [];
    }
  }

  /** @returns the line, or nothing when the same was told of this thing last */
  #changed(thing: string, line: string): readonly string[] {
    if (this.#told.get(thing) === line) return [];
    this.#told.set(thing, line);
    return [line];
  }

  #at(station: string): string {
    return this.#many ? `${station}: ` : '';
  }

  #change(change: Change, { at, by }: EventOf<'commit'>): readonly string[] {
    const station = this.#at(by.station);
    switch (change.kind) {
      case 'decision':
        return this.#decision(change.decision, station);
      case 'plan':
        if (change.status !== 'proposed') return [];
        return [`${station}${change.plan.service}: a ${change.plan.kind} to ${change.plan.to} is proposed`];
      case 'run':
        return this.#run(change.run, station);
      case 'journal': {
        const { entry } = change;
        const service = this.#runs.get(entry.run) ?? '';
        // That people are told is seen where they hear it, a flip where DNS changes, a claim or a passed check by what follows.
        if (entry.kind === 'claim' && entry.event === 'output')
          return entry.lines.map(line => `${station}${service}: claim: ${line}`);
        if (entry.kind === 'announce' || (QUIET.has(entry.kind) && entry.event === 'receipt')) return [];
        if (entry.kind === 'flip' && this.#changedAt.get(service) === at) return [];
        if (entry.event === 'receipt')
          return [`${station}${service}: ${entry.kind} done: ${entry.receipt.summary}`];
        if (entry.event === 'error') return [`${station}${service}: ${entry.kind} FAILED: ${entry.code}`];
        return [];
      }
      case 'notice':
        this.#written.set(change.notice.id, at);
        return [];
      default:
        return [];
    }
  }

  #decision(decision: Decision, station: string): readonly string[] {
    const { service, verdict, standing, gate } = decision;
    const judgement = `${station}${service}: ${verdict.class} at ${verdict.site} (rule ${verdict.rule})`;
    const what = `${judgement}${warningsIn(decision)}`;
    const refused = gate.filter(row => !row.ok).map(row => row.code);
    const code = standing?.code ?? '';
    const why = code === 'refused-by-gate' ? `${code} (${refused.join(', ')})` : code;
    const thing = `${station}${service}`;
    // A certificate that has a day less to live is no news.
    const judged = this.#changed(`verdict ${thing}`, what.replace(/\d+ days/, '… days')).map(() => what);
    if (UNTOLD.has(code)) return judged;
    if (code === '') {
      this.#told.delete(`standing ${thing}`);
      return judged;
    }
    return [...judged, ...this.#changed(`standing ${thing}`, `${thing}: nothing is done: ${why}`)];
  }

  #run(run: Run, station: string): readonly string[] {
    this.#runs.set(run.id, run.service);
    const note = run.note === null ? '' : `: ${run.note}`;
    const line = `${station}${run.service}: ${run.kind} to ${run.to}`;
    if (run.status === 'running') return this.#changed(`run ${run.id}`, `${line} begins`);
    return this.#changed(`run ${run.id}`, `${line} is ${run.status}${note}`);
  }

  /** @returns what a sink hears, and whether it is late or a repeat; null for what is told step by step */
  heading({ at, sink, notice }: EventOf<'delivered'>): string | null {
    const heading = headingOf(notice);
    if (this.#heard.has(`${sink} ${notice.id}`)) return `again ${heading}`;
    this.#heard.add(`${sink} ${notice.id}`);
    if (notice.kind === 'step') return null;
    const late = at - (this.#written.get(notice.id) ?? at);
    return late > LATE_MS ? `${heading} (${Math.round(late / 60_000)} min late)` : heading;
  }

  #ended({ how, error, by }: EventOf<'ended'>): readonly string[] {
    if (how === 'done') {
      this.#told.delete(`ended ${by.station} ${by.program}`);
      return [];
    }
    const line = `${this.#at(by.station)}${by.program} ${how}${error === null ? '' : `: ${error}`}`;
    return how === 'crashed' ? [line] : this.#changed(`ended ${by.station} ${by.program}`, line);
  }
}

/** A warning may carry what a hoster answered. */
const WARNING = 140;
const WARNINGS = 2;

/** @returns `: why it is WARNED; and what else`, or nothing where the class says it all */
function warningsIn({ verdict, observation }: Decision): string {
  if (verdict.class !== 'WARNED' || observation.warnings.length === 0) return '';
  const told = observation.warnings.slice(0, WARNINGS).map(text => {
    const own = text.startsWith(`${verdict.site}: `) ? text.slice(verdict.site.length + 2) : text;
    return own.length > WARNING ? `${own.slice(0, WARNING).replace(/\W*\s+\S*$/, '')} …` : own;
  });
  const more = observation.warnings.length - told.length;
  return `: ${told.join('; ')}${more === 0 ? '' : `; and ${more} more`}`;
}

/** The part of a notice that says what it is about; the rest explains. */
function headingOf({ text }: Notice): string {
  const [first = ''] = text.split(/(?<=[^\d])\. |, because of|\. Run|, was |: DNS /);
  return first.replace(/\b[a-z]-[0-9a-z]{6,}\b/g, '…');
}

function zone({ service, epochAfter, before, after }: EventOf<'zone'>): string {
  const addresses = after
    .filter(set => set.type !== 'TXT')
    .map(set => `${set.type} ${set.values.join(', ')}`);
  const gone = before.filter(set => set.type !== 'TXT' && !after.some(other => other.type === set.type));
  const missing = gone.map(set => `no ${set.type}`);
  const epoch = epochAfter === null ? 'no epoch' : `epoch ${epochAfter.epoch}, active ${epochAfter.active}`;
  return `DNS of ${service ?? 'the zone'}: ${[...new Set([...addresses, ...missing])].join(', ')}; ${epoch}`;
}
