/**
 * Loads configs from text, with an environment and files that exist only here; and one valid config in which each
 * test changes one thing.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Catalog } from '../../src/config/catalog.ts';
import type { FileContent } from '../../src/config/files.ts';
import type { Loaded } from '../../src/config/load.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Problem } from '../../src/config/problem.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { canaries, canaryEnv } from '../secrets.ts';

export const FILE = '/etc/understudy/understudy.yaml';

export function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

export const FULL = fixture('full.yaml');

export const ENV: Readonly<Record<string, string>> = { ...canaryEnv, WEBHOOK_SECRET: canaries.webhookSecret };

export interface World {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Beside the config and /run/secrets/aws. */
  readonly files?: Readonly<Record<string, FileContent>>;
  readonly catalog?: Catalog;
  readonly hostname?: string;
  /** Permission bits of the config. */
  readonly mode?: number;
}

export function content(text: string | Uint8Array, mode = 0o600): FileContent {
  return { bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text, mode };
}

export function load(config: string | Uint8Array, world: World = {}): Promise<Loaded> {
  const files: Readonly<Record<string, FileContent>> = {
    '/run/secrets/aws': content(`${canaries.awsSecretAccessKey}\n`),
    ...world.files,
    [FILE]: content(config, world.mode ?? 0o644),
  };
  return loadSettings({
    file: FILE,
    env: world.env ?? ENV,
    readFile: async path => {
      const found = Object.hasOwn(files, path) ? files[path] : undefined;
      if (found) return found;
      throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    },
    ...(world.catalog && { catalog: world.catalog }),
    ...(world.hostname !== undefined && { hostname: world.hostname }),
  });
}

/** @returns every problem, whether the config was refused or not; anything but a ConfigError fails the test */
export async function problemsOf(
  config: string | Uint8Array,
  world: World = {},
): Promise<readonly Problem[]> {
  try {
    return (await load(config, world)).warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The full config with one thing changed; fails when there is nothing to change, or more than one. */
export function changed(from: string, to: string, config = FULL): string {
  assert.equal(config.split(from).length, 2, `${JSON.stringify(from)} must occur once in the config`);
  return config.replace(from, () => to);
}
