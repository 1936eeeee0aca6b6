/** Rules over the whole config: services against each other, and what must outlive the sites that it watches. */
import { FAMILIES } from '../model/sample.ts';
import type { Settings } from '../model/service.ts';
import { isLoopback } from './address.ts';
import type { Report } from './report.ts';
import type { ServiceDraft } from './service.ts';

export function checkWorld(settings: Settings, drafts: readonly ServiceDraft[], report: Report): void {
  owners(drafts, report);
  sinks(settings, report);
  references(settings, report);
  unused(settings, report);
  if (!isLoopback(settings.serve.host))
    report.warn(
      ['serve', 'listen'],
      'is open to others than this machine: put a proxy with a login in front',
      {
        value: settings.serve.host,
      },
    );
}

/** Every name has one owner: two services that write one record would undo each other's flips. */
function owners(drafts: readonly ServiceDraft[], report: Report): void {
  const records = new Map<string, string>();
  const epochs = new Map<string, string>();
  for (const { service } of drafts)
    if (service.dns.epochName !== '' && !epochs.has(service.dns.epochName))
      epochs.set(service.dns.epochName, service.name);
  for (const { service, path } of drafts) {
    for (const [index, name] of service.dns.records.entries()) {
      const here = [...path, 'dns', 'records', index];
      const owner = records.get(name);
      if (owner !== undefined)
        report.error(here, `is a record of the service ${owner} already: this one does not own it`, {
          value: name,
        });
      else records.set(name, service.name);
      const epoch = epochs.get(name);
      if (epoch !== undefined && epoch !== service.name)
        report.error(here, `is the epoch record of the service ${epoch}`, { value: name });
    }
    const first = epochs.get(service.dns.epochName);
    if (first !== undefined && first !== service.name)
      report.error([...path, 'dns', 'epoch_record'], `is the epoch record of the service ${first} already`, {
        value: service.dns.epochName,
      });
  }
}

/** The alarm must not live on the dead box. */
function sinks(settings: Settings, report: Report): void {
  for (const [index, sink] of settings.sinks.entries()) {
    if (!URL.canParse(sink.url)) continue;
    const host = new URL(sink.url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    const here = ['sinks', index, 'url'];
    for (const service of settings.services) {
      if (service.dns.records.includes(host))
        report.error(here, `lives on the service ${service.name}: it would die with what it reports about`, {
          value: host,
        });
      for (const [at, site] of service.sites.entries()) {
        if (!FAMILIES.some(family => site.addresses[family] === host)) continue;
        const message = `lives on the site ${site.name} of ${service.name}: it would die with what it reports about`;
        if (at === 0) report.error(here, message, { value: host });
        else report.warn(here, message, { value: host });
      }
    }
    if (sink.url.startsWith('http://') && !isLoopback(host))
      report.warn(here, 'sends notices in the clear: use https', { value: host });
  }
}

/** A reference that dies with a site proves nothing about our own network. */
function references(settings: Settings, report: Report): void {
  for (const [index, reference] of settings.references.entries())
    for (const service of settings.services)
      for (const site of service.sites)
        if (site.addresses[reference.family] === reference.address && !isLoopback(reference.address))
          report.error(
            ['observer', 'references', index],
            `is the site ${site.name} of ${service.name}: when that is gone, the observer would seem blind`,
            { value: reference.name },
          );
}

function unused(settings: Settings, report: Report): void {
  const used = new Set(
    settings.services.flatMap(service => [service.dns.provider, ...service.sites.map(site => site.provider)]),
  );
  for (const name of Object.keys(settings.providers))
    if (!used.has(name)) report.warn(['providers', name], 'is used by no service', { atKey: true });
}
