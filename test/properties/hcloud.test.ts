/**
 * What comes back in place of an answer of Hetzner's API: mutated payloads, wrong statuses and types. The adapter ends
 * in a reading of the port's own words or in a ProviderError, and a power-off counts only when the machine is off.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { Secret } from '../../src/model/secret.ts';
import type { HostReading } from '../../src/model/signal.ts';
import { PROVIDER_ERRORS, ProviderError } from '../../src/ports/errors.ts';
import type { HostProvider } from '../../src/ports/providers.ts';
import { create } from '../../src/providers/hcloud/hcloud.ts';
import { systemClock } from '../../src/system/clock.ts';
import { canaries } from '../secrets.ts';
import { assertGoodError, property, thrownBy } from './harness.ts';
import { type JsonMutation, jsonMutation, mutateJson } from './json.ts';

const file = import.meta.url;

/** One answer gone wrong. */
interface Damage {
  readonly mutation: JsonMutation | null;
  /** In place of the honest one. */
  readonly status: number | null;
  readonly type: string | null;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  mutation: fc.option(jsonMutation, { freq: 12 }),
  status: fc.option(
    fc.constantFrom(200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 418, 422, 423, 429, 500, 503, 599),
    { freq: 1 },
  ),
  type: fc.option(
    fc.constantFrom(
      'text/html',
      '',
      'application/xml',
      'application/json;\u00ff',
      'application/problem+json',
    ),
    { freq: 1 },
  ),
});

/** The machine: `starting` is off by its status while an action that powers it on is still running. */
type Start = 'running' | 'off' | 'starting';

/** A hoster with one machine in it, 42, and one action at a time; every request is a step in time. */
class Hoster {
  power: 'running' | 'off' = 'running';
  action: { id: number; left: number; target: 'running' | 'off'; status: string } | null = null;
  damages: (Damage | null)[] = [];
  locked = false;
  /** What was sent as the server object, as a reader of JSON would see it. */
  sent: unknown[] = [];
  #ids = 100;

  start(state: Start, damages: readonly (Damage | null)[], locked: boolean): void {
    this.power = state === 'running' ? 'running' : 'off';
    this.action = state === 'starting' ? { id: 99, left: 2, target: 'running', status: 'running' } : null;
    this.damages = [...damages];
    this.locked = locked;
    this.sent = [];
  }

  get isOff(): boolean {
    return this.power === 'off' && this.action?.status !== 'running';
  }

  answer(method: string, path: string): { status: number; type: string; body: Buffer } {
    this.#pass();
    const [status, body] = this.#honest(method, path);
    const harm = this.damages.shift() ?? null;
    const bytes = harm?.mutation ? mutateJson(body, harm.mutation) : Buffer.from(JSON.stringify(body));
    this.sent.push(parsed(bytes));
    return {
      status: harm?.status ?? status,
      type: harm?.type ?? 'application/json; charset=utf-8',
      body: bytes,
    };
  }

