/** The tables of README.md, made from the code that they tell of. */
import { Command } from 'commander';
import { COMMANDS } from '../../src/cli/commands.ts';
import { EXIT, EXIT_MEANINGS } from '../../src/cli/exit-codes.ts';
import { RULES } from '../../src/judge/rules.ts';
import { DEFAULT_POLICY, RESPONSES, VERDICT_CLASSES } from '../../src/model/verdict.ts';
import { PROBE_KINDS, type ProbeKind } from '../../src/probe/registry.ts';
import { DNS_VENDORS, HOST_VENDORS } from '../../src/providers/registry.ts';
import { SCENARIOS, type Scenario } from '../../src/sandbox/demo/scenarios.ts';
import { buildCast } from '../../src/simulate/cast.ts';
import { createCheckers } from '../../src/simulate/invariants/index.ts';
import { type Chapter, vocabulary } from '../../src/simulate/scenario/vocabulary.ts';
import { markdownTable } from './markdown.ts';

const code = (text: string) => `\`${text}\``;
const yes = (is: boolean) => (is ? 'yes' : 'no');

function verdicts(): string {
  const rows = VERDICT_CLASSES.map(name => {
    const rules = RULES.filter(rule => rule.class === name);
    return [
      code(name),
      rules.map(({ number }) => number).join(', '),
      rules.map(({ sentence }) => sentence).join('; or: '),
      RESPONSES[name],
      code(DEFAULT_POLICY[name]),
    ];
  });
  return markdownTable(['class', 'rules', 'when', 'calls for', 'policy'], rows);
}

function exits(): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
  return markdownTable(
    ['exit code', 'meaning'],
    names.map(name => [String(EXIT[name]), EXIT_MEANINGS[name]]),
  );
}

function hosts(): string {
  const rows = Object.entries(HOST_VENDORS).map(([kind, { title, capabilities: can }]) => [
    code(kind),
    title,
    yes(can.lockFlag),
    yes(can.powerOff),
    yes(can.confirmsOff),
    yes(can.powerOn),
  ]);
  return markdownTable(
    ['kind', 'hoster', 'tells of locks', 'power off', 'reads `off` back', 'power on'],
    rows,
  );
}

function dns(): string {
  const rows = Object.entries(DNS_VENDORS).map(([kind, { title, capabilities: can }]) => [
    code(kind),
    title,
    yes(can.compareAndSwap),
    yes(can.reportsPropagation),
  ]);
  return markdownTable(['kind', 'DNS', 'compare-and-swap', 'says when a change has spread'], rows);
}

function probes(): string {
  const rows = Object.values(PROBE_KINDS).map(probe => [code(probe.kind), probe.title, portOf(probe)]);
  return markdownTable(['kind', 'what it proves', 'port'], rows);
}

/** A default that follows from another setting is told in the field's own words. */
function portOf({ defaultPort, fields }: ProbeKind): string {
  const { port } = fields;
  if (port === undefined) return 'none';
  if (port.default === undefined) return 'has to be given';
  return port.default === null ? port.doc.replace(/^TCP port; |\.$/g, '') : String(defaultPort);
}

function commands(): string {
  const program = new Command('understudy');
  for (const module of COMMANDS) module.register(program, () => async () => {});
  const leaves = (command: Command, name: string): (readonly string[])[] =>
    command.commands.length > 0
      ? command.commands.flatMap(child => leaves(child, `${name} ${child.name()}`))
      : [[code([name, ...words(command)].join(' ')), command.description()]];
  return markdownTable(
    ['`understudy` …', ''],
    program.commands.flatMap(command => leaves(command, command.name())),
  );
}

function words(command: Command): readonly string[] {
  return command.registeredArguments.map(argument =>
    argument.required ? argument.name().toUpperCase() : `[${argument.name().toUpperCase()}]`,
  );
}

const ENDS: Readonly<Record<Scenario['expect'], string>> = {
  failover: 'the standby serves',
  withdraw: 'IPv6 is taken out of DNS, the primary serves on',
  nothing: 'nothing is changed, and it says why',
};

function scenarios(): string {
  const rows = Object.entries(SCENARIOS).map(([name, { title, expect }]) => [
    code(name),
    title,
    ENDS[expect],
  ]);
  return markdownTable(['scenario', 'what happens', 'how it ends'], rows);
}

/** One chapter of the language in which incidents are written down. */
function language(chapter: Chapter, what: string): () => string {
  return () =>
    markdownTable(
      [what, ''],
      vocabulary()[chapter].map(({ pattern, doc }) => [code(pattern), doc]),
    );
}

/** The invariants in the words of their checkers; some have several checkers. */
function invariants(): string {
  const sentences = new Map(
    createCheckers(buildCast({ services: [] })).map(one => [one.invariant, one.sentence]),
  );
  const rows = [...sentences]
    .sort(([a], [b]) => a - b)
    .map(([number, sentence]) => [String(number), sentence]);
  return markdownTable(['', 'never violated, whatever happens'], rows);
}

export const TABLES: Readonly<Record<string, () => string>> = {
  scenarios,
  verdicts,
  commands,
  exits,
  hosts,
  dns,
  probes,
  invariants,
  'scenario-setup': language('what there is', 'sentence'),
  'scenario-sites': language('a site, after a comma', 'after the comma'),
  'scenario-happenings': language('at TIME …', '`at TIME` …'),
  'scenario-expectations': language('expect …', '`expect` …'),
  'scenario-words': language('words', 'word'),
};
