/** Starts programs at stations as cron, systemd and people do, and lets them die or sleep where the script says so. */
import type { Settings } from '../model/service.ts';
import { asError } from '../ports/errors.ts';
import { type Program, watchAll } from '../reconcile/daemon.ts';
import { tickAll } from '../reconcile/tick.ts';
import type { World } from '../reconcile/world.ts';
import { carryOutOrder, type HumanOrder } from './people.ts';
import { Process } from './process.ts';
import { createProgram, type Stage } from './programs.ts';
import type { Happening } from './script.ts';
import type { Station } from './station.ts';

/** `tick --budget`, ms: its default. */
const BUDGET_MS = 50_000;

interface Desk {
  readonly station: Station;
  settings: Settings;
  /** The tick or daemon that was started last. */
  runner: Process | null;
  /** What the next process that runs is to suffer. */
  doom: ((process: Process) => void) | null;
}

export class Runners {
  readonly #stage: Stage;
  readonly #desks: ReadonlyMap<string, Desk>;
  readonly #living = new Set<Process>();
  #started = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    const { settings } = stage.world.cast;
    this.#desks = new Map(
      [...stage.world.stations.values()].map(station => [
        station.name,
        { station, settings, runner: null, doom: null },
      ]),
    );
  }

  /** Begins to run what runs by itself, from now on. */
  start(): void {
    for (const desk of this.#desks.values()) {
      const { runner, name } = desk.station.cast;
      if (runner?.way === 'daemon') this.#daemon(desk, runner.restartMs);
      if (runner?.way === 'cron') this.#cron(desk, runner.everyMs, runner.latenessMs, name);
    }
  }

  /** The process that runs at the station, or else the next one, dies or sleeps. */
  doom(happening: Extract<Happening, { readonly kind: 'crash' | 'sleep' }>): void {
    const desk = this.#desk(happening.station);
    const doom = (process: Process) =>
      process.doom(
        happening.calls,
        happening.kind === 'crash'
          ? { what: 'dies', when: happening.when }
          : { what: 'sleeps', forMs: happening.forMs },
      );
    if (desk.runner !== null && !desk.runner.dead) doom(desk.runner);
    else desk.doom = doom;
  }

  /** Nobody sleeps or is doomed any more. */
  relent(): void {
    for (const desk of this.#desks.values()) desk.doom = null;
    for (const process of this.#living) process.relent();
  }

  /** The station's config becomes another; a daemon is started again to read it. */
  reconfigure(station: string, change: (settings: Settings) => Settings): void {
    const desk = this.#desk(station);
    desk.settings = change(desk.settings);
    desk.runner?.stop.abort();
  }

  settings(station: string): Settings {
    return this.#desk(station).settings;
  }

  order(order: HumanOrder): void {
    const desk = this.#desk(order.station);
    void this.#run(desk, order.kind === 'order' ? order.move : order.kind, 'always', async program => {
      const refusal = await carryOutOrder(program, order);
      if (refusal !== null) program.world.watcher?.problem?.(order.service, refusal);
    });
  }

  #desk(station: string): Desk {
    const desk = this.#desks.get(station);
    if (desk === undefined) throw new Error(`no station ${station} in the cast`);
    return desk;
  }

  #cron(desk: Desk, everyMs: number, latenessMs: number, name: string): void {
    const dice = this.#stage.dice.child(`cron ${name}`);
    const { timeline } = this.#stage.world;
    const next = (due: number) =>
      timeline.at(due + Math.floor(dice.next() * latenessMs), () => {
        void this.#run(desk, 'tick', 'always', program => tickAll(program, BUDGET_MS));
        next(due + everyMs);
      });
    next(timeline.now);
  }

  #daemon(desk: Desk, restartMs: number): void {
    const { timeline } = this.#stage.world;
    void this.#run(desk, 'run', 'news', watchAll).then(() =>
      timeline.after(restartMs, () => this.#daemon(desk, restartMs)),
    );
  }

  /** Resolves when the program has ended, however it did. */
  async #run(
    desk: Desk,
    name: string,
    keep: World['keep'],
    work: (program: Program) => Promise<unknown>,
  ): Promise<void> {
    const process = this.#open(desk, name);
    const { world, processes } = this.#stage;
    const { actor } = process;
    if (name === 'tick' || name === 'run') {
      desk.runner = process;
      desk.doom?.(process);
      desk.doom = null;
    }
    const died = new Promise<'crashed'>(resolve => {
      process.onDeath = () => resolve('crashed');
    });
    world.tell({ kind: 'started', by: actor });
    const program = createProgram(this.#stage, process, desk.settings, keep);
    const outcome = await Promise.race([worked(program, work), died]);
    this.#living.delete(process);
    process.bury();
    // Of those that are gone only that they are: a lease may still bear their name.
    processes.set(actor.process, { station: desk.station, dead: true });
    if (outcome === 'crashed') {
      world.tell({ kind: 'ended', how: 'crashed', error: null, by: actor });
      return;
    }
    const error = outcome === null ? null : asError(outcome.thrown);
    const text = error === null ? null : `${error.code}: ${error.message}`;
    world.tell({ kind: 'ended', how: error === null ? 'done' : 'failed', error: text, by: actor });
  }

  #open(desk: Desk, program: string): Process {
    this.#started += 1;
    const number = this.#started;
    const station = desk.station.name;
    const actor = { process: `${station}/boot/${number}/${number}/1`, station, program };
    const process = new Process(actor, desk.station, this.#stage.world.timeline);
    this.#stage.processes.set(actor.process, process);
    this.#living.add(process);
    return process;
  }
}

/** As a command runs: the work, then what is left in the outbox, whatever the work came to. */
async function worked(
  program: Program & { close(): Promise<void> },
  work: (program: Program) => Promise<unknown>,
): Promise<{ readonly thrown: unknown } | null> {
  try {
    await work(program);
    return null;
  } catch (thrown) {
    return { thrown };
  } finally {
    await program.close();
  }
}
