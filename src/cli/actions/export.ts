/** The work of `export`: reads the state without the secrets, and writes what it knows of one service as a trace. */
import { collectTrace } from '../../replay/collect.ts';
import { traceLines } from '../../replay/write.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type CommonOptions, type Io, pickService } from '../io.ts';
import { clean, count } from '../render/text.ts';
import { loadConfig } from '../session.ts';
import { withState } from './reading.ts';
import { spanOption } from './span.ts';
import { inPieces, writeWhole } from './whole-file.ts';

export interface ExportOptions extends CommonOptions {
  readonly since: string;
  readonly output?: string;
}

const DAY_MS = 86_400_000;

/** @throws UsageError for a bad --since, an unknown service, an --output that cannot be written; StoreError */
export async function exportTrace(
  io: Io,
  name: string | undefined,
  options: ExportOptions,
): Promise<ExitCode> {
  const sinceMs = spanOption('--since', options.since, 3660 * DAY_MS);
  const settings = await loadConfig(io, options.config, { leaveOutSecrets: true, quiet: true });
  const service = pickService(settings, name);
  return withState(settings, async store => {
    const now = systemClock.now();
    const since = now - sinceMs;
    const { header, events } = await collectTrace({ store, service, runner: settings.runner, since, now });
    const pieces = inPieces(traceLines(header, events));
    const { output } = options;
    if (output === undefined) for (const piece of pieces) io.out(piece);
    else writeWhole('--output', output, pieces);
    const where = output === undefined ? '' : ` to ${clean(output)}`;
    io.err(`understudy: ${count(events.length, 'line')} of ${service.name}${where}\n`);
    return EXIT.ok;
  });
}
