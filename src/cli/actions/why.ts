/** The work of `why`: the stored decision, and what is the case now beside it. */
import { explain } from '../../judge/judge.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type CommonOptions, type Io, pickService } from '../io.ts';
import { nextSteps } from '../render/next-steps.ts';
import { whyText } from '../render/why.ts';
import { loadConfig } from '../session.ts';
import { withState } from './reading.ts';

/** @returns 0 also when nothing was decided yet */
export async function explainDecision(
  io: Io,
  name: string | undefined,
  options: CommonOptions,
): Promise<ExitCode> {
  const settings = await loadConfig(io, options.config, { leaveOutSecrets: true, quiet: true });
  const service = pickService(settings, name);
  return withState(settings, async store => {
    const now = systemClock.now();
    const decision = await store.decision(service.name);
    if (decision === null) {
      const next = ['understudy tick'];
      io.out(
        options.json === true
          ? `${JSON.stringify({ service: service.name, at: now, decision: null, rules: [], next })}\n`
          : `${service.name}: nothing was decided yet\n  next: ${next.join('; ')}\n`,
      );
      return EXIT.ok;
    }
    const state = await store.service(service.name);
    const rules = explain(decision.facts);
    const next = nextSteps({ service, decision, state, mode: settings.mode, now });
    io.out(
      options.json === true
        ? `${JSON.stringify({ service: service.name, at: now, decision, rules, next })}\n`
        : whyText({ service, decision, state, rules, next, now }, io.isTerminal),
    );
    return EXIT.ok;
  });
}
