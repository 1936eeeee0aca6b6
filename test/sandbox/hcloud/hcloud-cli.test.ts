/**
 * Debian's `hcloud` (1.30, of 2022) against the emulator: a client that nobody here wrote. It digests the payload of
 * 2026 as it is; it only shows an empty place where it looks for the `datacenter` that was removed in July 2026.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { HcloudEmulator } from '../../../src/sandbox/hcloud/hcloud.ts';
import { startHcloud } from '../../../src/sandbox/hcloud/hcloud.ts';
import { canaries } from '../../secrets.ts';
import { makeWorkspace } from '../../workspace.ts';

const run = promisify(execFile);
const SERVERS = [
  { id: 42, name: 'web', ipv4: '192.0.2.42', ipv6: '2001:db8:42::1' },
  { id: 43, name: 'spare', ipv4: '192.0.2.43' },
];

describe("hcloud emulator and Debian's hcloud", () => {
  const home = makeWorkspace('hcloud');
  let emulator: HcloudEmulator;

  async function hcloud(...args: readonly string[]): Promise<string> {
    const env = {
      PATH: process.env.PATH ?? '/usr/bin',
      HOME: home,
      HCLOUD_ENDPOINT: emulator.url,
      HCLOUD_TOKEN: canaries.hcloudToken,
    };
    const { stdout } = await run('hcloud', ['--poll-interval', '20ms', ...args], { env, timeout: 15_000 });
    return stdout;
  }

  /** The values of each row, first to last column. */
  const rows = (table: string) =>
    table
      .trim()
      .split('\n')
      .map(line => line.trim().split(/\s{2,}/));

  beforeEach(async () => {
    emulator = await startHcloud({ token: canaries.hcloudToken, servers: SERVERS, actionMs: 30 });
  });
  afterEach(() => emulator.close());

  it('lists servers as a table and as JSON', async () => {
    const table = await hcloud('server', 'list', '-o', 'noheader', '-o', 'columns=id,name,status,ipv4,ipv6');
    assert.deepEqual(rows(table), [
      ['42', 'web', 'running', '192.0.2.42', '2001:db8:42::/64'],
      ['43', 'spare', 'running', '192.0.2.43', '-'],
    ]);
    emulator.lock(42, { v4: true }, true);
    const list = JSON.parse(await hcloud('server', 'list', '-o', 'json'));
    const [web, spare] = list;
    assert.deepEqual(
      [web.name, web.public_net.ipv4.blocked, web.public_net.ipv6.blocked],
      ['web', true, false],
    );
    assert.deepEqual([spare.id, spare.status, spare.public_net.ipv4.blocked], [43, 'running', false]);
  });

  it('lists more servers than fit a page', async () => {
    await emulator.close();
    const servers = Array.from({ length: 120 }, (_, i) => ({
      id: 1000 + i,
      name: `s${i}`,
      ipv4: `192.0.2.${i}`,
    }));
    emulator = await startHcloud({ token: canaries.hcloudToken, servers });
    const table = await hcloud('server', 'list', '-o', 'noheader', '-o', 'columns=id');
    assert.deepEqual(
      rows(table).flat(),
      servers.map(({ id }) => String(id)),
    );
  });

  it('describes a server, by name and by id, with its lock', async () => {
    emulator.lock(42, { v6: true }, true);
    const text = await hcloud('server', 'describe', 'web');
    assert.match(text, /^ID:\s+42$/m);
    assert.match(text, /IPv4:\n.*\n\s+IP:\s+192\.0\.2\.42\n\s+Blocked:\s+no\n/);
    assert.match(text, /IPv6:\n.*\n\s+IP:\s+2001:db8:42::\/64\n\s+Blocked:\s+yes\n/);
    const json = JSON.parse(await hcloud('server', 'describe', '42', '-o', 'json'));
    assert.deepEqual([json.id, json.location.name, json.datacenter], [42, 'fsn1', undefined]);
    assert.equal(await hcloud('server', 'ip', 'web'), '192.0.2.42\n');
  });

  it('powers a server off and on, and waits for the actions', async () => {
    const seen: unknown[] = [];
    emulator.onPower((id, power) => void seen.push([id, power]));
    assert.equal(await hcloud('server', 'poweroff', 'web'), 'Server 42 stopped\n');
    assert.equal(emulator.server(42).status, 'off');
    assert.equal(await hcloud('server', 'describe', 'web', '-o', 'format={{.Status}}'), 'off\n');
    assert.equal(await hcloud('server', 'poweron', '42'), 'Server 42 started\n');
    assert.equal(emulator.server(42).status, 'running');
    assert.deepEqual(seen, [
      [42, 'off'],
      [42, 'running'],
    ]);
  });

  it('says what is wrong in the words of the API: no such server, a failed action, a bad token', async () => {
    await assert.rejects(hcloud('server', 'poweroff', 'nobody'), /server not found: nobody/);
    emulator.faults.failAction(1);
    await assert.rejects(hcloud('server', 'poweroff', 'web'), /the hypervisor did not answer.*action_failed/);
    emulator.faults.status(401, 1);
    await assert.rejects(hcloud('server', 'list'), /unable to authenticate.*unauthorized/);
  });

  it('lists and describes primary IPs', async () => {
    emulator.lock(42, { v4: true }, true);
    const table = await hcloud('primary-ip', 'list', '-o', 'noheader', '-o', 'columns=type,name,assignee');
    assert.deepEqual(rows(table), [
      ['ipv4', 'web-v4', 'Server web'],
      ['ipv6', 'web-v6', 'Server web'],
      ['ipv4', 'spare-v4', 'Server spare'],
    ]);
    const list = JSON.parse(await hcloud('primary-ip', 'list', '-o', 'json'));
    assert.deepEqual(
      list.map((ip: { assignee_id: number }) => ip.assignee_id),
      [42, 42, 43],
    );
    // 1.30's JSON *list* says `blocked: false` of everything; its `describe` shows the flag as it came.
    const blocked = JSON.parse(await hcloud('primary-ip', 'describe', 'web-v4', '-o', 'json'));
    assert.deepEqual([blocked.blocked, blocked.assignee_type], [true, 'server']);
    assert.match(await hcloud('primary-ip', 'describe', 'web-v4'), /Blocked:\s+yes/);
  });

  it('finds the datacenter it knows when the emulator speaks as of 2025', async () => {
    assert.match(await hcloud('server', 'describe', 'web'), /Datacenter:\n\s+ID:\s+0\n/);
    await emulator.close();
    emulator = await startHcloud({ token: canaries.hcloudToken, servers: SERVERS, apiVersion: '2025' });
    assert.match(
      await hcloud('server', 'describe', 'web'),
      /Datacenter:\n\s+ID:\s+4\n\s+Name:\s+fsn1-dc14\n/,
    );
  });
});
