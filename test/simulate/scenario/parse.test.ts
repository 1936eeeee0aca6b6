/** The language: every kind of thing can be said, what is said reads back, and mistakes are told all at once. */
import assert from 'node:assert/strict';
import { buildCast } from '../../../src/simulate/cast.ts';
import { explainProblem } from '../../../src/config/problem.ts';
import { HAPPENINGS } from '../../../src/simulate/scenario/happenings.ts';
import { parseScenario } from '../../../src/simulate/scenario/parse.ts';
import { parsePattern } from '../../../src/simulate/scenario/pattern.ts';
import { Where } from '../../../src/simulate/scenario/phrases.ts';
import { ScenarioError } from '../../../src/simulate/scenario/problems.ts';
import { sayHappening } from '../../../src/simulate/scenario/say.ts';
import { openingComment } from '../../../src/simulate/scenario/text.ts';
import { tellTime } from '../../../src/simulate/scenario/times.ts';
import { CHAPTERS, vocabulary } from '../../../src/simulate/scenario/vocabulary.ts';
import type { HappeningKind } from '../../../src/simulate/script.ts';
import { EVERY_KIND } from './every-kind.ts';

const HEAD = `service mail
  site home at hetzner, ipv4 and ipv6, fence power-off, max lag 1m
  site away at aws, ipv4
  probes smtp, imap
`;

function parse(body: string, head = HEAD) {
  return parseScenario(`${head}${body}\n`, 'a.scenario');
}

/** @returns the mistakes of a file, a line each */
function mistakes(text: string): readonly string[] {
  try {
    parseScenario(text, 'a.scenario');
  } catch (error) {
    assert.ok(error instanceof ScenarioError, String(error));
    return error.problems.map(explainProblem);
  }
  return [];
}

describe('scenario: what there is', () => {
  it('builds services, sites and settings', () => {
    const { script } = parse(
      'expect mail HEALTHY\n',
      `${HEAD}  failures 5
  failing for 20s
  policy DEGRADED act
  block window 2h
  ttl 30s
  interval 1m
  limit fence 45s
  optional probes web
mode propose
sinks irc, pager
runner cron every 1m late by 20s
seed 7
`,
    );
    const { settings, stations } = script.cast;
    const [service] = settings.services;
    assert.ok(service !== undefined);
    assert.deepEqual(
      service.sites.map(site => [site.name, site.provider, site.maxLagMs, Object.keys(site.addresses)]),
      [
        ['home', 'hetzner', 60_000, ['v4', 'v6']],
        ['away', 'aws', null, ['v4']],
      ],
    );
    assert.deepEqual(
      service.probes.map(probe => [probe.id, probe.required]),
      [
        ['smtp', true],
        ['imap', true],
        ['web', false],
      ],
    );
    const { thresholds, policy, blockWindowMs, dns, pace, limitsMs } = service;
    assert.deepEqual([thresholds.failures, thresholds.failingForMs, thresholds.downWhen], [5, 20_000, 'all']);
    assert.deepEqual(
      [policy.DEGRADED, blockWindowMs, dns.ttlS, pace.intervalMs, limitsMs.fence],
      ['act', 7_200_000, 30, 60_000, 45_000],
    );
    assert.equal(settings.mode, 'propose');
    assert.deepEqual(
      settings.sinks.map(sink => sink.name),
      ['irc', 'pager'],
    );
    assert.deepEqual(stations, [
      { name: 'desk', runner: { way: 'cron', everyMs: 60_000, latenessMs: 20_000 }, offsetMs: 0 },
    ]);
    assert.equal(script.seed, 7);
  });

  it('lets services share a machine, be stateless and wait out a lease', () => {
    const { script } = parse(
      '',
      `service web
  stateless
  site home, on machine one
  site away
service mail
  site home, on machine one, fence wait 30s margin 5s
  site away, a lock is no fence, snapshot
station desk runs daemon
station attic runs cron every 5m ahead by 2m
`,
    );
    const [web, mail] = script.cast.settings.services;
    assert.equal(web?.stateless, true);
    assert.equal(web?.sites[0]?.server, mail?.sites[0]?.server);
    assert.notEqual(web?.sites[1]?.server, mail?.sites[1]?.server);
    const { method, leaseMs, marginMs } = mail?.sites[0]?.fence ?? {};
    assert.deepEqual([method, leaseMs, marginMs], ['wait', 30_000, 5_000]);
    assert.equal(mail?.sites[1]?.fence.lockCounts, false);
    assert.notEqual(mail?.sites[1]?.snapshot, null);
    assert.deepEqual(
      script.cast.stations.map(({ name, offsetMs }) => [name, offsetMs]),
      [
        ['desk', 0],
        ['attic', 120_000],
      ],
    );
  });
});

