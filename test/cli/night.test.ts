/** Nights that the demo does not show, with the built program against the embedded world. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { type Child, startChild } from '../../src/sandbox/demo/child.ts';
import { type SandboxWorld, startWorld, type WorldOptions } from '../../src/sandbox/world.ts';
import { builtProgram } from '../lab/program.ts';
import { canaries } from '../secrets.ts';
import { makeWorkspace } from '../workspace.ts';

interface Night {
  readonly world: SandboxWorld;
  readonly folder: string;
  start(...words: readonly string[]): Child;
}

async function withNight(
  options: Partial<WorldOptions>,
  live: (night: Night) => Promise<void>,
): Promise<void> {
  const folder = makeWorkspace('night');
  const secrets = {
    hcloudToken: canaries.hcloudToken,
    awsAccessKeyId: canaries.awsAccessKeyId,
    awsSecretAccessKey: canaries.awsSecretAccessKey,
    webhookSecret: canaries.webhookSecret,
  };
  const world = await startWorld({ folder, secrets, ...options });
  const start = (...words: readonly string[]) =>
    startChild({
      self: builtProgram(),
      words: ['--config', world.configFile, ...words],
      env: { ...process.env, ...world.env },
    });
  try {
    await live({ world, folder, start });
  } finally {
    await world.close();
  }
}

interface Taken {
  readonly type: string;
  readonly text: string;
}

const body = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

describe('a night with the built program', function () {
  this.timeout(90_000);

  it('two ticks at once: one works, the other says so and ends with 0', () =>
    withNight({}, async ({ world, start }) => {
      await world.crash();
      const first = start('tick');
      while (world.standby.role() !== 'active') await new Promise(resolve => setTimeout(resolve, 2));
      first.kill('SIGSTOP');
      const second = await start('tick').ended;
      first.kill('SIGCONT');
      assert.equal(second.code, 0);
      assert.match(second.stdout, new RegExp(`another understudy is at work \\(pid ${first.pid} `));
      assert.equal((await first.ended).code, 0);
      assert.deepEqual((await world.answers()).v4, [world.standby.v4.address]);
    }));

  it('the signed webhook comes from tick, in order, and again after a receiver that failed', async () => {
    const taken: Taken[] = [];
    let failing = true;
    const receiver = createServer(async (request, response) => {
      const text = await body(request);
      const headers = Object.fromEntries(
        ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(name => [
          name,
          String(request.headers[name]),
        ]),
      );
      const payload = new Webhook(canaries.webhookSecret).verify(text, headers) as {
        type: string;
        data: { text: string };
      };
      if (!failing) taken.push({ type: payload.type, text: payload.data.text });
      response.writeHead(failing ? 503 : 204).end();
    });
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    try {
      await withNight({ webhookUrl: `http://127.0.0.1:${port}/hook` }, async ({ world, start }) => {
        await world.crash();
        assert.equal((await start('tick').ended).code, 0, 'a dead sink does not hinder the failover');
        assert.equal(taken.length, 0);
        failing = false;
        for (let tries = 0; taken.length === 0 && tries < 30; tries += 1) {
          await start('tick', '--quiet').ended;
          await new Promise(resolve => setTimeout(resolve, 1000));
        }
        const kinds = taken.map(notice => notice.type.replace('understudy.', ''));
        const steps = taken.filter(notice => notice.type === 'understudy.step').map(notice => notice.text);
        assert.ok(kinds.indexOf('verdict') < kinds.indexOf('run'), kinds.join());
        const order = ['off', 'promoted', 'answers in', 'now answers with', 'every name server'];
        let last = -1;
        for (const word of order) {
          const at = steps.findIndex(text => text.includes(word));
          assert.ok(at > last, `"${word}" comes at ${at} after ${last}: ${steps.join(' | ')}`);
          last = at;
        }
      });
    } finally {
      receiver.close();
    }
  });

  for (const [title, spoil] of [
    [
      'is garbage',
      (file: string) =>
        writeFileSync(file, 'not a database, and long enough to be looked at as one\n'.repeat(200)),
    ],
    ['is empty', (file: string) => writeFileSync(file, '')],
  ] as const) {
    it(`a state file that ${title}: exit 8, one clear line, and not one request to the world`, () =>
      withNight({}, async ({ world, folder, start }) => {
        const file = join(folder, 'state.db');
        spoil(file);
        chmodSync(file, 0o600);
        await world.crash();
        const ended = await start('tick').ended;
        assert.equal(ended.code, 8, ended.stderr);
        assert.match(ended.stderr, /state\.db/);
        assert.doesNotMatch(ended.stderr, /\n\s+at /, 'no stack trace');
        assert.equal(world.hcloud.requests.length + world.route53.requests.length, 0);
        assert.match(
          (await start('status', '--dns').ended).stdout,
          /epoch 1|epoch=1/,
          'status still shows what DNS says',
        );
      }));
  }

  it('the daemon: sees a crash, fails over, ends in order at SIGTERM', () =>
    withNight({}, async ({ world, start }) => {
      const daemon = start('run');
      while (world.route53.requests.length === 0) await new Promise(resolve => setTimeout(resolve, 20));
      await world.crash();
      const standby = world.standby.v4.address;
      while (!(await world.answers()).v4.includes(standby))
        await new Promise(resolve => setTimeout(resolve, 20));
      daemon.kill('SIGTERM');
      assert.equal((await daemon.ended).code, 0);
    }));

  it('propose, approve: nothing is written until a person says yes', () =>
    withNight({ config: { service: { policy: { UNREACHABLE: 'propose' } } } }, async ({ world, start }) => {
      await world.crash();
      const tick = await start('tick', '--json').ended;
      const [service] = (
        JSON.parse(tick.stdout) as { services: { standing: { code: string; plan: string } }[] }
      ).services;
      assert.ok(service !== undefined);
      assert.equal(service.standing.code, 'awaiting-approval');
      assert.equal(world.hcloud.server(4711).status, 'running');
      const asked = await start('approve', service.standing.plan).ended;
      assert.equal(asked.code, 9, 'nobody to ask');
      const approved = await start('approve', service.standing.plan, '--yes', '--reason', 'seen it').ended;
      assert.equal(approved.code, 0, approved.stderr);
      assert.deepEqual((await world.answers()).v4, [world.standby.v4.address]);
      const again = await start('approve', service.standing.plan, '--yes').ended;
      assert.equal(again.code, 2, 'a plan is run once');
      assert.match((await start('history').ended).stdout, /seen it/);
    }));

  it('switchover and back: quiesce, catch up, no fence; a switchover leaves no quarantine', () =>
    withNight({}, async ({ world, start }) => {
      await start('tick').ended;
      const there = await start('switchover', 'web', '--yes', '--reason', 'kernel update').ended;
      assert.equal(there.code, 0, there.stdout + there.stderr);
      assert.equal(world.hcloud.server(4711).status, 'running');
      assert.equal(world.primary.role(), 'standby');
      assert.deepEqual((await world.answers()).v4, [world.standby.v4.address]);
      const words = ['--config', world.configFile, 'status', '--json'];
      const bare = { PATH: process.env.PATH };
      const status = await startChild({ self: builtProgram(), words, env: bare }).ended;
      assert.equal(status.code, 0, `works in a shell without the secrets: ${status.stderr}`);
      assert.match(status.stdout, /"active":\s*"standby"/);
    }));

  it('failover by hand: dry run changes nothing, --reason is asked for, a hold wins', () =>
    withNight({}, async ({ world, start }) => {
      assert.equal((await start('failover', 'web', '--dry-run').ended).code, 0);
      assert.equal((await start('failover', 'web', '--yes').ended).code, 2);
      assert.equal((await start('hold', 'web', '--reason', 'moving racks', '--for', '1h').ended).code, 0);
      const held = await start('failover', 'web', '--yes', '--reason', 'x').ended;
      assert.equal(held.code, 4);
      assert.match(held.stdout, /moving racks/);
      assert.equal(world.hcloud.server(4711).status, 'running');
      assert.equal((await start('resume', 'web').ended).code, 0);
      const done = await start('failover', 'web', '--yes', '--reason', 'drill').ended;
      assert.equal(done.code, 0, done.stderr);
      assert.equal(world.hcloud.server(4711).status, 'off');
    }));
});
