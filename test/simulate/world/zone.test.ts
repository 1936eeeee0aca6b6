/** The zone by Route 53's rules: all or nothing, exact deletes, late name servers, later caches. */
import assert from 'node:assert/strict';
import type { RecordSet } from '../../../src/model/signal.ts';
import { CLIENTS, Zone } from '../../../src/simulate/world/zone.ts';

const set = (value: string, ttlS = 60): RecordSet => ({ name: 'www', type: 'A', ttlS, values: [value] });
const made = () => new Zone([set('192.0.2.1')], 10_000);

describe('simulate: zone', () => {
  it('a batch is applied as a whole or not at all', () => {
    const zone = made();
    const refused = zone.change(
      [
        { action: 'CREATE', set: { ...set('192.0.2.9'), name: 'new' } },
        { action: 'DELETE', set: set('192.0.2.2') },
      ],
      0,
    );
    assert.match('refused' in refused ? refused.refused : '', /values provided do not match/);
    assert.equal(zone.at('new', 'A'), null);
    const applied = zone.change(
      [
        { action: 'DELETE', set: set('192.0.2.1') },
        { action: 'CREATE', set: set('192.0.2.2') },
      ],
      0,
    );
    assert.ok('id' in applied, 'refused');
    assert.deepEqual(zone.at('www', 'A')?.values, ['192.0.2.2']);
  });

  it('a delete must match TTL and values, a create must find nothing', () => {
    const zone = made();
    const words = (action: 'CREATE' | 'DELETE', given: RecordSet) => {
      const result = zone.change([{ action, set: given }], 0);
      return 'refused' in result ? result.refused : 'applied';
    };
    assert.match(words('DELETE', set('192.0.2.1', 61)), /do not match/);
    assert.match(words('DELETE', { ...set('192.0.2.1'), name: 'gone' }), /was not found/);
    assert.match(words('CREATE', set('192.0.2.1')), /already exists/);
    assert.equal(words('DELETE', set('192.0.2.1')), 'applied');
  });

  it('each name server has it later, and the change is spread when all have it', () => {
    const zone = made();
    const change = zone.change([{ action: 'UPSERT', set: set('192.0.2.2') }], 1000);
    const id = 'id' in change ? change.id : '';
    const answer = (server: number, at: number) => zone.answer(server, 'www', 'A', at)?.values[0];
    assert.deepEqual([answer(0, 5999), answer(0, 6000)], ['192.0.2.1', '192.0.2.2']);
    assert.deepEqual([answer(1, 10_999), answer(1, 11_000)], ['192.0.2.1', '192.0.2.2']);
    assert.deepEqual([zone.isSpread(id, 10_999), zone.isSpread(id, 11_000)], [false, true]);
    assert.equal(zone.setsAt(999).get('www A')?.values[0], '192.0.2.1');
  });

  it('the public keeps an answer for its TTL: nobody is led to the old address a TTL after the last server', () => {
    const zone = made();
    zone.change([{ action: 'UPSERT', set: set('192.0.2.2') }], 600_000);
    const led = (at: number) =>
      Array.from({ length: CLIENTS }, (_, client) => zone.cached(client, 'www', 'A', 60, at)).filter(
        address => address === '192.0.2.2',
      ).length;
    assert.equal(led(604_999), 0);
    const between = led(640_000);
    assert.ok(between > 0 && between < CLIENTS, `${between} of ${CLIENTS}`);
    assert.equal(led(670_000), CLIENTS);
  });
});
