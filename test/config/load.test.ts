/** What a valid config becomes: every value in its final form, every default filled in, nothing left to change. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { readLocalFile } from '../../src/config/files.ts';
import { loadSettings } from '../../src/config/load.ts';
import { ConfigError, explainProblem } from '../../src/config/problem.ts';
import { STEP_KINDS } from '../../src/model/plan.ts';
import { Secret } from '../../src/model/secret.ts';
import { DEFAULT_POLICY } from '../../src/model/verdict.ts';
import { canaries } from '../secrets.ts';
import { changed, ENV, FILE, FULL, fixture, load, problemsOf } from './helper.ts';

describe('loadSettings', () => {
  it('accepts the full config without a warning', async () => {
    const { settings, warnings } = await load(FULL);
    assert.deepEqual(warnings.map(explainProblem), []);
    assert.equal(settings.file, FILE);
    assert.equal(settings.mode, 'act');
    assert.equal(settings.runner, 'arbiter-1');
    assert.deepEqual(settings.references, [
      { name: '9.9.9.9:53', address: '9.9.9.9', port: 53, family: 'v4' },
      { name: '[2620:fe::fe]:53', address: '2620:fe::fe', port: 53, family: 'v6' },
    ]);
    assert.deepEqual(settings.serve, { host: '127.0.0.1', port: 8053 });
    assert.deepEqual(
      settings.services.map(service => service.name),
      ['web', 'irc'],
    );
  });

  it('gives providers their own settings, secrets as Secrets', async () => {
    const { settings } = await load(FULL);
    const { hetzner, aws } = settings.providers;
    assert.equal(hetzner?.kind, 'hcloud');
    assert.equal(hetzner.params.endpoint, 'https://api.hetzner.cloud/v1');
    assert.equal(hetzner.params.requestTimeout, 10_000, 'a default in ms');
    assert.equal(aws?.params.requestTimeout, 5_000, 'a default with a unit');
    assert.equal(aws.params.sessionToken, null);
    assert.ok(!('kind' in aws.params));
    const secret = aws.params.secretAccessKey;
    assert.ok(secret instanceof Secret);
    assert.equal(secret.reveal(), canaries.awsSecretAccessKey, 'without the line break of its file');
    assert.equal(secret.source, 'file /run/secrets/aws');
    assert.equal(settings.sinks[0]?.secret.reveal(), canaries.webhookSecret);
  });

  it('brings sites to their final form', async () => {
    const { settings } = await load(FULL);
    const [home, standby] = settings.services[0]?.sites ?? [];
    assert.deepEqual(home, {
      name: 'helsinki',
      provider: 'hetzner',
      vendor: 'hcloud',
      server: '4711',
      addresses: { v4: '203.0.113.10', v6: '2001:db8::10' },
      shell: {
        kind: 'ssh',
        host: '203.0.113.10',
        port: 22,
        user: 'root',
        identityFile: null,
        knownHostsFile: null,
        connectTimeoutMs: 5_000,
      },
      fence: { method: 'power-off', run: null, check: null, leaseMs: 0, marginMs: 0, lockCounts: true },
      promote: [],
      quiesce: { argv: ['systemctl', 'stop', 'nginx'], limitMs: 60_000 },
      catchUp: null,
      freshness: null,
      maxLagMs: null,
      snapshot: { argv: ['tar', 'cz', '/var/log'], limitMs: 15_000 },
    });
    assert.deepEqual(standby, {
      name: 'standby',
      provider: null,
      vendor: 'ovh',
      server: null,
      addresses: { v4: '198.51.100.7' },
      shell: {
        kind: 'ssh',
        host: 'standby.example.net',
        port: 2222,
        user: 'deploy',
        identityFile: '/etc/understudy/keys/id',
        knownHostsFile: '/etc/ssh/known',
        connectTimeoutMs: 5_000,
      },
      fence: {
        method: 'command',
        run: { argv: ['fence-it', 'off'], limitMs: 90_000 },
        check: { argv: ['fence-it', 'status'], limitMs: 90_000 },
        leaseMs: 0,
        marginMs: 0,
        lockCounts: false,
      },
      promote: [
        {
          name: 'db',
          run: { argv: ['pg_ctlcluster', '15', 'main', 'promote'], limitMs: 90_000 },
          check: { argv: ['psql', '-c', 'select 1'], limitMs: 10_000 },
        },
        { name: 'web', run: { argv: ['systemctl', 'start', 'nginx'], limitMs: 60_000 }, check: null },
      ],
      quiesce: null,
      catchUp: { argv: ['wait-for-replay'], limitMs: 120_000 },
      freshness: { argv: ['replica-age'], limitMs: 10_000 },
      maxLagMs: 300_000,
      snapshot: null,
    });
  });

  it('brings services to their final form, with every default', async () => {
    const { settings } = await load(FULL);
    const [web, irc] = settings.services;
    assert.deepEqual(web?.dns, {
      provider: 'aws',
      zone: 'Z0123456789ABC',
      zoneName: 'example.org',
      epochName: '_understudy-web.example.org',
      records: ['www.example.org', 'example.org'],
      ttlS: 60,
      nameservers: ['198.51.100.53:53'],
    });
    assert.deepEqual(web.policy, { ...DEFAULT_POLICY, DEGRADED: 'propose' });
    assert.deepEqual(
      web.probes.map(({ id, kind, required, families, timeoutMs }) => [
        id,
        kind,
        required,
        families,
        timeoutMs,
      ]),
      [
        ['https', 'https', true, ['v4', 'v6'], 5_000],
        ['mail', 'smtp', false, ['v4'], 3_000],
      ],
    );
    assert.equal(web.probes[1]?.params.starttls, true);
    assert.equal(web.probes[1].params.tlsVerify, true);
    assert.ok(!('id' in web.probes[1].params));
    assert.equal(irc?.dns.zoneName, 'example.org', 'read off the zone when that is a name');
    assert.equal(irc.dns.epochName, '_epoch-irc.example.org');
    assert.equal(irc.dns.nameservers, null);
    assert.deepEqual(irc.sites[0]?.fence, {
      method: 'wait',
      run: null,
      check: null,
      leaseMs: 30_000,
      marginMs: 10_000,
      lockCounts: false,
    });
    assert.deepEqual(irc.essential, ['v4']);
    assert.deepEqual(irc.thresholds, {
      failures: 3,
      failingForMs: 10_000,
      returnForMs: 600_000,
      downWhen: 'all',
      certificateMs: 1_209_600_000,
    });
    assert.deepEqual(irc.pace, {
      intervalMs: 10_000,
      fastMs: 1_000,
      standbyMs: 300_000,
      providerMs: 300_000,
      staleMs: 300_000,
    });
    assert.deepEqual(irc.policy, DEFAULT_POLICY);
    assert.deepEqual(Object.keys(irc.limitsMs).sort(), [...STEP_KINDS].sort());
    assert.equal(irc.limitsMs['catch-up'], 120_000);
    assert.equal(irc.limitsMs.claim, 30_000);
    assert.deepEqual([irc.blockWindowMs, irc.retryPauseMs, irc.planTtlMs], [3_600_000, 60_000, 1_800_000]);
    assert.equal(irc.stateless, true);
  });

  it('accepts a config of ten lines that acts by itself', async () => {
    const text = fixture('ten-lines.yaml');
    assert.equal(text.trimEnd().split('\n').length, 10);
    const { settings, warnings } = await load(text);
    assert.equal(settings.mode, 'act');
    assert.equal(settings.services[0]?.sites[0]?.fence.method, 'power-off', 'derived from the provider');
    assert.deepEqual(
      warnings.map(warning => warning.path),
      ['services.web.sites[1]', 'services.web.sites[1].promote'],
    );
  });

  it('makes v6 essential for a service at home on v6 only', async () => {
    const { settings } = await load(
      changed('ipv4: 192.0.2.1,', 'ipv6: "2001:db8::1",').replace('ipv4: 192.0.2.2,', 'ipv6: ::2,'),
    );
    assert.deepEqual(settings.services[1]?.essential, ['v6']);
    assert.deepEqual(settings.services[1].probes[0]?.families, ['v6']);
  });

  it('defaults to propose, and writes names in lower case without the last dot', async () => {
    const { settings } = await load(
      changed('mode: act\n', '').replace('[irc.example.org]', '[IRC.Example.ORG.]'),
    );
    assert.equal(settings.mode, 'propose');
    assert.deepEqual(settings.services[1]?.dns.records, ['irc.example.org']);
  });

  it('names the runner after the machine, made to fit the epoch record', async () => {
    const text = changed('runner: arbiter-1\n', '');
    const runner = async (hostname?: string) =>
      (await load(text, hostname === undefined ? {} : { hostname })).settings.runner;
    assert.equal(await runner('arbiter.example.net'), 'arbiter.example.net');
    assert.equal(await runner('_my "host"'), 'my--host-');
    assert.equal(await runner('☃'), 'runner');
    assert.equal(await runner(), 'runner');
  });

  it('follows anchors', async () => {
    const { settings } = await load(
      changed('[systemctl, stop, nginx]', '&stop [systemctl, stop, nginx]').replace(
        '[wait-for-replay]',
        '*stop',
      ),
    );
    assert.deepEqual(settings.services[0]?.sites[1]?.catchUp?.argv, ['systemctl', 'stop', 'nginx']);
  });

  it('freezes all of it', async () => {
    const { settings } = await load(FULL);
    const loose: string[] = [];
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) loose.push(path);
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
    };
    walk(settings, 'settings');
    assert.deepEqual(loose, []);
  });

  it('shows no secret, however the settings are printed', async () => {
    const { settings } = await load(FULL);
    for (const text of [
      JSON.stringify(settings),
      inspect(settings, { depth: 20, showHidden: true, customInspect: false }),
      inspect(settings, { depth: 20 }),
      String(settings.sinks[0]?.secret),
    ])
      for (const canary of Object.values(canaries)) assert.ok(!text.includes(canary));
  });

  it('reads real files, and refuses what is none', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'understudy-config-'));
    try {
      const file = join(dir, 'understudy.yaml');
      const key = join(dir, 'aws');
      await writeFile(file, changed('/run/secrets/aws', key), { mode: 0o644 });
      await writeFile(key, 'key-of-a-test\n', { mode: 0o600 });
      const read = () => loadSettings({ file, env: ENV, readFile: readLocalFile });
      assert.equal(String((await read()).settings.providers.aws?.kind), 'route53');
      await chmod(key, 0o644);
      assert.match(
        (await read()).warnings.map(explainProblem).join('\n'),
        /everybody on this machine can read/,
      );
      await chmod(key, 0o660);
      assert.match((await read()).warnings.map(explainProblem).join('\n'), /others than its owner can write/);
      await rm(key);
      await assert.rejects(
        read(),
        /aws\.secret_access_key\.file: this file cannot be read: there is no such file/,
      );
      await mkdir(key);
      await assert.rejects(read(), /cannot be read: it is not a regular file/);
      await rm(key, { recursive: true });
      execFileSync('mkfifo', [key]);
      await assert.rejects(read(), /cannot be read: it is not a regular file/);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('says when there is no config, as any other problem', async () => {
    await assert.rejects(
      loadSettings({ file: '/nowhere/at/all.yaml', env: {}, readFile: readLocalFile }),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.code === 'config-refused' &&
        error.next === 'understudy config check' &&
        /^the config \/nowhere\/at\/all\.yaml is refused: .*there is no such file$/.test(error.message),
    );
  });

  it('warns of a config that others can write', async () => {
    const [problem, ...more] = await problemsOf(FULL, { mode: 0o666 });
    assert.deepEqual(more, []);
    assert.equal(problem?.severity, 'warning');
    assert.match(problem.message, /chmod go-w/);
  });
});
