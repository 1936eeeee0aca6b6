/**
 * Runs one script to its end: faults, then calm. Every event is shown to all checkers before the next can happen. The same
 * script gives the same events, to the byte.
 */
import type { Ids } from '../ports/clock.ts';
import { aimed, Ambush } from './ambush.ts';
import { calmBoundMs, heal, lookIn, ROUND_MS, unrest } from './calm.ts';
import { count, type Coverage, createCoverage } from './coverage.ts';
import { createDice } from './dice.ts';
import type { Checker, Event, Truth } from './events.ts';
import { begin, end, isFate } from './fates.ts';
import { createCheckers } from './invariants/index.ts';
import type { HumanOrder } from './people.ts';
import type { Stage } from './programs.ts';
import { reconfigured } from './reconfigure.ts';
import { Runners } from './runners.ts';
import type { Cast, Happening, Script } from './script.ts';
import { BEGINNING } from './station.ts';
import { tamper } from './tamper.ts';
import { Timeline } from './timeline.ts';
import { Hoster } from './world/hoster.ts';
import { SimulatedWorld } from './world/world.ts';

/** Of the rounds that a person makes in the calm: one in which nothing is forced yet. */
const SOME_ROUND = 1;

export interface Violation {
  /** 1 to 12 as in the design; 0: it did not come to rest. */
  readonly invariant: number;
  readonly sentence: string;
  /** True time, ms since the beginning. */
  readonly at: number;
}

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly coverage: Coverage;
  /** Faults and calm together, ms. */
  readonly simulatedMs: number;
  /** How long the calm took to come to rest, ms; null when it did not, or was not asked to. */
  readonly restedAfterMs: number | null;
}

export interface RunOptions {
  readonly onEvent?: (event: Event, truth: Truth) => void;
  /** False: no calm phase, the script's end is the end (scenario files say themselves what must be so). */
  readonly calm?: boolean;
  /** Go on after a violation; default: the first one ends it. */
  readonly goOn?: boolean;
  /** Asked after each event: true ends it there, without a calm. */
  readonly isOver?: () => boolean;
  /** Default: those of the twelve invariants. */
  readonly checkers?: (cast: Cast) => readonly Checker[];
}

export async function runScript(script: Script, options: RunOptions = {}): Promise<Outcome> {
  return new Simulation(script, options).run();
}

class Simulation {
  readonly #script: Script;
  readonly #options: RunOptions;
  readonly #timeline = new Timeline();
  readonly #world: SimulatedWorld;
  readonly #runners: Runners;
  readonly #checkers: readonly Checker[];
  readonly #coverage = createCoverage();
  readonly #violations: Violation[] = [];
  /** What is on, and as what it was scripted. */
  readonly #on = new Map<Happening, Happening>();
  readonly #ambush: Ambush;

  constructor(script: Script, options: RunOptions) {
    this.#script = script;
    this.#options = options;
    this.#world = new SimulatedWorld(script.cast, this.#timeline, BEGINNING + (script.startsAtMs ?? 0));
    this.#checkers = (options.checkers ?? createCheckers)(script.cast);
    this.#ambush = new Ambush(this.#timeline, (happening, station) => this.#begin(happening, station));
    this.#world.onEvent = event => this.#see(event);
    this.#runners = new Runners(createStage(script, this.#world));
  }

  async run(): Promise<Outcome> {
    const { happenings, lengthMs } = this.#script;
    for (const happening of happenings)
      this.#timeline.at(happening.at, () => {
        if (happening.armed === undefined) this.#begin(happening);
        else this.#ambush.lay(happening, happening.armed);
      });
    this.#runners.start();
    await this.#timeline.run(lengthMs, () => this.#over);
    const restedAfterMs = this.#options.calm === false || this.#over ? null : await this.#calm();
    if (!this.#over && this.#options.calm !== false)
      for (const checker of this.#checkers) this.#note(checker, checker.end?.(this.#world) ?? null);
    const simulatedMs = this.#timeline.now;
    this.#world.onEvent = () => {};
    return { violations: this.#violations, coverage: this.#coverage, simulatedMs, restedAfterMs };
  }

  get #over(): boolean {
    if (this.#options.isOver?.() === true) return true;
    return this.#violations.length > 0 && this.#options.goOn !== true;
  }

  #see(event: Event): void {
    if (this.#over) return;
    this.#options.onEvent?.(event, this.#world);
    count(this.#coverage, event);
    for (const checker of this.#checkers) this.#note(checker, checker.see(event, this.#world));
    this.#ambush.see(event);
  }

  #note({ invariant }: Checker, sentence: string | null): void {
    if (sentence !== null) this.#violations.push({ invariant, sentence, at: this.#timeline.now });
  }

  #begin(scripted: Happening, station: string | null = null): void {
    const happening = aimed(this.#world, scripted, station);
    this.#world.tell({ kind: 'happening', happening, scripted, over: false });
    if (isFate(happening)) {
      begin(this.#world, happening);
      this.#on.set(happening, scripted);
      if ('forMs' in happening && happening.forMs !== undefined)
        this.#timeline.after(happening.forMs, () => this.#end(happening));
      return;
    }
    switch (happening.kind) {
      case 'crash':
      case 'sleep':
        return this.#runners.doom(happening);
      case 'config':
        return this.#runners.reconfigure(happening.station, settings =>
          reconfigured(this.#world, settings, happening),
        );
      case 'look-in':
        return void lookIn(this.#world, order => this.#begin({ ...order, at: this.#world.now }), SOME_ROUND);
      case 'tamper':
        return void tamper(this.#world, happening);
      default:
        return this.#runners.order(happening satisfies HumanOrder);
    }
  }

  #end(happening: Happening): void {
    const scripted = this.#on.get(happening);
    if (scripted === undefined || !isFate(happening)) return;
    this.#on.delete(happening);
    this.#world.tell({ kind: 'happening', happening, scripted, over: true });
    end(this.#world, happening);
  }

  /** @returns how long it took to come to rest, ms; null when it did not within the bound */
  async #calm(): Promise<number | null> {
    const world = this.#world;
    const began = this.#timeline.now;
    this.#ambush.disarm();
    heal(world, this.#on.keys(), this.#runners);
    this.#on.clear();
    world.tell({ kind: 'calm' });
    const boundMs = calmBoundMs(this.#script.cast.settings.services);
    for (let round = 0; ; round += 1) {
      await lookIn(world, order => this.#runners.order(order), round);
      await this.#timeline.run(began + (round + 1) * ROUND_MS, () => this.#over);
      if (this.#over) return null;
      const reasons = await unrest(world);
      if (reasons.length === 0) return this.#timeline.now - began;
      if (this.#timeline.now - began < boundMs) continue;
      const sentence = `not at rest ${Math.round(boundMs / 60_000)} minutes after everything was healed: ${reasons.join('; ')}`;
      this.#violations.push({ invariant: 0, sentence, at: this.#timeline.now });
      return null;
    }
  }
}

function createStage({ seed, cast }: Script, world: SimulatedWorld): Stage {
  const names = new Set(cast.boxes.map(box => box.hoster));
  let drawn = 0;
  const ids: Ids = {
    next: prefix => {
      drawn += 1;
      return `${prefix}-${drawn}`;
    },
  };
  return {
    world,
    hosters: new Map([...names].map(name => [name, new Hoster(name, world)])),
    dice: createDice(seed).child('stage'),
    ids,
    processes: new Map(),
    unguardedDns: cast.unguardedDns === true,
  };
}
