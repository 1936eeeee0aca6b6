/**
 * What was written down, by whom and when, in true time: plans, runs, intents, audits; with what was told (Told) and what
 * fate did (Faults). Shared by the checkers of one simulation, so that each need not keep it again; it judges nothing.
 */
import type { AuditEntry, Change, JournalEntry, Run } from '../../model/state.ts';
import type { Event, EventOf, Truth } from '../events.ts';
import type { Cast } from '../script.ts';
import { type Effect, effectOf } from './effects.ts';
import { Faults } from './faults.ts';
import { Fences } from './fences.ts';
import { Ledger } from './ledger.ts';
import { type Intent, isFinal, type PastPlan, type PastRun } from './records.ts';
import { Roll } from './roll.ts';
import { Streaks } from './streaks.ts';
import { NEVER, Told } from './told.ts';

export { type Intent, isFinal, type PastPlan, type PastRun } from './records.ts';

/** More than a slow disk takes to write a run down, ms. */
const SLEPT_MS = 30_000;

/** More services than share a machine. */
const FENCES_KEPT = 8;

/** Of nearly every event; there are too many of them to make a list for each. */
const NONE: readonly PastRun[] = [];

export class Past {
  readonly roll: Roll;
  readonly told: Told;
  readonly faults = new Faults();
  readonly streaks = new Streaks();
  /** As of the event at hand, its own changes included. */
  readonly ledger = new Ledger();
  readonly fences: Fences;
  readonly plans = new Map<string, PastPlan>();
  readonly runs = new Map<string, PastRun>();
  readonly audits: { readonly entry: AuditEntry; readonly station: string }[] = [];
  /** What the event at hand did to the world, if a run of ours did it. */
  effect: Effect | null = null;
  /** Runs that the event at hand begins. */
  begun: readonly PastRun[] = NONE;
  /** Those of them that were begun when they say: a process may sleep within the very commit, and its deeds are looked at then. */
  get begunAwake(): readonly PastRun[] {
    if (this.begun.length === 0) return this.begun;
    return this.begun.filter(
      run => Math.abs(run.wall - run.first.startedAt) <= SLEPT_MS && !this.#sleptOverJump(run),
    );
  }

