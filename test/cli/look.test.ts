/** status, why, history, rules, config and serve, typed at a desk: they look, answer in two forms, and change nothing. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { DNS_LIMIT_MS, viewDns } from '../../src/cli/dns-view.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { RULES } from '../../src/judge/rules.ts';
import type { Change } from '../../src/model/state.ts';
import { GATE_ROWS } from '../../src/plan/gate/rows.ts';
import { createNameServers } from '../../src/probe/name-servers.ts';
import type { ServedZone } from '../../src/sandbox/nameserver/answer.ts';
import { startNameserver } from '../../src/sandbox/nameserver/nameserver.ts';
import { systemClock } from '../../src/system/clock.ts';
import { canaries } from '../secrets.ts';
import { type Desk, makeDesk } from './desk.ts';
import { MINUTE, NOW, night, refusedDecision, TOKEN, wellDecision } from './scene.ts';

/** The night moved to this very moment, with irc looked at too. */
function nightNow(): readonly Change[] {
  const now = Date.now();
  const move = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (_key, inner) =>
      typeof inner === 'number' && Math.abs(inner - NOW) < 86_400_000 ? inner - NOW + now : inner,
    );
  return move([...night(), { kind: 'decision', decision: wellDecision(NOW - 12_000, 'irc') }]);
}

const EPOCH = '_understudy-web.example.org';

function zone(epoch: string | null, ...addresses: readonly string[]): ServedZone {
  return {
    name: 'example.org',
    served: () => [
      { name: 'example.org', type: 'SOA', ttlS: 60, values: ['ns. hostmaster. 1 7200 900 1209600 60'] },
      {
        name: 'www.example.org',
        type: 'A',
        ttlS: 60,
        values: addresses.length === 0 ? ['198.51.100.7'] : addresses,
      },
      ...(epoch === null ? [] : [{ name: EPOCH, type: 'TXT', ttlS: 60, values: [`"${epoch}"`] }]),
    ],
  };
}

