/** The port itself: targets, unknown kinds, reach, deadlines of kinds that misbehave, and the table of kinds. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Attempt, failureOf } from '../../src/probe/attempt.ts';
import type { ProbeKind } from '../../src/probe/kind.ts';
import { createProber } from '../../src/probe/prober.ts';
import { PROBE_KINDS } from '../../src/probe/registry.ts';
import { settings } from '../../src/probe/settings.ts';
import { checkResult, fails, NAME, passes, resources, settled } from './looks.ts';
import { startPeer } from './servers.ts';

const target = { address: '127.0.0.1', family: 'v4', publicName: NAME } as const;

function kindOf(run: ProbeKind['run']): Readonly<Record<string, ProbeKind>> {
  return { odd: { kind: 'odd', title: 'odd', fields: {}, defaultPort: null, run } };
}

describe('probe: prober', () => {
  it('goes to address literals of the right family only', async () => {
    const prober = createProber();
    for (const address of [NAME, 'localhost', '', '::1', '127.1'])
      fails(
        await prober.probe('tcp', { port: 1 }, { ...target, address }, 100),
        'internal',
        /is not an IPv4 address/,
      );
    const wrong = await prober.probe('tcp', { port: 1 }, { ...target, family: 'v6' }, 100);
    fails(wrong, 'internal', /"127\.0\.0\.1" is not an IPv6 address/);
  });

  it('knows its kinds, and nothing of Object.prototype', async () => {
    for (const kind of ['gopher', 'constructor', '__proto__'])
      fails(await createProber().probe(kind, {}, target, 100), 'internal', /there is no probe kind/);
  });

  it('ends a kind that never ends, throws, or throws late', async () => {
    const before = await resources();
    const probe = (run: ProbeKind['run']) =>
      createProber({ kinds: kindOf(run) }).probe('odd', {}, target, 50);
    fails(await probe(() => new Promise(() => {})), 'timeout', /no connection within 50 ms/);
    fails(
      await probe(() => {
        throw new Error('a slip');
      }),
      'internal',
      /a slip/,
    );
    fails(await probe(() => Promise.reject('no error')), 'internal', /no error/);
    let rejectLate = (_: Error) => {};
    const late = probe(
      () =>
        new Promise((_, reject) => {
          rejectLate = reject;
        }),
    );
    fails(await late, 'timeout', /./);
    rejectLate(new Error('too late to matter'));
    await settled(before);
  });

  it('keeps a decided outcome, and facts measured before a failure', async () => {
    const probe = (run: ProbeKind['run']) =>
      createProber({ kinds: kindOf(run) }).probe('odd', {}, target, 50);
    passes(
      await probe((_, __, attempt) => {
        attempt.verdict = { ok: true, detail: 'decided' };
        return new Promise(() => {});
      }),
      /^decided$/,
    );
    const result = await probe((_, __, attempt) => {
      attempt.facts.banner = 'a\u001b[2Jb';
      return Promise.resolve({ ok: false, failure: 'status', detail: `x\n${'y'.repeat(500)}` });
    });
    checkResult(result);
    assert.deepEqual(result.facts, { banner: 'a [2Jb' });
  });

  it('closes what it opened last first, and at once what comes after the end', () => {
    const closed: string[] = [];
    const attempt = new Attempt(1);
    attempt.onEnd(() => closed.push('socket'));
    attempt.onEnd(() => closed.push('tls'));
    attempt.end();
    attempt.end();
    attempt.onEnd(() => closed.push('late'));
    assert.deepEqual(closed, ['tls', 'socket', 'late']);
  });

  it('takes absurd deadlines as short ones', async () => {
    const prober = createProber({ kinds: kindOf(() => new Promise(() => {})) });
    for (const timeoutMs of [0, -5, Number.NaN, Number.POSITIVE_INFINITY])
      assert.equal((await prober.probe('odd', {}, target, timeoutMs)).failure, 'timeout');
  });

  it('reaches a host that connects or refuses, and no other', async () => {
    const before = await resources();
    const prober = createProber();
    for (const host of ['127.0.0.1', '::1']) {
      const peer = await startPeer(() => {}, host);
      passes(await prober.reach(host, peer.port, 2000), /connected/);
      await peer.close();
      fails(await prober.reach(host, peer.port, 2000), 'refused', /refused/);
    }
    // No packet leaves for these: the kernel has no route to them (class E, and an unspecified scope).
    const result = await prober.reach('255.255.255.255', 9, 2000);
    assert.equal(result.ok, false);
    fails(await prober.reach('reference.example.org', 9, 2000), 'internal', /not an IP address/);
    await settled(before);
  });

  it('maps the kernel\u2019s errors to failures', () => {
    const table = {
      ECONNREFUSED: 'refused',
      ETIMEDOUT: 'timeout',
      EHOSTUNREACH: 'unreachable',
      EACCES: 'unreachable',
      ENETUNREACH: 'no-route',
      EADDRNOTAVAIL: 'no-route',
      EPERM: 'no-route',
      ECONNRESET: 'reset',
      EPIPE: 'reset',
      ERR_SSL_WRONG_VERSION_NUMBER: 'tls',
      EPROTO: 'tls',
      EMFILE: 'internal',
      EWHATEVER: 'internal',
    };
    for (const [code, failure] of Object.entries(table))
      assert.equal(failureOf(Object.assign(new Error('x'), { code })).failure, failure, code);
  });
});

describe('probe: table of kinds', () => {
  it('has each kind under its own name, one file each', () => {
    const directory = join(import.meta.dirname, '../../src/probe');
    for (const [name, kind] of Object.entries(PROBE_KINDS)) {
      assert.equal(kind.kind, name);
      assert.ok(
        readFileSync(join(directory, `${name}.ts`), 'utf8').includes(`export const ${name}: ProbeKind`),
      );
    }
    const files = readdirSync(directory).filter(file =>
      /^export const \w+: ProbeKind = /m.test(readFileSync(join(directory, file), 'utf8')),
    );
    assert.deepEqual(files.map(file => file.replace('.ts', '')).sort(), Object.keys(PROBE_KINDS).sort());
  });

  it('has defaults that fit their own formats, and a sentence for each field', () => {
    for (const kind of Object.values(PROBE_KINDS)) {
      for (const [name, field] of Object.entries(kind.fields)) {
        assert.match(name, /^[a-z][A-Za-z]*$/);
        assert.match(field.doc, /\.$/, `${kind.kind}.${name}`);
        if (field.default !== undefined) settings({ [name]: field }, {});
      }
      if (kind.defaultPort !== null) {
        const own = kind.fields.port?.default;
        assert.ok(own === null || own === kind.defaultPort, kind.kind);
      }
    }
  });

  it('reads settings by type, and names what does not fit', () => {
    const fields = {
      words: { doc: 'x', format: 'strings' },
      mode: { doc: 'x', format: ['a', 'b'], default: 'a' },
      count: { doc: 'x', format: 'integer', default: null },
    } as const;
    assert.deepEqual(settings(fields, { words: ['x'], ignored: 1 }), {
      words: ['x'],
      mode: 'a',
      count: null,
    });
    assert.throws(() => settings(fields, {}), /"words" is missing/);
    assert.throws(() => settings(fields, { words: 'x' }), /"words" is not of the form strings/);
    assert.throws(() => settings(fields, { words: [], mode: 'c' }), /"mode" is not one of a, b/);
    assert.throws(() => settings(fields, { words: [], count: '1' }), /"count" is not/);
  });
});
