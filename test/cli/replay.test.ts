import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../src/cli/exit-codes.ts';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';
import { readLocalFile } from '../../src/config/files.ts';
import { Lab } from '../lab/world.ts';
import { daemonNight, type Night } from '../replay/recorded.ts';
import { canaryEnv } from '../secrets.ts';
import { assertGolden, type Desk, makeDesk } from './desk.ts';

const REFUSED = { ok: false, failure: 'refused' } as const;

/** The service of the lab, as a person would write it. */
const CONFIG = `
mode: act # as it is
state: state.db
runner: arbiter
observer: { references: ["127.0.0.1:9", "[::1]:9"] }
providers:
  hoster: { kind: hcloud, token: { env: HCLOUD_TOKEN }, endpoint: "http://127.0.0.1:9/v1" }
  dns:
    kind: route53
    access_key_id: { env: AWS_ACCESS_KEY_ID }
    secret_access_key: { env: AWS_SECRET_ACCESS_KEY }
    endpoint: "http://127.0.0.1:9"
services:
  web:
    dns: { provider: dns, zone: Z1, zone_name: example.org, records: [www.example.org] }
    probes: [{ kind: http, timeout: 500ms }]
    thresholds: &mine { failures: 3, failing_for: 500ms }
    pace: { interval: 1s, fast: 250ms }
    sites:
      - { name: home, provider: hoster, server: "1", ipv4: 127.0.0.11, ipv6: "::1" }
      - name: away
        provider: hoster
        server: "2"
        ipv4: 127.0.0.12
        promote: [{ name: db, run: [promote, away] }]
`;

let night: Promise<Night> | null = null;

/** A fault of 400 ms, and a crash two minutes later that led to a failover. */
function lived(): Promise<Night> {
  night ??= daemonNight(new Lab(), 300_000, [
    [60_000, lab => lab.site('home', REFUSED)],
    [60_400, lab => lab.site('home', 'well')],
    [180_000, lab => lab.site('home', REFUSED)],
  ]);
  return night;
}

async function desk(): Promise<Desk & { readonly trace: string }> {
  const made = makeDesk({ env: canaryEnv });
  writeFileSync(made.config, CONFIG);
  const trace = join(made.dir, 'night.jsonl');
  writeFileSync(trace, (await lived()).text);
  return { ...made, trace };
}

/** Paths differ from run to run. */
function masked(text: string, { dir }: Desk): string {
  return text.replaceAll(`${dir}/`, '');
}

