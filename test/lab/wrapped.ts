/** The lab's outside world with something else in front of its DNS provider. */
import type { Outside } from '../../src/ports/outside.ts';
import type { DnsProvider } from '../../src/ports/providers.ts';
import type { Lab } from './world.ts';

type Wrap = (inner: DnsProvider) => Partial<DnsProvider>;

export function withDns(lab: Lab, wrap: Wrap): Outside {
  const outside = lab.outside();
  return {
    ...outside,
    dns: async name => {
      const inner = await outside.dns(name);
      return { ...inner, ...wrap(inner) };
    },
  };
}

/** What it does to changes it does to flips: a claim, which leaves `home` active, goes through. */
export function withFlip(lab: Lab, wrap: Wrap): Outside {
  return withDns(lab, inner => {
    const wrapped = { ...inner, ...wrap(inner) };
    return {
      ...wrapped,
      swap: async (zone, change, next, ...rest) =>
        (next.active === 'home' ? inner : wrapped).swap(zone, change, next, ...rest),
    };
  });
}
