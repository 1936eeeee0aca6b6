/** The wire between the production hoster adapter and a simulated hoster: what is delivered is told to the bystanders. */
import type { HostProvider } from '../../ports/providers.ts';
import { createOver } from '../../providers/hcloud/hcloud.ts';
import { createConnectionOver, type Wire } from '../../providers/hcloud/over.ts';
import { CANARY } from '../cast.ts';
import type { Dice } from '../dice.ts';
import type { Process } from '../process.ts';
import { ask, type Refusals } from './api.ts';
import { type Hoster, problem, type WireAnswer } from './hoster.ts';
import type { SimulatedWorld } from './world.ts';

const REFUSALS: Refusals<WireAnswer> = {
  network: code => {
    // A careless message of the network stack: nothing of it may be passed on unredacted.
    throw Object.assign(new Error(`${code} with Bearer ${CANARY}`), { code });
  },
  throttled: () => problem(429, 'rate_limit_exceeded'),
  busy: () => problem(423, 'locked'),
  failed: () => problem(500, 'server_error'),
  garbage: () => ({ status: 200, contentType: 'text/html', text: `<html>${CANARY}</html>` }),
};

export function createHost(
  world: SimulatedWorld,
  process: Process,
  hoster: Hoster,
  dice: Dice,
): HostProvider {
  const wire: Wire = {
    request: async (method, path, _params, signal) => {
      const askedAt = world.now;
      const answer = await process.call(() =>
        ask(world, process, hoster.name, {
          write: method === 'POST',
          work: lies => hoster.request(method, path, { by: process.actor, askedAt, lies }),
          refusals: REFUSALS,
        }),
      );
      if (!signal.aborted) tellHost(world, process, path, answer);
      return answer;
    },
  };
  const { clock } = process;
  const connection = createConnectionOver(wire, { token: CANARY, requestTimeoutMs: 10_000, clock });
  const askPrimaryIps = world.cast.settings.providers[hoster.name]?.params.primaryIps === true;
  const settings = { pollIntervalMs: 1000, attempts: 8, retryPauseMs: 250, askPrimaryIps };
  return createOver(connection, settings, { clock, random: () => dice.next() });
}

/** Read off the answer by other means than the adapter's own. */
function tellHost(world: SimulatedWorld, process: Process, path: string, answer: WireAnswer): void {
  const [, id] = /^\/servers\/(\d+)$/.exec(path) ?? [];
  const box = world.boxes.get(id ?? '');
  if (box === undefined || answer.status !== 200 || answer.contentType !== 'application/json') return;
  const { server } = JSON.parse(answer.text) as {
    server: {
      status: 'running' | 'off';
      public_net: { ipv4: { blocked: boolean } | null; ipv6: { blocked: boolean } | null };
    };
  };
  const { ipv4, ipv6 } = server.public_net;
  world.tell({
    kind: 'told-host',
    box: box.cast.id,
    reading: { power: server.status, blocked: { v4: ipv4?.blocked ?? null, v6: ipv6?.blocked ?? null } },
    by: process.actor,
  });
}
