import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../src/cli/exit-codes.ts';
import type { Io } from '../../src/cli/io.ts';
import { exportCommand } from '../../src/cli/export.ts';
import { replayCommand } from '../../src/cli/replay.ts';
import { simulate } from '../../src/cli/simulate.ts';
import type { CommandModule } from '../../src/cli/command.ts';
import { generate } from '../../src/simulate/generate.ts';
import { Command } from 'commander';
import { runCli } from '../../src/cli/program.ts';
import { delegate } from '../../src/cli/actions/simulate-worker.ts';
import { happeningLines, type SeedsAccount, seedsData, seedsText } from '../../src/cli/render/simulate.ts';
import { SeedsProgress } from '../../src/cli/render/simulate-progress.ts';
import { readLocalFile } from '../../src/config/files.ts';
import { createCoverage } from '../../src/simulate/coverage.ts';
import { HAPPENINGS } from '../../src/simulate/scenario/happenings.ts';
import { readTrace } from '../../src/replay/trace.ts';
import { makeDesk } from './desk.ts';
// Loaded beforehand: a library of the adapters puts helpers into the global scope, which mocha would lay to a test's charge.
import '../../src/cli/actions/simulate.ts';

const SELF = [
  process.execPath,
  '--import',
  'tsx',
  fileURLToPath(new URL('../../src/main.ts', import.meta.url)),
];

function helpOf(module: CommandModule): string {
  const program = new Command();
  module.register(program, () => async () => {});
  const [command] = program.commands;
  let text = '';
  command?.configureOutput({ writeOut: said => void (text += said) });
  command?.outputHelp();
  return text;
}

/** Each word of an example that begins with `--` must be an option of the command. */
function parseAll(module: CommandModule, examples: readonly string[]): void {
  const program = new Command();
  module.register(program, () => async () => {});
  for (const example of examples)
    for (const part of example.split(' | ')) {
      const [name, verb = '', ...words] = part.trim().split(' ');
      const command = program.commands.find(one => one.name() === verb);
      if (name !== 'understudy' || command === undefined) continue;
      const known = command.options.map(({ long }) => long);
      for (const word of words) if (word.startsWith('--')) assert.ok(known.includes(word), example);
    }
}

const NIGHT = `# The night the box was locked.
service mail
  site home at hetzner, ipv4 and ipv6, fence power-off
  site away at aws
runner daemon
at 02:13 home of mail is locked for 1h
expect mail active away within 5m
`;

