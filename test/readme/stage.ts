/**
 * Where the commands of README.md are typed for real: an embedded world whose primary is called helsinki, as in the README's
 * config; a PATH with `understudy` (the built program) and a `dig` that asks the world's name server.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type SandboxWorld, startWorld } from '../../src/sandbox/world.ts';
import { canaries } from '../secrets.ts';
import { makeWorkspace } from '../workspace.ts';
import { filesOf, readme, ROOT } from './markdown.ts';

const LIMIT_MS = 60_000;
const FETCH = 'fetch(process.argv.at(-1)).then(async page => process.stdout.write(await page.text()))';
const PROGRAM = join(ROOT, 'dist', 'understudy.js');

/** Builds dist/ when it is missing or older than its sources: else the README would be held against yesterday's program. */
export function needBuild(): void {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const newest = Math.max(...files.map(path => statSync(join(ROOT, 'src', path)).mtimeMs));
  if (existsSync(PROGRAM) && statSync(PROGRAM).mtimeMs >= newest) return;
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { stdio: 'ignore' });
}

/** @returns a port of 127.0.0.1 that was free just now */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** `fresh mode=propose befall=lock before="understudy tick" ends=0,4`: what a block's note may say. */
export interface Note {
  /** False: go on in the world of the block before. */
  readonly fresh: boolean;
  readonly mode: string;
  readonly policy: string | null;
  readonly befall: 'lock' | 'blackhole' | null;
  readonly before: string | null;
  /** Exit codes line by line; all 0 when left out. */
  readonly ends: readonly number[];
}

export function noteOf(text: string): Note {
  const words = new Map<string, string>();
  for (const [, key = '', quoted, plain] of text.matchAll(/(\w+)(?:=(?:"([^"]*)"|(\S+)))?/g))
    words.set(key, quoted ?? plain ?? '');
  const befall = words.get('befall') ?? null;
  assert.ok(befall === null || befall === 'lock' || befall === 'blackhole', `unknown deed ${befall}`);
  return {
    fresh: words.has('fresh'),
    mode: words.get('mode') ?? 'act',
    policy: words.get('policy') ?? null,
    befall,
    before: words.get('before') ?? null,
    ends: (words.get('ends') ?? '').split(',').filter(Boolean).map(Number),
  };
}

export interface Typed {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export class Stage {
  readonly world: SandboxWorld;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #servePort: number;
  readonly #running: { readonly child: ChildProcess; readonly line: string }[] = [];

  private constructor(world: SandboxWorld, folder: string, servePort: number) {
    this.world = world;
    this.#folder = folder;
    this.#servePort = servePort;
    this.#env = {
      ...process.env,
      ...world.env,
      UNDERSTUDY_CONFIG: world.configFile,
      PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}`,
    };
  }

  /** @param webhookUrl where the world's notices go */
  static async open(note: Pick<Note, 'mode' | 'policy'>, webhookUrl?: string): Promise<Stage> {
    const folder = makeWorkspace('readme');
    const port = await freePort();
    const { mode, policy } = note;
    const world = await startWorld({
      folder,
      secrets: canaries,
      // As for a new user: the first flip makes the record.
      epoch: false,
      ...(webhookUrl === undefined ? {} : { webhookUrl }),
      config: {
        top: { mode, serve: { listen: `127.0.0.1:${port}` } },
        service: policy === null ? {} : { policy: { PROVIDER_LOCK: policy, UNREACHABLE: policy } },
      },
    });
    const config = readFileSync(world.configFile, 'utf8');
    assert.match(config, /name: primary\n/);
    writeFileSync(world.configFile, config.replace('name: primary\n', 'name: helsinki\n'));
    for (const [name, text] of filesOf(readme())) writeFileSync(join(folder, name), text, { mode: 0o600 });
    const { address } = world.nameserver;
    const cut = address.lastIndexOf(':');
    mkdirSync(join(folder, 'bin'));
    const put = (name: string, command: string) => {
      writeFileSync(join(folder, 'bin', name), `#!/bin/sh\nexec ${command} "$@"\n`);
      chmodSync(join(folder, 'bin', name), 0o755);
    };
    put('understudy', `${process.execPath} ${PROGRAM}`);
    put('dig', `/usr/bin/dig @${address.slice(0, cut)} -p ${address.slice(cut + 1)}`);
    // The tests need no curl otherwise, so it need not be installed.
    if (spawnSync('curl', ['--version']).status !== 0) put('curl', `${process.execPath} -e '${FETCH}' --`);
    return new Stage(world, folder, port);
  }

  /** Types one line; a line that does not end by itself is left running once it has said something. */
  async type(line: string): Promise<Typed> {
    const command = await this.#withIds(line.replaceAll('127.0.0.1:8053', `127.0.0.1:${this.#servePort}`));
    const child = spawn('sh', ['-c', `exec ${command}`], {
      cwd: this.#folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const closed = once(child, 'close').finally(() => clearTimeout(timer));
    if (/^understudy (run|serve)\b/.test(line)) {
      this.#running.push({ child, line });
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), closed]);
      return { code: child.exitCode ?? 0, out, err };
    }
    const [code] = await closed;
    return { code: typeof code === 'number' ? code : null, out, err };
  }

  /** The ids that stand in the README are examples: the newest plan that waits takes their place. */
  async #withIds(line: string): Promise<string> {
    if (!/\bp-[a-z0-9]{12}\b/.test(line)) return line;
    const { out } = await this.type('understudy why web --json');
    const plan = /"standing":\{[^{}]*"plan":"(p-[a-z0-9]+)"/.exec(out)?.[1];
    assert.ok(plan !== undefined, `no plan waits: ${out.slice(0, 500)}`);
    return line.replace(/\bp-[a-z0-9]{12}\b/, plan);
  }

  /** Ends what was left running, in order, as systemd would. @returns the lines that did not end with 0 */
  async endRunning(): Promise<readonly string[]> {
    const complaints: string[] = [];
    for (const { child, line } of this.#running.splice(0)) {
      const ended = child.exitCode === null ? once(child, 'exit') : null;
      child.kill('SIGTERM');
      await ended;
      if (child.exitCode !== 0)
        complaints.push(`${line} ended with ${child.exitCode ?? child.signalCode} on SIGTERM`);
    }
    return complaints;
  }

  async close(): Promise<void> {
    await this.endRunning();
    await this.world.close();
  }
}
