/** One service, from its mapping to the model. What compares several sections is in `check-service.ts`. */

import type { StepKind } from '../model/plan.ts';
import type { Family } from '../model/sample.ts';
import { FAMILIES } from '../model/sample.ts';
import type { DnsBinding, ProviderSettings, Service } from '../model/service.ts';
import type { Policy, VerdictClass } from '../model/verdict.ts';
import { parseHostname } from './address.ts';
import type { Catalog } from './catalog.ts';
import { lookUp } from './catalog.ts';
import type { Tree } from './document.ts';
import { DNS, LIMITS, PACE, POLICY, SERVICE, THRESHOLDS } from './fields-service.ts';
import { readProbes } from './probes.ts';
import type { Path, Report } from './report.ts';
import type { SecretSource } from './secrets.ts';
import { readSection } from './section.ts';
import type { SiteDraft } from './site.ts';
import { readSite } from './site.ts';

export interface ServiceContext {
  readonly catalog: Catalog;
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly secrets: SecretSource;
}

/** A service with what the model does not keep but the checks need. */
export interface ServiceDraft {
  readonly service: Service;
  readonly path: Path;
  readonly sites: readonly SiteDraft[];
  readonly allowUnguardedDns: boolean;
}

export async function readService(
  name: string,
  tree: Tree,
  path: Path,
  report: Report,
  context: ServiceContext,
): Promise<ServiceDraft> {
  const values = readSection(tree, SERVICE, path, report);
  const limitsMs = readLimits(values.limits, [...path, 'limits'], report);
  const items = values.sites?.type === 'list' ? values.sites.items : [];
  const siteContext = { ...context, stateless: values.stateless, limitsMs };
  const sites = items.map((item, index) => readSite(item, [...path, 'sites', index], report, siteContext));
  const families = FAMILIES.filter(family => sites.some(({ site }) => site.addresses[family] !== undefined));
  const probes = await readProbes(values.probes ?? null, [...path, 'probes'], report, {
    catalog: context.catalog,
    families,
    secrets: context.secrets,
  });
  const { dns, allowUnguardedDns } = readDns(name, values.dns ?? null, [...path, 'dns'], report, context);
  const home = sites[0]?.site;
  const service: Service = {
    name,
    sites: sites.map(draft => draft.site),
    dns,
    probes,
    essential: values.essential ?? essentialOf(home?.addresses ?? {}),
    thresholds: readThresholds(values.thresholds, [...path, 'thresholds'], report),
    pace: readPace(values.pace, [...path, 'pace'], report),
    policy: readPolicy(values.policy, [...path, 'policy'], report),
    blockWindowMs: values.blockWindow,
    retryPauseMs: values.retryPause,
    planTtlMs: values.planTtl,
    limitsMs,
    stateless: values.stateless,
  };
  return { service, path, sites, allowUnguardedDns };
}

function essentialOf(addresses: Readonly<Partial<Record<Family, string>>>): readonly Family[] {
  return addresses.v4 === undefined && addresses.v6 !== undefined ? ['v6'] : ['v4'];
}

function readThresholds(tree: Tree | null, path: Path, report: Report): Service['thresholds'] {
  const values = readSection(tree, THRESHOLDS, path, report);
  return {
    failures: values.failures,
    failingForMs: values.failingFor,
    returnForMs: values.returnFor,
    downWhen: values.downWhen,
    certificateMs: values.certificate,
  };
}

function readPace(tree: Tree | null, path: Path, report: Report): Service['pace'] {
  const values = readSection(tree, PACE, path, report);
  return {
    intervalMs: values.interval,
    fastMs: values.fast,
    standbyMs: values.standby,
    providerMs: values.providers,
    staleMs: values.stale,
  };
}

function readPolicy(tree: Tree | null, path: Path, report: Report): Readonly<Record<VerdictClass, Policy>> {
  // The table has a default for every class, so every class has a policy.
  return readSection(tree, POLICY, path, report) as Readonly<Record<VerdictClass, Policy>>;
}

function readLimits(tree: Tree | null, path: Path, report: Report): Readonly<Record<StepKind, number>> {
  const { catchUp, ...others } = readSection(tree, LIMITS, path, report);
  return { ...others, 'catch-up': catchUp };
}

function readDns(
  service: string,
  tree: Tree | null,
  path: Path,
  report: Report,
  context: ServiceContext,
): { readonly dns: DnsBinding; readonly allowUnguardedDns: boolean } {
  // Without its section, which is told already, its own keys need not be missed, too.
  if (tree === null) return { dns: NO_DNS, allowUnguardedDns: false };
  const values = readSection(tree, DNS, path, report);
  if (values.provider) checkDnsProvider(values.provider, [...path, 'provider'], report, context);
  const zoneName = values.zoneName ?? (values.zone ? nameOf(values.zone) : null) ?? '';
  if (zoneName === '' && values.zone)
    report.error(path, 'needs `zone_name`: the name cannot be read off the id of the zone', {
      allowed: 'a full name, such as example.org',
    });
  if (values.ttl % 1000 !== 0)
    report.error([...path, 'ttl'], 'is not in whole seconds, as DNS needs', { allowed: 'whole seconds' });
  else if (values.ttl > 300_000)
    report.warn([...path, 'ttl'], 'resolvers may give the old address for so long after a failover', {
      allowed: '300s or less',
    });
  const dns: DnsBinding = {
    provider: values.provider ?? '',
    zone: values.zone ?? '',
    zoneName,
    epochName: values.epochRecord ?? (zoneName === '' ? '' : `_understudy-${service}.${zoneName}`),
    records: values.records ?? [],
    ttlS: Math.ceil(values.ttl / 1000),
    nameservers: values.nameservers?.map(server => server.name) ?? null,
  };
  return { dns, allowUnguardedDns: values.allowUnguardedDns };
}

const NO_DNS: DnsBinding = {
  provider: '',
  zone: '',
  zoneName: '',
  epochName: '',
  records: [],
  ttlS: 60,
  nameservers: null,
};

function nameOf(zone: string): string | null {
  try {
    return parseHostname(zone, 2, true);
  } catch {
    return null;
  }
}

function checkDnsProvider(name: string, path: Path, report: Report, context: ServiceContext): void {
  const kind = lookUp(context.providers, name)?.kind ?? null;
  if (kind !== null && lookUp(context.catalog.dns, kind)) return;
  const usable = Object.values(context.providers).filter(each => lookUp(context.catalog.dns, each.kind));
  report.error(path, kind === null ? 'is not among `providers`' : `is a ${kind}, which serves no DNS zones`, {
    value: name,
    given: name,
    candidates: usable.map(each => each.name),
    allowed: usable.map(each => each.name).join(', ') || 'none: no DNS provider is configured',
  });
}
