/**
 * Runs the freshly built program in the embedded world, once for each command that must start fast, with the recorder
 * preloaded: the bytecode kept is that of a healthy tick worldst real servers, not of an error path.
 * Bundled and run by the build as `node warm-run.mjs UNDERSTUDY_JS RECORDER FOLDER`.
 */
import { spawn } from 'node:child_process';
import { startWorld } from '../../src/sandbox/world.ts';

/** Six probes, as in the start-up budget. */
const PROBES = 6;
const LIMIT_MS = 60_000;

/** The first tick makes the state file, the second finds it. */
const COMMANDS = [['--help'], ['config', 'check'], ['tick'], ['tick'], ['status'], ['status', '--json']];

const [program = '', recorder = '', folder = ''] = process.argv.slice(2);

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', recorder, program, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: LIMIT_MS,
      env,
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.once('error', reject);
    child.once('close', status => resolve(status === 0 ? null : complaint));
  });
}

async function main(): Promise<void> {
  const world = await startWorld({ folder });
  const { port } = world.primary;
  const probes = Array.from({ length: PROBES }, (_, at) => ({ kind: 'http', id: `http-${at}`, port }));
  world.writeConfig({ service: { probes } });
  try {
    for (const args of COMMANDS) {
      const complaint = await run(args, {
        ...process.env,
        ...world.env,
        UNDERSTUDY_CONFIG: world.configFile,
      });
      if (complaint !== null)
        process.stderr.write(`warming up with \`understudy ${args.join(' ')}\`: ${complaint}\n`);
    }
  } finally {
    await world.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`not warmed up: ${String(error)}\n`);
});
