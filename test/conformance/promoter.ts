/**
 * What every `Promoter` must do, whatever it reaches a site through: run a command exactly as given, tell how it
 * ended, hand on its output, and leave nothing running that it was told to stop.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import fc from 'fast-check';
import type { Command, Shell } from '../../src/model/service.ts';
import { ProviderError } from '../../src/ports/errors.ts';
import type { Promoter } from '../../src/ports/providers.ts';
import { LINE_BYTES, LINES_SHOWN, TAIL_LINES } from '../../src/providers/shell/output.ts';
import { makeWorkspace } from '../workspace.ts';

export interface PromoterBench {
  readonly promoter: Promoter;
  readonly shell: Shell;
  close(): Promise<void>;
}

export interface DeathWatch {
  readonly path: string;
  /** What was written to it. */
  readonly opened: Readable;
  /** Resolves when no process holds it any more. */
  readonly dead: Promise<unknown>;
}

/** A FIFO that tells when every process that wrote `exec 9>FIFO` has gone: its reader ends. */
export function deathWatch(): DeathWatch {
  const path = join(makeWorkspace('fifo'), 'held');
  execFileSync('mkfifo', [path]);
  const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const dead = once(reader, 'exit');
  watches.push(reader);
  return { path, opened: reader.stdout, dead };
}

/** Mocha would not end while a reader waits for a writer that a failed test never made. */
const watches: ChildProcess[] = [];
after(() => {
  for (const reader of watches) reader.kill('SIGKILL');
});

function sh(script: string, limitMs = 15_000, ...args: string[]): Command {
  return { argv: ['sh', '-c', script, 'sh', ...args], limitMs };
}

/** Resolves with the first line of output for which `wanted` holds. */
function lineWaiter(wanted: (line: string) => boolean): {
  onOutput(line: string): void;
  seen: Promise<string>;
} {
  let resolve: (line: string) => void = () => {};
  const seen = new Promise<string>(done => {
    resolve = done;
  });
  return { seen, onOutput: line => wanted(line) && resolve(line) };
}

