/** The work of `hold` and `resume`: hold, notice and audit are one transaction; nothing else is touched. */
import { holdCleared, holdSet } from '../../announce/phrase.ts';
import type { Change, Hold, ServiceState } from '../../model/state.ts';
import type { World } from '../../reconcile/world.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { HoldOptions, ResumeOptions } from '../hold.ts';
import type { Io } from '../io.ts';
import { type HoldReport, holdData, holdText, resumeText } from '../render/hold.ts';
import { loadConfig, withProgram } from '../session.ts';
import { pickServices, wordsOf } from './person.ts';
import { endOfHold } from './until.ts';

/** Sets the hold and says what is in force then. */
export async function setHold(io: Io, name: string | undefined, options: HoldOptions): Promise<ExitCode> {
  const reason = wordsOf('--reason', options.reason, 'say why, it is told to people and kept in the audit');
  const owner = wordsOf('--owner', options.owner ?? io.user, 'say whose hold it is');
  const settings = await loadConfig(io, options.config, {
    quiet: options.json === true,
    leaveOutSecrets: true,
  });
  const services = pickServices(settings, name, options.all);
  return withProgram(settings, { stop: io.stop, keep: 'always', deliver: false }, async ({ world }) => {
    const now = world.clock.now();
    const until = endOfHold(options, now);
    const states = await Promise.all(services.map(service => world.store.service(service.name)));
    const changes = states.flatMap(state =>
      holdChanges(world, state, { service: state.service, owner, reason, since: now, until }, io.user),
    );
    await world.store.commit(changes);
    const reports = await Promise.all(states.map(before => reportOf(world, before)));
    io.out(
      options.json === true
        ? `${JSON.stringify({ services: reports.map(holdData) })}\n`
        : holdText(reports, settings.mode, now, io.isTerminal),
    );
    return EXIT.ok;
  });
}

function holdChanges(world: World, before: ServiceState, set: Hold, operator: string): readonly Change[] {
  const until = set.until === null ? 'until resumed' : `until ${new Date(set.until).toISOString()}`;
  const detail = set.owner === operator ? until : `for ${set.owner}, ${until}`;
  return [
    { kind: 'hold', hold: set },
    world.tell(holdSet(set), set.since, openIncident(before)),
    {
      kind: 'audit',
      entry: {
        at: set.since,
        operator,
        action: 'hold',
        service: set.service,
        reason: set.reason,
        overrides: [],
        detail,
      },
    },
  ];
}

function openIncident({ incident }: ServiceState): string | null {
  return incident?.closedAt === null ? incident.id : null;
}

async function reportOf(world: World, before: ServiceState): Promise<HoldReport> {
  return {
    before,
    after: await world.store.service(before.service),
    openRun: await world.store.openRun(before.service),
  };
}

/** Lifts the hold; without one it says so and ends well. */
export async function liftHold(io: Io, name: string | undefined, options: ResumeOptions): Promise<ExitCode> {
  const reason = options.reason === undefined ? '' : wordsOf('--reason', options.reason, 'say why');
  const settings = await loadConfig(io, options.config, {
    quiet: options.json === true,
    leaveOutSecrets: true,
  });
  const services = pickServices(settings, name, options.all);
  return withProgram(settings, { stop: io.stop, keep: 'always', deliver: false }, async ({ world }) => {
    const now = world.clock.now();
    const states = await Promise.all(services.map(service => world.store.service(service.name)));
    await world.store.commit(states.flatMap(state => resumeChanges(world, state, io.user, reason, now)));
    const reports = await Promise.all(states.map(before => reportOf(world, before)));
    io.out(
      options.json === true
        ? `${JSON.stringify({ services: reports.map(holdData) })}\n`
        : resumeText(reports, settings.mode, now, io.isTerminal),
    );
    return EXIT.ok;
  });
}

/** A hold that has run out is taken away without a word: nothing is lifted by it. */
function resumeChanges(
  world: World,
  before: ServiceState,
  operator: string,
  reason: string,
  now: number,
): readonly Change[] {
  const { hold: set, service } = before;
  if (set === null) return [];
  if (set.until !== null && set.until <= now) return [{ kind: 'resume', service }];
  const detail = `hold of ${set.owner} since ${new Date(set.since).toISOString()}: ${set.reason}`;
  return [
    { kind: 'resume', service },
    world.tell(holdCleared(set, operator, now), now, openIncident(before)),
    { kind: 'audit', entry: { at: now, operator, action: 'resume', service, reason, overrides: [], detail } },
  ];
}
