/** What people do at a station: the production code of each command, with an answer to each question it asks. */
import type { Service } from '../model/service.ts';
import type { Words } from '../orders/person.ts';
import { acceptEpoch, liftBlockWindow, lookAtEpoch } from '../orders/ack.ts';
import { type Approval, carryApproval, draftApproval, findProposal } from '../orders/approve.ts';
import { clearSite, quarantineOf } from '../orders/clear.ts';
import { liftHold, setHold } from '../orders/hold.ts';
import { carryMove, draftMove } from '../orders/move.ts';
import type { Request } from '../plan/view.ts';
import type { Program } from '../reconcile/daemon.ts';
import type { Happening } from './script.ts';

type OrderKind = 'hold' | 'resume' | 'ack' | 'accept-epoch' | 'clear' | 'order' | 'approve';
export type HumanOrder = Extract<Happening, { readonly kind: OrderKind }>;

/** How long a person thinks before saying yes, ms: long enough for the world to have changed. */
const THINKING_MS = 20_000;

/** @returns in a few words what came of it; null when it was done */
export async function carryOutOrder(program: Program, order: HumanOrder): Promise<string | null> {
  const { world } = program;
  const service = world.settings.services.find(entry => entry.name === order.service);
  if (service === undefined) return `no service ${order.service}`;
  const words: Words = { operator: order.operator, reason: order.reason ?? 'simulated' };
  const now = world.clock.now();
  switch (order.kind) {
    case 'hold': {
      const until = order.forMs === undefined ? null : now + order.forMs;
      await setHold(program, [service], { ...words, owner: order.operator, now, until });
      return null;
    }
    case 'resume':
      await liftHold(program, [service], { ...words, now });
      return null;
    case 'ack':
      await liftBlockWindow(program, service, words);
      return null;
    case 'accept-epoch':
      return accept(program, service, words);
    case 'clear': {
      const entry = await quarantineOf(program, service, order.site);
      if (entry === null) return null;
      await think(program);
      return refusal(await clearSite(program, service, entry, words));
    }
    case 'order': {
      const { move: kind, to, overrides } = order;
      return move(program, service, { kind, to, overrides, ...words });
    }
    case 'approve':
      return approve(program, service, { ...words, modeAct: order.overrides.includes('mode-act') });
  }
}

function think({ world }: Program): Promise<void> {
  return world.clock.sleep(THINKING_MS, world.stop);
}

async function accept(program: Program, service: Service, words: Words): Promise<string | null> {
  const asked = await lookAtEpoch(program, service);
  if ('refused' in asked) return refusal(asked);
  if (asked.shown.epoch >= asked.maxEpoch) return null;
  await think(program);
  return refusal(await acceptEpoch(program, service, asked, words));
}

async function move(program: Program, service: Service, request: Request): Promise<string | null> {
  const drafted = await draftMove(program, service, request);
  const { plan, standing } = drafted.assessment;
  if (plan === null || standing !== null) return standing?.detail ?? 'no plan';
  await think(program);
  const report = await carryMove(program, drafted, plan, request);
  return report.run === null ? (report.standing?.detail ?? 'no run') : null;
}

async function approve(program: Program, service: Service, approval: Approval): Promise<string | null> {
  const [waiting] = await program.store.proposed(service.name);
  if (waiting === undefined) return 'no plan waits';
  const proposal = await findProposal(program, waiting.plan.id);
  if ('refused' in proposal) return refusal(proposal);
  const drafted = await draftApproval(program, proposal, approval);
  if (drafted.assessment.standing !== null) return drafted.assessment.standing.detail;
  await think(program);
  const report = await carryApproval(program, proposal, drafted, approval);
  if ('refused' in report) return refusal(report);
  return report.run === null ? (report.standing?.detail ?? 'no run') : null;
}

function refusal(outcome: object): string | null {
  return 'refused' in outcome ? (outcome.refused as { readonly message: string }).message : null;
}
