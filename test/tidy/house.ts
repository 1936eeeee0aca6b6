/**
 * The rules of the house as tables: which room may import which, and who may read the clock, the dice and the
 * environment. Data only; rules.ts applies it.
 */

/** What may stand in the top level of the repository, beside dotfiles. */
export const TOP_LEVEL = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'infra',
  'package-lock.json',
  'package.json',
  'scripts',
  'src',
  'test',
  'tsconfig.json',
];

export interface Room {
  /** Rooms, or single files, of src it may import; itself always. */
  readonly imports: readonly string[];
  /** Packages and Node modules it may import. `any`: what it likes; the pure rooms name each one. */
  readonly packages: 'any' | readonly string[];
}

const PURE: readonly string[] = [];

/**
 * Data flows from probe to announce, and each room imports only what lies deeper: a room that the pure ones could
 * reach with a clock or a socket in it would end the simulator's sway. A file of src itself is a room of its own.
 */
export const ROOMS: Readonly<Record<string, Room>> = {
  model: { imports: [], packages: ['node:util'] }, // node:util: how a Secret is shown
  ports: { imports: ['model'], packages: PURE },
  judge: { imports: ['model'], packages: PURE },
  plan: { imports: ['model'], packages: ['node:crypto'] }, // the plan's hash
  probe: { imports: ['model', 'ports'], packages: 'any' },
  providers: { imports: ['model', 'ports'], packages: 'any' },
  store: { imports: ['model', 'ports'], packages: 'any' },
  system: { imports: ['model', 'ports'], packages: 'any' },
  announce: { imports: ['model', 'ports'], packages: 'any' },
  // The config knows of vendors and probe kinds what their registries say, and loads no client.
  config: {
    imports: ['model', 'ports', 'providers/registry.ts', 'probe/registry.ts'],
    packages: 'any',
  },
  // plan/hash.ts: a run that is taken up again must know whether the config is still the one it was drafted with.
  execute: { imports: ['model', 'ports', 'announce', 'plan/hash.ts'], packages: PURE },
  reconcile: {
    imports: ['model', 'ports', 'judge', 'plan', 'execute', 'announce'],
    packages: PURE,
  },
  // What a person orders: the same code for a command and for the simulator, so neither argv nor a terminal is in reach.
  orders: {
    imports: ['model', 'ports', 'judge', 'plan', 'execute', 'announce', 'reconcile'],
    packages: PURE,
  },
  // The production stages over recorded evidence: nothing of the outside is in reach, and the store is the one in memory.
  replay: {
    imports: ['model', 'ports', 'judge', 'plan', 'execute', 'announce', 'reconcile', 'store/memory.ts'],
    packages: PURE,
  },
  server: { imports: ['model', 'ports', 'announce'], packages: 'any' },
  // The sandbox stands for the outside world: it knows the formats of its peers, not the program. Only the demo, which
  // lives there too, reads the record of a run from the state file to measure it.
  sandbox: { imports: ['model', 'ports', 'store/sqlite.ts'], packages: 'any' },
  simulate: {
    imports: [
      'model',
      'ports',
      'judge',
      'plan',
      'execute',
      'announce',
      'reconcile',
      'orders',
      'store',
      'config',
      // The adapters run unchanged over simulated wires: their reading of an answer is part of what is proved.
      'providers',
    ],
    packages: 'any',
  },
  'compose.ts': {
    imports: [
      'model',
      'ports',
      'config',
      'probe',
      'providers',
      'store',
      'system',
      'announce',
      'judge',
      'plan',
      'execute',
      'reconcile',
      'server',
    ],
    packages: 'any',
  },
  cli: {
    imports: [
      'model',
      'ports',
      'config',
      'announce',
      'judge',
      'plan',
      'execute',
      'reconcile',
      'orders',
      'store',
      'server',
      'sandbox',
      'simulate',
      'replay',
      'providers/registry.ts',
      'probe/registry.ts',
      // status and why look without composing: they must work while the state or a provider is unusable.
      'probe/name-servers.ts',
      'system/clock.ts',
      'compose.ts',
    ],
    packages: 'any',
  },
  'main.ts': {
    imports: ['cli', 'compose.ts', 'system', 'model', 'ports', 'config'],
    packages: 'any',
  },
};

/** Paths under src (a folder ends with `/`) that may do what the pure core may not, and why. */
export type Allowed = Readonly<Record<string, string>>;

/** Date.now, new Date(), performance.now, timers. */
export const MAY_READ_CLOCK: Allowed = {
  'main.ts': 'the way in',
  'compose.ts': 'hands the real clock to the rooms',
  'system/': 'is the real clock',
  'probe/': 'deadlines of sockets; the simulator replaces the whole Prober',
  'providers/': 'deadlines and retries of vendors; the simulator replaces the whole adapter',
  'server/': 'timeouts of HTTP connections',
  'sandbox/': 'plays the outside world, in real time',
};

/** Math.random, randomUUID, randomBytes … */
export const MAY_ROLL_DICE: Allowed = MAY_READ_CLOCK;

/** setImmediate: a turn of the event loop carries no time, but it decides what comes before what. */
export const MAY_YIELD: Allowed = {
  'simulate/timeline.ts': 'waits until everything that an event set off is at rest',
  'sandbox/': 'plays the outside world, in real time',
};

/** process.env */
export const MAY_READ_ENVIRONMENT: Allowed = {
  'main.ts': 'its only reader',
  'providers/shell/':
    'passes PATH, HOME and the like on to commands, by a list of names; nothing else of it is looked at',
};

/** process.argv */
export const MAY_READ_ARGUMENTS: Allowed = {
  'main.ts': 'its only reader',
  'sandbox/site/entry.ts': 'a program of its own',
};

export const LONGEST_FILE = 300;
export const LONGEST_FUNCTION = 60;

/** Folders of src/providers that are no vendor's. */
export const OTHER_PROVIDER_FOLDERS: Allowed = { 'shell/': 'promoters: how commands reach a site' };
