/**
 * Walks a trace: at each instant what had become known is given to the production Watch, and where the runner decided the
 * production stages decide again: adopt, observe, judge, plan, gate, record. Only what follows from a run is modelled.
 */
import type { Plan } from '../model/plan.ts';
import type { Service } from '../model/service.ts';
import type { ZoneReading } from '../model/signal.ts';
import type { Change, Run, RunStatus, ServiceState } from '../model/state.ts';
import { adopt } from '../reconcile/adopt.ts';
import { assess, NO_ORDER } from '../reconcile/assess.ts';
import { propose } from '../reconcile/cycle.ts';
import { record } from '../reconcile/record.ts';
import { NO_EVIDENCE, Watch } from '../reconcile/watch.ts';
import type { World } from '../reconcile/world.ts';
import { type Instant, Rounds } from './instants.ts';
import { inShort } from './log.ts';
import { changesOf, isOver, runOf, type Supposed, tellingOf } from './supposed.ts';
import type { Tally } from './tally.ts';
import type { Trace, TraceRun } from './trace.ts';

export interface WalkInput {
  readonly trace: Trace;
  readonly world: World;
  readonly service: Service;
  readonly tally: Tally;
  /** A move is false when what was left is well again within this, ms. */
  readonly falseWithinMs: number;
}

/** A decision and the run that was made of it lie at most so far apart (two writes to the store), ms. */
const SAME_MS = 500;

/** A run that really was made is under way: the runner took no decision until its end. */
interface Busy {
  readonly run: TraceRun;
  /** The plan of this replay that the run is matched to; null: a person ordered it. */
  readonly plan: Plan | null;
  /** A round was complete meanwhile: it is decided on at the end. */
  pending: boolean;
}

export class Walk {
  readonly #input: WalkInput;
  readonly #watch: Watch;
  readonly #rounds: Rounds;
  readonly #runs: readonly TraceRun[];
  /** Recorded runs that a decision of this replay stands for. */
  readonly #matched = new Set<TraceRun>();
  #busy: Busy | null = null;
  #supposed: Supposed | null = null;
  /** The last round that was complete: an instant that comes twice completes it once. */
  #round = '';

  constructor(input: WalkInput) {
    const { trace, service } = input;
    this.#input = input;
    this.#watch = new Watch(service, NO_EVIDENCE, 0);
    this.#rounds = new Rounds(trace, service);
    this.#runs = trace.events.flatMap(event => (event.type === 'run' ? [event.item] : []));
  }

  /** Which site was active when the trace began: what its first reading of the zone says. */
  async begin(): Promise<void> {
    const { trace, service } = this.#input;
    for (const event of trace.events) {
      if (event.type !== 'zone' || event.item.view === undefined) continue;
      await this.#patch(adopt(service, await this.#state(), event.item, null, true));
      return;
    }
  }

