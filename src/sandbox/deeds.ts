/** What can befall the embedded world, and how it is put right again. */
import type { Family } from '../model/sample.ts';
import { UnderstudyError } from '../ports/errors.ts';
import { PRIMARY } from './config.ts';
import type { HcloudEmulator } from './hcloud/hcloud.ts';
import type { Nameserver } from './nameserver/nameserver.ts';
import type { Route53Emulator } from './route53/emulator.ts';
import { FAULTS } from './route53/faults.ts';
import type { Listener } from './site/listener.ts';
import type { SandboxSite } from './site/site.ts';

export interface Deeds {
  /** The hoster locks these families of the primary: flag in the API, black hole on the wire. */
  lock(families?: readonly Family[]): Promise<void>;
  /** @throws UnderstudyError `sandbox-no-v6` on a machine without ::1 */
  lockV6(): Promise<void>;
  /** The primary's service dies: connections are refused, the machine is up. */
  crash(): Promise<void>;
  /** The primary answers nothing at all, and nobody says why. */
  blackhole(): Promise<void>;
  /** The observer's own network is gone: nothing whatever answers. */
  blind(): Promise<void>;
  /** The standby is dead too. */
  standbyDown(): Promise<void>;
  /** All is as at the start, except what DNS says and what roles the sites have. */
  heal(): Promise<void>;
}

export interface Parts {
  readonly primary: SandboxSite;
  readonly standby: SandboxSite;
  readonly references: readonly Listener[];
  readonly hcloud: HcloudEmulator;
  readonly route53: Route53Emulator;
  readonly nameserver: Nameserver;
  /** For the hoster's API. */
  readonly token: string;
}

/** What can befall the world, and how it is put right again. */
export function deeds(parts: Parts): Deeds {
  const { primary, standby, references, hcloud, route53, nameserver } = parts;
  const listeners = (site: SandboxSite) => (site.v6 === null ? [site.v4] : [site.v4, site.v6]);
  const blackhole = async (...all: readonly Listener[]) => {
    await Promise.all(all.map(one => one.blackhole()));
  };
  const lock = async (families: readonly Family[] = ['v4']) => {
    const affected = families.map(family => primary[family]);
    if (affected.includes(null)) {
      throw new UnderstudyError({
        code: 'sandbox-no-v6',
        message: 'this machine has no ::1, so the sandbox has no IPv6 to lock',
        next: 'enable IPv6 on the loopback interface: sysctl net.ipv6.conf.lo.disable_ipv6=0',
      });
    }
    hcloud.lock(PRIMARY.server, { v4: families.includes('v4'), v6: families.includes('v6') }, true);
    await blackhole(...affected.filter(one => one !== null));
  };
  return {
    lock,
    lockV6: () => lock(['v6']),
    crash: async () => {
      await Promise.all(listeners(primary).map(one => one.kill()));
    },
    blackhole: () => blackhole(...listeners(primary)),
    blind: async () => {
      hcloud.faults.hang(Number.POSITIVE_INFINITY);
      route53.faults.add(FAULTS.hang, { times: Number.POSITIVE_INFINITY });
      nameserver.pause(true);
      await blackhole(...listeners(primary), ...listeners(standby), ...references);
    },
    standbyDown: () => standby.v4.kill(),
    heal: async () => {
      hcloud.faults.clear();
      route53.faults.clear();
      nameserver.pause(false);
      hcloud.lock(PRIMARY.server, { v4: true, v6: true }, false);
      if (hcloud.server(PRIMARY.server).status === 'off') await powerOnByApi(hcloud, parts.token);
      await Promise.all([primary.powerOn(), standby.powerOn()]);
      await Promise.all(references.filter(one => one.state() !== 'running').map(one => one.start()));
    },
  };
}

/** As a person would in the hoster's console. Resolves when the machine is up. */
async function powerOnByApi(hcloud: HcloudEmulator, token: string): Promise<void> {
  const running = new Promise<void>(resolve => {
    hcloud.onPower((_id, power) => {
      if (power === 'running') resolve();
    });
  });
  await fetch(`${hcloud.url}/servers/${PRIMARY.server}/actions/poweron`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  await running;
}
