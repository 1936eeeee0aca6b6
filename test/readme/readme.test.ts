/**
 * README.md is held against the program: its tables against the code, its config against the loader, its picture of the demo
 * against a demo, its receiver against real webhooks, and every command in it is typed.
 * `UPDATE_README=1 npx mocha test/readme/readme.test.ts` writes the tables anew.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { COMMANDS } from '../../src/cli/commands.ts';
import { parseEpoch } from '../../src/model/epoch.ts';
import { fixture, load } from '../config/helper.ts';
import { canaries } from '../secrets.ts';
import { makeWorkspace } from '../workspace.ts';
import { type Block, blocksOf, README, ROOT, readme, tableIn, tablesIn, withTable } from './markdown.ts';
import { freePort, needBuild, noteOf, Stage } from './stage.ts';
import { TABLES } from './tables.ts';

const UPDATE = process.env.UPDATE_README === '1';

function only(blocks: readonly Block[], what: string): Block {
  const [block] = blocks;
  assert.ok(block !== undefined && blocks.length === 1, `the README has ${blocks.length} blocks of ${what}`);
  return block;
}

describe('README: the tables', () => {
  it('has a table for each that the code can make, and no other', () => {
    assert.deepEqual([...tablesIn(readme())].sort(), Object.keys(TABLES).sort());
  });

  for (const [name, make] of Object.entries(TABLES)) {
    it(`${name} is as the code has it`, () => {
      const wanted = make();
      if (UPDATE) writeFileSync(README, withTable(readme(), name, wanted));
      assert.equal(
        tableIn(readme(), name),
        wanted,
        `the table ${name} of README.md is out of date; UPDATE_README=1 npx mocha test/readme/readme.test.ts writes it:\n${wanted}`,
      );
    });
  }
});

describe('README: the text', () => {
  it('has the ten-line config, word for word, and it loads', async () => {
    const config = fixture('ten-lines.yaml');
    const block = blocksOf(readme()).find(({ language }) => language === 'yaml');
    assert.equal(block?.text, config);
    assert.equal(config.trimEnd().split('\n').length, 10);
    const { settings } = await load(config);
    assert.deepEqual(
      settings.services[0]?.sites.map(site => site.name),
      ['helsinki', 'standby'],
    );
  });

  it('tells the defaults as they are', async () => {
    const { settings } = await load(fixture('ten-lines.yaml').replace('mode: act\n', ''));
    const [service] = settings.services;
    assert.ok(service !== undefined);
    const { thresholds, pace, limitsMs, dns, probes } = service;
    const told: readonly (readonly [RegExp, number])[] = [
      [/after (\d+) failures in a row \(`failures`\)/, thresholds.failures],
      [/\*and\* (\d+) s \(`failing_for`\)/, thresholds.failingForMs / 1000],
      [/instead of every (\d+) s\s+\(`interval`\)/, pace.intervalMs / 1000],
      [/well for\s+(\d+) minutes \(`return_for`\)/, thresholds.returnForMs / 60_000],
      [/\*block window\* \((\d+) h,/, service.blockWindowMs / 3_600_000],
      [/It has (\d+) s \(`limits`\)/, limitsMs.snapshot / 1000],
      [/the TTL short \((\d+) s\)/, dns.ttlS],
      [/\(`timeout`, (\d+) s\)/, (probes[0]?.timeoutMs ?? 0) / 1000],
    ];
    for (const [text, value] of told) assert.equal(Number(text.exec(readme())?.[1]), value, String(text));
    assert.equal(pace.fastMs, 1000, 'it looks every second');
    assert.equal(service.retryPauseMs, 60_000, 'it waits a minute');
    assert.equal(settings.mode, 'propose', 'left out it is propose');
    assert.ok(readme().includes(`\`${settings.state}\``));
    assert.ok(readme().includes(`\`${settings.serve.host}:${settings.serve.port}\``));
    assert.ok(readme().includes(dns.epochName));
  });

  it('tells what the replay of its day comes to', async function () {
    this.timeout(60_000);
    needBuild();
    const stage = await Stage.open({ mode: 'act', policy: null });
    try {
      await stage.type('understudy simulate day.scenario --trace day.jsonl');
      const wish = 'understudy replay day.jsonl -c ten-lines.yaml --compare --set thresholds.failing_for=2s';
      const { out } = await stage.type(wish);
      assert.match(out, /^moves by itself +1 +2$/m);
      assert.match(out, /^ +of them false +0 +1$/m);
      assert.match(
        out,
        /09:12:\d\dZ {2}failover helsinki -> standby; helsinki well again after\s+4 s: FALSE/,
      );
    } finally {
      await stage.close();
    }
  });

  it('has a sink that loads', async () => {
    const sinks = blocksOf(readme()).filter(({ language }) => language === 'yaml')[1]?.text ?? '';
    const { settings } = await load(`${fixture('ten-lines.yaml')}${sinks}`);
    assert.equal(settings.sinks.length, 1);
  });

  it('names no command that there is not, and leads to files that exist', async () => {
    const { Command } = await import('commander');
    const program = new Command();
    for (const module of COMMANDS) module.register(program, () => async () => {});
    const known = program.commands.map(command => command.name());
    const typed = blocksOf(readme()).flatMap(({ language, text }) =>
      language === 'sh' ? text.split('\n') : [],
    );
    const quoted = [...readme().matchAll(/`(understudy [^`]+)`/g)].map(match => match[1] ?? '');
    const named = [...typed, ...quoted].flatMap(line => /^understudy ([a-z]+)/.exec(line)?.[1] ?? []);
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter(name => !known.includes(name)),
      [],
    );
    for (const [, link = ''] of readme().matchAll(/\]\((?!https?:)([^)]+)\)/g))
      assert.ok(existsSync(join(ROOT, link)), `${link} is not there`);
  });

  it('shows an epoch record that the program would read', () => {
    const [, text = ''] = /IN TXT "([^"]+)"/.exec(readme()) ?? [];
    assert.notEqual(typeof parseEpoch(text), 'string', text);
  });
});

describe('README: the commands', function () {
  this.timeout(180_000);
  let stage: Stage | null = null;
  before(() => needBuild());
  after(async () => stage?.close());

  for (const block of blocksOf(readme()).filter(({ language }) => language === 'sh')) {
    const lines = block.text.trimEnd().split('\n');
    it(`line ${block.line}: ${lines[0]}${lines.length > 1 ? ` and ${lines.length - 1} more` : ''}`, async () => {
      const note = noteOf(block.note);
      if (note.fresh) {
        await stage?.close();
        stage = null;
        stage = await Stage.open(note);
      }
      if (note.befall !== null) {
        // The failure must be news to a program that knows the site well.
        assert.equal((await stage?.type('understudy tick'))?.code, 0);
        await stage?.world[note.befall]();
      }
      if (note.before !== null) assert.equal((await stage?.type(note.before))?.code, 0, note.before);
      for (const [index, line] of lines.entries()) await typed(stage, line, note.ends[index] ?? 0);
      assert.deepEqual((await stage?.endRunning()) ?? [], []);
    });
  }
});

/** Types one line and looks at its end. Scripts of the repository are only asked for their help: they run for minutes. */
async function typed(stage: Stage | null, line: string, code: number): Promise<void> {
  if (line.startsWith('./')) {
    const [script = ''] = line.split(' ');
    accessSync(join(ROOT, script), constants.X_OK);
    const { status, stdout } = spawnSync(join(ROOT, script), ['--help'], { encoding: 'utf8' });
    assert.equal(status, 0, line);
    assert.match(stdout, /\w/);
    return;
  }
  const scratch = stage ?? (await Stage.open({ mode: 'act', policy: null }));
  try {
    const result = await scratch.type(line);
    const said = `${result.out}${result.err}`;
    assert.equal(result.code, code, `${line} ended with ${result.code}, not with ${code}:\n${said}`);
    assert.match(said, /\S/, `${line} said nothing`);
    if (line.includes('--json')) assert.doesNotThrow(() => JSON.parse(result.out), line);
    if (line.startsWith('dig')) assert.notEqual(typeof parseEpoch(result.out.replaceAll('"', '')), 'string');
  } finally {
    if (stage === null) await scratch.close();
  }
}

