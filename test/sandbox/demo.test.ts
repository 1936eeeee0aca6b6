import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { playScenario, SCENARIOS } from '../../src/sandbox/demo/demo.ts';
import { PARTS } from '../../src/sandbox/demo/measure.ts';
import { builtProgram } from '../lab/program.ts';

describe('the demo', function () {
  this.timeout(120_000);

  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    it(`${name}: ${scenario.title}`, async () => {
      const lines: string[] = [];
      const say = (line: string) => void lines.push(line);
      const result = await playScenario(name, scenario, {
        self: builtProgram(),
        env: process.env,
        say,
        now: Date.now,
      });
      assert.equal(result.complaint, null, `${result.complaint}\n${lines.join('\n')}`);
      assert.equal(result.outcome, scenario.expect);
      const [program] = result.answers.before?.v4 ?? [];
      assert.equal(program, '127.0.0.11');
      if (name === 'standby-down') assert.match(result.said ?? '', /standby: v4 there is not well/);
      if (name === 'blind') assert.match(result.said ?? '', /OBSERVER_OFFLINE/);
      if (name === 'lock')
        assert.ok(
          lines.some(line => line.includes('PROVIDER_LOCK')),
          lines.join('\n'),
        );
    });
  }

  it('--json: the last line on stdout is one object of the promised shape', async () => {
    const [program = '', ...words] = builtProgram();
    const { stdout } = await promisify(execFile)(program, [
      ...words,
      'demo',
      '--scenario',
      'crash',
      '--json',
    ]);
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    assert.deepEqual(Object.keys(result).slice(0, 6), [
      'scenario',
      'outcome',
      'active',
      'epoch',
      'recovery_ms',
      'answers',
    ]);
    assert.deepEqual(Object.keys(result.recovery_ms as object), [...PARTS]);
    assert.equal(result.active, 'standby');
    assert.equal(result.epoch, 3);
  });

  it('refuses a scenario that there is not, naming those there are', async () => {
    const [program = '', ...words] = builtProgram();
    const failed = await promisify(execFile)(program, [...words, 'demo', '--scenario', 'flood']).catch(
      (error: { code: number; stderr: string }) => error,
    );
    assert.equal('code' in failed && failed.code, 2);
    assert.match(failed.stderr, /there are: lock, crash/);
  });
});
