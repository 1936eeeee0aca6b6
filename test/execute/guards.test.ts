/**
 * A process that sleeps has, on waking, the answer of a world that is gone. It is put to sleep at each of its questions in turn,
 * right after the answer was given, while what the answer told of changes: nothing may be done on the strength of it.
 */
import assert from 'node:assert/strict';
import { formatEpoch } from '../../src/model/epoch.ts';
import type { Outside } from '../../src/ports/outside.ts';
import type { Store } from '../../src/ports/store.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import { Lab } from '../lab/world.ts';
import { makeService } from '../lab/service.ts';

/** Sooner than a lease of the run is over, and later. */
const SLEEPS_MS = [25_000, 250_000];
const MINUTE = 60_000;

interface Change {
  readonly what: string;
  readonly happens: (lab: Lab) => Promise<void> | void;
  /** Whether it is a change at all after these deeds. */
  readonly counts?: (deeds: readonly string[]) => boolean;
  /** Deeds that are wrong from then on. */
  readonly wrong: RegExp;
}

const CHANGES: readonly Change[] = [
  {
    what: 'the old site runs again',
    happens: lab => {
      lab.hosts.set('1', { power: 'running', blocked: { v4: false, v6: false } });
      lab.site('home', 'well');
    },
    counts: deeds => deeds.includes('fence home'),
    wrong: /^run promote|^swap/,
  },
  {
    what: 'another installation takes the epoch',
    happens: lab => {
      const epoch = { epoch: 9, active: 'away', owner: 'r-other' };
      const values = [`"${formatEpoch(epoch)}"`];
      lab.epochSet = { name: lab.service.dns.epochName, type: 'TXT', ttlS: 60, values };
    },
    wrong: /./,
  },
  {
    what: 'a person holds the service',
    happens: lab => {
      const hold = { service: 'web', owner: 'ann', reason: 'mine', since: lab.clock.now(), until: null };
      return lab.store.commit([{ kind: 'hold', hold }]);
    },
    wrong: /./,
  },
  {
    what: 'another process takes the run over',
    happens: async lab => {
      await lab.store.acquire('run:web', 'other/boot/9/1/1', 60 * MINUTE, lab.clock.now(), () => true);
    },
    wrong: /./,
  },
];

/** Falls asleep at its so-many-th answer from the zone, the hoster or the disk since the run was begun. */
class Sleeper {
  slept = false;
  changed = false;
  deedsBefore = 0;
  #calls = 0;
  readonly #lab: Lab;
  readonly #at: number;
  readonly #forMs: number;
  readonly #change: Change;

  constructor(lab: Lab, at: number, forMs: number, change: Change) {
    this.#lab = lab;
    this.#at = at;
    this.#forMs = forMs;
    this.#change = change;
  }

  async #heard<T>(answer: T): Promise<T> {
    if ((await this.#lab.store.openRun('web')) === null) return answer;
    this.#calls += 1;
    if (this.#calls !== this.#at) return answer;
    const { counts, happens } = this.#change;
    this.slept = true;
    this.changed = counts?.(this.#lab.deeds) ?? true;
    this.deedsBefore = this.#lab.deeds.length;
    if (this.changed) await happens(this.#lab);
    await this.#lab.clock.sleep(this.#forMs);
    return answer;
  }

  outside(): Outside {
    const outside = this.#lab.outside();
    return {
      ...outside,
      host: async name => {
        const host = await outside.host(name);
        return { ...host, describe: async (...args) => this.#heard(await host.describe(...args)) };
      },
      dns: async name => {
        const dns = await outside.dns(name);
        return { ...dns, read: async (...args) => this.#heard(await dns.read(...args)) };
      },
    };
  }

  store(): Store {
    const { store } = this.#lab;
    return {
      ...store,
      service: async name => this.#heard(await store.service(name)),
      commit: async (...args) => this.#heard(await store.commit(...args)),
    };
  }
}

async function night(at: number, forMs: number, change: Change) {
  const { limitsMs } = makeService();
  const lab = new Lab({ limitsMs: { ...limitsMs, check: 1000, verify: 1000 } });
  lab.site('home', { ok: false, failure: 'refused' });
  const sleeper = new Sleeper(lab, at, forMs, change);
  const world = lab.world({ outside: sleeper.outside(), store: sleeper.store() });
  // A run that is taken from it ends the process with `lease-lost`.
  await lab.clock
    .drive(watchService(world, lab.watch(), { once: true, budgetMs: 50_000 }))
    .catch((thrown: unknown) => assert.equal((thrown as { code?: unknown }).code, 'lease-lost'));
  return { slept: sleeper.slept, after: sleeper.changed ? lab.deeds.slice(sleeper.deedsBefore) : [] };
}

describe('guards: a process that sleeps at any of its questions', () => {
  for (const change of CHANGES)
    for (const forMs of SLEEPS_MS)
      it(`while ${change.what}, for ${forMs / 1000} s, does nothing wrong on waking`, async () => {
        let at = 1;
        for (; at < 200; at += 1) {
          const { slept, after } = await night(at, forMs, change);
          if (!slept) break;
          const wrong = after.filter(deed => change.wrong.test(deed));
          assert.deepEqual(wrong, [], `asleep at answer ${at}`);
        }
        assert.ok(at > 20 && at < 200, `${at} answers`);
      });
});
