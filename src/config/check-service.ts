/**
 * Rules that compare the sections of one service: each is a function of the draft that reports what it finds. A draft
 * may hold empty strings where something was wrong already; rules pass over these.
 */
import { isIP } from 'node:net';
import { FAMILIES } from '../model/sample.ts';
import type { Mode, ProviderSettings, Reference, Site } from '../model/service.ts';
import type { Catalog } from './catalog.ts';
import { lookUp } from './catalog.ts';
import { guardedDns, sight } from './check-automatic.ts';
import { formatDuration } from './duration.ts';
import type { Report } from './report.ts';
import type { ServiceDraft } from './service.ts';

export interface CheckContext {
  readonly mode: Mode;
  /** null: they are wrong, which is told already. */
  readonly references: readonly Reference[] | null;
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly catalog: Catalog;
}

export type Rule = (draft: ServiceDraft, report: Report, context: CheckContext) => void;

const siteNames: Rule = ({ service, path }, report) => {
  const seen = new Set<string>();
  const addresses = new Map<string, string>();
  for (const [index, site] of service.sites.entries()) {
    const here = [...path, 'sites', index];
    if (site.name !== '' && seen.has(site.name))
      report.error([...here, 'name'], 'is the name of an earlier site too', { value: site.name });
    seen.add(site.name);
    for (const family of FAMILIES) {
      const address = site.addresses[family];
      if (address === undefined) continue;
      const owner = addresses.get(address);
      if (owner !== undefined)
        report.error(
          [...here, `ip${family}`],
          `is the address of site ${owner} too: a flip would change nothing`,
          {
            value: address,
          },
        );
      else addresses.set(address, site.name);
    }
  }
};

/** A slip of copying a site: the fence of one would cut the power of the other. */
const sameServer: Rule = ({ service, path }, report) => {
  for (const [index, site] of service.sites.entries()) {
    const other = service.sites.slice(0, index).find(earlier => isSameServer(earlier, site));
    if (other === undefined) continue;
    report.error(
      [...path, 'sites', index, 'server'],
      `is the machine of site ${other.name} too: fencing one would switch off the other`,
      { value: site.server ?? '' },
    );
  }
};

function isSameServer(one: Site, other: Site): boolean {
  return one.server !== null && one.server === other.server && one.provider === other.provider;
}

const siteCount: Rule = ({ service, path }, report) => {
  if (service.sites.length === 1)
    report.warn([...path, 'sites'], 'holds one site only: there is nothing to fail over to', { atKey: true });
};

const sameHoster: Rule = ({ service, path }, report, context) => {
  const [home, ...standbys] = service.sites;
  if (!home) return;
  for (const [index, site] of standbys.entries()) {
    const here = [...path, 'sites', index + 1];
    if (isSameServer(home, site)) continue; // told by its own rule
    if (site.provider !== null && site.provider === home.provider)
      report.warn(
        [...here, 'provider'],
        'is the account of the home site too: one lock or one abuse desk may take both',
        {
          value: site.provider,
        },
      );
    else if (
      site.vendor !== null &&
      home.vendor !== null &&
      sameVendor(site.vendor, home.vendor, context.catalog)
    )
      report.warn(
        [...here, site.provider === null ? 'vendor' : 'provider'],
        'is the hoster of the home site too: an outage or its abuse desk may take both',
        { value: site.provider ?? site.vendor },
      );
  }
};

/** `hetzner` and the kind `hcloud`, titled "Hetzner Cloud", are one hoster. */
function sameVendor(one: string, other: string, catalog: Catalog): boolean {
  const words = (vendor: string): readonly string[] => {
    const title = lookUp(catalog.hosts, vendor)?.title.toLowerCase();
    return [vendor.toLowerCase(), ...(title === undefined ? [] : [title, title.split(' ')[0] ?? title])];
  };
  const known = new Set(words(one));
  return words(other).some(word => known.has(word));
}

const fences: Rule = ({ sites, path }, report) => {
  for (const [index, { site, fenceOmitted }] of sites.entries()) {
    if (!fenceOmitted) continue;
    const here = [...path, 'sites', index];
    const allowed = 'power-off, command or wait; none with `stateless: true`';
    if (index === 0)
      report.error(here, 'needs `fence`: without one it cannot be failed over from', { allowed });
    else
      report.warn(
        here,
        `has no \`fence\`: once ${site.name || 'it'} is active, it is not failed over from by itself`,
        {
          allowed,
        },
      );
  }
};

