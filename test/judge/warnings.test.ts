/** What wants a person before it hurts, each sentence with the condition it stands for. */
import assert from 'node:assert/strict';
import { observe } from '../../src/judge/observe.ts';
import type { Sample } from '../../src/model/sample.ts';
import type { Service } from '../../src/model/service.ts';
import type { Evidence } from '../../src/model/state.ts';
import { NO_EVIDENCE } from '../../src/reconcile/watch.ts';
import { makeService } from '../lab/service.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;

function warnings(evidence: Partial<Evidence>, patch: Partial<Service> = {}): readonly string[] {
  const service = makeService(patch);
  const [site] = service.sites;
  assert.ok(site !== undefined);
  const state = { active: 'home', epoch: 0, maxEpoch: 0, published: null };
  return observe({ service, site, evidence: { ...NO_EVIDENCE, ...evidence }, state, now: NOW }).warnings;
}

function sample(patch: Partial<Sample> = {}): Sample {
  return {
    service: 'web',
    site: 'home',
    probe: 'http',
    family: 'v4',
    vantage: 'local',
    at: NOW,
    tookMs: 1,
    ok: true,
    ...patch,
  };
}

const certificate = (endsIn: number, patch: Partial<Sample> = {}) =>
  warnings({ samples: [sample({ facts: { certificateExpiresAt: NOW + endsIn }, ...patch })] });

describe('warnings', () => {
  it('none when all is well', () => {
    assert.deepEqual(warnings({ samples: [sample()] }), []);
  });

  it('a certificate that ends soon, in whole days, or has ended', () => {
    assert.deepEqual(certificate(14 * DAY), []);
    assert.deepEqual(certificate(14 * DAY - 1), ['home: the certificate ends in 13 days']);
    assert.deepEqual(certificate(DAY - 1), ['home: the certificate ends in 0 days'], 'today is not yet over');
    assert.deepEqual(certificate(-1), ['home: the certificate has expired']);
    assert.equal(certificate(DAY, { at: NOW - 300_000 }).length, 1, 'just fresh enough');
    assert.deepEqual(certificate(DAY, { site: 'away' }), [], 'of another site');
    assert.deepEqual(certificate(DAY, { at: NOW - 300_001 }), [], 'seen too long ago');
    assert.deepEqual(certificate(DAY, { facts: { certificateExpiresAt: 'soon' } }), [], 'not a number');
  });

  it('the one that ends first counts', () => {
    const samples = [20, 3, 9].map(days => sample({ facts: { certificateExpiresAt: NOW + days * DAY } }));
    assert.deepEqual(warnings({ samples }), ['home: the certificate ends in 3 days']);
    assert.equal(
      warnings({ samples: [sample(), ...samples, sample()] }).length,
      1,
      'beside samples without any',
    );
    const unread = sample({ facts: { certificateExpiresAt: 'soon' } });
    assert.equal(
      warnings({ samples: [unread, ...samples, unread] }).length,
      1,
      'beside one that is no number',
    );
  });

  it('a lock that is not felt', () => {
    const hosts = [{ service: 'web', site: 'home', at: NOW, blocked: { v4: true, v6: null } }];
    assert.deepEqual(warnings({ samples: [sample()], hosts }), [
      'home: the hoster says v4 is locked, though it answers from here',
    ]);
    assert.deepEqual(warnings({ samples: [sample({ ok: false, failure: 'timeout' })], hosts }), []);
  });

  it('IPv6 that fails without a reference to prove our own', () => {
    const samples = [sample({ family: 'v6', ok: false, failure: 'timeout' })];
    assert.deepEqual(warnings({ samples }), ['home: v6 fails, but no reference proves our own v6']);
    const references = [{ reference: 'r', family: 'v6' as const, at: NOW, tookMs: 1, ok: true }];
    assert.deepEqual(warnings({ samples, references }), []);
    assert.deepEqual(
      warnings({ samples }, { essential: ['v6'] }),
      [],
      'an essential one is the judge’s business',
    );
  });

  it('an optional probe that is down, not one that merely fails', () => {
    const probes = makeService().probes.map(spec => ({ ...spec, required: false }));
    const at = (...ago: readonly number[]) =>
      ago.map(ms => sample({ ok: false, failure: 'refused', at: NOW - ms }));
    assert.deepEqual(warnings({ samples: at(1000, 500, 0) }, { probes }), [
      'home: http over v4 is down (not required)',
    ]);
    assert.deepEqual(warnings({ samples: at(500, 0) }, { probes }), []);
  });

  it('a hoster that cannot be asked', () => {
    const hosts = [{ service: 'web', site: 'home', at: NOW, error: 'no answer within 10 s' }];
    assert.deepEqual(warnings({ hosts }), ["home: the hoster's API cannot be asked: no answer within 10 s"]);
  });
});
