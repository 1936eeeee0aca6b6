/**
 * The state in one to three lines that an IRC bot can paste into a channel as they are. What is wrong comes first in a line,
 * since channels are read by people who scroll.
 */
import { duration, instant, plain } from '../announce/plain.ts';
import type { ServiceStatus, StatusDocument } from './status.ts';

const LINES = 3;
const WELL = new Set<ServiceStatus['verdict']>(['HEALTHY', 'WARNED']);

function isWell(service: ServiceStatus): boolean {
  return WELL.has(service.verdict) && !service.stale;
}

function serviceLine(service: ServiceStatus, at: number): string {
  const { verdict, active, since, incident, run, hold, standing, staleNote } = service;
  const parts = [
    `${service.name}: ${verdict ?? 'never judged'}${active === null ? '' : ` at ${active}`}${since === null ? '' : ` for ${duration(at - since)}`}`,
  ];
  // First, since it takes back all that follows.
  if (staleNote !== null) parts.unshift(`STALE, ${staleNote}`);
  if (run?.status === 'running') parts.push(`${run.kind} to ${run.to} under way`);
  else if (run?.status === 'interrupted') parts.push(`${run.kind} to ${run.to} interrupted`);
  if (hold !== null)
    parts.push(
      `held by ${hold.owner}${hold.until === null ? '' : ` until ${instant(hold.until)}`} (${hold.reason})`,
    );
  if (standing?.plan !== undefined) parts.push(`plan ${standing.plan} waits for approval`);
  else if (standing !== null && standing.code !== 'nothing-to-do')
    parts.push(`not acting (${standing.code}): ${standing.detail}`);
  if (incident !== null) parts.push(`incident ${incident.id}`);
  return plain(parts.join('; '));
}

/** One line a service while there is room; else a count, then those that are not well, then holds. @returns 1 to 3 lines, each ≤ 400 bytes of UTF-8 */
export function ircLines(document: StatusDocument): readonly string[] {
  const { services, at } = document;
  if (services.length === 0) return ['understudy: no service is configured'];
  if (services.length <= LINES) return services.map(service => serviceLine(service, at));
  const ill = services.filter(service => !isWell(service));
  const held = services.filter(({ hold }) => hold !== null);
  const lines = [
    `understudy: ${services.length - ill.length} of ${services.length} services are well${document.stale ? '; some records are STALE: is cron still going?' : ''}`,
  ];
  const [only] = ill;
  if (ill.length === 1 && only !== undefined) lines.push(serviceLine(only, at));
  else if (ill.length > 1)
    lines.push(
      ill
        .map(({ name, verdict, stale }) => `${name} ${verdict ?? 'never judged'}${stale ? ' (stale)' : ''}`)
        .join(', '),
    );
  if (held.length > 0)
    lines.push(`held: ${held.map(({ name, hold }) => `${name} by ${hold?.owner ?? ''}`).join(', ')}`);
  return lines.slice(0, LINES).map(line => plain(line));
}
