/**
 * Proof from outside: the provider says that all its servers have the change, every authoritative server is asked
 * for every record, and the address that they answer is probed. A failure here is told, and undoes nothing.
 */
import { parseEpoch } from '../../model/epoch.ts';
import type { VerifyStep } from '../../model/plan.ts';
import type { RecordSet } from '../../model/signal.ts';
import { asError, UnderstudyError } from '../../ports/errors.ts';
import type { DnsProvider } from '../../ports/providers.ts';
import { type StepContext, type StepHandler, siteOf } from '../context.ts';
import { failingProbes } from './look.ts';

/** Pause between two looks: short at first, since most providers are done within a second or after a minute. */
const PAUSE_MS = 100;
const PAUSE_MOST_MS = 2000;

export const verify: StepHandler<VerifyStep> = {
  guarded: false,
  async settled() {
    return null;
  },
  async act(step, context) {
    const dns = await context.outside.dns(context.service.dns.provider);
    let pause = PAUSE_MS;
    for (;;) {
      const missing = await missingProof(dns, step, context);
      if (missing === null) {
        return {
          confirmedBy: 'read-back',
          summary: `every name server answers with ${step.site}, and it answers there`,
        };
      }
      if (context.signal.aborted) {
        throw new UnderstudyError({
          code: 'unverified',
          message: `DNS was changed, but the proof from outside is missing: ${missing}`,
          retriable: true,
          next: 'ask the name servers with dig; `understudy status` shows what they say',
        });
      }
      await context.clock.sleep(pause, context.signal);
      pause = Math.min(pause * 2, PAUSE_MOST_MS);
    }
  },
};

/** @returns what is still missing, or null when all is proven */
async function missingProof(
  dns: DnsProvider,
  step: VerifyStep,
  context: StepContext,
): Promise<string | null> {
  try {
    const changeId = context.receiptOf('flip')?.facts?.changeId;
    if (typeof changeId === 'string' && dns.capabilities.reportsPropagation) {
      if (!(await dns.propagated(changeId, context.signal)))
        return 'the provider has not spread the change yet';
    }
    const { zone, nameservers } = context.service.dns;
    const servers = nameservers ?? (await dns.nameservers(zone, context.signal));
    if (servers.length === 0) return 'no authoritative server is known';
    for (const server of servers) {
      const wrong = await wrongAnswer(server, step, context);
      if (wrong !== null) return `${server}: ${wrong}`;
    }
    const failing = await failingProbes(context, siteOf(context, step.site), step.families);
    return failing.length === 0 ? null : `${step.site} at the answered address: ${failing.join(', ')}`;
  } catch (thrown) {
    return asError(thrown).message;
  }
}

async function wrongAnswer(server: string, step: VerifyStep, context: StepContext): Promise<string | null> {
  const { nameServers } = context.outside;
  for (const set of step.expect) {
    const answer = await nameServers.ask(server, set.name, set.type, context.signal);
    const values = answer.records.filter(record => record.type === set.type).map(record => record.value);
    if (!answer.authoritative) return `no authoritative answer for ${set.name} (${answer.rcode})`;
    if (!sameValues(values, set)) return `${set.name} ${set.type} is ${values.join(', ') || 'absent'}`;
  }
  const { epochName } = context.service.dns;
  const texts = await nameServers.ask(server, epochName, 'TXT', context.signal);
  const ours = texts.records.some(record => {
    const epoch = record.type === 'TXT' ? parseEpoch(record.value.replaceAll('"', '')) : 'not TXT';
    return typeof epoch !== 'string' && epoch.owner === context.run.token && epoch.claim === undefined;
  });
  return ours ? null : `${epochName} does not hold this run's epoch`;
}

function sameValues(values: readonly string[], set: RecordSet): boolean {
  return [...values].sort().join() === [...set.values].sort().join();
}
