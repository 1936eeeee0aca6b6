/** What is not wrong yet: sentences that turn HEALTHY into WARNED, so that a person can act before the night. */
import type { FamilyObservation } from '../model/observation.ts';
import type { Service, Site } from '../model/service.ts';
import type { HostSignal } from '../model/signal.ts';
import type { Evidence } from '../model/state.ts';

const DAY_MS = 86_400_000;

/** @returns one sentence a warning, each naming the site */
export function warningsOf(
  service: Service,
  site: Site,
  families: readonly FamilyObservation[],
  evidence: Evidence,
  host: HostSignal | null,
  now: number,
): string[] {
  const warnings: string[] = [];
  const ends = certificateEnd(evidence, site.name, now - service.pace.staleMs);
  if (ends !== null && ends - now < service.thresholds.certificateMs) {
    const days = Math.floor((ends - now) / DAY_MS);
    warnings.push(
      days < 0
        ? `${site.name}: the certificate has expired`
        : `${site.name}: the certificate ends in ${days} days`,
    );
  }
  for (const family of families) {
    if (family.blocked === true && family.state === 'ok') {
      warnings.push(`${site.name}: the hoster says ${family.family} is locked, though it answers from here`);
    }
    if (!family.essential && family.published && family.observer === 'unproven') {
      warnings.push(`${site.name}: ${family.family} fails, but no reference proves our own ${family.family}`);
    }
    for (const probe of family.probes) {
      if (!probe.required && probe.state === 'down') {
        warnings.push(`${site.name}: ${probe.probe} over ${family.family} is down (not required)`);
      }
    }
  }
  if (host?.error !== undefined)
    warnings.push(`${site.name}: the hoster's API cannot be asked: ${host.error}`);
  return warnings;
}

function certificateEnd(evidence: Evidence, site: string, since: number): number | null {
  let ends: number | null = null;
  for (const sample of evidence.samples) {
    if (sample.facts === undefined || sample.site !== site || sample.at < since) continue;
    const value = sample.facts.certificateExpiresAt;
    if (typeof value !== 'number') continue;
    ends = ends === null ? value : Math.min(ends, value);
  }
  return ends;
}
