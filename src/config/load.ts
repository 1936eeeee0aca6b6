/**
 * The config, from a file to `Settings`, or to all that is wrong with it at once. Nothing here reads the clock, the
 * environment or the disk by itself: they are parameters, so a test sees exactly what an operator would.
 */
import { isEpochToken } from '../model/epoch.ts';
import { Secret } from '../model/secret.ts';
import type { ProviderSettings, Reference, Settings, WebhookSink } from '../model/service.ts';
import type { Catalog } from './catalog.ts';
import { CATALOG } from './catalog.ts';
import { checkService } from './check-service.ts';
import { checkWorld } from './check-world.ts';
import type { MapTree, Tree } from './document.ts';
import { parseConfig } from './document.ts';
import { OBSERVER, PROVIDER, ROOT, SERVE, SINK } from './fields-core.ts';
import type { FileContent } from './files.ts';
import { whyUnreadable } from './files.ts';
import { FORMATS } from './formats.ts';
import { kindOf } from './probes.ts';
import type { Problem } from './problem.ts';
import { ConfigError } from './problem.ts';
import type { Path } from './report.ts';
import { Report } from './report.ts';
import type { SecretSource } from './secrets.ts';
import { resolveSecrets } from './secrets.ts';
import { mergeTables, readSection } from './section.ts';
import type { ServiceDraft } from './service.ts';
import { readService } from './service.ts';

export interface LoadOptions extends SecretSource {
  /** Path of the config; relative paths inside it start at its directory. */
  readonly file: string;
  /** This machine's name, when the config names no runner. Characters that do not fit the epoch record become `-`. */
  readonly hostname?: string;
  /** Vendors and probe kinds; all registered ones unless a test brings its own. */
  readonly catalog?: Catalog;
}

export interface Loaded {
  readonly settings: Settings;
  /** Legal, but worth a look. */
  readonly warnings: readonly Problem[];
}

/** @returns the settings, frozen @throws ConfigError with every problem found */
export async function loadSettings(options: LoadOptions): Promise<Loaded> {
  const content = await readConfig(options);
  const parsed = parseConfig(content.bytes);
  const report = new Report(options.file, 'tree' in parsed ? parsed.tree : null);
  let settings: Settings | null = null;
  if ('tree' in parsed) settings = await readSettings(parsed.tree, report, options);
  else for (const problem of parsed.problems) report.errorAt(problem, problem.message);
  if (content.mode !== null && (content.mode & 0o022) !== 0)
    report.warn([], 'others than its owner can write the config: chmod go-w it');
  const problems = await report.finish();
  if (settings === null || report.failed) throw new ConfigError(options.file, problems);
  return { settings: freeze(settings), warnings: problems };
}

async function readConfig(options: LoadOptions): Promise<FileContent> {
  try {
    return await options.readFile(options.file);
  } catch (error) {
    const report = new Report(options.file, null);
    report.error([], `the file cannot be read: ${whyUnreadable(error)}`);
    throw new ConfigError(options.file, await report.finish());
  }
}

async function readSettings(tree: MapTree, report: Report, options: LoadOptions): Promise<Settings> {
  const catalog = options.catalog ?? CATALOG;
  const values = readSection(tree, ROOT, [], report);
  const observer = readSection(values.observer, OBSERVER, ['observer'], report);
  const serve = readSection(values.serve, SERVE, ['serve'], report);
  const providers = await readProviders(values.providers ?? null, report, options, catalog);
  const references: readonly Reference[] = observer.references.map(({ name, host, port, family }) => ({
    name,
    address: host,
    port,
    family,
  }));
  const drafts = await readServices(values.services ?? null, report, options, catalog, providers);
  const settings: Settings = {
    file: options.file,
    mode: values.mode,
    state: values.state,
    runner: values.runner ?? runnerOf(options.hostname),
    references,
    referenceTimeoutMs: observer.timeout,
    providers,
    sinks: await readSinks(values.sinks, report, options),
    serve: { host: serve.listen.host, port: serve.listen.port },
    services: drafts.map(draft => draft.service),
  };
  const known = report.has(['observer', 'references']) ? null : references;
  const context = { mode: settings.mode, references: known, providers, catalog };
  for (const draft of drafts) checkService(draft, report, context);
  checkWorld(settings, drafts, report);
  return settings;
}