describe('understudy replay', () => {
  const start = process.cwd();
  afterEach(() => process.chdir(start));

  it('tells what was decided and when, and what it comes to: exit 0', async () => {
    const at = await desk();
    process.chdir(at.dir);
    const { code, out, err } = await at.type('replay', 'night.jsonl');
    assert.equal(code, EXIT.ok, err);
    assert.equal(err, '');
    assertGolden('replay.txt', out);
  });

  it('tells a false move of another policy', async () => {
    const at = await desk();
    const { code, out } = await at.type(
      'replay',
      at.trace,
      '--set',
      'thresholds.failures=2,thresholds.failing_for=0s',
    );
    assert.equal(code, EXIT.ok);
    assert.match(out, /^policy thresholds\.failures=2, thresholds\.failing_for=0s$/m);
    assert.match(out, /with\s+nothing done: a FALSE move/);
    assert.match(out, /moves by itself +1, 1 of them false \(back by itself within 5 min\)/);
    const strict = await at.type(
      ...['replay', at.trace, '--false-within', '100ms'],
      ...['--set', 'thresholds.failures=2', '--set', 'thresholds.failing_for=0s'],
    );
    assert.match(strict.out, /moves by itself +1, 0 of them false/);
  });

  it('puts policies side by side', async () => {
    const at = await desk();
    process.chdir(at.dir);
    const { code, out } = await at.type(
      ...['replay', 'night.jsonl', '--compare'],
      ...['--set', 'thresholds.failures=2,thresholds.failing_for=0s'],
      ...['--set', 'policy.UNREACHABLE=observe', '--set', 'mode=propose'],
    );
    assert.equal(code, EXIT.ok);
    assertGolden('replay-compare.txt', out);
  });

  it('says the same to the byte, each time, and as one JSON object', async () => {
    const at = await desk();
    const first = await at.type('replay', at.trace, '--json');
    assert.equal((await at.type('replay', at.trace, '--json')).out, first.out);
    const found = JSON.parse(first.out) as {
      trace: { service: string };
      summary: { moves: readonly { to: string; recorded: string | null }[] };
      log: readonly { what: string }[];
    };
    assert.equal(found.trace.service, 'web');
    assert.deepEqual(
      found.summary.moves.map(move => [move.to, move.recorded !== null]),
      [['away', true]],
    );
    const both = await at.type('replay', at.trace, '--json', '--compare', '--set', 'mode=observe');
    const { replays } = JSON.parse(both.out) as { replays: readonly { policy: readonly string[] }[] };
    assert.deepEqual(
      replays.map(({ policy }) => policy),
      [[], ['mode=observe']],
    );
  });

  it('takes what export writes, and needs neither secrets nor a state', async () => {
    const at = makeDesk({ env: {} });
    const place = { service: 'irc', site: 'home', probe: 'irc', family: 'v4', vantage: 'local' } as const;
    const sample = { ...place, at: Date.now() - 60_000, tookMs: 3, ok: true };
    const none = { references: [], hosts: [], zones: [], freshness: [] };
    await at.seed({ kind: 'evidence', service: 'irc', evidence: { samples: [sample], ...none } });
    const trace = join(at.dir, 'irc.jsonl');
    assert.equal((await at.type('export', 'irc', '--output', trace)).code, EXIT.ok);
    const { code, out } = await at.type('replay', trace);
    assert.equal(code, EXIT.ok);
    assert.match(out, /HEALTHY at home \(rule 100\)/);
    const other = await at.type('replay', trace, '--service', 'web');
    assert.match(other.out, /note: the service has no probe irc any more/);
  });

  it('takes a trace on stdin: gunzip -c … | understudy replay -', async () => {
    const at = await desk();
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const words = ['--import', 'tsx', main, 'replay', '-', '--config', at.config];
    const child = spawnSync(process.execPath, words, {
      ...{ input: (await lived()).text, encoding: 'utf8', timeout: 60_000 },
      env: { ...process.env, ...canaryEnv },
    });
    assert.equal(child.status, EXIT.ok, child.stderr);
    assert.match(child.stdout, /^trace -: web as/);
    assert.match(child.stdout, /; 1 not\s+judged: really\s+made/);
  }).timeout(60_000);

  it('tells of outages that a policy did nothing about', async () => {
    const at = await desk();
    const { out } = await at.type('replay', at.trace, '--set', 'thresholds.failures=20');
    assert.match(out, /^ +moves by itself +0$/m);
    assert.match(out, /^ +outages not moved +1: the active site was out/m);
    assert.doesNotMatch((await at.type('replay', at.trace)).out, /outages not moved/);
  });

  it('ends where it is interrupted, and says so: exit 9', async () => {
    const at = await desk();
    let said = '';
    const io: Io = {
      ...{ env: canaryEnv, self: ['understudy'], hostname: 'arbiter', user: 'ada', cores: 1 },
      ...{ isTerminal: false, isWatched: false, confirm: async () => null, readFile: readLocalFile },
      ...{ out: text => void (said += text), err: text => void (said += text), stop: AbortSignal.abort() },
      unheard: new AbortController().signal,
    };
    const words = ['replay', at.trace, '--config', at.config];
    assert.equal(await runCli(words, io), EXIT.declined);
    assert.match(said, /note: interrupted at 20\S+ \S+: nothing is told of what comes after/);
    said = '';
    assert.equal(await runCli([...words, '--json'], io), EXIT.declined);
    assert.equal((JSON.parse(said) as { interrupted: boolean }).interrupted, true);
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'a value out of bounds',
      ['--set', 'thresholds.failures=0'],
      /--set thresholds\.failures=0: services\.web\.thresholds\.failures: is less than 1; found "0"; allowed: a whole number/,
    ],
    [
      'a misspelt key',
      ['--set', 'thresholds.failurs=2'],
      /services\.web\.thresholds\.failurs: is not a key that is known here; .*did you mean failures\?/,
    ],
    [
      'a span without a unit',
      ['--set', 'block_window=30'],
      /services\.web\.block_window: has no unit: write 30s/,
    ],
    [
      'a policy that is none',
      ['--set', 'policy.UNREACHABLE=perhaps'],
      /services\.web\.policy\.UNREACHABLE: .*allowed: observe, propose, act/,
    ],
    [
      'what a replay cannot vary',
      ['--set', 'dns.ttl=5s'],
      /--set dns\.ttl: a replay cannot vary this; allowed: mode, essential/,
    ],
    ['what is no setting', ['--set', 'failures'], /--set "failures" is not KEY=VALUE/],
    [
      'a mapping for a word',
      ['--set', 'thresholds.failures={a: 1}'],
      /services\.web\.thresholds\.failures: is not a whole number; allowed/,
    ],
    [
      'YAML that is none',
      ['--set', 'essential=[v4'],
      /--set essential=\[v4: the value is not one that a config could have/,
    ],
    [
      'YAML that no config could be written with',
      ['--set', 'mode=!!binary YWN0'],
      /--set mode=!!binary YWN0: the value is not one that a config could have/,
    ],
    ['a list that is none', ['--set', 'essential=v4'], /is not a list.*; write essential=\[v4\]$/m],
    [
      'the same key twice in one policy',
      ['--set', 'thresholds.failures=2', '--set', 'thresholds.failures=5'],
      /--set thresholds\.failures is set twice in one policy; with --compare each/,
    ],
    ['a comparison with nothing', ['--compare'], /--compare needs a policy to compare with/],
    ['a span of words', ['--false-within', 'soon'], /--false-within "soon" is not a duration/],
    ['a service that there is not', ['--service', 'mail'], /there is no service "mail"; there are: web/],
  ];
  for (const [what, words, wanted] of refused)
    it(`refuses ${what}: exit 2`, async () => {
      const at = await desk();
      const { code, out, err } = await at.type('replay', at.trace, ...words);
      assert.equal(code, EXIT.usage, err);
      assert.equal(out, '');
      assert.match(masked(err, at), wanted);
    });

  it('refuses a trace that is wrong, with its line: exit 2', async () => {
    const at = await desk();
    const { text } = await lived();
    writeFileSync(at.trace, text.replace('"site":"away"', '"site":"moon"'));
    const wrong = await at.type('replay', at.trace);
    assert.equal(wrong.code, EXIT.usage);
    assert.match(
      masked(wrong.err, at),
      /^understudy: night\.jsonl:\d+: site is "moon"; allowed: home, away\n {2}next: /,
    );
    const json = await at.type('replay', at.trace, '--json');
    assert.equal((JSON.parse(json.err) as { error: { code: string } }).error.code, 'trace-invalid');
    writeFileSync(at.trace, Buffer.from([0x7b, 0xff, 0xfe]));
    assert.match((await at.type('replay', at.trace)).err, /cannot be read: it is not UTF-8/);
    mkdirSync(join(at.dir, 'folder'));
    assert.match((await at.type('replay', join(at.dir, 'folder'))).err, /cannot be read: it is/);
    const gone = await at.type('replay', join(at.dir, 'gone.jsonl'));
    assert.equal(gone.code, EXIT.usage);
    assert.match(gone.err, /gone\.jsonl cannot be read: there is no such file/);
  });

  it('refuses a config that is wrong as every command does: exit 3', async () => {
    const at = await desk();
    writeFileSync(at.config, CONFIG.replace('failures: 3', 'failures: none'));
    assert.equal((await at.type('replay', at.trace, '--set', 'thresholds.failures=2')).code, EXIT.config);
  });
});