/** Types a command that runs for long. @param heard sees each text on stderr, and may end it */
async function typeLong(
  argv: readonly string[],
  heard: (text: string, stop: () => void) => void = () => {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const stop = new AbortController();
  const said = { out: '', err: '' };
  const io: Io = {
    env: process.env,
    self: SELF,
    hostname: 'arbiter',
    user: 'ada',
    readFile: readLocalFile,
    out: text => void (said.out += text),
    err: text => {
      said.err += text;
      heard(text, () => stop.abort());
    },
    isTerminal: false,
    isWatched: true,
    cores: 2,
    confirm: async () => null,
    stop: stop.signal,
    unheard: new AbortController().signal,
  };
  const code = await runCli(['simulate', ...argv], io);
  return { code, ...said };
}

describe('understudy simulate', function () {
  this.timeout(120_000);

  it('runs seeds and tells how often what occurred: exit 0', async () => {
    const { code, out, err } = await makeDesk().type('simulate', '--seeds', '2', '--hours', '0.5');
    assert.equal(code, EXIT.ok, out + err);
    for (const title of ['Faults, and what people did', 'Rules of the judge', 'Refusals of the gate'])
      assert.ok(out.includes(`${title}\n`), title);
    assert.match(out, / {9}\d|\d {2}100 HEALTHY/);
    assert.match(out, /^2 seeds from 1, 0\.5 h of faults each: 0 violations$/m);
    assert.match(out, /^\d+ simulated hours in \d+ CPU seconds: [\d.]+ simulated hours per CPU second$/m);
    assert.match(out, /^the longest calm took \d+ minutes to come to rest; allowed are at most \d+$/m);
    assert.ok(out.split('\n').every(line => line.length <= 100));
  });

  it('fails with --cover for what never occurred, and names it', async () => {
    const { code, out } = await makeDesk().type('simulate', '--seeds', '1', '--hours', '0.5', '--cover');
    assert.equal(code, EXIT.failed);
    assert.match(out, /^ +\d+ {2}(the |SITE of SERVICE |somebody |PERSON |STATION )/m);
    assert.deepEqual(
      out.split('\n').filter(line => line.length > 80),
      [],
    );
    const [, never = ''] = out.split('Never occurred, so nothing is proved of it\n');
    assert.match(never, /^ {2}gate 60 quarantine$/m);
    assert.match(never, /^ {2}fault somebody edits the plan of SERVICE against owned-records$/m);
    assert.doesNotMatch(never, /^ {2}rule 100 HEALTHY$/m);
  });

  it('comes to the same in several processes', async () => {
    const words = ['--seeds', '3', '--from', '4', '--hours', '0.5', '--json'];
    const [one, two] = [await typeLong([...words, '--jobs', '1']), await typeLong([...words, '--jobs', '2'])];
    assert.deepEqual([one.code, two.code], [EXIT.ok, EXIT.ok], two.err);
    const [alone, together] = [JSON.parse(one.out), JSON.parse(two.out)];
    for (const data of [alone, together]) {
      assert.ok(data.cpuSeconds > 0);
      delete data.cpuSeconds;
      delete data.hoursPerCpuSecond;
    }
    assert.equal(alone.seeds, 3);
    assert.deepEqual(together, alone);
  });

  for (const jobs of ['1', '2']) {
    it(`tells what there is when it is interrupted, with ${jobs} at work`, async () => {
      const words = ['--seeds', '100000', '--hours', '0.5', '--jobs', jobs];
      const { code, out } = await typeLong(words, (text, stop) => {
        if (/\d+ of 100000 seeds/.test(text)) stop();
      });
      const [, done] =
        /^(\d+) seeds \(of 100000; INTERRUPTED: the rest is not proved\) from 1/m.exec(out) ?? [];
      assert.ok(Number(done) > 0 && Number(done) < 100_000, out);
      assert.equal(code, / 0 violations$/m.test(out) ? EXIT.declined : EXIT.failed);
    });
  }

  it('interrupted is no success: exit 9, and so in the data', async () => {
    const words = ['--seeds', '100000', '--hours', '0.5', '--jobs', '1', '--json', '--cover'];
    const { code, out } = await typeLong(words, (text, stop) => {
      if (/\d+ of 100000 seeds/.test(text)) stop();
    });
    const data = JSON.parse(out);
    assert.deepEqual([code, data.interrupted, data.violations], [EXIT.declined, true, []]);
  });

  it('ends the story of a long night, or a scenario, where it is interrupted: exit 9', async () => {
    const stopAtOnce = (_text: string, stop: () => void) => stop();
    const night = await typeLong(['--seed', '3', '--hours', '720'], stopAtOnce);
    assert.equal(night.code, EXIT.declined);
    assert.match(night.err, /seed 3: \d+ simulated hours/);
    assert.match(night.out, /^Interrupted at \d+:\d\d:[\d.]+; no invariant is violated up to there\.$/m);
    const file = join(makeDesk().dir, 'long.scenario');
    writeFileSync(file, `${NIGHT}at day 90 00:00 the story ends\n`);
    const story = await typeLong([file, '--json'], stopAtOnce);
    assert.equal(story.code, EXIT.declined);
    assert.match(story.err, /long\.scenario: day \d+ /);
    const { interrupted, scenarios } = JSON.parse(story.out);
    assert.deepEqual([interrupted, scenarios[0].ok, scenarios[0].complaints], [true, false, []]);
  });

  it('tells one that a process of it failed, and how to see that', async () => {
    const { code, err } = await makeDesk().type('simulate', '--seeds', '2', '--jobs', '2', '--hours', '0.5');
    assert.equal(code, EXIT.internal);
    assert.match(
      err,
      /spawn understudy ENOENT; its seeds .*\n {2}next: understudy simulate --seeds 1 --from 1 --hours 0\.5 --jobs 1\n$/,
      'and no stack trace',
    );
  });

  it('tells the story of a seed, and of a part of it', async () => {
    const desk = makeDesk();
    const all = await desk.type('simulate', '--seed', '3', '--hours', '0.5');
    assert.equal(all.code, EXIT.ok);
    assert.match(all.out, /^ {4}1 {2}00:\d\d \w/m);
    assert.match(all.out, /^Replay: understudy simulate --seed 3 --hours 0\.5$/m);
    const part = await desk.type('simulate', '--seed', '3', '--hours', '0.5', '--only', '1', '--json');
    const { only, happenings, story, violation } = JSON.parse(part.out);
    assert.deepEqual([only, violation], [[1], null]);
    assert.match(happenings[0], /^ {2} {2}1 {2}/);
    assert.match(happenings[1], /^· {3}2 {2}/);
    assert.equal(happenings.at(-1), '· left out by --only');
    assert.equal(story.at(-1), 'Replay: understudy simulate --seed 3 --hours 0.5 --only 1');
  });

  for (const [words, message] of [
    [[], /say one of: --seeds N, --seed S/],
    [['--seeds', '2', '--seed', '1'], /say one of/],
    [['--seeds', '2', 'a.scenario'], /say one of/],
    [['--seeds', '0'], /--seeds "0" is not a number from 1/],
    [['--seeds', '1.5'], /--seeds "1.5" is not a whole number/],
    [['--seeds', '2', '--hours', 'ten'], /--hours "ten" is not a number from 0.5 to 720/],
    [['--seeds', '2', '--jobs', '-1'], /--jobs "-1" is not a number from 1/],
    [['--seeds', '2', '--only', '1'], /--only goes with --seed;/],
    [['--only', '1'], /--only goes with --seed;/],
    [['--full'], /--full goes with --seed;/],
    [['--seed', '4', '--cover'], /--cover goes with --seeds;/],
    [['--seed', '4', '--stop-at-first'], /--stop-at-first goes with --seeds;/],
    [['--hours', '3', 'x.scenario'], /--hours goes with --seeds or --seed;/],
    [['--words', '--from', '1'], /--from goes with --seeds;/],
    [['--seed', '3', '--only', '1,999'], /--only "999" is not a number from 1 to \d+/],
    [['--seed', '3', '--hours', '1', '--only', ''], /--only "" is not a number/],
  ] as const) {
    it(`refuses ${words.join(' ') || 'nothing at all'}: exit 2`, async () => {
      const { code, out, err } = await makeDesk().type('simulate', ...words);
      assert.equal(code, EXIT.usage);
      assert.match(err, message);
      assert.equal(out, '');
    });
  }

  it('takes a process that ended in good order before its work was done for one that failed', async () => {
    const self = [process.execPath, '-e', 'process.exit(0)', '--'];
    const io = { env: process.env, self } as unknown as Io;
    const slice = { from: 7, count: 3, hours: 1 };
    await assert.rejects(
      delegate(io, slice, () => {}, new AbortController().signal),
      ({ code, message, next }) => {
        assert.match(message, /it ended after 0 of 3 seeds; its seeds from 7 on were not lived through$/);
        assert.equal(next, 'understudy simulate --seeds 3 --from 7 --hours 1 --jobs 1');
        assert.equal(code, 'simulator-failed');
        return true;
      },
    );
  });

  it('tells of a violation at once, before its story and before the next line is due', () => {
    for (const isWatched of [false, true]) {
      let said = '';
      const io = { isWatched, err: (text: string) => void (said += text) } as unknown as Io;
      const progress = new SeedsProgress(io, () => 0, 10);
      const none = { from: 7, seeds: 2, hours: 1, simulatedMs: 1, longestCalmMs: 1, calmBoundMs: 1 };
      const calm = { ...none, violations: [], coverage: createCoverage() };
      progress.add({ report: calm, cpuUs: 1 });
      assert.equal(said, '');
      const violations = [{ seed: 8, invariant: 5, sentence: 'one too few', at: 1 }];
      progress.add({ report: { ...calm, violations }, cpuUs: 1 });
      assert.match(said, /seed 8: invariant 5 is violated: one too few\n$/);
    }
  });

  it('lists of a seed that was cut short only what had come by then', () => {
    const script = generate(42, 1);
    const [first] = script.happenings;
    assert.ok(first !== undefined);
    const lines = happeningLines(script, null, new Set(), first.at);
    assert.match(
      lines.at(-1) ?? '',
      new RegExp(`and ${script.happenings.length - lines.length + 1} more that had not come yet`),
    );
  });

  it('marks the happenings of a seed that never came', async () => {
    const { out } = await makeDesk().type('simulate', '--seed', '42', '--hours', '1', '--json');
    const { happenings, story } = JSON.parse(out) as { happenings: string[]; story: string[] };
    const waiting = happenings.filter(line => line.includes('into the next '));
    assert.ok(waiting.length > 0);
    const script = generate(42, 1);
    const came = new Set(script.happenings.filter(({ armed }) => armed === undefined));
    const lines = happeningLines(script, null, came);
    assert.equal(lines.filter(line => /\(never came: no \w+ began\)$/.test(line)).length, waiting.length);
    assert.ok(happeningLines(script, null, new Set()).every(line => line.includes('(never came: ')));
    assert.ok(story.length > 0);
  });

  for (const module of [simulate, replayCommand, exportCommand])
    it('has no example in --help that its parser or the generator refuses', () => {
      const help = helpOf(module);
      const examples = help.split('Examples:\n')[1]?.trim().split('\n') ?? [];
      assert.ok(examples.length >= 3);
      for (const example of examples) {
        const [, hours, only] = / --seed 42 --hours (\d+)(?: --only (\S+))?$/.exec(example) ?? [];
        if (hours === undefined) continue;
        const most = generate(42, Number(hours)).happenings.length;
        assert.ok(
          (only ?? '1').split(',').every(one => Number(one) >= 1 && Number(one) <= most),
          example,
        );
      }
      parseAll(module, examples);
    });

  it('prints the language of scenario files', async () => {
    const { code, out } = await makeDesk().type('simulate', '--words');
    assert.equal(code, EXIT.ok);
    const flat = out.replace(/\s+/g, ' ');
    for (const { pattern } of HAPPENINGS) assert.ok(flat.includes(pattern), pattern);
    const data = JSON.parse((await makeDesk().type('simulate', '--words', '--json')).out);
    assert.ok(data['at TIME …'].length >= HAPPENINGS.length);
  });
});

describe('understudy simulate FILE', function () {
  this.timeout(60_000);

  it('lives through a scenario and tells what happened: exit 0', async () => {
    const desk = makeDesk();
    const file = join(desk.dir, 'night.scenario');
    writeFileSync(file, NIGHT);
    const { code, out, err } = await desk.type('simulate', file);
    assert.equal(code, EXIT.ok, out + err);
    assert.match(out, /^== .*night\.scenario$/m);
    assert.match(out, /^02:13:00 home of mail is locked for 1h$/m);
    assert.match(out, /^02:13:\d\d mail: failover to away is done/m);
    assert.match(out, /^ok: 1 expectation met, no invariant violated$/m);
  });

  it('is read in 80 columns, each thing under its own text', async () => {
    const desk = makeDesk();
    const file = join(desk.dir, 'night.scenario');
    const text = `${NIGHT}expect notice "this is said by nobody, and for so long that a line does not hold it" within 5m\n`;
    writeFileSync(file, text.replace('runner daemon', 'runner cron every 1m'));
    const { out } = await desk.type('simulate', file);
    assert.match(out, /^02:1\d:\d\d irc hears: .*\n {9}\S/m);
    assert.match(out, /night\.scenario:8: .*\n {2}\S/m);
    const seed = await desk.type('simulate', '--seed', '42', '--hours', '2', '--full');
    const told = seed.out.split('\n').filter(line => !line.startsWith('Replay: '));
    const wide = [...out.split('\n'), ...told].filter(line => line.length > 80 && line.trim().includes(' '));
    // The path of a file is not broken.
    assert.deepEqual(
      wide.filter(line => !line.includes(desk.dir)),
      [],
    );
  });

  it('gives understudy the clock of the story', async () => {
    const desk = makeDesk();
    const file = join(desk.dir, 'hold.scenario');
    writeFileSync(
      file,
      `${NIGHT}at 02:33 alice holds mail for 1h\nexpect notice "2026-03-01 03:33" within 1m\n`,
    );
    const { code, out } = await desk.type('simulate', file);
    assert.equal(code, EXIT.ok, out);
  });

  it('tells what went otherwise, with file and line: exit 5', async () => {
    const desk = makeDesk();
    const file = join(desk.dir, 'night.scenario');
    writeFileSync(file, `${NIGHT}expect mail active home for 5m\n`);
    const { code, out } = await desk.type('simulate', file);
    assert.equal(code, EXIT.failed);
    assert.match(
      out,
      /night\.scenario:8: 02:13:\d\d: not as\s+expected: expect\s+mail\s+active\s+home\s+for\s+5m;\s+instead: /,
    );
    assert.match(out, /^failed: 1 thing went otherwise$/m);
    const data = JSON.parse((await desk.type('simulate', file, '--json')).out);
    assert.deepEqual([data.scenarios[0].ok, data.scenarios[0].failures.length], [false, 1]);
  });

  it('writes what understudy saw, and replay decides the same from it', async () => {
    const desk = makeDesk();
    const [file, trace] = [join(desk.dir, 'night.scenario'), join(desk.dir, 'night.jsonl')];
    writeFileSync(
      file,
      NIGHT.replaceAll('mail', 'web').replace('away at aws', 'away at aws, ipv4\n  interval 10s'),
    );
    const { code, err } = await desk.type('simulate', file, '--trace', trace);
    assert.equal(code, EXIT.ok, err);
    assert.match(err, /^understudy: \d{3,} lines to .*night\.jsonl$/m);
    const { header, events } = readTrace(readFileSync(trace, 'utf8'), trace);
    assert.deepEqual([header.service, header.runner, header.sites], ['web', 'desk', ['home', 'away']]);
    assert.equal(header.from, Date.UTC(2026, 2, 1, 2, 3));
    assert.deepEqual(
      events.flatMap(({ type, item }) => (type === 'run' ? [[item.kind, item.to, item.status]] : [])),
      [['failover', 'away', 'done']],
    );
    const replayed = await desk.type('replay', trace);
    assert.match(replayed.out, /WOULD RUN failover home -> away/);
    assert.match(replayed.out, /1 run by itself, 1 of them the\s+same/);
  });

  it('writes no trace of several services, stations or scenarios, and never half of one: exit 2', async () => {
    const desk = makeDesk();
    const file = join(desk.dir, 'night.scenario');
    const trace = join(desk.dir, 'night.jsonl');
    const two = `${NIGHT}station desk runs daemon\nstation attic runs daemon\n`.replace(
      'runner daemon\n',
      '',
    );
    for (const [text, words, wanted] of [
      [
        two,
        [file, '--trace', trace],
        /--trace takes .* of one service and one runner; .* has 1 service at 2 stations/,
      ],
      [NIGHT, [file, file, '--trace', trace], /--trace takes one scenario file/],
      [
        NIGHT,
        [file, '--trace', join(desk.dir, 'no/such')],
        /--trace .* cannot be written: there is no such directory/,
      ],
      [NIGHT, ['--seed', '3', '--trace', trace], /--trace goes with scenario files; see --help/],
    ] as const) {
      writeFileSync(file, text);
      const { code, err } = await desk.type('simulate', ...words);
      assert.equal(code, EXIT.usage, err);
      assert.match(err, wanted);
    }
    assert.deepEqual(
      readdirSync(desk.dir).filter(name => name.includes('jsonl')),
      [],
    );
  });

  it('runs none when one is refused, and tells every mistake: exit 2', async () => {
    const desk = makeDesk();
    const [good, bad] = [join(desk.dir, 'good.scenario'), join(desk.dir, 'bad.scenario')];
    writeFileSync(good, NIGHT);
    writeFileSync(bad, `${NIGHT}at 02:20 home of male is locked\nat 02:21 nonsense\n`);
    const { code, out, err } = await desk.type('simulate', good, bad);
    assert.equal(code, EXIT.usage);
    assert.equal(out, '');
    assert.match(err, /bad\.scenario:8:18: error: .*found "male".*did you mean mail\?/);
    assert.match(err, /bad\.scenario:9:\d+: error: /);
    assert.match(err, /\n`understudy simulate --words` shows the whole language\n$/);
  });

  it('refuses what cannot be read: exit 2', async () => {
    const desk = makeDesk();
    const file = join(desk.dir, 'binary.scenario');
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00]));
    const missing = await desk.type('simulate', join(desk.dir, 'none.scenario'));
    assert.equal(missing.code, EXIT.usage);
    assert.match(missing.err, /none\.scenario cannot be read: there is no such file/);
    assert.match((await desk.type('simulate', file)).err, /binary\.scenario cannot be read: it is not UTF-8/);
    assert.match(
      (await desk.type('simulate', desk.dir)).err,
      /cannot be read: it is (a directory|not a regular file)/,
    );
  });
});

