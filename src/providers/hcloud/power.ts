/**
 * Brings a machine to a power state and proves it. The API's 201 is only a receipt for an action, and the action's
 * `success` is only what the vendor believes: done is what the server object says afterwards. Each try starts by
 * looking, so that a lost reply, a busy machine or a crash of ours ends the same way: it is so already, or asked again.
 */
import { ProviderError } from '../../ports/errors.ts';
import { retrying } from '../retry.ts';
import type { VendorContext } from '../vendor.ts';
import type { Connection } from './connection.ts';
import { timedOut } from './failures.ts';
import type { ActionState, ServerView } from './wire.ts';
import { readAction, readServer } from './wire.ts';

export interface PowerSettings extends VendorContext {
  readonly pollIntervalMs: number;
  readonly attempts: number;
  readonly retryPauseMs: number;
}

/** The first question about an action comes after this; then the pause doubles up to the poll interval. */
const FIRST_POLL_MS = 100;
/** The server object may lag behind the action: so many looks before the success is called untrue. */
const LOOKS = 3;
const MAX_PAUSE_MS = 5_000;

interface Goal {
  readonly id: number;
  readonly target: 'off' | 'running';
  readonly what: string;
  readonly signal: AbortSignal;
  /** Looks and pauses take up to a minute, in which the caller's reasons may have gone. */
  readonly mayAct: () => Promise<void>;
}

/**
 * Resolves when `target` has been read back from a server with no action running on it: a machine that is `off`
 * while an action runs may be about to start.
 * @param mayAct asked before each command
 * @throws ProviderError; `applied: 'unknown'` as soon as any try may have got through; what `mayAct` throws
 */
export async function bringTo(
  connection: Connection,
  settings: PowerSettings,
  id: number,
  target: 'off' | 'running',
  signal: AbortSignal,
  mayAct: () => Promise<void> = async () => {},
): Promise<void> {
  const what = `${target === 'off' ? 'power off' : 'power on'} server ${id}`;
  const goal: Goal = { id, target, what, signal, mayAct };
  const doubt = { applied: 'no' as 'no' | 'unknown' };
  let last: ProviderError | undefined;
  try {
    await retrying(() => attempt(connection, settings, goal, doubt), {
      clock: settings.clock,
      random: settings.random,
      signal,
      retries: settings.attempts - 1,
      firstPauseMs: settings.retryPauseMs,
      longestPauseMs: MAX_PAUSE_MS,
      onFailure: error => {
        last = error;
      },
    });
  } catch (thrown) {
    if (signal.aborted)
      throw timedOut({ what, write: true }, 'before the caller stopped waiting', doubt.applied, last);
    if (!(thrown instanceof ProviderError) || thrown.applied === doubt.applied) throw thrown;
    throw new ProviderError({
      code: thrown.code,
      message: thrown.message,
      retriable: thrown.retriable,
      applied: doubt.applied,
      cause: thrown.cause ?? thrown,
      ...(thrown.next === null ? {} : { next: thrown.next }),
    });
  }
}

async function attempt(
  connection: Connection,
  settings: PowerSettings,
  goal: Goal,
  doubt: { applied: 'no' | 'unknown' },
): Promise<void> {
  if (isSettled(await look(connection, goal), goal)) return;
  await goal.mayAct();
  let action: ActionState;
  try {
    action = await command(connection, goal);
    doubt.applied = 'unknown';
  } catch (thrown) {
    if (thrown instanceof ProviderError && thrown.applied === 'unknown') doubt.applied = 'unknown';
    throw thrown;
  }
  await follow(connection, settings, goal, action);
  await readBack(connection, settings, goal);
}

function look(connection: Connection, goal: Goal): Promise<ServerView> {
  return connection.ask(
    { what: `read server ${goal.id}`, write: false },
    goal.signal,
    body => readServer(body, goal.id).view,
    client => client.axios({ url: `/servers/${goal.id}`, method: 'GET' }),
  );
}

function command(connection: Connection, goal: Goal): Promise<ActionState> {
  return connection.ask(
    { what: goal.what, write: true },
    goal.signal,
    body => readAction(body),
    ({ servers }) =>
      goal.target === 'off' ? servers.actions.powerOff(goal.id) : servers.actions.powerOn(goal.id),
  );
}

/** Asks for the action until it has ended. @throws ProviderError `provider-failed` when it ended in an error */
async function follow(
  connection: Connection,
  settings: PowerSettings,
  goal: Goal,
  first: ActionState,
): Promise<void> {
  let action = first;
  let pause = Math.min(FIRST_POLL_MS, settings.pollIntervalMs);
  while (action.status === 'running') {
    await settings.clock.sleep(pause, goal.signal);
    pause = Math.min(pause * 2, settings.pollIntervalMs);
    action = await connection.ask(
      { what: `read action ${first.id} (${goal.what})`, write: false },
      goal.signal,
      body => readAction(body, first.id),
      client => client.actions.get(first.id),
    );
  }
  if (action.status === 'success') return;
  throw new ProviderError({
    code: 'provider-failed',
    message: connection.redact(`Hetzner Cloud: ${goal.what}: the action failed, ${action.error ?? ''}`),
    retriable: true,
    applied: 'unknown',
    next: 'look at the server in the Hetzner Console',
  });
}

/** The proof. @throws ProviderError `provider-failed` when the server does not show what the action claims */
async function readBack(connection: Connection, settings: PowerSettings, goal: Goal): Promise<void> {
  let seen: ServerView | null = null;
  for (let turn = 0; turn < LOOKS; turn += 1) {
    if (turn > 0) await settings.clock.sleep(settings.pollIntervalMs, goal.signal);
    seen = await look(connection, goal);
    if (isSettled(seen, goal)) return;
  }
  throw new ProviderError({
    code: 'provider-failed',
    message: `Hetzner Cloud: ${goal.what}: reported as done, yet the server is "${seen?.status}"${busy(seen)}`,
    retriable: true,
    applied: 'unknown',
    next: 'look at the server in the Hetzner Console; do not trust that it is off',
  });
}

function isSettled(seen: ServerView, goal: Goal): boolean {
  return seen.power === goal.target && seen.locked === false;
}

function busy(seen: ServerView | null): string {
  if (seen === null || seen.locked === false) return '';
  return seen.locked === true ? ' with an action running' : ' and does not say whether an action is running';
}
