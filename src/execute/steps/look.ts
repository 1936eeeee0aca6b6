/** Runs the service's required probes against one site, beside the references: shared by `fence`, `check` and `verify`. */
import { FAMILIES, type Family } from '../../model/sample.ts';
import type { ProbeSpec, Site } from '../../model/service.ts';
import type { StepContext } from '../context.ts';

/** One look at a site in one family. */
export interface FamilyLook {
  readonly family: Family;
  /** So many required probes were asked. */
  readonly asked: number;
  /** A short text for each of them that failed. */
  readonly failing: readonly string[];
  /** Whether our own network was up there at that moment; null: no reference tells. */
  readonly sees: boolean | null;
}

/**
 * That a probe fails tells something of the site only where our own network is up at that very moment: so the references are
 * asked together with the probes, not after their time-outs.
 * @returns a look per family
 */
export async function lookAt(
  context: StepContext,
  site: Site,
  families: readonly Family[],
): Promise<readonly FamilyLook[]> {
  const required = context.service.probes.filter(spec => spec.required);
  return Promise.all(
    FAMILIES.filter(family => families.includes(family)).map(async family => {
      const asked = required.filter(spec => spec.families.includes(family));
      const [results, sees] = await Promise.all([
        Promise.all(asked.map(spec => failureOf(context, site, family, spec))),
        // Where nothing is asked, nothing can be missed.
        asked.length === 0 ? true : context.sees(family),
      ]);
      return { family, asked: asked.length, failing: results.filter(result => result !== null), sees };
    }),
  );
}

/** @returns a short text per failing probe; none: all required probes of these families passed */
export async function failingProbes(
  context: StepContext,
  site: Site,
  families: readonly Family[],
): Promise<readonly string[]> {
  const looks = await lookAt(context, site, families);
  return looks.flatMap(({ failing }) => failing);
}

async function failureOf(
  context: StepContext,
  site: Site,
  family: Family,
  spec: ProbeSpec,
): Promise<string | null> {
  const { service, outside, clock } = context;
  const address = site.addresses[family];
  if (address === undefined) return `${spec.id} ${family}: no address`;
  const target = { address, family, publicName: service.dns.records[0] ?? service.name };
  const [at, start] = [clock.now(), clock.monotonic()];
  const result = await outside.prober.probe(spec.kind, spec.params, target, spec.timeoutMs);
  if (!result.ok) return `${spec.id} ${family}: ${result.failure ?? 'failed'}`;
  const tookMs = clock.monotonic() - start;
  context.answered({ site: site.name, probe: spec.id, family, at, tookMs });
  return null;
}