describe('understudy simulate: violations', () => {
  const violation = (seed: number, invariant: number, at: number) => ({
    seed,
    invariant,
    sentence: `web: so it was in ${seed}`,
    at,
  });
  const account: SeedsAccount = {
    report: {
      from: 1,
      seeds: 9,
      hours: 1,
      violations: [violation(2, 3, 10), violation(4, 3, 20), violation(5, 11, 30)],
      coverage: createCoverage(),
      simulatedMs: 36_000_000,
      longestCalmMs: 1_200_000,
      calmBoundMs: 14_400_000,
    },
    cpuUs: 2_500_000,
    found: [
      {
        ...violation(2, 3, 10),
        story: ['seed 2: the story', '  of it'],
        replay: 'understudy simulate --seed 2',
      },
    ],
    never: [{ area: 'gate', name: '26 observer' }],
    cannot: { 'gate 99 never': 'for such a reason' },
    cover: true,
    wanted: 9,
    interrupted: false,
  };

  it('are told by their story, the others in a line', () => {
    const text = seedsText(account);
    assert.match(text, /^seed 2: the story\n {2}of it$/m);
    assert.match(
      text,
      /^Other violations\n {2}seed 4: invariant 3: web: so it was in 4\n {2}seed 5: invariant 11/m,
    );
    assert.match(text, /^Never occurred, so nothing is proved of it\n {2}gate 26 observer$/m);
    assert.match(text, /^Cannot occur\n {2}gate 99 never: for such a reason$/m);
    assert.match(
      text,
      /^9 seeds from 1, 1 h of faults each: 3 violations\n10 simulated hours in 3 CPU seconds: 4 simulated/m,
    );
    assert.match(text, /^failed: 1 thing that must occur never did/m);
  });

  it('fail for what never occurred only when that was asked for, and not when they were cut short', () => {
    assert.doesNotMatch(seedsText({ ...account, cover: false }), /^failed/m);
    assert.doesNotMatch(seedsText({ ...account, interrupted: true }), /^failed/m);
  });

  it('are all in the data', () => {
    const data = seedsData(account);
    assert.equal(data.violations.length, 3);
    assert.equal(data.stories[0]?.replay, 'understudy simulate --seed 2');
    assert.deepEqual(data.never, [{ area: 'gate', name: '26 observer' }]);
  });
});
