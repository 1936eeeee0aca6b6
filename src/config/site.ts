/** One site of a service, from its mapping to the model, with the rules that need nothing but the site itself. */

import type { StepKind } from '../model/plan.ts';
import type { Family } from '../model/sample.ts';
import type { Command, ProviderSettings, Site } from '../model/service.ts';
import type { Catalog } from './catalog.ts';
import { lookUp } from './catalog.ts';
import type { FenceContext } from './commands.ts';
import { readCommand, readFence, readPromote, readShell } from './commands.ts';
import type { Tree } from './document.ts';
import { SITE } from './fields-site.ts';
import type { Path, Report } from './report.ts';
import type { Values } from './section.ts';
import { readSection } from './section.ts';

export interface SiteContext {
  readonly catalog: Catalog;
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly stateless: boolean;
  readonly limitsMs: Readonly<Record<StepKind, number>>;
}

/** A standby may be this far behind unless told otherwise, ms. */
const DEFAULT_MAX_LAG_MS = 300_000;
/** What `freshness` may take unless told otherwise, ms: it is asked in every cycle. */
const FRESHNESS_LIMIT_MS = 10_000;

export interface SiteDraft {
  readonly site: Site;
  /** No fence was given and none could be derived. */
  readonly fenceOmitted: boolean;
}

export function readSite(tree: Tree, path: Path, report: Report, context: SiteContext): SiteDraft {
  const values = readSection(tree, SITE, path, report);
  const host = hostOf(values, path, report, context);
  const command = (key: 'quiesce' | 'catchUp' | 'freshness' | 'snapshot', name: string, limitMs: number) =>
    readCommand(values[key], [...path, name], report, limitMs);
  const { fence, omitted } = readFence(values.fence, [...path, 'fence'], report, host.fence);
  const freshness = command('freshness', 'freshness', FRESHNESS_LIMIT_MS);
  const site: Site = {
    name: values.name ?? '',
    provider: values.provider,
    vendor: host.vendor,
    server: values.server,
    addresses: addressesOf(tree, values, path, report),
    shell: readShell(values.ssh, [...path, 'ssh'], report),
    fence,
    promote: readPromote(values.promote, [...path, 'promote'], report),
    quiesce: command('quiesce', 'quiesce', context.limitsMs.quiesce),
    catchUp: command('catchUp', 'catch_up', context.limitsMs['catch-up']),
    freshness,
    maxLagMs: values.maxLag ?? (freshness ? DEFAULT_MAX_LAG_MS : null),
    snapshot: command('snapshot', 'snapshot', context.limitsMs.snapshot),
  };
  checkSite(site, values, path, report, context);
  return { site, fenceOmitted: omitted };
}

function addressesOf(
  tree: Tree,
  values: Values<typeof SITE>,
  path: Path,
  report: Report,
): Partial<Record<Family, string>> {
  const { ipv4, ipv6 } = values;
  // An address that is there but wrong has been reported; "has none" would be a second, false message.
  const wrong = ['ipv4', 'ipv6'].some(key => report.has([...path, key]));
  if (ipv4 === null && ipv6 === null && !wrong && tree.type === 'map')
    report.error(path, 'has no address: nothing could be probed or published', {
      allowed: 'ipv4, ipv6 or both',
    });
  return { ...(ipv4 !== null && { v4: ipv4 }), ...(ipv6 !== null && { v6: ipv6 }) };
}

/** The hoster of the site: its vendor's name, and what a fence may rely on. */
function hostOf(
  values: Values<typeof SITE>,
  path: Path,
  report: Report,
  context: SiteContext,
): { readonly vendor: string | null; readonly fence: FenceContext } {
  const base = { stateless: context.stateless, limitMs: context.limitsMs.fence, tellsLocks: false };
  if (values.provider === null) {
    if (values.server !== null)
      report.error([...path, 'server'], 'means nothing without `provider`', { atKey: true });
    return {
      vendor: values.vendor,
      fence: { ...base, canPowerOff: false, whyNot: 'needs a `provider` that can cut the power' },
    };
  }
  const here = [...path, 'provider'];
  if (values.vendor !== null)
    report.error([...path, 'vendor'], 'is told by `provider`: leave it out', { atKey: true });
  const kind = lookUp(context.providers, values.provider)?.kind ?? null;
  const vendor = kind === null ? null : lookUp(context.catalog.hosts, kind);
  if (kind === null || vendor === null) {
    const hosts = Object.values(context.providers).filter(each => lookUp(context.catalog.hosts, each.kind));
    report.error(here, kind === null ? 'is not among `providers`' : `is a ${kind}, which hosts no machines`, {
      value: values.provider,
      given: values.provider,
      candidates: hosts.map(each => each.name),
      allowed: hosts.map(each => each.name).join(', ') || 'none: no provider of machines is configured',
    });
    // What it could do is not known, so the fence is not judged on top.
    return { vendor: kind, fence: { ...base, canPowerOff: true, tellsLocks: true, whyNot: '' } };
  }
  if (values.server === null && !report.has([...path, 'server']))
    report.error(
      path,
      `needs \`server\`, the machine's id at ${values.provider}: it can neither be read nor fenced`,
    );
  const { lockFlag, powerOff, confirmsOff } = vendor.capabilities;
  return {
    vendor: kind,
    fence: {
      ...base,
      tellsLocks: lockFlag,
      canPowerOff: powerOff && confirmsOff,
      whyNot: powerOff
        ? `${vendor.title} cannot confirm that a machine is off`
        : `${vendor.title} cannot cut the power`,
    },
  };
}

function checkSite(
  site: Site,
  values: Values<typeof SITE>,
  path: Path,
  report: Report,
  context: SiteContext,
): void {
  if (site.freshness === null && values.maxLag !== null)
    report.error([...path, 'max_lag'], 'is never measured: it needs `freshness`', { atKey: true });
  if (site.promote.length > 0 && site.freshness === null && !context.stateless)
    report.warn(
      [...path, 'promote'],
      'the age of its data is not checked before it is promoted: give `freshness`',
      {
        atKey: true,
      },
    );
  const together = site.promote.reduce((sum, part) => sum + part.run.limitMs + (part.check?.limitMs ?? 0), 0);
  if (together > context.limitsMs.promote)
    report.warn(
      [...path, 'promote'],
      'its parts may take longer together than limits.promote: the step would be cut',
      {
        atKey: true,
      },
    );
  const steps: readonly [string, Command | null, StepKind][] = [
    ['quiesce', site.quiesce, 'quiesce'],
    ['catch_up', site.catchUp, 'catch-up'],
    ['snapshot', site.snapshot, 'snapshot'],
  ];
  for (const [key, command, step] of steps)
    if (command && command.limitMs > context.limitsMs[step])
      report.warn([...path, key], 'may take longer than its step (`limits`): it would be cut', {
        atKey: true,
      });
}
