/**
 * Another policy for a replay. `--set` is put into the text of the config, which is then loaded like any other: the same
 * checks, the same words. Only what decides can be set; sites, probes and records are what the trace was taken of.
 */
import { type Document, isAlias, isMap, isScalar, parseDocument, YAMLMap } from 'yaml';
import { ConfigError, explainProblem } from '../../config/problem.ts';
import type { Settings } from '../../model/service.ts';
import { type Io, UsageError } from '../io.ts';
import { clean } from '../render/text.ts';
import { loadConfig } from '../session.ts';

export interface Setting {
  /** As it was typed: `thresholds.failures=2`. */
  readonly text: string;
  readonly path: readonly string[];
  readonly value: string;
}

const SECTIONS = ['thresholds', 'pace', 'policy'];
const KEYS = ['essential', 'stateless', 'block_window', 'retry_pause', 'plan_ttl'];
const ALLOWED = `mode, ${KEYS.join(', ')}, and keys of ${SECTIONS.map(name => `${name}.`).join(', ')}`;
const LONGEST = 200;

/** @param text `KEY=VALUE`, several by commas @throws UsageError */
export function settingsOf(text: string): readonly Setting[] {
  return text.split(/,(?=[A-Za-z_.]+=)/).map(piece => {
    const cut = piece.indexOf('=');
    const [key, value] = [piece.slice(0, cut).trim(), piece.slice(cut + 1).trim()];
    if (cut < 1 || value === '' || piece.length > LONGEST)
      throw new UsageError(`--set "${clean(piece.slice(0, LONGEST))}" is not KEY=VALUE; allowed: ${ALLOWED}`);
    const path = key.split('.');
    const [first = ''] = path;
    const known = path.length === 1 ? first === 'mode' || KEYS.includes(first) : SECTIONS.includes(first);
    if (!known || path.length > 2 || path.includes(''))
      throw new UsageError(`--set ${clean(key)}: a replay cannot vary this; allowed: ${ALLOWED}`);
    return { text: piece.trim(), path, value };
  });
}

/**
 * @param service the service whose policy is another
 * @returns the settings of the config with these put in
 * @throws UsageError with what the loader says of them
 */
export async function settingsWith(
  io: Io,
  file: string,
  service: string,
  settings: readonly Setting[],
): Promise<Settings> {
  const content = await io.readFile(file);
  const doc = parseDocument(Buffer.from(content.bytes).toString('utf8'), { version: '1.2', schema: 'core' });
  for (const setting of settings) put(doc, service, setting);
  const bytes = textOf(doc, settings);
  const readFile: Io['readFile'] = async path => (path === file ? { ...content, bytes } : io.readFile(path));
  try {
    return await loadConfig({ ...io, readFile }, file, { leaveOutSecrets: true, quiet: true });
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const problems = thrown.problems.filter(problem => problem.severity === 'error');
    // Its lines are those of a text that nobody has seen; the paths say where.
    const said = problems.map(problem =>
      explainProblem({ ...problem, file: '' }).replace(/^:\d+:\d+: error: /, ''),
    );
    const bare = settings.find(({ path, value }) => path[0] === 'essential' && !value.startsWith('['));
    const hint = bare === undefined ? '' : `; write essential=[${clean(bare.value)}]`;
    throw new UsageError(
      `--set ${settings.map(({ text }) => clean(text)).join(',')}: ${said.join('; ')}${hint}`,
    );
  }
}

/** @throws UsageError for a value that is YAML and cannot be written as such (a tag, an alias to nothing) */
function textOf(doc: Document.Parsed, settings: readonly Setting[]): Buffer {
  try {
    return Buffer.from(doc.toString({ lineWidth: 0 }));
  } catch {
    const texts = settings.map(({ text }) => clean(text)).join(',');
    throw new UsageError(`--set ${texts}: the value is not one that a config could have`);
  }
}

function put(doc: Document.Parsed, service: string, { path, value, text }: Setting): void {
  const whole = path[0] === 'mode' ? path : ['services', service, ...path];
  let map: unknown = doc.contents;
  for (const part of whole.slice(0, -1)) map = inside(doc, map, part);
  const written = parseDocument(value, { version: '1.2', schema: 'core' });
  if (written.errors.length > 0 || written.warnings.length > 0 || !isMap(map))
    throw new UsageError(`--set ${clean(text)}: the value is not one that a config could have`);
  map.set(whole.at(-1), written.contents);
}

/** The mapping under a key, made when it is left out. */
function inside(doc: Document.Parsed, map: unknown, key: string): unknown {
  if (!isMap(map)) return null;
  const found: unknown = map.get(key, true);
  const meant: unknown = isAlias(found) ? found.resolve(doc) : found;
  if (meant !== undefined && !(isScalar(meant) && meant.value === null)) return meant;
  const made = new YAMLMap();
  map.set(key, made);
  return made;
}
