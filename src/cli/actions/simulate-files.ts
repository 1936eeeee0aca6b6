/** `simulate FILE…`: each scenario is read, lived through, and held against what it expects. */
import { explainProblem } from '../../config/problem.ts';
import { MAX_FILE_BYTES } from '../../config/document.ts';
import { whyUnreadable } from '../../config/files.ts';
import { parseScenario, type Scenario } from '../../simulate/scenario/parse.ts';
import { ScenarioError } from '../../simulate/scenario/problems.ts';
import { explainResult, runScenario } from '../../simulate/scenario/run.ts';
import { tellTime } from '../../simulate/scenario/times.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, UsageError } from '../io.ts';
import { type PlayedScenario, scenarioText } from '../render/simulate.ts';
import { Progress } from '../render/simulate-progress.ts';
import { clean, count } from '../render/text.ts';
import { Recorder } from './simulate-trace.ts';

export interface FilesWish {
  readonly json: boolean;
  /** Where the evidence of the night goes. */
  readonly trace?: string;
}

const WORDS = '`understudy simulate --words` shows the whole language';

/** @returns 0, 5 when one went otherwise, 9 when interrupted, 2 when one is refused (then none is run) @throws UsageError */
export async function simulateFiles(io: Io, files: readonly string[], wish: FilesWish): Promise<ExitCode> {
  const { json, trace } = wish;
  if (trace !== undefined && files.length > 1) throw new UsageError('--trace takes one scenario file');
  const scenarios: Scenario[] = [];
  let refused = false;
  for (const file of files) {
    try {
      scenarios.push(parseScenario(await read(io, file), file));
    } catch (thrown) {
      if (!(thrown instanceof ScenarioError)) throw thrown;
      refused = true;
      const { code, message, next, problems } = thrown;
      if (json) io.err(`${JSON.stringify({ error: { code, message, next, problems } })}\n`);
      else io.err(`${[...problems.map(explainProblem), WORDS].join('\n')}\n`);
    }
  }
  if (refused) return EXIT.usage;
  const played: PlayedScenario[] = [];
  for (const scenario of scenarios) {
    if (io.stop.aborted) break;
    const { file, beginsMs, withDays } = scenario;
    const recorder = trace === undefined ? null : new Recorder(scenario);
    const progress = new Progress(io, systemClock.monotonic);
    const result = await runScenario(scenario, {
      isOver: () => io.stop.aborted,
      onEvent: event => {
        recorder?.see(event);
        progress.tell(() => `${clean(file)}: ${tellTime(event.at, beginsMs, withDays)}`);
      },
    });
    progress.end();
    if (recorder !== null && trace !== undefined)
      io.err(`understudy: ${count(await recorder.write(trace), 'line')} to ${clean(trace)}\n`);
    const one = { file, ...result, complaints: explainResult(scenario, result) };
    played.push(one);
    if (!json) io.out(scenarioText(one, scenario.expectations.length));
  }
  const interrupted = played.length < scenarios.length || played.some(one => one.interruptedAt !== null);
  if (json) io.out(`${JSON.stringify({ interrupted, scenarios: played })}\n`);
  else if (interrupted)
    io.err(`understudy: interrupted in ${played.length} of ${count(scenarios.length, 'scenario')}\n`);
  if (played.some(({ complaints }) => complaints.length > 0)) return EXIT.failed;
  return interrupted ? EXIT.declined : EXIT.ok;
}

async function read(io: Io, file: string): Promise<string> {
  const off = (why: string) => new UsageError(`the scenario ${clean(file)} cannot be read: ${why}`);
  const content = await io.readFile(file).catch((thrown: unknown) => {
    throw off(whyUnreadable(thrown));
  });
  if (content.bytes.length > MAX_FILE_BYTES) throw off(`it has more than ${MAX_FILE_BYTES} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content.bytes);
  } catch {
    throw off('it is not UTF-8');
  }
}
