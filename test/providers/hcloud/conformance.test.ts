/** The Hetzner Cloud adapter against the emulator, through the suite that every HostProvider passes. */
import { hostProviderConformance } from '../../conformance/host-provider.ts';
import type { HcloudWorld } from './world.ts';
import { hcloudWorld, makeHcloud } from './world.ts';

let current: HcloudWorld;

hostProviderConformance({
  name: 'hcloud',
  world: async () => {
    current = await hcloudWorld();
    return current;
  },
  make: (_world, options) => makeHcloud(current.emulator.url, options),
});
