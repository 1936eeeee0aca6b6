import assert from 'node:assert/strict';
import type { VerdictClass } from '../../src/model/verdict.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import { makeService } from '../lab/service.ts';
import { Lab } from '../lab/world.ts';

const REFUSED = { ok: false, failure: 'refused' } as const;

/** A lab whose config has a second service, mail, on the very same machines; its last verdict is `mail`. */
async function night(mail: VerdictClass, ageMs: number): Promise<Lab> {
  const other = makeService({ name: 'mail' });
  const web = makeService();
  const lab = new Lab({}, { services: [web, other] });
  const at = lab.clock.now() - ageMs;
  const verdict = { service: 'mail', site: 'home', class: mail, rule: 0, sentence: '', at };
  const observation = {
    service: 'mail',
    site: 'home',
    at,
    families: [],
    host: null,
    hostAgeMs: null,
    warnings: [],
  };
  const facts = {
    control: 'ok',
    observer: 'online',
    essential: 'ok',
    other: 'none',
    withdrawn: 'none',
    lock: 'none',
    warnings: 'none',
  } as const;
  const decision = {
    service: 'mail',
    at,
    verdict,
    facts,
    observation: { ...observation, facts },
    standing: null,
    plan: null,
    gate: [],
  };
  await lab.store.commit([{ kind: 'decision', decision }]);
  lab.site('home', REFUSED);
  return lab;
}

async function tick(lab: Lab) {
  const report = await lab.clock.drive(
    watchService(lab.world(), lab.watch(), { once: true, budgetMs: 50_000 }),
  );
  assert.ok(report !== null);
  return report;
}

describe('two services on one machine', () => {
  it('the power of a machine on which another service is well is not cut by ourselves', async () => {
    const lab = await night('HEALTHY', 10_000);
    const report = await tick(lab);
    assert.deepEqual(lab.deeds, []);
    assert.match(report.standing?.detail ?? '', /mail needs it/);
  });

  it('it is when the other is in trouble too, or nobody has looked at it for long', async () => {
    for (const lab of [
      await night('SUSPECT', 10_000),
      await night('UNREACHABLE', 0),
      await night('HEALTHY', 400_000),
    ]) {
      await tick(lab);
      assert.ok(lab.deeds.includes('fence home'));
    }
  });

  it('nor is it when the other is in trouble elsewhere and has its standby there', async () => {
    const lab = await night('UNREACHABLE', 0);
    await lab.store.commit([{ kind: 'service', service: 'mail', patch: { active: 'away' } }]);
    const report = await tick(lab);
    assert.deepEqual(lab.deeds, []);
    assert.match(report.standing?.detail ?? '', /mail needs it/);
  });

  it('a lock of every address has taken both down already', async () => {
    const lab = await night('HEALTHY', 10_000);
    lab.hosts.set('1', { power: 'running', blocked: { v4: true, v6: true } });
    lab.site('home', 'hang');
    await tick(lab);
    assert.deepEqual(lab.deeds, ['run promote away', 'swap away 2']);
  });
});
