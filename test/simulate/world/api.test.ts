/** What each fault of an API does to the world, and what the production adapters make of it. */
import assert from 'node:assert/strict';
import type { GuardedChange } from '../../../src/model/plan.ts';
import { asError } from '../../../src/ports/errors.ts';
import { buildCast } from '../../../src/simulate/cast.ts';
import { createDice } from '../../../src/simulate/dice.ts';
import { Process } from '../../../src/simulate/process.ts';
import { API_FAULTS, type ApiFault } from '../../../src/simulate/script.ts';
import { Timeline } from '../../../src/simulate/timeline.ts';
import { createDns } from '../../../src/simulate/world/dns-wire.ts';
import { createHost } from '../../../src/simulate/world/host-wire.ts';
import { Hoster } from '../../../src/simulate/world/hoster.ts';
import { SimulatedWorld } from '../../../src/simulate/world/world.ts';

const FAULTS = Object.keys(API_FAULTS) as readonly ApiFault[];

function stage() {
  const timeline = new Timeline();
  const cast = buildCast({ services: [{ name: 'mail', sites: [{ name: 'home' }, { name: 'away' }] }] });
  const world = new SimulatedWorld(cast, timeline);
  const actor = { process: 'desk/boot/1/1/1', station: 'desk', program: 'run' };
  const process = new Process(actor, world.station('desk'), timeline);
  const home = world.site('mail', 'home');
  const away = world.site('mail', 'away');
  /** What came of it within the limit, and how the world is ten minutes later. */
  const told = async (work: (signal: AbortSignal) => Promise<unknown>, limitMs = 30_000) => {
    const { signal } = process.clock.deadline(limitMs);
    let outcome = 'nothing';
    work(signal).then(
      value => (outcome = value === undefined ? 'done' : String(Reflect.get(Object(value), 'outcome'))),
      (thrown: unknown) => {
        const { code, applied } = asError(thrown);
        outcome = `${code}, applied: ${applied}`;
      },
    );
    await timeline.run(timeline.now + 600_000);
    return outcome;
  };
  return { world, process, home, away, told, dice: createDice(1) };
}

async function powerOff(fault: ApiFault | null, writesOnly = false): Promise<readonly [string, string]> {
  const { world, process, home, told, dice } = stage();
  const host = createHost(world, process, new Hoster('alpha', world), dice);
  if (fault !== null) world.apiFaults.set('alpha', { how: fault, writesOnly });
  const outcome = await told(signal => host.powerOff(home.site.server ?? '', signal));
  return [outcome, home.box.power];
}

async function swap(
  fault: ApiFault | null,
  writesOnly = false,
  laterMs = 60_000,
): Promise<readonly [string, string | null]> {
  const { world, process, away, told, dice } = stage();
  const dns = createDns(world, process, dice);
  if (fault !== null) world.apiFaults.set('dns', { how: fault, writesOnly, laterMs });
  const service = world.service('mail');
  const change: GuardedChange = {
    epochName: service.dns.epochName,
    ttlS: 60,
    expectEpoch: world.zone.at(service.dns.epochName, 'TXT'),
    nextEpoch: { epoch: 8, active: 'away' },
    upserts: [{ name: 'mail.example.org', type: 'A', ttlS: 60, values: [away.site.addresses.v4 ?? ''] }],
    deletes: [],
  };
  const next = { epoch: 8, active: 'away', owner: 'r-1' };
  const outcome = await told(signal => dns.swap('Z1', change, next, signal));
  return [outcome, world.epoch('mail')?.active ?? null];
}

describe('simulate: a hoster’s API and the adapter over it', () => {
  it('without a fault: done when off was read back', async () => {
    assert.deepEqual(await powerOff(null), ['done', 'off']);
  });

  /** Whether the power went, and what may be claimed. Reads fail with it, so after a doubt nothing can be read back. */
  const WANTED: Readonly<Record<ApiFault, readonly [RegExp, string]>> = {
    refuses: [/^provider-(unreachable|timeout), applied: no$/, 'running'],
    throttles: [/^provider-(throttled|timeout), applied: no$/, 'running'],
    busy: [/^provider-(busy|timeout), applied: no$/, 'running'],
    fails: [/^provider-(failed|timeout), applied: no$/, 'running'],
    'times-out': [/^provider-timeout, applied: no$/, 'running'],
    late: [/^provider-timeout, applied: no$/, 'running'],
    'loses-reply': [/^provider-(unreachable|timeout), applied: no$/, 'running'],
    'does-later': [/^provider-(unreachable|timeout), applied: no$/, 'running'],
    garbage: [/^provider-(garbage|timeout), applied: no$/, 'running'],
    lies: [/^provider-(failed|timeout), applied: unknown$/, 'running'],
  };
  for (const fault of FAULTS)
    it(`${fault}: ${API_FAULTS[fault]}`, async () => {
      const [outcome, power] = await powerOff(fault);
      assert.match(outcome, WANTED[fault][0]);
      assert.equal(power, WANTED[fault][1]);
    });

  /** Reads are answered: what was done is seen, and what was not is tried until the time is over. */
  const READABLE: Readonly<Record<ApiFault, readonly [RegExp, string]>> = {
    ...WANTED,
    'times-out': [/^provider-timeout, applied: unknown$/, 'running'],
    late: [/^done$/, 'off'],
    'loses-reply': [/^done$/, 'off'],
    'does-later': [/^provider-(unreachable|timeout), applied: unknown$/, 'off'],
    fails: [/^provider-(failed|timeout), applied: unknown$/, 'running'],
    garbage: [/^provider-(garbage|timeout), applied: unknown$/, 'running'],
  };
  for (const fault of FAULTS)
    it(`${fault}, writes only`, async () => {
      const [outcome, power] = await powerOff(fault, true);
      assert.match(outcome, READABLE[fault][0]);
      assert.equal(power, READABLE[fault][1]);
    });
});

describe('simulate: the DNS API and the adapter over it', () => {
  it('without a fault: applied', async () => {
    assert.deepEqual(await swap(null), ['applied', 'away']);
  });

  const WANTED: Readonly<Record<ApiFault, readonly [string, string]>> = {
    refuses: ['provider-unreachable, applied: no', 'home'],
    throttles: ['provider-throttled, applied: no', 'home'],
    busy: ['provider-busy, applied: no', 'home'],
    fails: ['provider-failed, applied: unknown', 'home'],
    'times-out': ['provider-timeout, applied: unknown', 'home'],
    late: ['provider-timeout, applied: unknown', 'away'],
    'loses-reply': ['provider-unreachable, applied: unknown', 'away'],
    'does-later': ['provider-unreachable, applied: unknown', 'away'],
    garbage: ['provider-garbage, applied: unknown', 'home'],
    // The adapter believes the reply; the flip step reads the zone back.
    lies: ['applied', 'home'],
  };
  for (const fault of FAULTS)
    it(`${fault}: ${API_FAULTS[fault]}`, async () => {
      assert.deepEqual(await swap(fault), WANTED[fault]);
    });

  for (const fault of ['late', 'loses-reply'] as const)
    it(`${fault}, writes only: known as ours by the token`, async () => {
      assert.deepEqual(await swap(fault, true), ['applied', 'away']);
    });

  it('does-later, as late as it is told to', async () => {
    const outcome = WANTED['does-later'][0];
    assert.deepEqual(await swap('does-later', false, 599_000), [outcome, 'away']);
    assert.deepEqual(await swap('does-later', false, 700_000), [outcome, 'home']);
  });
});
