/**
 * Makes the standby take over, part by part. Each part has its own post-check, asked first as well, so that a run
 * that was killed in the middle does not promote twice.
 */
import type { PromoteStep } from '../../model/plan.ts';
import type { PromotePart } from '../../model/service.ts';
import { FAMILIES } from '../../model/sample.ts';
import { asError, UnderstudyError } from '../../ports/errors.ts';
import { OwnNetworkError, type StepContext, type StepHandler, siteOf } from '../context.ts';
import { runCommand, tryCommand } from './command.ts';

/** Pause between two askings of a post-check: a database needs a moment after `promote` returned. */
const CHECK_PAUSE_MS = 500;

export const promote: StepHandler<PromoteStep> = {
  guarded: true,
  async settled(step, context) {
    for (const part of step.parts) if (!(await passes(step, context, part))) return null;
    return { confirmedBy: 'exit-status', summary: `${names(step)} on ${step.site}: promoted already` };
  },
  async act(step, context) {
    for (const [index, part] of step.parts.entries()) {
      if (await blaming(step, context, () => passes(step, context, part))) continue;
      // Its check may have hung for its whole limit, and between two parts hours may lie, when the process was stopped.
      if (index > 0 || part.check !== null) await context.recheck('epoch', 'fence');
      context.output(`${part.name}: started`);
      await blaming(step, context, async () => {
        await runCommand(context, step.site, step.shell, part.run, `promote ${part.name}`);
        await awaitCheck(step, context, part);
      });
    }
    return { confirmedBy: 'exit-status', summary: `${names(step)} promoted on ${step.site}` };
  },
};

/**
 * A command that got no answer, while our own network is down, says nothing against the standby.
 * @throws OwnNetworkError in place of what `work` has thrown
 */
async function blaming<T>(step: PromoteStep, context: StepContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const { addresses } = siteOf(context, step.site);
    const own = FAMILIES.filter(family => addresses[family] !== undefined);
    const seen = await Promise.all(own.map(async family => ({ family, sees: await context.sees(family) })));
    const blind = seen.find(({ sees }) => sees === false);
    if (blind === undefined) throw thrown;
    throw new OwnNetworkError(blind.family, asError(thrown).message, thrown);
  }
}

function names(step: PromoteStep): string {
  return step.parts.map(part => part.name).join(', ');
}

async function passes(step: PromoteStep, context: StepContext, part: PromotePart): Promise<boolean> {
  if (part.check === null) return false;
  const { status } = await tryCommand(context, step.site, step.shell, part.check);
  return status === 0;
}

async function awaitCheck(step: PromoteStep, context: StepContext, part: PromotePart): Promise<void> {
  if (part.check === null) return;
  const until = context.clock.monotonic() + part.check.limitMs;
  while (!(await passes(step, context, part))) {
    if (context.signal.aborted || context.clock.monotonic() >= until) {
      throw new UnderstudyError({
        code: 'promote-unconfirmed',
        message: `promote ${part.name} on ${step.site} ran, but its check does not pass`,
        next: `log in to ${step.site} and run: ${part.check.argv.join(' ')}`,
      });
    }
    await context.clock.sleep(CHECK_PAUSE_MS, context.signal);
  }
}
