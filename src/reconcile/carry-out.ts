/**
 * Takes the lease, makes the run, executes it, gives the lease back. Everything that was decided on is asked of the
 * store once more under the lease: another process may have acted in between.
 */
import { runStarted } from '../announce/phrase.ts';
import type { Answer } from '../execute/context.ts';
import { execute } from '../execute/executor.ts';
import type { Plan, Standing } from '../model/plan.ts';
import type { Family } from '../model/sample.ts';
import type { Service } from '../model/service.ts';
import type { HostSignal } from '../model/signal.ts';
import type { Change, Run } from '../model/state.ts';
import { StoreError } from '../ports/errors.ts';
import type { Lease } from '../ports/store.ts';
import type { World } from './world.ts';

/** First TTL of a run's lease, ms; each step extends it to its own limit and a margin. */
const LEASE_MS = 30_000;

/** A process that slept between its verdict and the run must look again, ms; a slow disk needs some seconds. */
export const JUDGED_MOST_MS = 30_000;

export type Carried = { readonly run: Run } | { readonly standing: Standing };

export interface Task {
  readonly service: Service;
  readonly plan: Plan;
  readonly automatic: boolean;
  readonly incident: string | null;
  /** A run that an earlier process began. */
  readonly open: Run | null;
  /** When it was judged and gated, ms since the epoch. */
  readonly judgedAt: number;
  /** Written with the start of the run: the audit of a person's order. */
  readonly also: readonly Change[];
  /** What is learnt of the sites while the run is made: from its steps, and from the looks beside it. */
  readonly onAnswer?: (answer: Answer) => void;
  readonly sees: (family: Family) => Promise<boolean | null>;
  readonly lastHost?: (site: string) => HostSignal | null;
}

/** @returns the run as it ended, or why it was not begun */
export async function carryOut(world: World, task: Task): Promise<Carried> {
  const { store, clock, owner } = world;
  const name = `run:${task.service.name}`;
  const taken = await store.acquire(name, owner, LEASE_MS, clock.now(), world.isOwnerDead);
  if ('heldBy' in taken) return standing(`${taken.heldBy.owner} is running a plan of ${task.service.name}`);
  const lease = taken.held;
  try {
    const open = await store.openRun(task.service.name);
    if (open?.id !== task.open?.id)
      return standing(`run ${open?.id ?? task.open?.id} was ended or begun by another process`);
    const state = await store.service(task.service.name);
    if (task.open === null && state.maxEpoch > task.plan.baseEpoch) {
      return standing(`the epoch is ${state.maxEpoch} by now, the plan was made on ${task.plan.baseEpoch}`);
    }
    if (task.open === null && Math.abs(clock.now() - task.judgedAt) > JUDGED_MOST_MS) {
      return {
        standing: { code: 'looking', detail: 'it was judged too long ago, the site may be well by now' },
      };
    }
    // The run as it is now: another process may have taken it a step further since it was first read.
    const run = open ?? (await begin(world, task, lease));
    world.watcher?.runStarted?.(run);
    const ended = await seen(run, () =>
      execute({
        ...task,
        run,
        store,
        lease,
        clock,
        outside: world.outside,
        tell: world.tell,
        resumed: task.open !== null,
        stop: world.stop,
        onProgress: event => {
          world.watcher?.progress?.(run, event);
          world.announcer.kick();
        },
      }),
    );
    return { run: ended };
  } finally {
    await store.release(lease).catch(() => {});
  }
}

/** A store that fails in the middle of a run: the person must know that the world may have been changed. */
async function seen(run: Run, work: () => Promise<Run>): Promise<Run> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown;
    throw new StoreError({
      code: thrown.code,
      message: `${thrown.message}; run ${run.id} (${run.kind} to ${run.to}) is open, and its last step may have been done`,
      next: `${thrown.next ?? 'mend the state'}; the next look goes on with the run`,
      cause: thrown,
    });
  }
}

function standing(detail: string): Carried {
  return { standing: { code: 'run-open', detail } };
}

async function begin(world: World, task: Task, lease: Lease): Promise<Run> {
  const { plan } = task;
  const now = world.clock.now();
  const id = world.ids.next('r');
  const run: Run = {
    id,
    plan: plan.id,
    service: plan.service,
    kind: plan.kind,
    to: plan.to,
    automatic: task.automatic,
    token: id,
    status: 'running',
    startedAt: now,
    endedAt: null,
    flipped: false,
    note: null,
  };
  await world.store.commit(
    [
      { kind: 'plan', plan, status: 'started' },
      { kind: 'run', run },
      ...task.also,
      world.tell(runStarted(run, plan), now, task.incident),
    ],
    { lease, now },
  );
  return run;
}
