/** The probes of a service: a kind by itself, or a mapping whose further keys are the kind's own. */
import type { Family } from '../model/sample.ts';
import type { ProbeSpec } from '../model/service.ts';
import type { Catalog } from './catalog.ts';
import { lookUp } from './catalog.ts';
import type { Tree } from './document.ts';
import { PROBE } from './fields-service.ts';
import type { Path, Report } from './report.ts';
import type { SecretSource } from './secrets.ts';
import { resolveSecrets } from './secrets.ts';
import { mergeTables, readSection } from './section.ts';

/** @param families those that any site has: what a probe watches unless it says otherwise */
export async function readProbes(
  tree: Tree | null,
  path: Path,
  report: Report,
  context: {
    readonly catalog: Catalog;
    readonly families: readonly Family[];
    readonly secrets: SecretSource;
  },
): Promise<readonly ProbeSpec[]> {
  const probes: ProbeSpec[] = [];
  const ids = new Set<string>();
  for (const [index, item] of (tree?.type === 'list' ? tree.items : []).entries()) {
    const probe = await readProbe(item, [...path, index], report, context);
    if (!probe) continue;
    if (ids.has(probe.id)) {
      const here = item.type === 'map' && item.entries.has('id') ? [...path, index, 'id'] : [...path, index];
      report.error(here, 'is the id of an earlier probe too: give this one an `id`', { value: probe.id });
    }
    ids.add(probe.id);
    probes.push(probe);
  }
  return probes;
}

async function readProbe(
  tree: Tree,
  path: Path,
  report: Report,
  context: Parameters<typeof readProbes>[3],
): Promise<ProbeSpec | null> {
  const short = tree.type === 'scalar';
  const section: Tree = short
    ? { type: 'map', at: tree.at, entries: new Map([['kind', { keyAt: tree.at, value: tree }]]) }
    : tree;
  const kind = kindOf(section, short ? path : [...path, 'kind'], report, Object.keys(context.catalog.probes));
  const about = kind === null ? null : lookUp(context.catalog.probes, kind);
  if (kind === null || about === null) return null;
  const core = readCore(section, path, report, mergeTables(PROBE, about.fields));
  const own = Object.fromEntries(Object.entries(core.all).filter(([key]) => !Object.hasOwn(PROBE, key)));
  const families = core.values.families ?? context.families;
  if (core.values.families !== null) {
    for (const [index, family] of families.entries())
      if (!context.families.includes(family) && context.families.length > 0)
        report.error([...path, 'families', index], `no site has an IP${family} address to probe`, {
          value: family,
          allowed: context.families.join(', '),
        });
  }
  return {
    id: core.values.id ?? kind,
    kind,
    required: core.values.required,
    families,
    timeoutMs: core.values.timeout,
    params: await resolveSecrets(own, about.fields, path, report, context.secrets),
  };
}

/** One pass over all keys; the core's are typed, the kind's go on as they are. */
function readCore(tree: Tree, path: Path, report: Report, table: ReturnType<typeof mergeTables>) {
  const all = readSection(tree, table, path, report) as Readonly<Record<string, unknown>>;
  return { all, values: all as ReturnType<typeof readSection<typeof PROBE>> };
}

/**
 * The `kind` of a provider or probe, which decides the table that the rest is read by.
 * @returns null when it is missing or not known; reported
 */
export function kindOf(tree: Tree, path: Path, report: Report, known: readonly string[]): string | null {
  if (tree.type !== 'map') {
    report.error(path.slice(0, -1), 'is not a mapping', { allowed: 'a mapping with `kind`' });
    return null;
  }
  const kind = tree.entries.get('kind')?.value;
  const allowed = known.join(', ');
  if (kind === undefined || (kind.type === 'scalar' && kind.value === null)) {
    report.error(path, 'is missing', { allowed });
    return null;
  }
  if (kind.type === 'scalar' && known.includes(kind.text)) return kind.text;
  const given = kind.type === 'scalar' ? { value: kind.text, given: kind.text, candidates: known } : {};
  report.error(path, 'is not a kind that is known', { allowed, ...given });
  return null;
}
