/** What users copy to their machines must be well-formed, and must call commands that exist. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeWorkspace } from '../workspace.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INFRA = join(ROOT, 'infra');
const UNITS = join(INFRA, 'systemd');
const PROGRAM = '/usr/local/bin/understudy';

function text(...path: string[]): string {
  return readFileSync(join(INFRA, ...path), 'utf8');
}

/** systemd's own judgement of unit files. The program is not installed here, so another takes its place. */
function verify(units: Readonly<Record<string, string>>): string {
  const folder = makeWorkspace('units');
  const paths = Object.entries(units).map(([name, content]) => {
    const path = join(folder, name);
    writeFileSync(path, content.replaceAll(PROGRAM, process.execPath));
    return path;
  });
  const { status, stderr, stdout } = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], {
    encoding: 'utf8',
  });
  const ours = `${stdout}${stderr}`.split('\n').filter(line => line.includes('understudy'));
  return [...ours, ...(status === 0 ? [] : [`status ${status}`])].join('\n');
}

const units = Object.fromEntries(readdirSync(UNITS).map(name => [name, text('systemd', name)]));

describe('infra: systemd', () => {
  if (existsSync('/usr/bin/systemd-analyze')) {
    it('accepts the units', () => assert.equal(verify(units), ''));

    it('would refuse a bad one', () => {
      const name = 'understudy.service';
      assert.match(
        verify({ [name]: (units[name] ?? '').replace('ProtectSystem=', 'ProtectSistem=') }),
        /ProtectSistem/,
      );
    });
  }

  it('every unit is hardened alike', () => {
    const hardening = (content: string) =>
      /^User=understudy\n[\s\S]*SystemCallErrorNumber=EPERM$/m.exec(content)?.[0];
    const services = Object.entries(units).filter(([name]) => name.endsWith('.service'));
    assert.equal(new Set(services.map(([, content]) => hardening(content))).size, 1);
    assert.ok(services.every(([, content]) => hardening(content) !== undefined));
  });
});

describe('infra: commands', () => {
  it('units and crontab call commands that the program has', () => {
    const called = [...Object.values(units), text('cron.d', 'understudy')].flatMap(content =>
      [...content.matchAll(new RegExp(`^[^#\n]*${PROGRAM} ([a-z]+)`, 'gm'))].map(match => match[1] ?? ''),
    );
    assert.deepEqual([...new Set(called)].sort(), ['run', 'serve', 'tick']);
    const known = readdirSync(join(ROOT, 'src', 'cli')).map(name => basename(name, '.ts'));
    assert.deepEqual(
      called.filter(name => !known.includes(name)),
      [],
    );
  });

  it('the crontab has one well-formed line, and ends with a newline as cron demands', () => {
    const crontab = text('cron.d', 'understudy');
    assert.ok(crontab.endsWith('\n'));
    const lines = crontab.split('\n').filter(line => line !== '' && !/^(#|[A-Z]+=)/.test(line));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^(\S+ ){5}understudy \S/);
    // cron turns an unescaped % into a newline.
    assert.doesNotMatch(lines[0] ?? '', /%/);
  });
});

describe('infra: IAM', () => {
  interface Statement {
    readonly Sid: string;
    readonly Action: string | readonly string[];
    readonly Resource: string;
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  }
  const { Statement: statements }: { Statement: readonly Statement[] } = JSON.parse(
    text('iam', 'route53-policy.json'),
  );

  it('allows the calls of the adapter and no others', () => {
    assert.deepEqual(statements.flatMap(({ Action }) => Action).sort(), [
      'route53:ChangeResourceRecordSets',
      'route53:GetChange',
      'route53:GetHostedZone',
      'route53:ListResourceRecordSets',
    ]);
    const source = readdirSync(join(ROOT, 'src/providers/route53'))
      .map(name => readFileSync(join(ROOT, 'src/providers/route53', name), 'utf8'))
      .join('\n');
    const commands = new Set(
      [...source.matchAll(/\b([A-Z]\w+)Command\b/g)].map(match => `route53:${match[1]}`),
    );
    assert.deepEqual([...commands].sort(), statements.flatMap(({ Action }) => Action).sort());
  });

  it('narrows writing by name, type and action, and to requests that have them', () => {
    const write = statements.find(({ Action }) => Action === 'route53:ChangeResourceRecordSets');
    const keys = ['Actions', 'NormalizedRecordNames', 'RecordTypes'].map(
      key => `route53:ChangeResourceRecordSets${key}`,
    );
    assert.deepEqual(Object.keys(write?.Condition?.['ForAllValues:StringEquals'] ?? {}).sort(), keys);
    assert.deepEqual(Object.keys(write?.Condition?.Null ?? {}).sort(), keys);
    assert.doesNotMatch(write?.Resource ?? '*', /\*/);
  });
});
