/**
 * A desk to type commands at: a config and a real state file in a workspace, and an Io that keeps what was printed.
 * Two services, one webhook sink at a port where nobody listens, secrets from the canaries.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';
import { readLocalFile } from '../../src/config/files.ts';
import type { Change } from '../../src/model/state.ts';
import type { Store } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { canaries, canaryEnv } from '../secrets.ts';
import { makeWorkspace } from '../workspace.ts';

export interface DeskOptions {
  /** The environment; the canary secrets when left out. */
  readonly env?: Readonly<Record<string, string>>;
  readonly mode?: 'observe' | 'propose' | 'act';
  /** Of the service web; `["127.0.0.1:53"]` as YAML. */
  readonly nameservers?: string;
  /** Of Route 53. */
  readonly endpoint?: string;
  /** What the person answers, or does before answering yes; null: nobody is there. */
  readonly answer?: boolean | null | (() => void | Promise<void>);
  readonly sinks?: boolean;
}

export interface Typed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Desk {
  readonly dir: string;
  readonly config: string;
  readonly state: string;
  /** Every question that was asked. */
  readonly questions: readonly string[];
  type(...argv: readonly string[]): Promise<Typed>;
  /** The same, ended by `stop` when its output tells so. */
  typeUntil(stop: (out: string) => Promise<void>, ...argv: readonly string[]): Promise<Typed>;
  /** Opens the state, making it when there is none, and closes it after `use`. */
  with<T>(use: (store: Store) => Promise<T>): Promise<T>;
  seed(...changes: readonly Change[]): Promise<void>;
}

export function configText(options: DeskOptions = {}): string {
  return `
mode: ${options.mode ?? 'act'}
state: state.db
runner: arbiter
observer: { references: ["127.0.0.1:9"] }
providers:
  hetzner: { kind: hcloud, token: { env: HCLOUD_TOKEN }, endpoint: "http://127.0.0.1:9/v1" }
  aws:
    kind: route53
    access_key_id: { env: AWS_ACCESS_KEY_ID }
    secret_access_key: { env: AWS_SECRET_ACCESS_KEY }
    endpoint: "${options.endpoint ?? 'http://127.0.0.1:9'}"
    read_retries: 0
${options.sinks === false ? '' : 'sinks: [{ kind: webhook, name: relay, url: "http://127.0.0.1:9/hook", secret: { env: WEBHOOK_SECRET } }]'}
services:
  web:
    dns: { provider: aws, zone: Z0EXAMPLE, zone_name: example.org, records: [www.example.org], nameservers: ${options.nameservers ?? '["127.0.0.1:9"]'} }
    probes: [http]
    sites:
      - { name: home, provider: hetzner, server: 4711, ipv4: 203.0.113.10, ipv6: "2001:db8::10" }
      - { name: away, vendor: ovh, ipv4: 198.51.100.7, fence: { method: wait, lease: 30s } }
    block_window: 1h
  irc:
    dns: { provider: aws, zone: Z0EXAMPLE, zone_name: example.org, records: [irc.example.org], nameservers: ["127.0.0.1:9"] }
    probes: [irc]
    stateless: true
    sites:
      - { name: home, vendor: netcup, ipv4: 192.0.2.1, fence: none }
      - { name: away, vendor: ovh, ipv4: 192.0.2.2, fence: none }
`;
}

export function makeDesk(options: DeskOptions = {}): Desk {
  const dir = makeWorkspace('cli');
  const config = join(dir, 'understudy.yaml');
  const state = join(dir, 'state.db');
  writeFileSync(config, configText(options), { mode: 0o600 });
  const questions: string[] = [];
  const start = (argv: readonly string[]) => {
    const stop = new AbortController();
    const said = { out: '', err: '' };
    const io: Io = {
      env: options.env ?? canaryEnv,
      self: ['understudy'],
      hostname: 'arbiter',
      user: 'ada',
      readFile: readLocalFile,
      out: text => {
        said.out += text;
        heard?.(said.out);
      },
      err: text => {
        said.err += text;
      },
      isTerminal: false,
      isWatched: false,
      cores: 1,
      confirm: async question => {
        questions.push(question);
        if (typeof options.answer !== 'function') return options.answer ?? null;
        await options.answer();
        return true;
      },
      stop: stop.signal,
      unheard: new AbortController().signal,
    };
    let heard: ((out: string) => void) | null = null;
    const ended = runCli(['--config', config, ...argv], io).then(code => {
      assertNoSecrets(said.out + said.err);
      return { code, ...said };
    });
    return {
      ended,
      stop: () => stop.abort(),
      hear: (listen: (out: string) => void) => {
        heard = listen;
      },
    };
  };
  const open = async <T>(use: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openSqliteStore(state);
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  };
  return {
    dir,
    config,
    state,
    questions,
    type: (...argv) => start(argv).ended,
    typeUntil: async (act, ...argv) => {
      const session = start(argv);
      const first = new Promise<string>(resolve => session.hear(resolve));
      const early = session.ended.then(({ out, err }) => assert.fail(`it ended by itself: ${out}${err}`));
      try {
        await act(await Promise.race([first, early]));
      } finally {
        session.stop();
      }
      return session.ended;
    },
    with: open,
    seed: (...changes) => open(store => store.commit(changes)),
  };
}

/** Not one of the canaries may be in what a command prints. */
export function assertNoSecrets(text: string): void {
  for (const [name, value] of Object.entries(canaries))
    assert.ok(!text.includes(value), `the output shows ${name}`);
}

const UPDATE = 'UPDATE_GOLDEN=1 npx mocha test/cli/*.test.ts';

/** Compares with test/cli/golden/NAME; UPDATE_GOLDEN=1 writes it instead. Also: 80 columns, and no line ends in a space. */
export function assertGolden(name: string, text: string): void {
  const path = new URL(`golden/${name}`, import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, text);
  assert.equal(
    text,
    readFileSync(path, 'utf8'),
    `the print has changed. If that is meant, look at the difference after: ${UPDATE}`,
  );
  for (const line of text.split('\n')) {
    assert.ok(Array.from(line).length <= 80, `longer than 80 columns: ${line}`);
    assert.ok(!line.endsWith(' '), `ends in a space: "${line}"`);
  }
}
