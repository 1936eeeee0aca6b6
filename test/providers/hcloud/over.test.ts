/**
 * The adapter over a wire of one's own. Over plain node:http it passes the suite that it passes over hcloud-js, so the
 * one stands for the other; over a wire in memory it lives in virtual time alone.
 */
import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { Secret } from '../../../src/model/secret.ts';
import type { HostReading } from '../../../src/model/signal.ts';
import type { HostProvider } from '../../../src/ports/providers.ts';
import type { Answer } from '../../../src/providers/hcloud/connection.ts';
import { createOver } from '../../../src/providers/hcloud/hcloud.ts';
import { createConnectionOver, type Wire } from '../../../src/providers/hcloud/over.ts';
import { readSettings } from '../../../src/providers/hcloud/settings.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { type HostMakeOptions, hostProviderConformance } from '../../conformance/host-provider.ts';
import { VirtualClock } from '../../lab/clock.ts';
import { canaries } from '../../secrets.ts';
import { withoutRealTime } from '../real-time.ts';
import { type HcloudWorld, hcloudWorld, makeHcloud, WRONG_TOKEN } from './world.ts';

const MOST_BYTES = 1_048_576;

/** HTTP without axios and hcloud-js: the least that carries a request. */
function httpWire(endpoint: string, token: string): Wire {
  return {
    request: (method, path, params, signal) =>
      new Promise((resolve, reject) => {
        const query = new URLSearchParams(
          Object.entries(params).map(([key, value]): [string, string] => [key, String(value)]),
        );
        const url = `${endpoint}${path}${query.size === 0 ? '' : `?${query}`}`;
        const headers = { Authorization: `Bearer ${token}` };
        const request = send(url, { method, headers, signal }, response => {
          let text = '';
          response.setEncoding('utf8').on('data', piece => {
            text += piece;
            if (text.length > MOST_BYTES)
              request.destroy(Object.assign(new Error('too long'), { code: 'ERR_BAD_RESPONSE' }));
          });
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              contentType: response.headers['content-type'] ?? '',
              text,
            }),
          );
        });
        request.on('error', reject).end();
      }),
  };
}

function makeOverHttp(endpoint: string, options: HostMakeOptions = {}): HostProvider {
  const token = options.wrongSecret === true ? WRONG_TOKEN : canaries.hcloudToken;
  const settings = readSettings({
    token: new Secret(token, 'env HCLOUD_TOKEN'),
    pollInterval: 10,
    attempts: 4,
    retryPause: options.pauseMs ?? 5,
    requestTimeout: options.requestTimeoutMs ?? 5_000,
  });
  const context = { clock: systemClock, random: Math.random };
  const wire = httpWire(endpoint, token);
  return createOver(createConnectionOver(wire, { ...settings, ...context }), settings, context);
}

let current: HcloudWorld;
hostProviderConformance({
  name: 'hcloud over plain HTTP',
  world: async () => {
    current = await hcloudWorld();
    return current;
  },
  make: (_world, options) => makeOverHttp(current.emulator.url, options),
});

describe('hcloud over a wire: requests', () => {
  it('asks what hcloud-js asks, word for word', async () => {
    const asked: unknown[] = [];
    for (const make of [makeHcloud, makeOverHttp]) {
      const world = await hcloudWorld();
      try {
        const provider = make(world.emulator.url);
        const signal = new AbortController().signal;
        await provider.describe('42', signal);
        await provider.powerOff('42', signal);
        await provider.powerOn('42', signal);
        const requests = world.emulator.requests.map(({ method, path }) => `${method} ${path}`);
        // How often an action is asked for hangs on real time.
        asked.push([...new Set(requests)].map(request => request.replace(/(actions\/)\d+$/, '$1N')));
      } finally {
        await world.close();
      }
    }
    assert.deepEqual(asked[0], asked[1]);
    assert.ok(Array.isArray(asked[0]) && asked[0].length >= 5, String(asked[0]));
  });
});

/** A machine in memory: commands take 300 ms, and `next` may answer in its place, once for each entry. */
function memory(clock: VirtualClock) {
  const machine = { status: 'running', locked: false };
  const log: string[] = [];
  const next: ((done: () => Answer) => Promise<Answer>)[] = [];
  let readyAt = 0;
  const answer = (status: number, body: object): Answer => ({
    status,
    contentType: 'application/json',
    text: JSON.stringify(body),
  });
  const act = (path: string): Answer => {
    if (path === '/servers/42') {
      const address = { blocked: false };
      const server = { id: 42, ...machine, public_net: { ipv4: address, ipv6: null } };
      return answer(200, { server });
    }
    if (path === '/primary_ips') return answer(200, { primary_ips: [] });
    const command = /^\/servers\/42\/actions\/power(on|off)$/.exec(path);
    if (command !== null) readyAt = clock.now() + 300;
    if (command !== null) machine.status = command[1] === 'off' ? 'off' : 'running';
    return answer(command === null ? 200 : 201, {
      action: { id: 7, status: clock.now() < readyAt ? 'running' : 'success', error: null },
    });
  };
  const start = clock.now();
  const wire: Wire = {
    request: (method, path) => {
      log.push(`${clock.now() - start} ${method} ${path}`);
      const done = () => act(path);
      return next.shift()?.(done) ?? Promise.resolve(done());
    },
  };
  return { wire, machine, log, next, answer };
}

