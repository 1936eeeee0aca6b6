/** Runs the service's required probes against one site and says which fail: shared by `check` and `verify`. */
import { FAMILIES, type Family } from '../../model/sample.ts';
import type { StepContext } from '../context.ts';

/** @returns a short text per failing probe; none: all required probes of these families passed */
export async function failingProbes(
  context: StepContext,
  addresses: Readonly<Partial<Record<Family, string>>>,
  families: readonly Family[],
): Promise<readonly string[]> {
  const { service, outside } = context;
  const publicName = service.dns.records[0] ?? service.name;
  const wanted = FAMILIES.filter(family => families.includes(family));
  const results = await Promise.all(
    wanted.flatMap(family =>
      service.probes
        .filter(spec => spec.required && spec.families.includes(family))
        .map(async spec => {
          const address = addresses[family];
          if (address === undefined) return `${spec.id} ${family}: no address`;
          const target = { address, family, publicName };
          const result = await outside.prober.probe(spec.kind, spec.params, target, spec.timeoutMs);
          return result.ok ? null : `${spec.id} ${family}: ${result.failure ?? 'failed'}`;
        }),
    ),
  );
  return results.filter(result => result !== null);
}
