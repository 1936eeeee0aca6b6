/** The program's entry: the only reader of argv and the environment. */
import { availableParallelism, hostname, userInfo } from 'node:os';
import { EXIT, type ExitCode } from './cli/exit-codes.ts';
import type { Io } from './cli/io.ts';
import { createOutlet } from './cli/outlet.ts';
import { runCli } from './cli/program.ts';
import { readLocalFile } from './config/files.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // The first asks for an orderly end; a second one is taken at its word.
  process.once(name, () => {
    stop.abort(new DOMException(`stopped by ${name}`, 'AbortError'));
    process.once(name, () => process.exit(128 + (name === 'SIGINT' ? 2 : 15)));
  });
}

let ended: ExitCode = EXIT.ok;
const settle = () => void (process.exitCode = outlet.exitCode(ended));
const outlet = createOutlet(process.stdout, text => process.stderr.write(text), settle);
// A log that cannot be written (a full disk, a journal that is started again) must not end the watch.
process.stderr.on('error', () => {});

// Told to everyone on Node 20 since autumn 2026; the versions are pinned, and a cron job's mail is no place for it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const io: Io = {
  env: process.env,
  self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
  hostname: hostname(),
  user: process.env.SUDO_USER ?? userName(),
  readFile: readLocalFile,
  out: outlet.write,
  err: text => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
  isWatched: process.stderr.isTTY === true,
  cores: availableParallelism(),
  confirm: async question => {
    if (process.stdin.isTTY !== true) return null;
    const { createInterface } = await import('node:readline/promises');
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await reader.question(`${question} [y/N] `, { signal: stop.signal });
      return /^y(es)?$/i.test(answer.trim());
    } catch {
      return false;
    } finally {
      reader.close();
    }
  },
  stop: stop.signal,
  unheard: outlet.unheard,
};

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

// No top-level await: the build turns this file into a classic script, whose bytecode V8 can cache.
void runCli(process.argv.slice(2), io).then(code => {
  ended = code;
  settle();
});
