/**
 * The vendor's settings as typed values. The config room has checked them against about.ts; this check is for
 * callers that did not come that way, and for what a field table cannot say (credentials come in pairs).
 */
import { Secret } from '../../model/secret.ts';
import { UnderstudyError } from '../../ports/errors.ts';

export interface StaticCredentials {
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | null;
}

export interface Route53Settings {
  /** Null: the SDK's default chain. */
  readonly credentials: StaticCredentials | null;
  readonly region: string;
  readonly endpoint: string | null;
  readonly requestTimeoutMs: number;
  readonly readRetries: number;
  readonly readBackTimeoutMs: number;
}

type Params = Readonly<Record<string, unknown>>;

/** @throws UnderstudyError `config-invalid` naming the setting */
export function readSettings(params: Params): Route53Settings {
  return {
    credentials: credentials(params),
    region: typeof params.region === 'string' ? params.region : 'us-east-1',
    endpoint: typeof params.endpoint === 'string' ? params.endpoint : null,
    requestTimeoutMs: wholeNumber(params, 'requestTimeout', 5000, 1),
    readRetries: wholeNumber(params, 'readRetries', 2, 0),
    readBackTimeoutMs: wholeNumber(params, 'readBackTimeout', 4000, 1),
  };
}

function credentials(params: Params): StaticCredentials | null {
  const accessKeyId = secret(params, 'accessKeyId');
  const secretAccessKey = secret(params, 'secretAccessKey');
  const sessionToken = secret(params, 'sessionToken');
  if (accessKeyId === null && secretAccessKey === null && sessionToken === null) return null;
  if (accessKeyId === null || secretAccessKey === null)
    throw invalid('accessKeyId and secretAccessKey belong together: give both, or neither');
  return { accessKeyId, secretAccessKey, sessionToken };
}

function secret(params: Params, name: string): Secret | null {
  const value = params[name];
  if (value === undefined || value === null) return null;
  if (!(value instanceof Secret)) throw invalid(`${name} must be a secret (from the environment or a file)`);
  // A stray line break from a file would be signed and sent, and come back as a puzzling 403.
  if (!/^[\x21-\x7e]+$/.test(value.reveal()))
    throw invalid(`${name} (${value.source}) is empty or holds spaces or control characters`);
  return value;
}

function wholeNumber(params: Params, name: string, fallback: number, least: number): number {
  const value = params[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least)
    throw invalid(`${name} must be a whole number of at least ${least}`);
  return value;
}

function invalid(what: string): UnderstudyError {
  return new UnderstudyError({
    code: 'config-invalid',
    message: `route53: ${what}`,
    next: 'correct the provider in the config, then `understudy config check`',
  });
}