/** Declares the suite; `open` makes the promoter and a site that it can reach. */
export function promoterConformance(name: string, open: () => Promise<PromoterBench>): void {
  describe(`${name}: a Promoter`, () => {
    let bench: PromoterBench;
    const { signal } = new AbortController();
    const lines: string[] = [];
    const run = (command: Command, env?: Record<string, string>) => {
      lines.length = 0;
      return bench.promoter.run(bench.shell, command, {
        signal,
        ...(env && { env }),
        onOutput: line => lines.push(line),
      });
    };

    before(async () => {
      bench = await open();
    });
    after(() => bench.close());

    it('runs a command, hands on stdout and stderr, and tells the status', async () => {
      const result = await run(sh('echo out; echo err >&2; exit 3'));
      assert.deepEqual(
        { ...result, tail: [...result.tail].sort() },
        { status: 3, timedOut: false, tail: ['err', 'out'] },
      );
      assert.deepEqual([...lines].sort(), ['err', 'out']);
    });

    it('tells every status of a command apart from its own failures, 255 too', async () => {
      for (const status of [0, 1, 124, 127, 254, 255])
        assert.equal((await run(sh(`exit ${status}`))).status, status);
    });

    it('says 127 of a command that is not there', async () => {
      const result = await run({ argv: ['understudy-no-such-command'], limitMs: 5_000 });
      assert.equal(result.status, 127);
      assert.match(result.tail.join('\n'), /understudy-no-such-command/);
    });

    it('streams: a line is handed on while the command runs', async () => {
      const go = join(makeWorkspace('go'), 'go');
      execFileSync('mkfifo', [go]);
      const first = lineWaiter(line => line === 'first');
      const ended = bench.promoter.run(bench.shell, sh('echo first; cat "$1"; echo last', 15_000, go), {
        signal,
        onOutput: first.onOutput,
      });
      await first.seen; // the command now waits for us, so this line cannot have come at its end
      execFileSync('sh', ['-c', 'echo middle >"$1"', 'sh', go]);
      assert.deepEqual((await ended).tail, ['first', 'middle', 'last']);
    });

    it('passes every word exactly as it is', async () => {
      const nasty = [
        '',
        ' ',
        "it's",
        '"double"',
        '$(touch /nonexistent/pwned) `id` $HOME $'.concat('{x}'),
        'a\nb\r\tc',
        '\\ \\\\ \\n',
        '* ? [a] ~ ! # & ; | < > ( ) { }',
        '-n',
        '--',
        'A=b',
        'ünïcödé 🛟 \u202E',
        "'",
        "''\\''",
      ];
      const show = `for w; do printf '<%s>' "$w" | od -An -v -tx1 | tr -d ' \\n'; echo; done`;
      const result = await run(sh(show, 15_000, ...nasty));
      assert.deepEqual(
        result.tail.map(line => Buffer.from(line, 'hex').toString()),
        nasty.map(word => `<${word}>`),
      );
    });

    it('passes any word exactly as it is', async () => {
      // A shell cannot be handed a NUL, and a lone surrogate has no UTF-8; 60 words a run keep this quick.
      const word = fc.string({ unit: 'grapheme', maxLength: 20 }).filter(text => !text.includes('\0'));
      await fc.assert(
        fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 30 }), async words => {
          const show = `for w; do printf '%s.' "$w" | od -An -v -tx1 | tr -d ' \\n'; echo; done`;
          const result = await run(sh(show, 15_000, ...words));
          assert.deepEqual(
            result.tail.map(line => Buffer.from(line, 'hex').toString().slice(0, -1)),
            words,
          );
        }),
        { numRuns: 8 },
      );
    });

    it('gives extra environment variables, exactly', async () => {
      const env = { UNDERSTUDY_EPOCH: '7', UNDERSTUDY_ODD: `a 'b' "c" $(d)\ne=f` };
      const result = await run(
        sh('printf "%s|%s" "$UNDERSTUDY_EPOCH" "$UNDERSTUDY_ODD" | od -An -v -tx1'),
        env,
      );
      assert.equal(
        Buffer.from(result.tail.join('').replaceAll(' ', ''), 'hex').toString(),
        `7|${env.UNDERSTUDY_ODD}`,
      );
    });

    it('keeps the secrets in the environment of understudy from the command', async () => {
      process.env.UNDERSTUDY_CANARY_TOKEN = 'canary-of-the-environment';
      try {
        const result = await run({ argv: ['env'], limitMs: 15_000 }, { UNDERSTUDY_EPOCH: '7' });
        assert.equal(result.status, 0);
        assert.ok(result.tail.includes('UNDERSTUDY_EPOCH=7'));
        assert.ok(result.tail.some(line => line.startsWith('PATH=')));
        assert.doesNotMatch([...lines, ...result.tail].join('\n'), /canary/i);
      } finally {
        delete process.env.UNDERSTUDY_CANARY_TOKEN;
      }
    });

    it('refuses what cannot be passed: no command, NUL, odd variable names, options as commands', async () => {
      const refused = async (argv: string[], env?: Record<string, string>) => {
        await assert.rejects(run({ argv, limitMs: 5_000 }, env), (error: unknown) => {
          assert.ok(error instanceof ProviderError);
          assert.equal(error.code, 'provider-rejected');
          return true;
        });
      };
      await refused([]);
      await refused(['']);
      await refused(['echo', 'a\0b']);
      await refused(['-u', 'PATH']);
      await refused(['A=b', 'echo']);
      await refused(['true'], { 'A;id': 'x' });
      await refused(['true'], { '-i': 'x' });
      await refused(['true'], { A: 'x\0' });
    });

    it('stops a command at its limit, with all that it started', async () => {
      const watch = deathWatch();
      // The child ignores SIGTERM, so only the SIGKILL that follows can end it.
      const script = 'exec 9>"$1"; (trap "" TERM; while :; do sleep 1; done) & echo begun; wait';
      await run(sh('true')); // so that the limit is not spent on connecting
      const result = await run(sh(script, 2_500, watch.path));
      assert.equal(result.status, null);
      assert.equal(result.timedOut, true);
      assert.equal(result.tail[0], 'begun');
      assert.match(result.tail.at(-1) ?? '', /stopped at its limit of 2500 ms/);
      await watch.dead;
    });

    it('stops a command when its signal fires, with all that it started', async () => {
      const watch = deathWatch();
      const controller = new AbortController();
      const begun = lineWaiter(line => line === 'begun');
      const ended = bench.promoter.run(
        bench.shell,
        sh('exec 9>"$1"; sleep 600 & echo begun; wait', 600_000, watch.path),
        {
          signal: controller.signal,
          onOutput: begun.onOutput,
        },
      );
      await begun.seen;
      controller.abort();
      const result = await ended;
      assert.deepEqual([result.status, result.timedOut], [null, false]);
      await watch.dead;
    });

    it('counts a deadline of the caller as timed out', async () => {
      await run(sh('true'));
      const result = await bench.promoter.run(bench.shell, sh('echo begun; sleep 600', 600_000), {
        signal: AbortSignal.timeout(2_500),
      });
      assert.deepEqual([result.status, result.timedOut], [null, true]);
    });

    it('does not start when its signal has fired already', async () => {
      const marker = join(makeWorkspace('never'), 'ran');
      await assert.rejects(
        bench.promoter.run(
          bench.shell,
          { argv: ['touch', marker], limitMs: 5_000 },
          { signal: AbortSignal.abort() },
        ),
        { code: 'provider-timeout', applied: 'no' },
      );
      assert.equal((await run({ argv: ['test', '-e', marker], limitMs: 5_000 })).status, 1);
    });

    it('does not wait for what a command leaves in the background', async () => {
      const watch = deathWatch();
      const result = await run(sh('exec 9>"$1"; sleep 600 & echo "pid $!"; exit 4', 60_000, watch.path));
      assert.equal(result.status, 4);
      assert.equal(result.timedOut, false);
      process.kill(Number(result.tail[0]?.slice(4)), 'SIGKILL');
      await watch.dead;
    });

    it('survives output without end: many lines, one endless line', async () => {
      const many = await run(sh('seq 1 200000; echo last'));
      assert.equal(many.status, 0);
      assert.equal(many.tail.length, TAIL_LINES);
      assert.equal(many.tail.at(-1), 'last');
      assert.equal(lines.length, LINES_SHOWN + 1);
      assert.match(lines.at(-1) ?? '', /is not shown/);

      const long = await run(sh(`head -c 3000000 /dev/zero | tr '\\0' x; echo; echo after`));
      assert.equal(long.status, 0);
      assert.deepEqual(long.tail, [`${'x'.repeat(LINE_BYTES)}…`, 'after']);
    });

    it('survives binary output and terminal escapes: only printable text comes through', async () => {
      const binary = await run({ argv: ['head', '-c', '300000', '/dev/urandom'], limitMs: 15_000 });
      assert.equal(binary.status, 0);
      for (const line of [...lines, ...binary.tail]) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}]/u);

      const escapes = await run(
        sh(`printf 'a\\033[2J\\033[31mred\\033[0m \\033]0;title\\007b\\010c\\tü\\377\\n'`),
      );
      assert.deepEqual(escapes.tail, ['ared bc ü\uFFFD']);
    });

    it('reads progress that is redrawn with carriage returns as lines, and leaves out blank ones', async () => {
      const result = await run(sh(`printf '1%%\\r2%%\\r\\n\\n  done'`));
      assert.deepEqual(result.tail, ['1%', '2%', '  done']);
    });

    it('does not fall over a listener that throws', async () => {
      const result = await bench.promoter.run(bench.shell, sh('echo one; echo two'), {
        signal,
        onOutput: () => {
          throw new Error('listener');
        },
      });
      assert.deepEqual(result.tail, ['one', 'two']);
    });

    it('runs several commands at once', async () => {
      const results = await Promise.all([1, 2, 3, 4].map(n => run(sh(`echo ${n}; exit ${n}`))));
      assert.deepEqual(
        results.map(result => [result.status, result.tail]),
        [1, 2, 3, 4].map(n => [n, [`${n}`]]),
      );
    });

    it('refuses a site of another kind', async () => {
      const other: Shell =
        bench.shell.kind === 'local'
          ? {
              kind: 'ssh',
              host: '127.0.0.1',
              port: 1,
              user: 'x',
              identityFile: null,
              knownHostsFile: null,
              connectTimeoutMs: 100,
            }
          : { kind: 'local' };
      await assert.rejects(bench.promoter.run(other, sh('true'), { signal }), { code: 'provider-rejected' });
    });
  });
}
