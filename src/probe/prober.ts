/** The Prober port over the registered kinds: the one place where a probe gets its deadline. */
import { isIP } from 'node:net';
import type { ProbeResult } from '../model/sample.ts';
import { Secret } from '../model/secret.ts';
import type { Prober } from '../ports/providers.ts';
import { type Attempt, runAttempt } from './attempt.ts';
import { dial } from './dial.ts';
import type { ProbeKind, ProbeTools } from './kind.ts';
import { randomId } from './random-id.ts';
import { PROBE_KINDS } from './registry.ts';

export interface ProberOptions extends Partial<ProbeTools> {
  /** Other kinds than the registered ones, for tests. */
  readonly kinds?: Readonly<Record<string, ProbeKind>>;
}

/** Where programs of `command` probes are looked for when the composition root names no environment. */
const PLAIN_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
};

/** @param options `environment` for command probes: give it no secrets, their output ends up in `detail` */
export function createProber(options: ProberOptions = {}): Prober {
  const kinds = options.kinds ?? PROBE_KINDS;
  const tools: ProbeTools = {
    environment: options.environment ?? PLAIN_ENVIRONMENT,
    randomId: options.randomId ?? randomId,
  };
  return {
    probe(kind, params, target, timeoutMs) {
      const found = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
      const wrong =
        found === undefined
          ? `there is no probe kind "${kind}"`
          : isIP(target.address) === (target.family === 'v4' ? 4 : 6)
            ? null
            : `"${target.address}" is not an IP${target.family} address`;
      if (found === undefined || wrong !== null)
        return Promise.resolve({ ok: false, failure: 'internal', detail: wrong ?? '' });
      return runAttempt(timeoutMs, attempt => found.run(params, target, attempt, tools), secretsIn(params));
    },
    reach: (address, port, timeoutMs) => runAttempt(timeoutMs, attempt => reach(attempt, address, port)),
  };
}

/** Shorter ones would garble all that is shown, and so tell what they are. */
const SHORTEST_SECRET = 6;

function secretsIn(params: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.values(params)
    .flatMap(value => (value instanceof Secret ? [value.reveal()] : []))
    .filter(value => value.length >= SHORTEST_SECRET);
}

/** Only a connection counts: a refusal may come from a filter on our own side that refuses everything. */
async function reach(attempt: Attempt, address: string, port: number): Promise<ProbeResult> {
  await dial(attempt, address, port);
  return { ok: true, detail: 'connected' };
}