describe('scenario: time', () => {
  const MIN = 60_000;
  const times = (body: string, head = HEAD) => parse(body, head).script.happenings.map(one => one.at / MIN);

  it('begins ten minutes before its first line, and goes on', () => {
    assert.deepEqual(
      times(`at 02:13 home of mail is locked
at +5m home of mail is locked
at 02:20:30 home of mail is locked
at 01:00 home of mail is locked
at day 3 02:13 home of mail is locked`),
      [10, 15, 17.5, 10 + 22 * 60 + 47, 10 + 48 * 60],
    );
    assert.deepEqual(times('at 02:13 desk is blind', `${HEAD}begins at 02:00\n`), [13]);
    assert.deepEqual(times('at 00:04 desk is blind\nat 00:05 desk is blind'), [10, 11]);
  });

  it('gives a line without a time that of the line before, and ends after all of them', () => {
    const { expectations, script } = parse(`at 02:13 home of mail is locked for 30m
expect mail PROVIDER_LOCK within 3m
at +1m expect mail active away for 90s
expect never promoted home of mail`);
    assert.deepEqual(
      expectations.map(({ line, from, to, throughout }) => [line, from / MIN, to / MIN, throughout]),
      [
        [6, 10, 13, false],
        [7, 11, 12.5, true],
        [8, 11, 41, false],
      ],
    );
    assert.equal(script.lengthMs, 41 * MIN);
    assert.equal(parse('at 02:13 desk is blind\nat 03:00 the story ends').script.lengthMs, 57 * MIN);
    assert.equal(
      parse('at 02:13 alice holds mail for 9h').script.lengthMs,
      11 * MIN,
      'a hold may outlast it',
    );
  });

  it('notes what is taken for the next day, and then tells days', () => {
    const { notes, withDays } = parse('at 12:07 desk is blind\nat 11:00 desk is blind\nexpect mail HEALTHY');
    assert.deepEqual(notes, ['line 6: 11:00 is taken for the next day, since time only goes on']);
    assert.equal(withDays, true);
    const night = parse('at 23:50 desk is blind\nat 00:10 desk is blind');
    assert.deepEqual(night.notes, ['nothing is expected in it: only the invariants are held']);
    assert.equal(night.withDays, false);
    assert.equal(parse('at 23:00 desk is blind\nat +25h desk is blind').withDays, true);
  });

  it('tells instants as the file would write them', () => {
    const { beginsMs } = parse('at 00:04 desk is blind');
    assert.equal(tellTime(0, beginsMs, false), '23:54:00');
    assert.equal(tellTime(10 * MIN, beginsMs, false), '00:04:00');
    assert.equal(tellTime(50 * 60 * MIN, beginsMs, true), 'day 3 01:54:00');
  });
});

describe('scenario: the vocabulary', () => {
  it('has a phrase for every kind of happening, and no other', () => {
    const kinds = Object.keys(EVERY_KIND) as HappeningKind[];
    assert.deepEqual([...new Set(HAPPENINGS.map(phrase => phrase.kind))].sort(), kinds.sort());
  });

  const cast = buildCast({
    services: [
      { name: 'mail', sites: [{ name: 'home' }, { name: 'away', families: ['v4'] }], probes: ['smtp'] },
    ],
    stations: [
      { name: 'desk', runner: null, offsetMs: 0 },
      { name: 'attic', runner: null, offsetMs: 0 },
    ],
  });
  const head = `service mail\nsite home\nsite away, ipv4\nprobes smtp\nstation desk runs nothing\nstation attic runs nothing\n`;
  for (const [kind, happenings] of Object.entries(EVERY_KIND)) {
    it(`${kind}: what is said reads back as what was meant`, () => {
      for (const happening of happenings) {
        const said = sayHappening(happening, new Where(cast));
        const { script } = parse(`at 02:13 ${said}`, `${head}begins at 02:00\n`);
        assert.deepEqual(script.happenings, [{ ...happening, at: 13 * 60_000 }], said);
      }
    });
  }

  it('prints every sentence with its meaning, and no pattern that cannot be read', () => {
    const printed = vocabulary();
    for (const chapter of CHAPTERS) {
      assert.ok(printed[chapter].length > 4, chapter);
      for (const { pattern, doc } of printed[chapter]) assert.ok(pattern !== '' && doc !== '', pattern);
    }
    for (const { pattern } of printed['at TIME …']) parsePattern(pattern);
    assert.throws(() => parsePattern('SITE of NOTHING'), RangeError);
    assert.throws(() => parsePattern('a [b'), RangeError);
  });
});