describe('README: the demo', function () {
  this.timeout(120_000);

  it('shows what the demo shows', () => {
    needBuild();
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [join(ROOT, 'dist/understudy.js'), 'demo'],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    const said = `${stderr}${stdout}`.split('\n').map(masked);
    const shown = only(
      blocksOf(readme()).filter(({ note }) => note === 'demo'),
      'the demo',
    ).text;
    let at = -1;
    for (const line of shown.trimEnd().split('\n')) {
      const wanted = masked(line);
      const found = said.findIndex(
        (text, index) =>
          index > at && (wanted.endsWith('…') ? text.startsWith(wanted.slice(0, -1)) : text === wanted),
      );
      assert.ok(found > at, `the demo does not show this, or not in this order: ${line}\n${stderr}${stdout}`);
      at = found;
    }
  });
});

/** Ids and times differ from night to night. */
function masked(line: string): string {
  return line.replace(/\br-[a-z0-9]{12}\b/g, 'r-ID').replace(/\b\d+(?= ms\b)|(?<=[a-z] )\d+(?=[,)])/g, 'N');
}

describe('README: the receiver', function () {
  this.timeout(60_000);

  it('takes what understudy posts, and nothing that is forged', async () => {
    needBuild();
    const folder = makeWorkspace('receiver');
    const port = await freePort();
    const block = only(
      blocksOf(readme()).filter(({ note }) => note === 'receiver'),
      'the receiver',
    );
    assert.ok(block.text.includes('listen(8054,'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'receiver.mjs'), block.text.replace('8054', String(port)));
    const receiver = spawn(process.execPath, [join(folder, 'receiver.mjs')], {
      env: { ...process.env, WEBHOOK_SECRET: canaries.webhookSecret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const stage = await Stage.open({ mode: 'propose', policy: null }, `http://127.0.0.1:${port}/`);
    try {
      const said: string[] = [];
      const reader = createInterface({ input: receiver.stdout }).on('line', line => said.push(line));
      const told = new Promise<void>(resolve =>
        reader.on('line', line => line.includes('PROVIDER_LOCK') && resolve()),
      );
      await stage.type('understudy tick');
      await stage.world.lock();
      await stage.type('understudy tick');
      await told;
      assert.ok(said.some(line => line.startsWith('web: ')));
      const forged = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: '{"data":{"text":"all is well"}}',
        headers: {
          'webhook-id': 'n-1',
          'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
          'webhook-signature': 'v1,AAAA',
        },
      });
      assert.equal(forged.status, 401);
      assert.ok(!said.includes('all is well'));
    } finally {
      const ended = once(receiver, 'exit');
      receiver.kill();
      await ended;
      await stage.close();
    }
  });
});

describe('CHANGELOG', () => {
  it('has an entry for the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    assert.ok(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8').includes(`\n## [${version}] - `));
  });
});
