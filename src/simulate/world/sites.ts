/**
 * Machines and what runs on them: how things really are. A site's role is on its disk: a primary that was powered off is a
 * primary again when it comes back, which is what makes fencing and quarantine necessary.
 */
import type { Family } from '../../model/sample.ts';
import { FAMILIES } from '../../model/sample.ts';
import type { Service, Site } from '../../model/service.ts';
import type { BoxCast, CommandFault, CommandName } from '../script.ts';

export class Box {
  readonly cast: BoxCast;
  power: 'running' | 'off' = 'running';
  /** The kernel hangs: powered on, and nothing answers. */
  hangs = false;
  readonly locked: Record<Family, boolean> = { v4: false, v6: false };
  /** The network to it is cut, and its hoster knows of nothing. */
  readonly cut: Record<Family, boolean> = { v4: false, v6: false };
  /** An action of the hoster is under way until then (true time). */
  busyUntil = -1;

  constructor(cast: BoxCast) {
    this.cast = cast;
  }

  get families(): readonly Family[] {
    return FAMILIES.filter(family => this.cast.addresses[family] !== undefined);
  }

  get alive(): boolean {
    return this.power === 'running' && !this.hangs;
  }

  reachable(family: Family): boolean {
    return this.families.includes(family) && !this.locked[family] && !this.cut[family];
  }
}

export type Ailment = 'refused' | 'hang' | 'status';

export class SiteState {
  readonly service: Service;
  readonly site: Site;
  readonly box: Box;
  role: 'primary' | 'standby';
  /** Parts that have been promoted here. */
  readonly parts = new Set<string>();
  /** Cut off by a fence agent. */
  isolated = false;
  linkLost = false;
  /** By probe, or `probe/family`; `*`: the whole service there. */
  readonly ailments = new Map<string, Ailment>();
  readonly commandFaults = new Map<CommandName, CommandFault>();
  certificateEndsAt: number | null = null;
  /** True time of its newest data. */
  dataAt = 0;

  constructor(service: Service, site: Site, box: Box) {
    this.service = service;
    this.site = site;
    this.box = box;
    this.role = service.sites[0] === site ? 'primary' : 'standby';
    if (this.role === 'primary') for (const part of site.promote) this.parts.add(part.name);
  }

  /** Serves and writes as primary. */
  get takesWrites(): boolean {
    return this.role === 'primary' && this.runs;
  }

  get runs(): boolean {
    return this.box.alive && !this.isolated && !this.ailments.has('*');
  }

  get isPublic(): boolean {
    return this.box.families.some(family => this.box.reachable(family));
  }

  /** Cannot do harm: off, isolated, or locked by its hoster in every family. */
  get isFenced(): boolean {
    const { box } = this;
    const locked = box.families.every(family => box.locked[family]);
    return box.power === 'off' || this.isolated || locked;
  }

  /** All required probes would pass in this family, seen from a network that is up. */
  answers(family: Family): boolean {
    if (!this.runs || !this.box.reachable(family)) return false;
    return this.service.probes.every(spec => !spec.required || this.ailmentOf(spec.id, family) === undefined);
  }

  /** Some required probe would pass in this family: a site with a lease of its own is in touch with the world and keeps it. */
  inTouch(family: Family): boolean {
    if (!this.runs || !this.box.reachable(family)) return false;
    return this.service.probes.some(spec => spec.required && this.ailmentOf(spec.id, family) === undefined);
  }

  /** What ails a probe there in this family. */
  ailmentOf(probe: string, family: Family): Ailment | undefined {
    const { ailments } = this;
    if (ailments.size === 0) return undefined;
    return ailments.get('*') ?? ailments.get(probe) ?? ailments.get(`${probe}/${family}`);
  }
}

/** All sites of one service, and the data that flows between them. */
export class ServiceStateOfWorld {
  readonly service: Service;
  readonly sites: readonly SiteState[];
  readonly #replicationMs: number;

  constructor(service: Service, sites: readonly SiteState[], replicationMs: number) {
    this.service = service;
    this.sites = sites;
    this.#replicationMs = replicationMs;
  }

  site(name: string): SiteState | undefined {
    return this.sites.find(entry => entry.site.name === name);
  }

  /** Brings the ages of the data up to `now` under the circumstances as they have been: to be called before any change. */
  settle(now: number): void {
    const source = this.sites.find(entry => entry.takesWrites && entry.isPublic);
    for (const entry of this.sites) {
      if (entry.takesWrites) entry.dataAt = now;
      else if (source !== undefined && this.#receives(entry))
        entry.dataAt = Math.max(entry.dataAt, now - this.#replicationMs);
    }
  }

  #receives(entry: SiteState): boolean {
    return entry.role === 'standby' && !entry.linkLost && entry.box.alive && entry.isPublic;
  }

  /** Copies what the old primary still has to the standby, when there is a way. @returns whether it has all of it now */
  catchUp(target: SiteState): boolean {
    const newest = Math.max(...this.sites.map(entry => entry.dataAt));
    const owner = this.sites.find(entry => entry.dataAt === newest);
    const way = owner === target || (owner?.box.alive === true && owner.isPublic && this.#receives(target));
    if (way) target.dataAt = newest;
    return way;
  }
}
