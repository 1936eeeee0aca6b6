/**
 * A night as plain values: evidence made of samples and readings, from which the production code itself makes the
 * observation, the verdict, the inventory and the plan. Each test changes one thing of it.
 */
import assert from 'node:assert/strict';
import { judge } from '../../src/judge/judge.ts';
import { observe } from '../../src/judge/observe.ts';
import { formatEpoch, parseEpoch } from '../../src/model/epoch.ts';
import type { Plan } from '../../src/model/plan.ts';
import { FAMILIES, type Family, type Sample } from '../../src/model/sample.ts';
import type { Service, Site } from '../../src/model/service.ts';
import type { FreshnessReading, HostSignal, RecordSet, ZoneView } from '../../src/model/signal.ts';
import type { Evidence, Run, ServiceState } from '../../src/model/state.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import type { GateInput } from '../../src/plan/gate/finding.ts';
import { type Proposal, plan } from '../../src/plan/plan.ts';
import type { Inventory, Request, SiteView } from '../../src/plan/view.ts';
import { makeService } from '../lab/service.ts';

export const NOW = 1_800_000_000_000;

export interface Scene {
  readonly service: Service;
  readonly state: ServiceState;
  /** What is down, as `home v4`. */
  readonly down: readonly string[];
  /** What the hoster has locked, as `home v4`. */
  readonly locked: readonly string[];
  readonly zone: ZoneView | null;
  /** Age of each reading at NOW, ms. */
  readonly ages: {
    readonly zone: number;
    readonly standby: number;
    readonly references: number;
    readonly hosts: number;
  };
  readonly freshness: readonly FreshnessReading[];
  readonly lastFlip: Run | null;
  readonly lastFailure: Run | null;
}

export function makeState(patch: Partial<ServiceState> = {}): ServiceState {
  return {
    service: 'web',
    active: 'home',
    epoch: 4,
    maxEpoch: 4,
    published: ['v4', 'v6'],
    quarantined: [],
    rival: null,
    incident: null,
    tried: [],
    ackedRun: null,
    hold: null,
    lastRun: null,
    lastVerdict: null,
    ...patch,
  };
}

export function makeRun(patch: Partial<Run> = {}): Run {
  return {
    id: 'r-1',
    plan: 'p-1',
    service: 'web',
    kind: 'failover',
    to: 'away',
    automatic: true,
    token: 'r-1',
    status: 'done',
    startedAt: NOW - 20_000,
    endedAt: NOW - 10_000,
    flipped: true,
    note: null,
    ...patch,
  };
}

export function epochSet(epoch: number, active: string, owner = 'r-old'): RecordSet {
  const values = [`"${formatEpoch({ epoch, active, owner })}"`];
  return { name: '_understudy-web.example.org', type: 'TXT', ttlS: 60, values };
}

/** A zone that points to the site in these families. */
export function zoneOf(
  service: Service,
  site: string,
  families: readonly Family[],
  epoch: RecordSet | null,
): ZoneView {
  const at = siteOf(service, site);
  const records = service.dns.records.flatMap(name =>
    families.flatMap((family): RecordSet[] => {
      const address = at.addresses[family];
      return address === undefined
        ? []
        : [{ name, type: family === 'v4' ? 'A' : 'AAAA', ttlS: service.dns.ttlS, values: [address] }];
    }),
  );
  const parsed = epoch === null ? null : parseEpoch((epoch.values[0] ?? '').replaceAll('"', ''));
  return {
    epochSet: epoch,
    epoch: typeof parsed === 'string' ? null : parsed,
    ...(typeof parsed === 'string' ? { epochProblem: parsed } : {}),
    records,
  };
}

export function siteOf(service: Service, name: string): Site {
  const site = service.sites.find(entry => entry.name === name);
  assert.ok(site !== undefined, `no site ${name}`);
  return site;
}

/** home is down in all its families, away was seen well a moment ago, the zone names home with epoch 4. */
export function makeScene(patch: Partial<Scene> = {}): Scene {
  const service = patch.service ?? makeService();
  return {
    service,
    state: makeState(),
    down: ['home v4', 'home v6'],
    locked: [],
    zone: zoneOf(service, 'home', FAMILIES, epochSet(4, 'home')),
    ages: { zone: 100, standby: 100, references: 100, hosts: 100 },
    freshness: [],
    lastFlip: null,
    lastFailure: null,
    ...patch,
  };
}