describe('scenario: bounds', () => {
  const OFF: readonly (readonly [string, string, string])[] = [
    ['  interval 1ms', 'a.scenario:5:12: error: is less than 100ms; found "1ms"; allowed: 100ms to 1h', ''],
    ['  stale 2d', 'a.scenario:5:9: error: is more than 1d; found "2d"; allowed: 500ms to 1d', ''],
    ['  failures 101', 'a.scenario:5:12: error: is more than 100; found "101"; allowed: 1 to 100', ''],
    ['  ttl 0s', 'a.scenario:5:7: error: is less than 1s; found "0s"; allowed: 1s to 1d', ''],
    ['  limit fence 2h', 'a.scenario:5:15: error: is more than 1h; found "2h"; allowed: 100ms to 1h', ''],
    ['runner cron every 1ms', 'a.scenario:5:19: error: is less than 1s; found "1ms"; allowed: 1s to 1d', ''],
    [
      '  site far, max lag 900d',
      'a.scenario:5:21: error: is more than 30d; found "900d"; allowed: 0s to 30d',
      '',
    ],
    [
      'at day 9999 02:13 desk is blind',
      'a.scenario:5:8: error: is too many days; found "9999"; allowed: day 1 to day 99',
      '',
    ],
    [
      'at 02:13 desk is blind for 9999d',
      'a.scenario:5:28: error: is more than 366d; found "9999d"; allowed: 0s to 366d',
      '',
    ],
    [
      'at 02:13 desk is blind for 300d',
      'a.scenario:5:28: error: makes the story too long; found "300d"; allowed: at most 99 days from its beginning',
      '',
    ],
    [
      'at +120d desk is blind',
      'a.scenario:6:4: error: makes the story too long; found "+120d"; allowed: at most 99 days from its beginning',
      'at 02:13 desk is blind\n',
    ],
    [
      'at 02:13 the clock of desk jumps by +2912000d',
      'a.scenario:5:37: error: is more than 20000d; found "+2912000d"; allowed: 1ms to 20000d',
      '',
    ],
    [
      'at 02:13 the clock of desk drifts by 5000000 ppm',
      'a.scenario:5:38: error: is more than 1000000; found "5000000"; allowed: -999999 to 1000000',
      '',
    ],
  ];
  for (const [line, wanted, before] of OFF)
    it(`refuses ${line.trim()}`, () => {
      assert.deepEqual(mistakes(`${HEAD}${before}${line}\n`), [wanted]);
    });

  it('takes what lies on its bounds, and a hold that outlasts the story', () => {
    const body = `  interval 100ms
  failures 100
at day 1 02:13 ada holds mail for 366d
at +98d the clock of desk jumps by -20000d`;
    assert.deepEqual(mistakes(`${HEAD}${body}\n`), []);
  });

  it('reads a file to its end, or says that it has too many lines', () => {
    const long = `${HEAD}at 02:13 desk is blind\n${'# more\n'.repeat(3_000)}expect mail HEALTHY\n`;
    assert.deepEqual(mistakes(long), [
      'a.scenario:3006:1: error: is a line too many; allowed: at most 2000 lines',
    ]);
    assert.deepEqual(mistakes(long.replace('expect mail HEALTHY\n', '')), []);
  });
});

