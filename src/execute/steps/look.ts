/** Runs the service's required probes against one site and says which fail: shared by `fence`, `check` and `verify`. */
import { FAMILIES, type Family } from '../../model/sample.ts';
import type { Site } from '../../model/service.ts';
import type { StepContext } from '../context.ts';

/** @returns a short text per failing probe; none: all required probes of these families passed */
export async function failingProbes(
  context: StepContext,
  site: Site,
  families: readonly Family[],
): Promise<readonly string[]> {
  const { service, outside, clock } = context;
  const publicName = service.dns.records[0] ?? service.name;
  const wanted = FAMILIES.filter(family => families.includes(family));
  const results = await Promise.all(
    wanted.flatMap(family =>
      service.probes
        .filter(spec => spec.required && spec.families.includes(family))
        .map(async spec => {
          const address = site.addresses[family];
          if (address === undefined) return `${spec.id} ${family}: no address`;
          const target = { address, family, publicName };
          const [at, start] = [clock.now(), clock.monotonic()];
          const result = await outside.prober.probe(spec.kind, spec.params, target, spec.timeoutMs);
          if (!result.ok) return `${spec.id} ${family}: ${result.failure ?? 'failed'}`;
          const tookMs = clock.monotonic() - start;
          context.answered({ site: site.name, probe: spec.id, family, at, tookMs });
          return null;
        }),
    ),
  );
  return results.filter(result => result !== null);
}