async function withServer(
  served: ServedZone,
  use: (server: Awaited<ReturnType<typeof startNameserver>>) => Promise<void>,
): Promise<void> {
  const server = await startNameserver({ zones: [served] });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

const GOOD = 'v=1 epoch=5 active=away owner=r-1';

describe('cli: status', () => {
  it('shows the night: what holds, what waits, what is out, what is undelivered; and delivers nothing', async () => {
    const desk = makeDesk();
    await desk.seed(...nightNow());
    const { code, out, err } = await desk.type('status');
    assert.equal(code, EXIT.ok, err);
    for (const part of [
      /^web: PROVIDER_LOCK at home for 14 min/m,
      /hold +ada until/,
      /active +away, epoch 5, published v4/,
      /incident +i-1/,
      /last run +r-1, failover to away, automatic: unverified/,
      /not acting refused-by-gate/,
      /understudy approve p-2/,
      /quarantine home since/,
      /judged \d+ s ago/,
      /^irc: HEALTHY at home/m,
      /relay: 1 notice/,
    ])
      assert.match(out, part);
    assert.doesNotMatch(out, /STALE|dns /);
    const [item] = await desk.with(store => store.outbox('relay', 5));
    assert.equal(item?.attempts, 0, 'status must not deliver');
  });

  it('gives the document of /status.json with more beside it', async () => {
    const desk = makeDesk();
    await desk.seed(...nightNow());
    const { out } = await desk.type('status', 'web', '--json');
    const status = JSON.parse(out);
    assert.equal(status.version, 1);
    assert.equal(status.stale, false);
    assert.equal(status.stateError, null);
    assert.deepEqual(
      status.services.map((service: { name: string }) => service.name),
      ['web'],
    );
    assert.equal(status.services[0].verdict, 'PROVIDER_LOCK');
    assert.equal(status.services[0].hold.owner, 'ada');
    assert.deepEqual(status.services[0].quarantined, ['home']);
    assert.equal(status.proposed[0].id, 'p-2');
    assert.equal(status.backlog[0].waiting, 1);
    assert.deepEqual(status.dns, []);
    assert.doesNotMatch(out, new RegExp(TOKEN));
  });

  it('takes back an old record on top, and asks DNS by itself then', () =>
    withServer(zone(GOOD), async server => {
      const desk = makeDesk({ nameservers: `["${server.address}"]` });
      await desk.seed({ kind: 'decision', decision: wellDecision(Date.now() - 180 * MINUTE) });
      const { code, out } = await desk.type('status', 'web');
      assert.equal(code, EXIT.ok);
      assert.match(out, /STALE: the last look was 3 h ago: is cron/);
      assert.match(out, /dns +127\.0\.0\.1:\d+: epoch 5, active away; www\.example\.org is away/);
    }));

  it('shows with --dns that a run has claimed the service, and whose', () =>
    withServer(zone('v=1 epoch=6 active=away owner=r-other busy=495 step=315'), async server => {
      const desk = makeDesk({ nameservers: `["${server.address}"]` });
      await desk.seed(...nightNow());
      const { out } = await desk.type('status', 'web', '--dns');
      assert.match(
        out,
        /epoch 6, active away, claimed by r-other \(busy 495\s+s, step 315 s\);\s+www\.example\.org is away/,
      );
      const json = JSON.parse((await desk.type('status', 'web', '--dns', '--json')).out);
      assert.deepEqual(json.dns[0].servers[0].epoch.claim, { busyS: 495, stepS: 315 });
    }));

  it('asks DNS with --dns, and says when name servers do not agree or one does not answer', () =>
    withServer(zone(GOOD), async first =>
      withServer(zone('v=1 epoch=4 active=home owner=r-0', '203.0.113.10'), async second => {
        const servers = `["${first.address}", "${second.address}", "127.0.0.1:9"]`;
        const desk = makeDesk({ nameservers: servers });
        await desk.seed(...nightNow());
        const { out } = await desk.type('status', 'web', '--dns');
        assert.match(out, /epoch 5, active away/);
        assert.match(out, /epoch 4, active home; www\.example\.org is home/);
        assert.match(out, /127\.0\.0\.1:9: (?!the name server)/);
        assert.match(out, /do not agree/);
        const json = JSON.parse((await desk.type('status', 'web', '--dns', '--json')).out);
        assert.deepEqual(
          json.dns[0].servers.map((one: { site: string | null }) => one.site),
          ['away', 'home', null],
        );
      }),
    ));

  for (const [what, spoil] of [
    [
      'is damaged',
      (desk: Desk) => writeFileSync(desk.state, 'no database at all, and long enough '.repeat(200)),
    ],
    ['is not there', () => {}],
  ] as const) {
    it(`shows what DNS says when the state file ${what}: exit 8`, () =>
      withServer(zone(GOOD), async server => {
        const desk = makeDesk({ nameservers: `["${server.address}"]` });
        spoil(desk);
        const existed = existsSync(desk.state);
        const { code, out } = await desk.type('status', 'web');
        assert.equal(code, EXIT.store);
        assert.match(out, /THE STATE CANNOT BE USED/);
        assert.match(out, /epoch 5, active away/);
        assert.equal(existsSync(desk.state), existed, 'looking makes no state file');
        const json = JSON.parse((await desk.type('status', 'web', '--json')).out);
        assert.match(json.stateError.code, /^store-/);
        assert.equal(json.stale, true);
        assert.equal(json.dns[0].servers[0].epoch.epoch, 5);
      }));
  }

  it('refuses an unknown service and names the others: exit 2', async () => {
    const { code, err } = await makeDesk().type('status', 'wbe');
    assert.equal(code, EXIT.usage);
    assert.match(err, /there are: web, irc/);
  });
});

describe('cli: what DNS says', () => {
  const ports = { nameServers: createNameServers(), clock: systemClock };
  const never = new AbortController().signal;
  const serviceWith = (nameservers: readonly string[] | null) => ({
    name: 'web',
    sites: [
      { name: 'home', addresses: { v4: '203.0.113.10' } },
      { name: 'away', addresses: { v4: '198.51.100.7' } },
    ],
    dns: { epochName: EPOCH, zoneName: 'example.org', records: ['www.example.org'], nameservers },
  });
  const view = (nameservers: readonly string[] | null, more: object = {}) =>
    viewDns(serviceWith(nameservers) as never, { ...ports, ...more }, never);

  it('gives up on a server that is silent, and keeps what the others say', () =>
    withServer(zone(GOOD), async good =>
      withServer(zone(GOOD), async silent => {
        silent.pause(true);
        const started = performance.now();
        const { servers } = await view([silent.address, good.address]);
        assert.match(servers[0]?.problem ?? '', /in time/);
        assert.equal(servers[1]?.epoch?.epoch, 5);
        assert.ok(performance.now() - started < 10 * DNS_LIMIT_MS);
      }),
    ));

  for (const [what, text, problem] of [
    ['no epoch yet', null, /no epoch yet/],
    ['a record of somebody else', 'v=spf1 -all', /not ours to understand/],
    ['a record cut short', 'v=1 epoch=5 active=away', /owner= is missing/],
  ] as const) {
    it(`shows the addresses beside ${what}`, () =>
      withServer(zone(text), async server => {
        const [one] = (await view([server.address])).servers;
        assert.equal(one?.epoch, null);
        assert.match(one?.problem ?? '', problem);
        assert.equal(one?.site, 'away');
      }));
  }

  it('knows a server that is not responsible from one that has no epoch', () =>
    withServer({ name: 'example.net', served: () => [] }, async server => {
      const [one] = (await view([server.address])).servers;
      assert.match(one?.problem ?? '', /does not answer for this zone \(REFUSED\)/);
    }));

  it('calls no site the one when addresses belong to none', () =>
    withServer(zone(GOOD, '192.0.2.99'), async server => {
      const [one] = (await view([server.address])).servers;
      assert.deepEqual([one?.site, one?.addresses], [null, ['192.0.2.99']]);
    }));

  it('calls no site the one when addresses belong to two', () =>
    withServer(zone(GOOD, '198.51.100.7', '203.0.113.10'), async server => {
      const [one] = (await view([server.address])).servers;
      assert.equal(one?.addresses.length, 2);
      assert.equal(one?.site, null);
    }));

  it('finds the name servers by resolution when the config names none, and says when it cannot', async () => {
    await withServer(zone(GOOD), async server => {
      const asked: string[] = [];
      const resolve = async (name: string) => {
        asked.push(name);
        return [server.address];
      };
      assert.equal((await view(null, { resolve })).servers[0]?.epoch?.active, 'away');
      assert.deepEqual(asked, ['example.org']);
    });
    const failing = await view(null, { resolve: () => Promise.reject(new Error('queryNs ECONNREFUSED')) });
    assert.match(failing.problem ?? '', /could not be found: queryNs ECONNREFUSED/);
    assert.match(
      (await view(null, { resolve: async () => [] })).problem ?? '',
      /no name server of example\.org/,
    );
  });
});

describe('cli: why', () => {
  it('explains the last decision row by row, in words and as data', async () => {
    const desk = makeDesk();
    await desk.seed(...nightNow());
    const { code, out } = await desk.type('why', 'web');
    assert.equal(code, EXIT.ok);
    for (const part of [
      /30 PROVIDER_LOCK +yes observer is online/,
      /http +failing +2 failures/,
      /14 hold +REFUSED found held by ada/,
      /22 block-window +REFUSED/,
      /understudy resume web/,
    ])
      assert.match(out, part);
    const data = JSON.parse((await desk.type('why', 'web', '--json')).out);
    assert.equal(data.decision.verdict.class, 'PROVIDER_LOCK');
    assert.equal(data.rules.at(-1).matched, true);
    assert.equal(data.rules.at(-1).rule.number, data.decision.verdict.rule);
    assert.deepEqual(data.decision.gate, JSON.parse(JSON.stringify(refusedDecision(0).gate)));
    assert.ok(data.next.length > 0);
  });

  it('says so when nothing was decided yet', async () => {
    const desk = makeDesk();
    await desk.seed();
    const { code, out } = await desk.type('why', 'irc');
    assert.equal(code, EXIT.ok);
    assert.match(out, /irc: nothing was decided yet/);
    assert.equal(JSON.parse((await desk.type('why', 'irc', '--json')).out).decision, null);
  });

  it('needs a service among several, and a state', async () => {
    const desk = makeDesk();
    assert.equal((await desk.type('why')).code, EXIT.usage);
    const { code, err } = await desk.type('why', 'web');
    assert.equal(code, EXIT.store);
    assert.match(err, /there is no state file/);
    assert.equal(existsSync(desk.state), false);
  });
});

describe('cli: history', () => {
  it('shows the newest last, of all services or of one', async () => {
    const desk = makeDesk();
    await desk.seed(...night());
    const { code, out } = await desk.type('history');
    assert.equal(code, EXIT.ok);
    const places = ['web: hold by ada', 'irc: failover by bob', 'incident i-1', 'run r-1'].map(part =>
      out.indexOf(part),
    );
    assert.ok(places.every(place => place >= 0));
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    const web = await desk.type('history', 'web', '--json');
    const kinds = JSON.parse(web.out).entries.map((entry: { kind: string }) => entry.kind);
    assert.deepEqual(kinds, ['audit', 'incident', 'run']);
    assert.doesNotMatch(web.out, new RegExp(TOKEN));
    const last = JSON.parse((await desk.type('history', '--limit', '1', '--json')).out).entries;
    assert.deepEqual(
      last.map((entry: { kind: string }) => entry.kind),
      ['run'],
    );
    assert.equal(last[0].steps.length, 3);
  });

  it('shows one run to the last line of its output', async () => {
    const desk = makeDesk();
    await desk.seed(...night());
    const { code, out } = await desk.type('history', '--run', 'r-1');
    assert.equal(code, EXIT.ok);
    assert.match(out, /\| starting nginx/);
    assert.match(out, /FAILED web: nginx did not start/);
    const data = JSON.parse((await desk.type('history', '--run', 'r-1', '--json')).out);
    assert.equal(data.journal.length, 8);
    assert.equal(data.plan.id, 'p-1');
    assert.equal(data.run.token, undefined);
  });

  for (const [what, words, message] of [
    ['an unknown run, naming the newest', ['--run', 'r-9'], /no run "r-9"; the newest are: r-1/],
    ['a run of another service', ['irc', '--run', 'r-1'], /no run "r-1" of irc; none was made yet/],
    ['a limit of nothing', ['--limit', '0'], /from 1 to 1000, not "0"/],
    ['a limit that is no number', ['--limit', 'all'], /not "all"/],
    ['a limit beyond reason', ['--limit', '1001'], /not "1001"/],
    ['an unknown service', ['wbe'], /there are: web, irc/],
  ] as const) {
    it(`refuses ${what}: exit 2`, async () => {
      const desk = makeDesk();
      await desk.seed(...night());
      const { code, err } = await desk.type('history', ...words);
      assert.equal(code, EXIT.usage);
      assert.match(err, message);
    });
  }

  it('says so when nothing has happened', async () => {
    const desk = makeDesk();
    await desk.seed();
    assert.match((await desk.type('history')).out, /nothing has happened yet/);
  });
});

describe('cli: rules', () => {
  it('prints the tables without a config, in words and as data', async () => {
    const desk = makeDesk();
    const missing = `${desk.config}.missing`;
    const { code, out } = await desk.type('--config', missing, 'rules');
    assert.equal(code, EXIT.ok);
    assert.equal(out, readFileSync(new URL('golden/rules.txt', import.meta.url), 'utf8'));
    const data = JSON.parse((await desk.type('--config', missing, 'rules', '--json')).out);
    assert.equal(data.rules.length, RULES.length);
    assert.equal(data.gate.length, GATE_ROWS.length);
    assert.deepEqual(data.rules.at(-1).when, {});
  });
});

describe('cli: config', () => {
  it('takes a good config with its warnings, a line a service: exit 0', async () => {
    const desk = makeDesk();
    const { code, out } = await desk.type('config', 'check');
    assert.equal(code, EXIT.ok);
    assert.match(out, /^ok: mode act, 2 services, 0 errors, \d+ warnings?$/m);
    assert.match(out, /web: home \(hcloud, v4 v6\) -> away \(ovh, v4\); probes http/);
    const data = JSON.parse((await desk.type('config', 'check', '--json')).out);
    assert.equal(data.ok, true);
    assert.deepEqual(
      data.services.map((service: { name: string }) => service.name),
      ['web', 'irc'],
    );
  });

  it('names every problem of a bad one with its place: exit 3', async () => {
    const desk = makeDesk();
    writeFileSync(
      desk.config,
      readFileSync(desk.config, 'utf8')
        .replace('mode: act', 'mode: atc')
        .replace('block_window: 1h', 'block_windw: 1h'),
    );
    const { code, out } = await desk.type('config', 'check');
    assert.equal(code, EXIT.config);
    assert.match(out, /understudy\.yaml:2:\d+: error: mode: .*did you mean act\?/);
    assert.match(out, /block_windw.*did you mean block_window\?/);
    assert.match(out, /^refused: 2 errors/m);
    const data = JSON.parse((await desk.type('config', 'check', '--json')).out);
    assert.equal(data.ok, false);
    assert.equal(data.problems.filter((one: { severity: string }) => one.severity === 'error').length, 2);
    assert.deepEqual(data.services, []);
  });

  it('never shows a secret that stands where it must not', async () => {
    const desk = makeDesk();
    const text = readFileSync(desk.config, 'utf8').replace('{ env: HCLOUD_TOKEN }', canaries.password);
    writeFileSync(desk.config, text);
    const { code } = await desk.type('config', 'check'); // the desk looks for secrets in all that is printed
    assert.equal(code, EXIT.config);
    // It lies in a workspace, which is searched when the tests are done.
    writeFileSync(desk.config, '');
  });

  it('prints what may stand in it, without a config', async () => {
    const desk = makeDesk();
    const { code, out } = await desk.type('--config', 'nowhere', 'config', 'schema');
    assert.equal(code, EXIT.ok);
    assert.match(out, /block_window/);
    const data = JSON.parse((await desk.type('config', 'schema', '--json')).out);
    assert.equal(data.version, 1);
  });

  it('asks for one of its two words: exit 2', async () => {
    assert.equal((await makeDesk().type('config')).code, EXIT.usage);
    assert.equal((await makeDesk().type('config', 'chekc')).code, EXIT.usage);
  });
});

describe('cli: serve', () => {
  it('answers from the state until it is told to stop, and delivers nothing', async () => {
    const desk = makeDesk();
    await desk.seed(...nightNow());
    const { code } = await desk.typeUntil(
      async out => {
        const { url } = JSON.parse(out);
        const response = await fetch(`${url}/status.json`);
        assert.equal(response.status, 200);
        const body = (await response.json()) as { services: { name: string; verdict: string }[] };
        assert.equal(body.services[0]?.verdict, 'PROVIDER_LOCK');
      },
      'serve',
      '--listen',
      '127.0.0.1:0',
      '--json',
    );
    assert.equal(code, EXIT.ok);
    const [item] = await desk.with(store => store.outbox('relay', 5));
    assert.equal(item?.attempts, 0);
  });

  it('comes up without a state, says 503, and recovers by itself when there is one', async () => {
    const desk = makeDesk();
    const { code, err } = await desk.typeUntil(
      async out => {
        const url = /serving (\S+?)\/status\.json/.exec(out)?.[1] ?? '';
        assert.equal((await fetch(`${url}/status.json`)).status, 503);
        assert.equal(existsSync(desk.state), false);
        await desk.seed(...nightNow());
        // An answer, a failure too, stands for a second: readers must not be able to keep the store busy.
        const until = Date.now() + 10_000;
        let { status } = await fetch(`${url}/status.json`);
        while (status !== 200 && Date.now() < until) ({ status } = await fetch(`${url}/status.json`));
        assert.equal(status, 200);
      },
      'serve',
      '--listen',
      '127.0.0.1:0',
    );
    assert.equal(code, EXIT.ok);
    assert.match(err, /there is no state file/);
  });

  for (const [what, listen] of [
    ['no port', '127.0.0.1'],
    ['a port beyond all', '127.0.0.1:70000'],
    ['a name that is not this machine', 'example.org:80'],
  ] as const) {
    it(`refuses to listen on ${what}: exit 2`, async () => {
      const { code, err } = await makeDesk().type('serve', '--listen', listen);
      assert.equal(code, EXIT.usage);
      assert.match(err, /allowed: 127\.0\.0\.1:8053/);
    });
  }

  it('says so when the port is taken: exit 5', () =>
    withServer(zone(null), async server => {
      const { code, err } = await makeDesk().type('serve', '--listen', server.address);
      assert.equal(code, EXIT.failed);
      assert.match(err, /cannot listen on 127\.0\.0\.1/);
    }));
});

describe('cli: words that are off', () => {
  const OFF: readonly (readonly [readonly string[], string])[] = [
    [['status', '--josn', '--json'], "unknown option '--josn' (Did you mean --json?)"],
    [['histroy', '--json'], "unknown command 'histroy' (Did you mean history?)"],
    [['clear', 'web', '--json'], "missing required argument 'site'"],
    [['run', '--json'], "unknown option '--json'"],
    [['history', '--limit', '--json'], '--limit is a whole number from 1 to 1000, not "--json"'],
    [['--json'], "unknown option '--json'"],
  ];
  for (const [words, message] of OFF)
    it(`${words.join(' ')}: one JSON object, exit 2`, async () => {
      const { code, out, err } = await makeDesk().type(...words);
      assert.deepEqual([code, out], [EXIT.usage, '']);
      assert.deepEqual(JSON.parse(err), { error: { code: 'usage', message, next: null } });
    });

  it('is told in plain words where no JSON is asked for, be it behind --', async () => {
    const plain = await makeDesk().type('histroy', '--', '--json');
    assert.equal(plain.code, EXIT.usage);
    assert.match(plain.err, /^error: unknown command 'histroy'\n/);
    assert.match((await makeDesk().type()).err, /Usage: understudy/);
  });
});
