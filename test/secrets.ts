/**
 * Canary secrets: high-entropy values that test configs use wherever a real token would stand. `./scripts/test`
 * makes new ones for every run, hands them down in UNDERSTUDY_TEST_SECRETS, and afterwards looks for each of
 * them (plain, base64, hex, percent-encoded) in all that the run printed and left behind; one hit fails it.
 * Use these and nothing else as tokens and keys in tests, or a leak stays unseen.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Canaries {
  /** 64 letters and digits, the form of a Hetzner Cloud token. */
  readonly hcloudToken: string;
  /** 20 characters, `AKIA…`; an id, yet nothing that belongs into a log either. */
  readonly awsAccessKeyId: string;
  /** 40 characters. */
  readonly awsSecretAccessKey: string;
  /** standard-webhooks form: `whsec_` and base64 of 32 bytes. */
  readonly webhookSecret: string;
  /** For whatever else wants a password (SMTP, IRC, SASL …). */
  readonly password: string;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function letters(count: number): string {
  return Array.from(randomBytes(count), byte => LETTERS[byte % LETTERS.length]).join('');
}

/** @returns new canaries; called once a run, by `./scripts/test` or, in a bare mocha run, by the first import */
export function makeCanaries(): Canaries {
  return {
    hcloudToken: letters(64),
    awsAccessKeyId: `AKIA${letters(16).toUpperCase()}`,
    awsSecretAccessKey: letters(40),
    webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
    password: letters(24),
  };
}

function inherited(): Canaries {
  const handedDown = process.env.UNDERSTUDY_TEST_SECRETS;
  if (handedDown !== undefined) return JSON.parse(handedDown);
  const made = makeCanaries();
  process.env.UNDERSTUDY_TEST_SECRETS = JSON.stringify(made);
  return made;
}

/** The canaries of this run; child processes that inherit the environment see the same ones. */
export const canaries: Canaries = inherited();

/**
 * The canaries as environment variables, named as the tests' configs name them in `{ env: NAME }`.
 * Give it to `loadSettings({ env })` or merge it into the environment of a child process.
 */
export const canaryEnv: Readonly<Record<string, string>> = {
  HCLOUD_TOKEN: canaries.hcloudToken,
  AWS_ACCESS_KEY_ID: canaries.awsAccessKeyId,
  AWS_SECRET_ACCESS_KEY: canaries.awsSecretAccessKey,
  WEBHOOK_SECRET: canaries.webhookSecret,
  UNDERSTUDY_TEST_PASSWORD: canaries.password,
};

/**
 * Writes a secret to a file of mode 0600 for configs that say `{ file: PATH }`. It lies outside the workspaces,
 * because a secret in its own file is no leak; removed when the process ends.
 * @returns the path
 */
export function secretFile(value: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'us-secret-'));
  const path = join(directory, 'secret');
  writeFileSync(path, `${value}\n`, { mode: 0o600 });
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return path;
}