const families: Rule = ({ service, path }, report) => {
  const [home, ...standbys] = service.sites;
  if (!home || Object.keys(home.addresses).length === 0) return;
  for (const [index, family] of service.essential.entries()) {
    if (home.addresses[family] === undefined)
      report.error([...path, 'essential', index], `the home site has no IP${family} address`, {
        value: family,
        allowed: Object.keys(home.addresses).join(', '),
      });
    for (const [at, site] of standbys.entries())
      if (site.addresses[family] === undefined && Object.keys(site.addresses).length > 0)
        report.warn(
          [...path, 'sites', at + 1],
          `has no IP${family} address, which is essential: it is never promoted`,
        );
    if (
      home.addresses[family] !== undefined &&
      service.probes.length > 0 &&
      !service.probes.some(probe => probe.required && probe.families.includes(family))
    )
      report.error([...path, 'probes'], `no required probe watches IP${family}, which is essential`, {
        atKey: true,
      });
  }
};

const records: Rule = ({ service, path }, report) => {
  const { zoneName, epochName } = service.dns;
  const inside = (name: string): boolean => name === zoneName || name.endsWith(`.${zoneName}`);
  const dns = [...path, 'dns'];
  if (zoneName === '') return;
  for (const [index, name] of service.dns.records.entries()) {
    const here = [...dns, 'records', index];
    if (!inside(name))
      report.error(here, 'is outside the zone', {
        value: name,
        allowed: `${zoneName} and names that end in .${zoneName}`,
      });
    if (name === epochName) report.error(here, 'is the epoch record: it holds no addresses', { value: name });
  }
  if (!inside(epochName))
    report.error([...dns, 'epoch_record'], 'is outside the zone', {
      value: epochName,
      allowed: `a name that ends in .${zoneName}`,
    });
};

/** ssh to a name that the service moves would, after a flip, run on the wrong machine. */
/** The id goes into the paths of requests and of commands to type: `a/../b` would be another zone, or none. */
const zoneId: Rule = ({ service, path }, report) => {
  const { zone } = service.dns;
  if (zone !== '' && (!/^[A-Za-z0-9._-]{1,64}$/.test(zone) || /^\.|\.\./.test(zone)))
    report.error([...path, 'dns', 'zone'], 'is not the id of a zone', {
      value: zone,
      allowed: '1 to 64 of letters, digits, ".", "_" and "-", without a "." in front or ".."',
    });
};

const shells: Rule = ({ service, path }, report) => {
  for (const [index, { shell }] of service.sites.entries())
    if (shell.kind === 'ssh' && isIP(shell.host) === 0 && service.dns.records.includes(shell.host))
      report.error(
        [...path, 'sites', index, 'ssh'],
        'goes to a name that the service moves: give the address',
        {
          value: shell.host,
        },
      );
};

const timing: Rule = ({ service, path }, report) => {
  const { thresholds, pace, probes } = service;
  const at = (section: string, key: string): readonly (string | number)[] => [...path, section, key];
  const show = formatDuration;
  if (pace.fastMs >= pace.intervalMs)
    report.error(at('pace', 'fast'), `is not faster than the interval of ${show(pace.intervalMs)}`, {
      value: show(pace.fastMs),
      allowed: `less than ${show(pace.intervalMs)}`,
    });
  const timeoutMs = Math.max(0, ...probes.map(probe => probe.timeoutMs));
  for (const [index, probe] of probes.entries())
    if (probe.timeoutMs > pace.intervalMs)
      report.warn(
        [...path, 'probes', index],
        `its timeout is longer than the interval of ${show(pace.intervalMs)}`,
        {
          value: show(probe.timeoutMs),
        },
      );
  // A streak is counted over samples that are not stale: what needs longer than that can never be reached.
  if (thresholds.failingForMs >= pace.staleMs)
    report.error(
      at('thresholds', 'failing_for'),
      `can never be reached: samples are stale after ${show(pace.staleMs)}`,
      {
        value: show(thresholds.failingForMs),
        allowed: `less than pace.stale, ${show(pace.staleMs)}`,
      },
    );
  const streakMs = (thresholds.failures - 1) * pace.fastMs + timeoutMs;
  // The first of a streak that is not stale yet may be a look younger than `stale`.
  const leastMs = Math.max(streakMs, thresholds.failingForMs + pace.intervalMs + timeoutMs);
  if (pace.staleMs < leastMs)
    report.error(at('pace', 'stale'), 'is shorter than the thresholds, the interval and the timeouts need', {
      value: show(pace.staleMs),
      allowed: `${show(leastMs)} or more`,
    });
  for (const [key, every] of [
    ['standby', pace.standbyMs],
    ['providers', pace.providerMs],
  ] as const)
    if (every > pace.staleMs)
      report.warn(
        at('pace', key),
        `what it brings is stale after ${show(pace.staleMs)}: in between nothing is known`,
        {
          value: show(every),
        },
      );
};

const RULES: readonly Rule[] = [
  siteNames,
  sameServer,
  siteCount,
  sameHoster,
  fences,
  families,
  records,
  zoneId,
  shells,
  timing,
  sight,
  guardedDns,
];

export function checkService(draft: ServiceDraft, report: Report, context: CheckContext): void {
  for (const rule of RULES) rule(draft, report, context);
}
