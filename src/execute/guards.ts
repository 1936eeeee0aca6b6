/** What is asked again right before something is done: no person holds the service, no other epoch is in force. */
import type { Hold } from '../model/state.ts';
import { SupersededError } from './context.ts';
import type { Execution } from './journal.ts';

/** @returns the hold in force now, if any */
export async function holdOf({ store, service, clock }: Execution): Promise<Hold | null> {
  const { hold } = await store.service(service.name);
  return hold !== null && (hold.until === null || hold.until > clock.now()) ? hold : null;
}

/**
 * Invariant 4. The flip is safe by itself; this keeps a runner that slept from fencing or promoting after somebody
 * else has moved the service. When DNS can't be read, nothing is done: without it there could be no flip either.
 * @throws SupersededError, ProviderError
 */
export async function assertEpochCurrent(execution: Execution, signal: AbortSignal): Promise<void> {
  const { service, plan, outside, run } = execution;
  const dns = await outside.dns(service.dns.provider);
  const view = await dns.read(service.dns.zone, service.dns.epochName, [], signal);
  const epoch = view.epoch?.epoch ?? 0;
  if (view.epochSet !== null && view.epoch === null) {
    throw new SupersededError(
      `the epoch in DNS is not ours to understand: ${view.epochProblem ?? 'unknown text'}`,
    );
  }
  if (epoch === plan.baseEpoch || view.epoch?.owner === run.token) return;
  throw new SupersededError(
    `DNS holds epoch ${epoch} (active ${view.epoch?.active ?? 'none'}), this plan was made on epoch ${plan.baseEpoch}: nothing more is done`,
  );
}