  /** Then how long it has slept can't be told from the clock that it has read before. */
  #sleptOverJump({ by, at }: PastRun): boolean {
    const heardAt = this.told.heardBefore(by.process, at);
    return heardAt < at - SLEPT_MS && this.faults.jumpedAt(by.station) > heardAt;
  }

  seq = 0;
  readonly #intents = new Map<string, Intent>();
  readonly #firstIntents = new Map<string, Intent>();
  readonly #fenceIntents = new Map<string, readonly Intent[]>();
  readonly #byToken = new Map<string, string>();
  #last: Event | null = null;

  constructor(cast: Cast) {
    this.roll = new Roll(cast);
    this.told = new Told(this.roll);
    this.fences = new Fences(this.roll);
  }

  /** Called before every checker; counts an event once. */
  take(event: Event, truth: Truth): void {
    if (event === this.#last) return;
    this.#last = event;
    this.seq += 1;
    this.begun = NONE;
    if (event.kind === 'commit') this.#takeCommit(event);
    this.told.take(event, this.seq);
    this.faults.take(event);
    this.fences.take(event, truth);
    this.streaks.take(event, truth);
    this.ledger.take(event);
    this.effect = effectOf(event, this);
  }

  /** @param name its token, or its id: commands are told the one, the epoch carries the other */
  runOf(name: string): PastRun | null {
    return this.runs.get(this.#byToken.get(name) ?? name) ?? null;
  }

  /** The process's latest intent within this run. */
  intent(process: string, run: string): Intent | null {
    return this.#intents.get(`${process} ${run}`) ?? null;
  }

  /** The first intent of a step of this kind in this run, by whomever. */
  firstIntent(run: string, kind: JournalEntry['kind']): Intent | null {
    return this.#firstIntents.get(`${run} ${kind}`) ?? null;
  }

  /**
   * The fence of this machine that the process was at when it asked, or else has journalled last: what it asked for may be done
   * long after it went on. Several services may share the machine, and so several runs its fence.
   */
  fenceIntent(process: string, { box, askedAt }: EventOf<'power-asked'>): Intent | null {
    const all = this.#fenceIntents.get(`${process} ${box}`) ?? [];
    const isAt = ({ entry, at }: Intent) =>
      at <= askedAt && (this.runs.get(entry.run)?.endedAt ?? Infinity) >= askedAt;
    return all.findLast(isAt) ?? all.at(-1) ?? null;
  }

  /** Since when, in true time, the process has been at work on the run. */
  since(process: string, run: PastRun): number {
    return run.session?.process === process ? run.session.since : run.lastAt;
  }

  #takeCommit(event: EventOf<'commit'>): void {
    const audits = event.changes.flatMap(change => (change.kind === 'audit' ? [change.entry] : []));
    for (const entry of audits) this.audits.push({ entry, station: event.by.station });
    for (const change of event.changes) {
      if (change.kind === 'plan') this.#takePlan(change, event.at);
      else if (change.kind === 'plan-status' && change.status === 'started')
        this.#start(change.plan, event.at);
      else if (change.kind === 'run') this.#takeRun(change.run, event, audits);
      else if (change.kind === 'journal') this.#takeEntry(change.entry, event);
    }
  }

  #takePlan({ plan, status }: Extract<Change, { kind: 'plan' }>, at: number): void {
    // The first content counts: a later one that differs is what the checker of the zone looks for.
    if (!this.plans.has(plan.id)) this.plans.set(plan.id, { plan, startedAt: null });
    if (status === 'started') this.#start(plan.id, at);
  }

  #start(id: string, at: number): void {
    const known = this.plans.get(id);
    if (known !== undefined) known.startedAt ??= at;
  }

  #takeRun(run: Run, event: EventOf<'commit'>, audits: readonly AuditEntry[]): void {
    let known = this.runs.get(run.id);
    if (known === undefined) {
      const plan = this.plans.get(run.plan)?.plan ?? null;
      const session = { process: event.by.process, since: event.at };
      const { at, wall, by } = event;
      known = {
        first: run,
        run,
        plan,
        at,
        wall,
        by,
        audits,
        endedAt: null,
        endedSeq: NEVER,
        lastAt: at,
        session,
      };
      this.runs.set(run.id, known);
      this.#byToken.set(run.token, run.id);
      this.begun = [...this.begun, known];
    }
    this.#work(known, event);
    known.run = run;
    if (isFinal(run) && known.endedAt === null) {
      known.endedAt = event.at;
      known.endedSeq = this.seq;
    }
    if (run.status === 'interrupted') known.session = null;
  }

  #takeEntry(entry: JournalEntry, event: EventOf<'commit'>): void {
    const run = this.runs.get(entry.run);
    const { at, wall, by } = event;
    if (entry.event === 'intent') {
      const from = run?.lastAt ?? at;
      const heardAt = this.told.heardBefore(by.process, at + 1);
      const intent: Intent = { entry, at, seq: this.seq, wall, from, heardAt, by };
      this.#intents.set(`${by.process} ${entry.run}`, intent);
      const first = `${entry.run} ${entry.kind}`;
      if (!this.#firstIntents.has(first)) this.#firstIntents.set(first, intent);
      const step = run?.plan?.steps[entry.step];
      // A run that rests on the lock of the machine asks for no power-off, and another of the process may.
      if (step?.kind === 'fence' && step.method === 'power-off') {
        const box = `${by.process} ${step.server}`;
        this.#fenceIntents.set(box, [...(this.#fenceIntents.get(box) ?? []), intent].slice(-FENCES_KEPT));
      }
    }
    if (run !== undefined) this.#work(run, event);
  }

  #work(run: PastRun, { at, by }: EventOf<'commit'>): void {
    if (run.session?.process !== by.process) run.session = { process: by.process, since: run.lastAt };
    run.lastAt = at;
  }
}