describe('scenario: mistakes', () => {
  it('are told all at once, with place, what is allowed and the nearest word', () => {
    const found = mistakes(`${HEAD}  failurs 3
  interval 30
at 25:13 home of mail is locked
at 02:13 home of mial is locked
at 02:14 nowhere of mail is locked
at 02:15 the api of hetzner throtles
at 02:16 alice hodls mail
at 02:17 home of mail
expect mail HEALTY
expect notice "x" for 5m
expect mail active away within 5 m
`);
    assert.deepEqual(
      found.map(line => line.replace(/allowed: .*?(; did|$)/, 'allowed: …$1')),
      [
        'a.scenario:5:3: error: is not understood here; found "failurs"; allowed: …; did you mean failures?',
        'a.scenario:6:12: error: has no unit: write 30s for seconds, 30m for minutes; found "30"',
        'a.scenario:7:4: error: is not a time: write 02:13, 02:13:30, +5m or day 3 02:13; found "25:13"',
        'a.scenario:10:29: error: is not understood here; found "throtles"; allowed: …; did you mean throttles?',
        'a.scenario:11:16: error: is not understood here; found "hodls"; allowed: …; did you mean holds?',
        'a.scenario:12:22: error: the sentence ends too early; allowed: …',
        'a.scenario:13:13: error: is not understood here; found "HEALTY"; allowed: …; did you mean HEALTHY?',
        'a.scenario:14:19: error: is not understood here; found "for"; allowed: …',
        'a.scenario:15:34: error: is not understood here; found "m"; allowed: …',
      ],
    );
  });

  it('of people who leave out `at`, `expect` or quotes are understood', () => {
    assert.deepEqual(
      mistakes(`${HEAD}  failing_for 10s
never promoted home of mail
12:07 home of mail is locked
home of mail is locked
expect notice UNREACHABLE within 5m
`).map(line => line.replace(/allowed: at, expect, .*/, 'allowed: at, expect, …')),
      [
        'a.scenario:5:3: error: is not understood here; found "failing_for"; allowed: at, expect; did you mean failing for?',
        'a.scenario:6:1: error: is not understood here; found "never"; allowed: at, expect; did you mean expect never?',
        'a.scenario:7:1: error: is not understood here; found "12:07"; allowed: at, expect; did you mean at 12:07?',
        'a.scenario:8:1: error: is not understood here; found "home"; allowed: at, expect, …',
        'a.scenario:9:15: error: is not in quotes, as the text of a notice must be; found "UNREACHABLE"; did you mean "UNREACHABLE"?',
      ],
    );
  });

  it('in names are told with the names that there are', () => {
    assert.deepEqual(
      mistakes(`${HEAD}at 02:13 home of mial is locked
at 02:14 nowhere of mail is locked
at 02:15 the api of azure throttles
at 02:16 attic is blind
expect notice "x" at pager within 5m
at 02:17 the probe http at home of mail hangs
`),
      [
        'a.scenario:5:18: error: there is no such service; found "mial"; allowed: mail; did you mean mail?',
        'a.scenario:6:10: error: there is no such site of mail; found "nowhere"; allowed: home, away',
        'a.scenario:7:21: error: there is no such api; found "azure"; allowed: hetzner, aws, dns',
        'a.scenario:8:10: error: there is no such station; found "attic"; allowed: desk',
        'a.scenario:9:22: error: there is no such sink; found "pager"; allowed: irc',
        'a.scenario:10:20: error: there is no such probe of mail; found "http"; allowed: smtp, imap; did you mean smtp?',
      ],
    );
  });

  for (const [what, text, wanted] of [
    ['an empty file', '', '1:1: error: there is no `service` in it'],
    ['a service without sites', 'service a', '1:1: error: service a has no `site`'],
    ['a setting above every service', `ttl 30s\n${HEAD}`, '1:1: error: stands above the first `service`'],
    ['a second service of the name', `${HEAD}service mail\nsite x\n`, '5:9: error: has this name already'],
    ['a second runner', `${HEAD}runner daemon\nrunner daemon`, '6:1: error: there is a runner already'],
    ['a quote without an end', `${HEAD}expect notice "x within 5m`, '5:15: error: nothing closes this quote'],
    [
      'time that goes back',
      `${HEAD}at day 2 02:00 desk is blind\nat day 1 03:00 desk is blind`,
      '6:8: error: lies before',
    ],
    [
      'a jump without a direction',
      `${HEAD}at 02:13 the clock of desk jumps by 5m`,
      '5:37: error: needs a direction: write +5m or -5m',
    ],
    [
      'a call that is no number',
      `${HEAD}at 02:13 the runner of desk crashes before call 0`,
      '5:49: error: is less than 1',
    ],
    ['a hoster called dns', 'service a\nsite x at dns\nsite y', '1:1: error: names of services must differ'],
    [
      'no fence where data is',
      'service a\nsite x, fence none\nsite y',
      '1:1: error: site x of a has no fence',
    ],
    [
      'an option of a site that is none',
      'service a\nsite x, fense power-off\nsite y',
      '2:9: error: is not understood here',
    ],
  ] as const) {
    it(`${what} is refused at its place`, () => {
      const found = mistakes(text);
      assert.ok(
        found.some(line => line.startsWith(`a.scenario:${wanted}`)),
        found.join('\n'),
      );
    });
  }

  it('never bring a crash, whatever words a file is made of', () => {
    const pieces = [
      ...HEAD.split(/\s+/),
      'at',
      '02:13',
      '+5m',
      'day',
      '3',
      'expect',
      '"',
      '"x"',
      ',',
      '#',
      'within',
      'for',
      '\n',
    ];
    let state = 1;
    const next = (most: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % most;
    };
    for (let round = 0; round < 2_000; round += 1) {
      const words = Array.from({ length: next(30) }, () => pieces[next(pieces.length)] ?? '');
      mistakes(words.join(' '));
    }
  });

  it('are not looked for in comments', () => {
    const { script, expectations } = parse(
      'at 02:13 desk is blind # by "nobody" at all, day 9\n# at 25:00\n\texpect notice "a # b" within 5m # c',
    );
    assert.equal(script.happenings.length, 1);
    assert.deepEqual(
      expectations.map(one => one.source),
      ['expect notice "a # b" within 5m'],
    );
  });

  it('leave the opening comment as it is', () => {
    assert.deepEqual(openingComment('# a\n#  b\n\n# c\n'), ['a', ' b']);
  });
});
