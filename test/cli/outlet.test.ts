import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { createOutlet } from '../../src/cli/outlet.ts';
import type { Desk } from './desk.ts';
import { makeDesk } from './desk.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

type Stream = number | 'pipe' | 'closed pipe';

/** Runs the program as a process with stdout and stderr where they are wanted. */
async function program(out: Stream, err: Stream, ...words: readonly string[]) {
  const stdio = (stream: Stream) => (typeof stream === 'number' ? stream : 'pipe');
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...words], {
    stdio: ['ignore', stdio(out), stdio(err)],
  });
  if (out === 'closed pipe') child.stdout?.destroy();
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', text => (said += String(text)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

async function onFullDisk<T>(use: (full: number) => Promise<T>): Promise<T> {
  const full = openSync('/dev/full', 'w');
  try {
    return await use(full);
  } finally {
    closeSync(full);
  }
}

const LINE = 'understudy: stdout cannot be written: the disk is full\n';

describe('stdout that cannot be written', function () {
  this.timeout(60_000);
  let desk: Desk;
  before(async () => {
    desk = makeDesk();
    await desk.seed();
  });

  const told: readonly (readonly string[])[] = [
    ['rules'],
    ['simulate', '--words'],
    ['--help'],
    ['export', 'web', '--config', 'CONFIG'],
    ['config', 'check', '--json', '--config', 'CONFIG'],
  ];
  for (const words of told)
    it(`${words.join(' ')}: a full disk is one line and exit ${EXIT.unwritten}`, async () => {
      const typed = words.map(word => (word === 'CONFIG' ? desk.config : word));
      // `config check` wants its secrets; what it says is the desk's affair.
      const { code, said } = await onFullDisk(full => program(full, 'pipe', ...typed));
      const own = said.replace(/^understudy: \d+ lines? of web\n/, '');
      assert.equal(own, LINE);
      assert.equal(code, words[0] === 'config' ? EXIT.config : EXIT.unwritten);
    });

  it('says nothing when the reader has gone away, as usual tools do', async () => {
    const { code, said } = await program('closed pipe', 'pipe', 'rules');
    assert.deepEqual({ code, said }, { code: EXIT.ok, said: '' });
  });

  it('is no worse when stderr is full too', async () => {
    const { code } = await onFullDisk(full => program(full, full, 'rules'));
    assert.equal(code, EXIT.unwritten);
    const wrong = await onFullDisk(full => program('pipe', full, 'no-such-command'));
    assert.equal(wrong.code, EXIT.usage);
  });
});

class Fake extends EventEmitter {
  readonly written: string[] = [];
  readonly write = (text: string) => this.written.push(text);
}

function fail(sink: Fake, code: string): void {
  sink.emit('error', Object.assign(new Error(`${code}: write`), { code }));
}

describe('the outlet', () => {
  it('drops the rest, tells once, and fires for those who only tell', () => {
    const sink = new Fake();
    const said: string[] = [];
    let failures = 0;
    const outlet = createOutlet(
      sink,
      text => said.push(text),
      () => failures++,
    );
    outlet.write('one');
    assert.equal(outlet.exitCode(EXIT.ok), EXIT.ok);
    assert.equal(outlet.unheard.aborted, false);
    fail(sink, 'ENOSPC');
    fail(sink, 'EIO');
    outlet.write('two');
    assert.deepEqual(sink.written, ['one']);
    assert.deepEqual([said, failures, outlet.unheard.aborted], [[LINE], 1, true]);
  });

  it('does not hide what went wrong in the world behind its own exit code', () => {
    const sink = new Fake();
    const outlet = createOutlet(
      sink,
      () => {},
      () => {},
    );
    fail(sink, 'EIO');
    for (const code of [EXIT.failed, EXIT.unverified, EXIT.refused, EXIT.store])
      assert.equal(outlet.exitCode(code), code);
    for (const code of [EXIT.ok, EXIT.declined]) assert.equal(outlet.exitCode(code), EXIT.unwritten);
  });

  it('leaves the exit code to the command when only the reader has gone', () => {
    const sink = new Fake();
    const said: string[] = [];
    const outlet = createOutlet(
      sink,
      text => said.push(text),
      () => {},
    );
    fail(sink, 'EPIPE');
    assert.deepEqual([outlet.exitCode(EXIT.ok), outlet.exitCode(EXIT.declined), said], [0, 9, []]);
  });
});
