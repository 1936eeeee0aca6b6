/** What a service needs besides, once some verdict lets it act by itself: eyes of its own, and a zone that can't be overwritten. */
import { FAMILIES, type Family } from '../model/sample.ts';
import { RESPONSES, VERDICT_CLASSES } from '../model/verdict.ts';
import { lookUp } from './catalog.ts';
import type { Rule } from './check-service.ts';
import type { ServiceDraft } from './service.ts';

/** Some class is policy `act`: a plan could be carried out by itself, if the mode lets it. */
function isAutomatic({ service }: ServiceDraft): boolean {
  return VERDICT_CLASSES.some(verdict => RESPONSES[verdict] !== 'none' && service.policy[verdict] === 'act');
}

/**
 * One blind observer must never trigger, nor take a site that it can't see for one that has given itself up, whoever ordered the
 * failover: the gate refuses that plan (row 31).
 */
export const sight: Rule = (draft, report, { mode, references }) => {
  if (references === null) return;
  const automatic = isAutomatic(draft);
  const { name, essential } = draft.service;
  for (const family of FAMILIES) {
    if (references.some(reference => reference.family === family)) continue;
    const waiting = waitedFor(draft, family);
    const why =
      automatic && essential.includes(family)
        ? `${name} acts by itself on IP${family}`
        : waiting !== null &&
          `${name} waits for ${waiting} to give itself up, which is probed on IP${family} too`;
    if (why === false) continue;
    const message = `${why}, but no reference proves this runner's own IP${family}`;
    const particulars = {
      allowed: `an IP${family} address:port of somebody else, under observer.references`,
      atKey: true,
    };
    if (automatic && mode === 'act') report.error(['observer', 'references'], message, particulars);
    else report.warn(['observer', 'references'], message, particulars);
  }
};

/** @returns a site that has this family, is probed in it, and is fenced by waiting; null: none */
function waitedFor({ service }: ServiceDraft, family: Family): string | null {
  const isProbed = service.probes.some(probe => probe.required && probe.families.includes(family));
  const site = service.sites.find(
    ({ fence, addresses }) => fence.method === 'wait' && addresses[family] !== undefined,
  );
  return isProbed ? (site?.name ?? null) : null;
}

/** One blind writer must never overwrite. */
export const guardedDns: Rule = (draft, report, { mode, providers, catalog }) => {
  if (!isAutomatic(draft)) return;
  const { service, path } = draft;
  const kind = lookUp(providers, service.dns.provider)?.kind ?? '';
  const vendor = lookUp(catalog.dns, kind);
  if (!vendor || vendor.capabilities.compareAndSwap) return;
  const here = [...path, 'dns', 'provider'];
  const message = `${vendor.title} has no compare-and-swap: two runners could overwrite each other`;
  if (draft.allowUnguardedDns || mode !== 'act') report.warn(here, message, { value: service.dns.provider });
  else
    report.error(here, message, {
      value: service.dns.provider,
      allowed: 'policies without act, or `allow_unguarded_dns: true`',
    });
};