function samplesOf(scene: Scene, site: Site, family: Family, probe: string): readonly Sample[] {
  const { service, state, ages } = scene;
  const down = scene.down.includes(`${site.name} ${family}`);
  const base = { service: service.name, site: site.name, probe, family, vantage: 'local', tookMs: 5 };
  if (site.name !== state.active) {
    const at = NOW - ages.standby;
    return [down ? { ...base, at, ok: false, failure: 'refused' } : { ...base, at, ok: true }];
  }
  if (!down) return [1_000_000, 100_000, 100].map(ago => ({ ...base, at: NOW - ago, ok: true }));
  return [1000, 750, 500, 250].map(ago => ({
    ...base,
    at: NOW - ago,
    ok: false,
    failure: 'refused' as const,
  }));
}

export function evidenceOf(scene: Scene): Evidence {
  const { service, ages } = scene;
  const hosts = service.sites.flatMap((site): HostSignal[] => {
    const blocked = (family: Family) =>
      site.addresses[family] === undefined ? null : scene.locked.includes(`${site.name} ${family}`);
    return [
      {
        service: service.name,
        site: site.name,
        at: NOW - ages.hosts,
        power: 'running',
        blocked: { v4: blocked('v4'), v6: blocked('v6') },
      },
    ];
  });
  return {
    samples: service.sites.flatMap(site =>
      FAMILIES.filter(family => site.addresses[family] !== undefined).flatMap(family =>
        service.probes
          .filter(spec => spec.families.includes(family))
          .flatMap(spec => samplesOf(scene, site, family, spec.id)),
      ),
    ),
    references: FAMILIES.map(family => ({
      reference: family,
      family,
      at: NOW - ages.references,
      tookMs: 5,
      ok: true,
    })),
    hosts,
    zones: [],
    freshness: scene.freshness,
  };
}

export function inventoryOf(scene: Scene): Inventory {
  const { service, state, zone, ages } = scene;
  const evidence = evidenceOf(scene);
  const view = (site: Site): SiteView => ({
    site,
    observation: observe({ service, site, evidence, state, now: NOW }),
    freshness: scene.freshness.find(entry => entry.site === site.name) ?? null,
  });
  const active = siteOf(service, state.active ?? '');
  return {
    service,
    state,
    active: view(active),
    standbys: service.sites.filter(site => site !== active).map(view),
    lastFlip: scene.lastFlip,
    lastFailure: scene.lastFailure,
    failures: scene.lastFailure === null ? 0 : 1,
    zone: zone === null ? null : { service: service.name, at: NOW - ages.zone, view: zone },
  };
}

export function verdictOf(scene: Scene): Verdict {
  return judge(inventoryOf(scene).active.observation);
}

export function draft(scene: Scene, request: Partial<Request> | null = null, now = NOW): Proposal {
  const whole: Request | null =
    request === null
      ? null
      : { kind: 'failover', to: null, overrides: [], operator: 'ann', reason: 'test', ...request };
  return plan({
    inventory: inventoryOf(scene),
    verdict: verdictOf(scene),
    request: whole,
    planId: 'p-new',
    now,
  });
}

export function planOf(scene: Scene, request: Partial<Request> | null = null): Plan {
  const proposal = draft(scene, request);
  assert.ok('plan' in proposal, `no plan: ${JSON.stringify(proposal)}`);
  return proposal.plan;
}

export function standingOf(scene: Scene, request: Partial<Request> | null = null) {
  const proposal = draft(scene, request);
  assert.ok('standing' in proposal, 'a plan was made where none was asked for');
  return proposal.standing;
}

export function gateInput(scene: Scene, of: Plan): GateInput {
  return {
    plan: of,
    inventory: inventoryOf(scene),
    verdict: verdictOf(scene),
    mode: 'act',
    guardedDns: true,
    neighbours: [],
    openRun: null,
    approvedBy: null,
    now: NOW,
  };
}

/** The zone after the plan's flip was applied to it: what a provider with compare-and-swap does. */
export function flipped(zone: ZoneView, of: Plan): ZoneView {
  const flip = of.steps.find(step => step.kind === 'flip');
  assert.ok(flip !== undefined, 'the plan has no flip');
  const { upserts, deletes, nextEpoch, epochName, ttlS } = flip.change;
  const epoch = { ...nextEpoch, owner: 'r-new' };
  const gone = [...upserts, ...deletes];
  const records = zone.records.filter(
    set => !gone.some(one => one.name === set.name && one.type === set.type),
  );
  return {
    epochSet: { name: epochName, type: 'TXT', ttlS, values: [`"${formatEpoch(epoch)}"`] },
    epoch,
    records: [...records, ...upserts],
  };
}