/** @returns a name that fits the epoch record, whatever the machine is called */
function runnerOf(hostname: string | undefined): string {
  const name = (hostname ?? '')
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 63);
  return isEpochToken(name) ? name : 'runner';
}

/** The entries of a mapping of names; a name that does not fit is reported and still read, for the rest of its problems. */
function named(tree: Tree | null, path: Path, report: Report): readonly (readonly [string, Tree])[] {
  const entries = tree?.type === 'map' ? [...tree.entries] : [];
  const format = FORMATS.name;
  return entries.map(([name, { value }]) => {
    try {
      format.check(name, { doc: '', format: 'name' });
    } catch (error) {
      report.error([...path, name], `the name ${error instanceof Error ? error.message : 'is wrong'}`, {
        allowed: format.allowed({ doc: '', format: 'name' }),
        atKey: true,
      });
    }
    return [name, value] as const;
  });
}

async function readProviders(
  tree: Tree | null,
  report: Report,
  options: LoadOptions,
  catalog: Catalog,
): Promise<Readonly<Record<string, ProviderSettings>>> {
  const kinds = [...new Set([...Object.keys(catalog.hosts), ...Object.keys(catalog.dns)])];
  const providers: [string, ProviderSettings][] = [];
  for (const [name, section] of named(tree, ['providers'], report)) {
    const path = ['providers', name];
    const kind = kindOf(section, [...path, 'kind'], report, kinds);
    if (kind === null) continue;
    const host = catalog.hosts[kind]?.fields;
    const dns = catalog.dns[kind]?.fields;
    // A vendor that does both has one account, and so one section.
    const own = host && dns ? { ...dns, ...host } : (host ?? dns ?? {});
    const all: Readonly<Record<string, unknown>> = readSection(
      section,
      mergeTables(PROVIDER, own),
      path,
      report,
    );
    const { kind: _, ...params } = all;
    providers.push([name, { name, kind, params: await resolveSecrets(params, own, path, report, options) }]);
  }
  return Object.fromEntries(providers);
}

async function readServices(
  tree: Tree | null,
  report: Report,
  options: LoadOptions,
  catalog: Catalog,
  providers: Readonly<Record<string, ProviderSettings>>,
): Promise<readonly ServiceDraft[]> {
  const drafts: ServiceDraft[] = [];
  for (const [name, section] of named(tree, ['services'], report))
    drafts.push(
      await readService(name, section, ['services', name], report, { catalog, providers, secrets: options }),
    );
  if (tree?.type === 'map' && drafts.length === 0)
    report.error(['services'], 'names no service', { atKey: true });
  return drafts;
}

async function readSinks(
  tree: Tree | null,
  report: Report,
  options: LoadOptions,
): Promise<readonly WebhookSink[]> {
  const sinks: WebhookSink[] = [];
  const names = new Set<string>();
  for (const [index, item] of (tree?.type === 'list' ? tree.items : []).entries()) {
    const path = ['sinks', index];
    const values = readSection(item, SINK, path, report);
    const name = values.name ?? 'webhook';
    if (names.has(name))
      report.error(path, 'has the name of an earlier sink: give it a `name` of its own', { value: name });
    names.add(name);
    const { secret } = await resolveSecrets(
      { secret: values.secret },
      { secret: SINK.secret },
      path,
      report,
      options,
    );
    const key = secret instanceof Secret ? secret : null;
    if (key && options.leaveOutSecrets !== true) checkKey(key, [...path, 'secret'], report);
    // Without its key the config is refused; the sink is kept so that its URL is checked as well.
    const timeoutMs = values.timeout;
    sinks.push({
      name,
      kind: 'webhook',
      url: values.url ?? '',
      secret: key ?? new Secret('', 'nowhere'),
      timeoutMs,
    });
  }
  return sinks;
}

/** standard-webhooks: base64 of 24 to 64 random bytes. A key that is not base64 would fail at the first alarm. */
function checkKey(secret: Secret, path: Path, report: Report): void {
  const key = secret.reveal().replace(/^whsec_/, '');
  const particulars = { allowed: 'base64 of 24 to 64 random bytes, with or without whsec_ in front' };
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key) || key.length % 4 !== 0)
    report.error(path, `is not a standard-webhooks key (${secret.source})`, particulars);
  else if (Buffer.from(key, 'base64').byteLength < 24)
    report.warn(path, `is short for a signing key (${secret.source})`, particulars);
}

/** Freezes plain values all the way down: settings are shared by every room and changed by none. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
