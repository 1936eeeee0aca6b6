/**
 * A hoster's API on the wire, as Hetzner's Cloud API answers: requests in, status and JSON text out. A power command is
 * taken up with a 201 and an action; the machine follows later; `locked` says only that an action is running. The
 * production adapter is put on top of it, unchanged.
 */
import type { Actor } from '../events.ts';
import type { Box } from './sites.ts';
import type { SimulatedWorld } from './world.ts';

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

interface Action {
  readonly id: number;
  readonly doneAt: number;
}

/** Who asks, and since when: an API may do its work long after that. */
export interface Asking {
  readonly by: Actor;
  /** True time, ms since the beginning. */
  readonly askedAt: number;
  /** The work is acknowledged and not done. */
  readonly lies: boolean;
}

export class Hoster {
  readonly name: string;
  readonly #world: SimulatedWorld;
  readonly #actions = new Map<number, Action>();

  constructor(name: string, world: SimulatedWorld) {
    this.name = name;
    this.#world = world;
  }

  request(method: string, path: string, asking: Asking): WireAnswer {
    const [, server, command] = /^\/servers\/(\d+)(?:\/actions\/(\w+))?$/.exec(path) ?? [];
    if (server !== undefined) {
      const box = this.#world.boxes.get(server);
      if (box === undefined || box.cast.hoster !== this.name) return problem(404, 'not_found');
      return method === 'GET' ? this.#server(box) : this.#command(box, command ?? '', asking);
    }
    const [, action] = /^\/actions\/(\d+)$/.exec(path) ?? [];
    if (action !== undefined) return this.#action(Number(action));
    if (path === '/primary_ips') return this.#primaryIps();
    return problem(404, 'not_found');
  }

  #server(box: Box): WireAnswer {
    const { id, addresses } = box.cast;
    const net = (ip: string | undefined, blocked: boolean) => (ip === undefined ? null : { ip, blocked });
    return json(200, {
      server: {
        id: Number(id),
        status: box.power,
        locked: box.busyUntil > this.#world.now,
        public_net: {
          ipv4: net(addresses.v4, box.locked.v4),
          ipv6: net(addresses.v6, box.locked.v6),
        },
      },
    });
  }

  #primaryIps(): WireAnswer {
    const boxes = [...this.#world.boxes.values()].filter(box => box.cast.hoster === this.name);
    const list = boxes.flatMap(box =>
      box.families.map(family => ({
        assignee_id: Number(box.cast.id),
        type: family === 'v4' ? 'ipv4' : 'ipv6',
        blocked: box.locked[family],
      })),
    );
    return json(200, { primary_ips: list });
  }

  #command(box: Box, command: string, { by, askedAt, lies }: Asking): WireAnswer {
    const power = command === 'poweroff' ? 'off' : command === 'poweron' ? 'running' : null;
    if (power === null) return problem(404, 'not_found');
    if (box.busyUntil > this.#world.now) return problem(423, 'locked');
    const world = this.#world;
    const action: Action = { id: this.#actions.size + 1, doneAt: world.now + world.cast.powerMs };
    this.#actions.set(action.id, action);
    world.tell({ kind: 'power-asked', box: box.cast.id, power, by, askedAt });
    box.busyUntil = action.doneAt;
    if (!lies) {
      world.timeline.at(action.doneAt, () => setPower(world, box, power, by));
    }
    return json(201, { action: this.#shown(action) });
  }

  #action(id: number): WireAnswer {
    const action = this.#actions.get(id);
    return action === undefined ? problem(404, 'not_found') : json(200, { action: this.#shown(action) });
  }

  #shown(action: Action) {
    const done = action.doneAt <= this.#world.now;
    return { id: action.id, status: done ? 'success' : 'running', progress: done ? 100 : 0, error: null };
  }
}

/** Power is power: what hung hangs no more when it comes back. */
export function setPower(world: SimulatedWorld, box: Box, power: 'running' | 'off', by: Actor | null): void {
  if (box.power === power) return;
  world.change(
    () => {
      box.power = power;
      if (power === 'off') box.hangs = false;
    },
    { kind: 'power', box: box.cast.id, power, by },
  );
  for (const service of world.services.values())
    for (const state of service.sites) if (state.box === box) world.watchLease(state);
}

export function json(status: number, body: unknown): WireAnswer {
  return { status, contentType: 'application/json', text: JSON.stringify(body) };
}

export function problem(status: number, code: string): WireAnswer {
  return json(status, { error: { code, message: `${code}, says the hoster`, details: null } });
}