  #pass(): void {
    if (this.action?.status !== 'running') return;
    this.action.left -= 1;
    if (this.action.left > 0) return;
    this.power = this.action.target;
    this.action.status = 'success';
  }

  #honest(method: string, path: string): readonly [number, unknown] {
    if (method === 'POST') {
      if (this.action?.status === 'running')
        return [423, { error: { code: 'locked', message: 'an action is running' } }];
      this.#ids += 1;
      this.action = { id: this.#ids, left: 2, target: 'off', status: 'running' };
      return [201, { action: this.#action() }];
    }
    if (path.startsWith('/v1/actions/')) return [200, { action: this.#action() }];
    if (path.startsWith('/v1/primary_ips'))
      return [200, { primary_ips: [this.#ip(1, 'ipv4'), this.#ip(2, 'ipv6')] }];
    return [200, { server: this.#server() }];
  }

  #action(): unknown {
    const { id = 0, status = 'error' } = this.action ?? {};
    return {
      id,
      command: 'stop_server',
      status,
      progress: 50,
      error: null,
      resources: [{ id: 42, type: 'server' }],
    };
  }

  #ip(id: number, type: string): unknown {
    return { id, type, assignee_id: 42, assignee_type: 'server', blocked: this.locked, ip: '192.0.2.1' };
  }

  #server(): unknown {
    const busy = this.action?.status === 'running';
    const net = (id: number) => ({ id, ip: '192.0.2.1', blocked: this.locked, dns_ptr: null });
    return {
      id: 42,
      name: 'web',
      status: this.power,
      locked: busy,
      created: '2026-01-01T00:00:00+00:00',
      public_net: { ipv4: net(1), ipv6: net(2), floating_ips: [], firewalls: [] },
      labels: {},
    };
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}

/** Follows keys of objects; undefined where there is none. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null && Object.hasOwn(found, key)
        ? Reflect.get(found, key)
        : undefined,
    value,
  );
}

/** A well-formed lie: nobody could tell it from the truth. */
function saysOff(body: unknown): boolean {
  return at(body, 'server', 'status') === 'off' && at(body, 'server', 'locked') === false;
}

describe('property: answers of the Hetzner Cloud API', () => {
  const hoster = new Hoster();
  let server: Server;
  let adapter: HostProvider;
  before(async () => {
    server = createServer((request, response) => {
      request.resume();
      const { status, type, body } = hoster.answer(request.method ?? '', request.url ?? '');
      response.writeHead(status, type === '' ? {} : { 'Content-Type': type });
      response.end(status === 204 ? undefined : body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const context = {
      clock: { ...systemClock, sleep: () => new Promise<void>(resolve => setImmediate(resolve)) },
      random: () => 0.5,
    };
    adapter = create(
      {
        token: new Secret(canaries.hcloudToken, 'env HCLOUD_TOKEN'),
        endpoint: `http://127.0.0.1:${port}/v1`,
        requestTimeout: 10_000,
        pollInterval: 10,
        attempts: 2,
        retryPause: 10,
        primaryIps: true,
      },
      context,
    );
  });
  after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  const { signal } = new AbortController();

  function assertProviderError(thrown: unknown, place: RegExp): ProviderError {
    assertGoodError(thrown, place);
    assert.ok(thrown instanceof ProviderError);
    assert.ok(PROVIDER_ERRORS.includes(thrown.code), `code ${String(thrown.code)}`);
    assert.equal(typeof thrown.retriable, 'boolean');
    return thrown;
  }

  property(
    'a power-off resolves only when the machine is off, and else ends in an error that says what was asked',
    fc.record({
      start: fc.constantFrom<Start>('running', 'off', 'starting'),
      damages: fc.array(fc.option(damage, { freq: 2 }), { minLength: 1, maxLength: 8 }),
    }),
    async ({ start, damages }) => {
      hoster.start(start, damages, false);
      const thrown = await thrownBy(() => adapter.powerOff('42', signal));
      if (thrown !== null) {
        const error = assertProviderError(thrown, /^Hetzner Cloud: (read|power off) (server|action)/);
        if (error.applied === 'no')
          assert.equal(hoster.action?.target === 'off', false, 'applied: no, yet it was');
        return;
      }
      const lied = hoster.sent.some(saysOff);
      assert.ok(hoster.isOff || lied, 'resolved while the machine is on');
      if (start === 'running') assert.ok(hoster.isOff, 'nobody ever said that it is off');
    },
    { file },
  );

  property(
    'a reading says of the lock what the answer said, and nothing when the answer made no sense',
    fc.record({ harm: damage, more: fc.option(damage), locked: fc.boolean() }),
    async ({ harm, more, locked }) => {
      hoster.start('running', [harm, more], locked);
      let reading: HostReading | null = null;
      const thrown = await thrownBy(async () => {
        reading = await adapter.describe('42', signal);
      });
      if (thrown !== null) {
        assert.equal(assertProviderError(thrown, /^Hetzner Cloud: read server 42: /).applied, 'no');
        return;
      }
      const { power, blocked } = reading ?? assert.fail('neither reading nor error');
      assert.ok(['running', 'off', 'transitional', 'unknown'].includes(power), `power ${String(power)}`);
      // The first answer, or the second after a 5xx: whichever is about the server.
      const body = hoster.sent.filter(sent => at(sent, 'server') !== undefined).at(-1);
      const ips = hoster.sent.filter(sent => at(sent, 'primary_ips') !== undefined).at(-1);
      for (const [family, key] of [
        ['v4', 'ipv4'],
        ['v6', 'ipv6'],
      ] as const) {
        const net = at(body, 'server', 'public_net', key);
        const said = net === null ? null : at(net, 'blocked');
        assert.ok(
          said === null || typeof said === 'boolean',
          `read ${String(blocked[family])} out of nothing`,
        );
        if (blocked[family] !== said) {
          assert.deepEqual([said, blocked[family]], [false, true]);
          assert.match(JSON.stringify(ips), /"blocked":true/, 'a lock that nobody spoke of');
        }
      }
    },
    { file },
  );

  /** Found by the properties above. */
  const replies = (body: unknown, status: number | null = null): Damage => ({
    mutation: { edits: [{ do: 'retype', at: 0, other: 0, key: '', value: JSON.stringify(body) }], bytes: [] },
    status,
    type: null,
  });
  const net = { ipv4: null, ipv6: null };

  it('words that every object of JavaScript has are no status and no error code of the vendor', async () => {
    for (const word of ['constructor', 'toString', 'valueOf', '__proto__']) {
      hoster.start(
        'running',
        [replies({ server: { id: 42, status: word, locked: false, public_net: net } })],
        false,
      );
      assert.equal((await adapter.describe('42', signal)).power, 'unknown', word);
    }
    hoster.start('running', [replies({ error: { code: 'constructor', message: 'x' } }, 422)], false);
    const error = await thrownBy(() => adapter.describe('42', signal));
    assert.equal(assertProviderError(error, /HTTP 422/).code, 'provider-rejected');
  });

  it('a machine that is off, and does not say whether an action runs on it, is not taken for off', async () => {
    hoster.start('starting', [replies({ server: { id: 42, status: 'off', public_net: net } })], false);
    await adapter.powerOff('42', signal).catch(() => {});
    assert.ok(hoster.sent.length > 1, 'it was asked again');
  });
});
