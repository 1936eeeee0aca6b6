/**
 * References to secrets become `Secret`s here. A secret stands in the environment or in a file of its own, never in
 * the config: that gets copied into tickets. Nothing that could be a secret is shown, not even a wrong reference,
 * because a frequent slip is to put the token where its name should be.
 */
import { Secret } from '../model/secret.ts';
import type { Tree } from './document.ts';
import type { CoreField, Table } from './fields-core.ts';
import { SECRET } from './fields-core.ts';
import type { ReadFile } from './files.ts';
import { whyUnreadable } from './files.ts';
import type { Path, Report } from './report.ts';
import { readSection, snakeCase } from './section.ts';

export interface SecretSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: ReadFile;
  /** True: for commands that only look. References are checked for their form; nothing is read, every secret is empty. */
  readonly leaveOutSecrets?: boolean;
}

/** No API token or key is longer than this; a larger file is a wrong file. */
const MAX_SECRET_BYTES = 16_384;

/** @returns the values with each secret of the table resolved (null where it could not be; reported) */
export async function resolveSecrets(
  values: Readonly<Record<string, unknown>>,
  table: Table,
  path: Path,
  report: Report,
  source: SecretSource,
): Promise<Record<string, unknown>> {
  const resolved: Record<string, unknown> = { ...values };
  for (const [key, field] of Object.entries<CoreField>(table)) {
    if (field.format !== 'secret' || !values[key]) continue;
    resolved[key] = await readSecret(values[key] as Tree, [...path, snakeCase(key)], report, source);
  }
  return resolved;
}

/** @param tree the mapping `{ env }` or `{ file }` */
export async function readSecret(
  tree: Tree,
  path: Path,
  report: Report,
  source: SecretSource,
): Promise<Secret | null> {
  const { env, file } = readSection(tree, SECRET, path, report);
  if (env !== null && file !== null) {
    report.error(path, 'names two places for one secret', { allowed: 'env or file, not both' });
    return null;
  }
  if (source.leaveOutSecrets === true && (env !== null || file !== null)) return new Secret('', 'left out');
  if (env !== null) return fromEnvironment(env, [...path, 'env'], report, source);
  if (file !== null) return fromFile(file, [...path, 'file'], report, source);
  if (tree.type === 'map' && tree.entries.size === 0)
    report.error(path, 'is empty', { allowed: '{ env: NAME } or { file: /path }' });
  else if (tree.type === 'map' && [...tree.entries.keys()].every(key => key === 'env' || key === 'file'))
    report.error(path, 'names no place', { allowed: '{ env: NAME } or { file: /path }' });
  return null;
}

function fromEnvironment(name: string, path: Path, report: Report, source: SecretSource): Secret | null {
  if (!/^[A-Z_][A-Z0-9_]{0,63}$/.test(name)) {
    report.error(path, 'is not the name of an environment variable (the value itself must not stand here)', {
      allowed: 'capitals, digits and _',
    });
    return null;
  }
  const value = Object.hasOwn(source.env, name) ? source.env[name] : undefined;
  if (value === undefined) {
    report.error(path, 'this environment variable is not set', { value: name });
    return null;
  }
  return checked(value, `env ${name}`, path, report);
}

async function fromFile(
  file: string,
  path: Path,
  report: Report,
  source: SecretSource,
): Promise<Secret | null> {
  if (!/^\/[^\p{Cc}]*$/u.test(file)) {
    report.error(path, 'is not an absolute path (the secret itself must not stand here)');
    return null;
  }
  try {
    const { bytes, mode } = await source.readFile(file);
    if (bytes.byteLength > MAX_SECRET_BYTES) {
      report.error(path, `this file has more than ${MAX_SECRET_BYTES} bytes: it is no secret`, {
        value: file,
      });
      return null;
    }
    if (mode !== null && (mode & 0o004) !== 0)
      report.warn(path, 'everybody on this machine can read this file: chmod o-r it', { value: file });
    if (mode !== null && (mode & 0o022) !== 0)
      report.warn(path, 'others than its owner can write this file: chmod go-w it', { value: file });
    return checked(Buffer.from(bytes).toString('utf8'), `file ${file}`, path, report);
  } catch (error) {
    if (mayBeSecret(file))
      report.error(path, 'this file cannot be read (the secret itself must not stand here)');
    else report.error(path, `this file cannot be read: ${whyUnreadable(error)}`, { value: file });
    return null;
  }
}

/** A key in base64 may begin with a slash: without a directory, or as one long run with digits and capitals, it is not shown. */
function mayBeSecret(file: string): boolean {
  return (
    !file.includes('/', 1) ||
    (/^\/[A-Za-z0-9+/=]{31,}$/.test(file) && /[0-9]/.test(file) && /[A-Z]/.test(file))
  );
}

/** A stray line break would be sent along and come back as a puzzling 403, or split an HTTP header. */
function checked(raw: string, source: string, path: Path, report: Report): Secret | null {
  const value = raw.trim();
  report.hide(value);
  if (value === '') report.error(path, `the secret is empty (${source})`);
  else if (/[\p{Cc}\ufffd]/u.test(value))
    report.error(path, `the secret has more than one line, or control characters (${source})`);
  else return new Secret(value, source);
  return null;
}
