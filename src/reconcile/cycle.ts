/**
 * One cycle: probe → observe → judge → plan → gate → execute → announce. `tick`, `run`, the manual commands and the
 * simulator all come through here; there is one code path.
 */
import type { Answer } from '../execute/context.ts';
import { holdInForce } from '../model/hold.ts';
import type { Standing } from '../model/plan.ts';
import type { Family } from '../model/sample.ts';
import type { Change, Decision, Run, StoredPlan } from '../model/state.ts';
import { isWell, type Verdict } from '../model/verdict.ts';
import { refusals } from '../plan/gate/gate.ts';
import { StateMovedError } from '../ports/errors.ts';
import { agendaOf, type Depth } from './agenda.ts';
import { type Assessment, assess, NO_ORDER, type Order } from './assess.ts';
import { type Carried, carryOut, JUDGED_MOST_MS } from './carry-out.ts';
import { look, seesOut } from './look.ts';
import { type Proposed, type Recording, record } from './record.ts';
import { retentionMs, type Watch } from './watch.ts';
import type { World } from './world.ts';

export interface CycleReport {
  readonly service: string;
  readonly verdict: Verdict;
  readonly decision: Decision;
  /** Why nothing was done; null when a run was made or nothing was called for. */
  readonly standing: Standing | null;
  readonly run: Run | null;
  /** Look again at the faster pace: something is not settled yet. */
  readonly again: boolean;
}

export interface CycleOptions {
  readonly depth: Depth;
  readonly order?: Order;
  /** Written with the run that a person ordered. */
  readonly also?: readonly Change[];
}

/** With daemon cadence: state is written at least this often, so that a reader can tell that the runner lives, ms. */
const HEARTBEAT_MS = 60_000;

export async function cycle(world: World, watch: Watch, options: CycleOptions): Promise<CycleReport> {
  const order = options.order ?? NO_ORDER;
  const human = order.request !== null || order.approved !== null;
  await probe(world, watch, options.depth);
  if (human || (world.keep === 'always' && options.depth === 'routine')) await watch.settled();
  return watch.exclusive(async () => {
    const { assessment, proposed, recording } = await settle(world, watch, order, human);
    const carried = proposed === null ? await act(world, watch, assessment, recording, options) : null;
    if (carried !== null) watch.forgetZone();
    await world.announcer.flush();
    return report(assessment, recording, carried, world);
  });
}

/** What is decided on, and what was said before. */
interface Known {
  readonly assessment: Assessment;
  readonly previous: Decision | null;
  readonly waiting: readonly StoredPlan[];
}

interface Settled {
  readonly assessment: Assessment;
  readonly proposed: Proposed | null;
  readonly recording: Recording;
}

/**
 * Decides, and writes it down. Another process may have moved the epoch on between the two, or while this one was stopped in
 * the very middle of writing: nothing is written then, and it is decided once more.
 */
async function settle(world: World, watch: Watch, order: Order, human: boolean): Promise<Settled> {
  for (let again = false; ; again = true) {
    const known = await decide(world, watch, order);
    const { assessment } = known;
    const proposed = human ? null : propose(world, assessment, known.waiting);
    try {
      return { assessment, proposed, recording: await remember(world, watch, known, proposed) };
    } catch (thrown) {
      if (again || !(thrown instanceof StateMovedError)) throw thrown;
    }
  }
}

/**
 * A process that was stopped in the middle of it knows nothing of what others have written meanwhile: it decides anew. So does
 * one that looked while another process's run took the epoch, or it would write the older one down again.
 */
async function decide(world: World, watch: Watch, order: Order): Promise<Known> {
  const { store, clock } = world;
  const { name } = watch.service;
  for (let again = false; ; again = true) {
    const assessment = await assess(world, watch, order);
    const known = { assessment, waiting: await store.proposed(name), previous: await store.decision(name) };
    const awake = Math.abs(clock.now() - assessment.verdict.at) <= JUDGED_MOST_MS;
    const { maxEpoch } = await store.service(name);
    if (again || (awake && maxEpoch === assessment.before.maxEpoch)) return known;
  }
}

async function probe(world: World, watch: Watch, depth: Depth): Promise<void> {
  const { service } = watch;
  const { active, lastVerdict, maxEpoch } = await world.store.service(service.name);
  const site = service.sites.find(entry => entry.name === active) ?? service.sites[0];
  const { references } = world.settings;
  const now = world.clock.now();
  watch.forget(now);
  watch.knowEpoch(maxEpoch);
  // A tick that comes into trouble asks at once for all that its decision will rest on, our own way out above all.
  const trouble = lastVerdict !== null && !isWell(lastVerdict);
  const deep = depth === 'routine' && trouble ? 'suspicious' : depth;
  await look(world, watch, agendaOf(service, site?.name ?? '', watch.history, references, deep, now));
}

/** Rows that refuse only what nobody has approved: what the program may do by itself, and what needs compare-and-swap. */
const APPROVABLE: ReadonlySet<string> = new Set(['mode', 'policy', 'guarded-dns']);

