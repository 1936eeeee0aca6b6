/** The whole of `tick`: under the observer's lease, every service once, old evidence dropped once an hour. */
import assert from 'node:assert/strict';
import { LeaseLostError } from '../../src/ports/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { KEEP_EVIDENCE_MS, KEEP_ROWS } from '../../src/reconcile/daemon.ts';
import { tickAll } from '../../src/reconcile/tick.ts';
import { makeService } from '../lab/service.ts';
import { Lab } from '../lab/world.ts';
import { OTHER, programOf } from '../orders/program.ts';

describe('tick', () => {
  it('reports every service in the order of the config', async () => {
    const lab = new Lab();
    const services = [lab.service, makeService({ name: 'irc' })];
    const program = programOf(lab, { settings: { ...lab.settings, services } });
    const result = await lab.clock.drive(tickAll(program, 50_000));
    assert.ok('reports' in result);
    assert.deepEqual(
      result.reports.map(({ service }) => service),
      ['web', 'irc'],
    );
  });

  it('does nothing while another process observes, and says which', async () => {
    const lab = new Lab();
    await lab.store.acquire('observer', OTHER, 60_000, lab.clock.now());
    const result = await lab.clock.drive(tickAll(programOf(lab), 50_000));
    assert.deepEqual(result, { busy: 'pid 77 on box2' });
    assert.equal(lab.probeCount, 0);
  });

  it('looks no more once another process has taken over, as after a sleep', async () => {
    const lab = new Lab({ thresholds: { ...makeService().thresholds, failingForMs: 3_600_000 } });
    lab.site('home', { ok: false, failure: 'refused' });
    const began = lab.clock.now();
    const renew: Store['renew'] = async (lease, ttlMs, now) => {
      await lab.store.release(lease);
      await lab.store.acquire('observer', OTHER, 600_000, now);
      return lab.store.renew(lease, ttlMs, now);
    };
    const program = programOf(lab, { store: { ...lab.store, renew } });
    await assert.rejects(lab.clock.drive(tickAll(program, 300_000)), LeaseLostError);
    assert.ok(lab.clock.now() - began < 60_000, 'it is told at the first renewal');
  });

  it('fails when a service could not be looked at', async () => {
    const lab = new Lab();
    const commit = () => Promise.reject(new Error('disk full'));
    const program = programOf(lab, { store: { ...lab.store, commit } });
    await assert.rejects(lab.clock.drive(tickAll(program, 50_000)), /disk full/);
  });

  it('drops old evidence with the first tick of an hour, and not with the next', async () => {
    const lab = new Lab();
    const pruned: (readonly [number, number])[] = [];
    const prune = async (before: number, keep: number) => void pruned.push([before, keep]);
    const program = programOf(lab, { store: { ...lab.store, prune } });
    await lab.clock.drive(tickAll(program, 50_000));
    assert.deepEqual(pruned, [[lab.clock.now() - KEEP_EVIDENCE_MS, KEEP_ROWS]]);
    await lab.clock.drive(tickAll(program, 50_000));
    assert.equal(pruned.length, 1);
  });
});
