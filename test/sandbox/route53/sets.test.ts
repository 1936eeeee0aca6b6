/** The rules of a hosted zone that the guarded flip leans on: order, exact DELETEs, all or nothing, error texts. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  applyBatch,
  type Change,
  inOrder,
  type Sets,
  type StoredSet,
  setKey,
  storedName,
} from '../../../src/sandbox/route53/sets.ts';

const ZONE = 'example.org.';
const set = (name: string, type: string, ttlS: number, ...values: string[]): StoredSet => ({
  name: storedName(name),
  type,
  ttlS,
  values,
});
const zone = (...sets: readonly StoredSet[]): Sets => {
  const apex = [set(ZONE, 'NS', 60, 'ns.example.net.'), set(ZONE, 'SOA', 60, 'ns. host. 1 2 3 4 5')];
  return new Map([...apex, ...sets].map(one => [setKey(one), one]));
};
const apply = (sets: Sets, changes: readonly Change[], guarded: readonly string[] = []) =>
  applyBatch(ZONE, sets, changes, new Set(guarded));
const complaints = (sets: Sets, ...changes: readonly Change[]): string => {
  const result = apply(sets, changes);
  assert.ok('complaints' in result, 'the batch should have been refused');
  return `[${result.complaints.join(', ')}]`;
};

describe('record sets of the Route 53 emulator', () => {
  const a1 = set('www.example.org', 'A', 60, '192.0.2.1', '192.0.2.2');

  it('writes names as the vendor does', () => {
    assert.equal(storedName('WWW.Example.org'), 'www.example.org.');
    assert.equal(storedName('*.example.org.'), '\\052.example.org.');
    assert.equal(storedName('\\052.example.org.'), '\\052.example.org.');
  });

  it('orders by reversed labels, then type', () => {
    const names = ['b.a.example.org', 'z.example.org', 'a.example.org', 'a-b.example.org'];
    const sets = zone(
      ...names.map(name => set(name, 'A', 60, '192.0.2.1')),
      set('z.example.org', 'AAAA', 60, '::1'),
    );
    assert.deepEqual(
      inOrder(sets).map(one => `${one.name} ${one.type}`),
      [
        'example.org. NS',
        'example.org. SOA',
        // `-` sorts before the dot that ends the label `a`.
        'a-b.example.org. A',
        'a.example.org. A',
        'b.a.example.org. A',
        'z.example.org. A',
        'z.example.org. AAAA',
      ],
    );
  });

  it('deletes only what matches in TTL and values, in any order of the values', () => {
    const mismatch = /but the values provided do not match the current values/;
    const sets = zone(a1);
    assert.match(complaints(sets, { action: 'DELETE', set: { ...a1, ttlS: 61 } }), mismatch);
    assert.match(complaints(sets, { action: 'DELETE', set: { ...a1, values: ['192.0.2.1'] } }), mismatch);
    const reversed = { ...a1, values: [...a1.values].reverse() };
    assert.ok('sets' in apply(sets, [{ action: 'DELETE', set: reversed }]));
  });

  it("complains in the vendor's words", () => {
    const named = "resource record set [name='www.example.org.', type='A']";
    assert.equal(
      complaints(zone(), { action: 'DELETE', set: a1 }),
      `[Tried to delete ${named} but it was not found]`,
    );
    assert.equal(
      complaints(zone(a1), { action: 'CREATE', set: a1 }),
      `[Tried to create ${named} but it already exists]`,
    );
    const bare = set('x.example.org', 'TXT', 60, 'no quotes');
    assert.match(complaints(zone(), { action: 'CREATE', set: bare }), /enclosed in quotation marks/);
    const outside = set('www.example.net', 'A', 60, '192.0.2.1');
    assert.match(
      complaints(zone(), { action: 'CREATE', set: outside }),
      /not permitted in zone example\.org\./,
    );
    const cname = set('www.example.org', 'CNAME', 60, 'x.example.org.');
    assert.match(complaints(zone(a1), { action: 'CREATE', set: cname }), /conflicts with other records/);
    const soa = inOrder(zone()).find(one => one.type === 'SOA');
    assert.ok(soa !== undefined);
    assert.match(complaints(zone(), { action: 'DELETE', set: soa }), /exactly one SOA/);
  });

  it('protects a name and type from every action', () => {
    for (const action of ['CREATE', 'UPSERT', 'DELETE'] as const) {
      const result = apply(zone(a1), [{ action, set: a1 }], ['www.example.org. A']);
      assert.ok('complaints' in result && result.complaints[0]?.includes('protected'), action);
    }
  });

  it('applies a batch whole or not at all, whatever it holds', () => {
    const anySet = fc.record({
      name: fc.constantFrom('www.example.org.', 'x.example.org.', 'www.example.net.'),
      type: fc.constantFrom('A', 'TXT'),
      ttlS: fc.constantFrom(60, 61),
      values: fc.constantFrom(['192.0.2.1'], ['"text"']),
    });
    const anyChange = fc.record({ action: fc.constantFrom('CREATE', 'DELETE', 'UPSERT'), set: anySet });
    fc.assert(
      fc.property(fc.array(anyChange, { minLength: 1, maxLength: 5 }), changes => {
        const before = zone(a1);
        const copy = JSON.stringify([...before]);
        const result = apply(before, changes);
        assert.equal(JSON.stringify([...before]), copy, 'the state before is never touched');
        if ('complaints' in result) return;
        // What was applied can be undone by the opposite batch only if each step did exactly what it says.
        const last = new Map(changes.map(change => [setKey(change.set), change]));
        for (const [key, change] of last)
          assert.deepEqual(result.sets.get(key), change.action === 'DELETE' ? undefined : change.set);
      }),
    );
  });
});