/** Where a person must approve: the plan drafted now, or the equal one that waits already. */
export function propose(
  world: Pick<World, 'settings' | 'clock'>,
  { plan, gate, inventory, verdict }: Assessment,
  waiting: readonly StoredPlan[],
): Proposed | null {
  const policy = inventory.service.policy[verdict.class];
  const { mode } = world.settings;
  const refused = refusals(gate);
  const unguarded = policy === 'act' && refused.some(row => row.code === 'guarded-dns');
  const waits = mode === 'propose' || (mode === 'act' && (policy === 'propose' || unguarded));
  const onlyApproval = refused.length > 0 && refused.every(row => APPROVABLE.has(row.code));
  if (plan === null || !waits || !onlyApproval) return null;
  const now = world.clock.now();
  const equal = waiting.find(stored => stored.plan.hash === plan.hash && stored.plan.expiresAt > now);
  return equal === undefined
    ? { stored: { plan, status: 'proposed' }, isNew: true }
    : { stored: equal, isNew: false };
}

async function remember(
  world: World,
  watch: Watch,
  { assessment, previous, waiting }: Known,
  proposed: Proposed | null,
): Promise<Recording> {
  const { store, tell, ids } = world;
  const service = watch.service.name;
  const now = world.clock.now();
  const recording = record({ assessment, previous, proposed, waiting, tell, ids, now });
  if (assessment.before.lastVerdict?.class !== assessment.verdict.class)
    world.watcher?.verdict?.(assessment.verdict);
  const { standing } = recording.decision;
  if (standing !== null && standing.code !== previous?.standing?.code)
    world.watcher?.standing?.(service, standing);
  // A clock that was set back must not silence it until the old time is reached again.
  const beating = Math.abs(now - watch.savedAt) < HEARTBEAT_MS;
  if (world.keep === 'news' && !recording.news && beating && !watch.wasSetBack) return recording;
  const evidence = watch.takeUnsaved();
  // Left there, it would pass for the newest again in those hours: an epoch and an address of another time.
  const after = now - retentionMs(watch.service);
  const cut: readonly Change[] = watch.wasSetBack ? [{ kind: 'evidence-cut', service, after }] : [];
  const premise: Change = { kind: 'premise', service, maxEpoch: assessment.before.maxEpoch };
  try {
    await store.commit([premise, ...cut, { kind: 'evidence', service, evidence }, ...recording.changes]);
    watch.savedAt = now;
    watch.wasSetBack = false;
  } catch (thrown) {
    watch.putBack(evidence);
    throw thrown;
  }
  return recording;
}

/** An open run comes first; else the plan, when the gate has let it through. */
async function act(
  world: World,
  watch: Watch,
  { openRun, plan, standing, inventory, verdict }: Assessment,
  { incident }: Recording,
  { order = NO_ORDER, also = [] }: CycleOptions,
): Promise<Carried | null> {
  const { service, state } = inventory;
  const now = world.clock.now();
  const held = holdInForce(state.hold, now) !== null;
  const { vantage } = world;
  const heard = (answer: Answer) =>
    watch.add({ samples: [{ ...answer, service: service.name, vantage, ok: true }] });
  const lastHost = (site: string) => watch.lastHost(site);
  const sees = (family: Family) =>
    seesOut(
      world,
      watch,
      world.settings.references.filter(reference => reference.family === family),
    );
  const learning = { onAnswer: heard, sees, lastHost };
  const task = { service, incident: incident?.id ?? null, judgedAt: verdict.at, also, ...learning };
  if (openRun !== null && !held) {
    const stored = await world.store.plan(openRun.plan);
    if (stored === null) throw new Error(`the plan of the open run ${openRun.id} is not in the store`);
    // What a person began against the mode is brought to an end too: half of it done helps nobody.
    if (world.settings.mode !== 'act' && openRun.automatic) return null;
    return carryOut(world, {
      ...task,
      also: [],
      plan: stored.plan,
      automatic: openRun.automatic,
      open: openRun,
    });
  }
  if (plan === null || standing !== null) return null;
  const automatic = order.request === null && order.approved === null;
  return carryOut(world, { ...task, plan, automatic, open: null });
}

function report(
  assessment: Assessment,
  recording: Recording,
  carried: Carried | null,
  world: World,
): CycleReport {
  const { verdict, inventory } = assessment;
  const run = carried !== null && 'run' in carried ? carried.run : null;
  const standing = carried !== null && 'standing' in carried ? carried.standing : recording.decision.standing;
  // Whatever the verdict made of it: where a family fails and nothing has proved our way out, the references are asked.
  const unproven = inventory.active.observation.families.some(
    ({ family, state, observer, published }) =>
      published &&
      state !== 'ok' &&
      observer === 'unproven' &&
      world.settings.references.some(reference => reference.family === family),
  );
  const unsettled =
    verdict.class === 'SUSPECT' ||
    unproven ||
    standing?.code === 'looking' ||
    standing?.code === 'active-moved';
  const again = run === null ? unsettled : run.status !== 'interrupted';
  return {
    service: verdict.service,
    verdict,
    decision: recording.decision,
    standing: run === null ? standing : null,
    run,
    again,
  };
}
