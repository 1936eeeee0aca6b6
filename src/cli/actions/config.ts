/** The work of `config check`: every problem as a line that editors and grep know, then the services in short. */
import { loadSettings } from '../../config/load.ts';
import { ConfigError, explainProblem, type Problem } from '../../config/problem.ts';
import type { Service, Settings, Site } from '../../model/service.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions, Io } from '../io.ts';
import { count, wrap } from '../render/text.ts';

/** @returns 0, or 3 when the config is refused; the problems go to stdout, they are the result */
export async function checkConfig(io: Io, options: CommonOptions): Promise<ExitCode> {
  const { settings, problems } = await read(io, options.config);
  const errors = problems.filter(problem => problem.severity === 'error').length;
  const warnings = problems.length - errors;
  if (options.json === true) {
    const services = settings?.services.map(summary) ?? [];
    io.out(
      `${JSON.stringify({ ok: settings !== null, file: options.config, mode: settings?.mode ?? null, problems, services })}\n`,
    );
  } else {
    for (const problem of problems) io.out(`${explainProblem(problem)}\n`);
    const counts = [count(errors, 'error'), count(warnings, 'warning')].join(', ');
    io.out(
      settings === null
        ? `refused: ${counts}\n`
        : `ok: mode ${settings.mode}, ${count(settings.services.length, 'service')}, ${counts}\n`,
    );
    for (const service of settings?.services ?? []) io.out(`${serviceLine(service)}\n`);
  }
  return settings === null ? EXIT.config : EXIT.ok;
}

async function read(
  io: Io,
  file: string,
): Promise<{ readonly settings: Settings | null; readonly problems: readonly Problem[] }> {
  try {
    const source = { file, readFile: io.readFile, env: io.env, hostname: io.hostname };
    const { settings, warnings } = await loadSettings(source);
    return { settings, problems: warnings };
  } catch (thrown) {
    if (thrown instanceof ConfigError) return { settings: null, problems: thrown.problems };
    throw thrown;
  }
}

function summary({ name, sites, dns, probes, essential }: Service) {
  return {
    name,
    sites: sites.map(site => ({
      name: site.name,
      vendor: site.vendor,
      families: Object.keys(site.addresses),
      fence: site.fence.method,
    })),
    dns: { provider: dns.provider, zone: dns.zoneName, records: dns.records, epochName: dns.epochName },
    probes: probes.map(probe => probe.id),
    essential,
  };
}

function serviceLine({ name, sites, dns, probes }: Service): string {
  const path = sites.map(siteText).join(' -> ');
  const checks = probes.map(probe => probe.id).join(' ');
  return wrap(`${path}; probes ${checks}; DNS ${dns.records.join(' ')} at ${dns.provider}`, `  ${name}: `);
}

function siteText({ name, vendor, addresses }: Site): string {
  return `${name} (${vendor ?? 'unknown hoster'}, ${Object.keys(addresses).join(' ')})`;
}