  async step(instant: Instant): Promise<void> {
    const { at } = instant;
    let due = false;
    // One that took no time is of a decision of this very instant, which comes first.
    for (const run of instant.ended) if (run.at < at) due = (await this.#ended(run)) || due;
    const zones = await this.#zones(instant);
    this.#watch.add({ ...instant.evidence, zones });
    for (const run of instant.began)
      if (!run.automatic && this.#busy === null) this.#busy = { run, plan: null, pending: false };
    await this.#lookBack(at);
    const active = await this.#active();
    const round = `${at} ${active}`;
    due ||=
      (this.#rounds.endsAt(active, at) && this.#round !== round) || this.#rounds.isAlone(active, instant);
    this.#round = round;
    if (due && this.#busy !== null) this.#busy.pending = true;
    else if (due) await this.#decide(at);
    for (const run of instant.ended) if (run.at === at && !this.#matched.has(run)) await this.#ended(run);
  }

  async #decide(now: number): Promise<void> {
    const { world, service, tally } = this.#input;
    const { store, tell, ids } = world;
    const assessment = await assess(world, this.#watch, NO_ORDER);
    this.#watch.takeUnsaved();
    const waiting = await store.proposed(service.name);
    const proposed = propose(world, assessment, waiting);
    const previous = await store.decision(service.name);
    const recording = record({ assessment, previous, proposed, waiting, tell, ids, now });
    tally.decided(now, assessment, recording);
    if (recording.news) await store.commit(recording.changes);
    if (proposed?.isNew === true) tally.tell(now, { what: 'proposal', ...inShort(proposed.stored.plan) });
    const { plan, standing } = assessment;
    if (proposed === null && plan !== null && standing === null) await this.#move(plan, now);
  }

  /** What the gate let through: the run that was made of it, if there is one, or the supposition that it was done. */
  async #move(plan: Plan, now: number): Promise<void> {
    const { tally, world, service } = this.#input;
    const match = this.#runs.find(
      run =>
        run.automatic &&
        !this.#matched.has(run) &&
        run.kind === plan.kind &&
        run.to === plan.to &&
        run.at <= now + Math.min(SAME_MS, service.pace.fastMs / 2) &&
        run.endedAt >= now,
    );
    tally.moved(now, plan, match?.id ?? null);
    if (match !== undefined) {
      this.#matched.add(match);
      this.#busy = { run: match, plan, pending: false };
      if (match.endedAt === now) await this.#ended(match);
      return;
    }
    const { active, epoch, maxEpoch, published, quarantined } = await this.#state();
    const before = { active, epoch, maxEpoch, published, quarantined };
    await this.#finish(plan, world.ids.next('r'), { at: now, endedAt: now, status: 'done', flipped: true });
    this.#supposed = { at: now, plan, before, withheld: null };
  }

  /** @returns whether a decision waited for its end */
  async #ended(run: TraceRun): Promise<boolean> {
    const busy = this.#busy?.run === run ? this.#busy : null;
    if (busy !== null) this.#busy = null;
    if (busy !== null && busy.plan !== null) await this.#finish(busy.plan, run.id, run);
    else if (!this.#matched.has(run)) await this.#recorded(run);
    return busy?.pending ?? false;
  }

  async #finish(
    plan: Plan,
    id: string,
    end: Pick<TraceRun, 'at' | 'endedAt' | 'flipped' | 'failedAt'> & { readonly status: RunStatus },
  ): Promise<void> {
    const { store } = this.#input.world;
    const state = await this.#state();
    const run = runOf(plan, id, end.at);
    await store.commit(changesOf(plan, run, { ...end, at: end.endedAt }, state));
    if ((end.failedAt === 'promote' || end.failedAt === 'check') && state.incident !== null)
      await this.#patch({ tried: [...new Set([...state.tried, plan.to])] });
    this.#watch.forgetZone();
  }

  /** A run that was made for another reason than a decision of this replay: it changed the world all the same. */
  async #recorded(run: TraceRun): Promise<void> {
    const { tally } = this.#input;
    const supposed = this.#supposed;
    if (supposed !== null && run.flipped && run.kind === supposed.plan.kind && run.to === supposed.plan.to) {
      tally.followed(run.endedAt, run.id);
      this.#supposed = null;
      return;
    }
    if (run.flipped) await this.#giveUp();
    const { id, kind, from, to, status, automatic, at, endedAt, flipped } = run;
    tally.tell(endedAt, { what: 'recorded', run: id, kind, from, to, status, automatic });
    const row: Run = {
      ...{ id, service: this.#input.service.name, kind, to, automatic, status, flipped },
      ...{ plan: id, token: id, startedAt: at, endedAt, note: null },
    };
    await this.#input.world.store.commit([{ kind: 'run', run: row }]);
    if (!flipped || this.#supposed !== null) return;
    const { quarantined } = await this.#state();
    const left = kind === 'failover' && from !== to ? [{ site: from, since: endedAt, run: id }] : [];
    const others = quarantined.filter(entry => entry.site !== from && entry.site !== to);
    await this.#patch({ active: to, quarantined: [...others, ...left] });
    this.#watch.forgetZone();
  }

  /** Readings of a world in which the supposed move was not made are kept back. */
  async #zones({ at, evidence }: Instant): Promise<readonly ZoneReading[]> {
    const { tally } = this.#input;
    const passed: ZoneReading[] = [];
    for (const reading of evidence.zones) {
      const supposed = this.#supposed;
      const telling = supposed === null ? 'nothing' : tellingOf(supposed, reading);
      if (supposed !== null && telling === 'apart') {
        this.#supposed = { ...supposed, withheld: reading };
        continue;
      }
      if (telling === 'same') {
        tally.followed(at, reading.view?.epoch?.owner ?? 'unknown');
        this.#skip(reading.view?.epoch?.owner);
        this.#supposed = null;
      } else if (telling === 'moved') {
        const epoch = reading.view?.epoch ?? null;
        const why = `in DNS ${epoch?.active ?? 'no site'} became active by other means (epoch ${epoch?.epoch ?? 0})`;
        tally.tell(at, { what: 'given-up', why });
        await this.#giveUp();
      }
      passed.push(reading);
    }
    return passed;
  }

  /** The run whose token stands in DNS has been told of: its end is no news. */
  #skip(owner: string | undefined): void {
    for (const run of this.#runs) if (run.id === owner) this.#matched.add(run);
  }

  /** Is what was moved away from well again? Then the trace is followed from here. */
  async #lookBack(now: number): Promise<void> {
    const { service, tally, falseWithinMs } = this.#input;
    const supposed = this.#supposed;
    if (supposed === null || !this.#rounds.endsAt(supposed.plan.from, now)) return;
    if (!isOver(supposed, service, this.#watch.history, now)) return;
    const { plan, at } = supposed;
    if (plan.kind === 'restore')
      tally.tell(now, { what: 'given-up', why: `what was restored at ${plan.from} is not well any more` });
    else {
      const helped = this.#runs.some(run => run.at >= at && run.at <= now);
      tally.returned(now, plan.from, helped, falseWithinMs);
    }
    await this.#giveUp();
  }

  /** From here on the trace is followed again, as if the supposed move had not been made or had been taken back. */
  async #giveUp(): Promise<void> {
    const supposed = this.#supposed;
    if (supposed === null) return;
    this.#supposed = null;
    await this.#patch(supposed.before);
    if (supposed.withheld !== null) this.#watch.add({ zones: [supposed.withheld] });
  }

  async #active(): Promise<string> {
    const { service } = this.#input;
    const { active } = await this.#state();
    return (service.sites.find(site => site.name === active) ?? service.sites[0])?.name ?? '';
  }

  #state(): Promise<ServiceState> {
    return this.#input.world.store.service(this.#input.service.name);
  }

  async #patch(patch: Extract<Change, { kind: 'service' }>['patch']): Promise<void> {
    const { world, service } = this.#input;
    await world.store.commit([{ kind: 'service', service: service.name, patch }]);
  }
}