function inMemory() {
  const clock = new VirtualClock();
  const context = { clock, random: () => 0 };
  const settings = readSettings({ token: new Secret('t'.repeat(64), 'test') });
  const world = memory(clock);
  const connection = createConnectionOver(world.wire, { ...settings, clock });
  const provider = createOver(connection, settings, context);
  const run = <T>(work: (signal: AbortSignal) => Promise<T>, signal = new AbortController().signal) =>
    withoutRealTime(() => clock.drive(work(signal)));
  return { ...world, clock, run, provider };
}

const never = () => new Promise<never>(() => {});
const fails = (code: string, message = code) => Promise.reject(Object.assign(new Error(message), { code }));

describe('hcloud over a wire: virtual time', () => {
  it('powers off and reads it back', async () => {
    const { provider, run, log, machine } = inMemory();
    await run(signal => provider.powerOff('42', signal));
    assert.equal(machine.status, 'off');
    assert.deepEqual(log, [
      '0 GET /servers/42',
      '0 POST /servers/42/actions/poweroff',
      '100 GET /actions/7',
      '300 GET /actions/7',
      '300 GET /servers/42',
    ]);
  });

  it('waits longer and longer while the machine is busy, never more than 5 s', async () => {
    const { provider, run, log, next, answer } = inMemory();
    const locked = answer(423, { error: { code: 'locked', message: 'busy' } });
    for (let i = 0; i < 8; i += 1) next.push(() => Promise.resolve(locked));
    await assert.rejects(
      run(signal => provider.powerOn('42', signal)),
      { code: 'provider-busy', applied: 'no' },
    );
    assert.deepEqual(
      log.map(line => Number.parseInt(line, 10)),
      [0, 250, 750, 1_750, 3_750, 7_750, 12_750, 17_750],
    );
  });

  it('gives a reading one second try, after the pause', async () => {
    const { provider, run, log, next } = inMemory();
    next.push(() => fails('ECONNREFUSED'));
    const reading: HostReading = await run(signal => provider.describe('42', signal));
    assert.deepEqual(reading, { power: 'running', blocked: { v4: false, v6: null } });
    assert.deepEqual(log, ['0 GET /servers/42', '250 GET /servers/42', '250 GET /primary_ips']);
  });

  it('ends a request that nobody answers at its deadline, and does not look at what comes later', async () => {
    const { provider, run, next, clock } = inMemory();
    const start = clock.now();
    next.push(done => clock.sleep(60_000).then(done));
    await assert.rejects(
      run(signal => provider.describe('42', signal)),
      { code: 'provider-timeout', applied: 'no', message: /not done within 10000 ms$/ },
    );
    assert.equal(clock.now() - start, 10_000);
  });

  it('does not send a command again whose reply was lost: it looks first', async () => {
    const { provider, run, log, next } = inMemory();
    next.push(
      done => Promise.resolve(done()),
      done => {
        done();
        return fails('ECONNRESET', 'socket hang up');
      },
    );
    await run(signal => provider.powerOff('42', signal));
    assert.deepEqual(log, [
      '0 GET /servers/42',
      '0 POST /servers/42/actions/poweroff',
      '250 GET /servers/42',
    ]);
  });

  it('ends with the signal of the caller, in doubt once a command was sent', async () => {
    const { provider, run, next, clock } = inMemory();
    const stop = new AbortController();
    next.push(done => Promise.resolve(done()), never);
    const firing = clock.sleep(3_000).then(() => stop.abort());
    await assert.rejects(
      run(signal => provider.powerOff('42', signal), stop.signal),
      { code: 'provider-timeout', applied: 'unknown' },
    );
    await firing;
  });

  it('judges answers and failures by the code of the real wire', async () => {
    const bad = (part: Partial<Answer>): Promise<Answer> =>
      Promise.resolve({ status: 200, contentType: 'application/json', text: '{}', ...part });
    const table: readonly [() => Promise<Answer>, string][] = [
      [() => bad({ contentType: 'text/html', text: '<html>' }), 'provider-garbage'],
      [() => bad({ text: '{"server":' }), 'provider-garbage'],
      [() => bad({ text: '{"server":{"id":43}}' }), 'provider-garbage'],
      [() => bad({ status: 401, text: '' }), 'provider-unauthorized'],
      [() => bad({ status: 404 }), 'provider-garbage'],
      [() => bad({ status: 404, text: '{"error":{"code":"not_found"}}' }), 'provider-not-found'],
      [() => bad({ status: 429 }), 'provider-throttled'],
      [() => bad({ status: 503, contentType: '', text: '' }), 'provider-failed'],
      [() => fails('ECONNREFUSED'), 'provider-unreachable'],
      [() => fails('ETIMEDOUT'), 'provider-unreachable'],
      [() => fails('ERR_BAD_RESPONSE', 'stream has been aborted'), 'provider-unreachable'],
      [() => fails('HPE_INVALID_CONSTANT'), 'provider-garbage'],
      [never, 'provider-timeout'],
    ];
    for (const [one, code] of table) {
      const { provider, run, next } = inMemory();
      next.push(one, one);
      await assert.rejects(
        run(signal => provider.describe('42', signal)),
        { code },
        String(one),
      );
    }
  });
});
