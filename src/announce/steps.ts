/**
 * Steps of a plan in words: in full for `understudy plan`, where a person has to see exactly what would be done before
 * saying yes, and in a few words for notices.
 */
import type { PlannedChange, Step, StepKind } from '../model/plan.ts';
import type { Command, PromotePart, Shell } from '../model/service.ts';
import type { RecordSet } from '../model/signal.ts';
import { duration, plain } from './plain.ts';

/** Long enough for real commands; a plan's output is no IRC line. */
const DESCRIPTION_BYTES = 8_000;

/** A word as one would type it in a shell. */
function word(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function command(given: Command): string {
  return `\`${given.argv.map(word).join(' ')}\` (at most ${duration(given.limitMs)})`;
}

function where(shell: Shell): string {
  return shell.kind === 'local'
    ? 'on this machine'
    : `over ssh as ${shell.user}@${shell.host} port ${shell.port}`;
}

function set(record: RecordSet): string {
  const values = record.values.length === 0 ? 'nothing' : record.values.join(', ');
  return `${record.name} ${record.type} = ${values} (TTL ${record.ttlS} s)`;
}

function part(given: PromotePart): string {
  const check = given.check === null ? 'no post-check' : `then check ${command(given.check)}`;
  return `[${given.name}] run ${command(given.run)}, ${check}`;
}

function fence(step: Extract<Step, { kind: 'fence' }>): string {
  const machine = `server ${step.server ?? 'unknown'} at ${step.provider ?? 'no provider'}`;
  switch (step.method) {
    case 'power-off':
      return `power off ${machine}, until "off" is read back`;
    case 'provider-lock':
      return `count the hoster's lock of ${step.families.join(' and ')} of ${machine} as the fence, once it is read again`;
    case 'command':
      return [
        step.run === null ? 'run nothing' : `run ${command(step.run)} on this machine`,
        step.check === null ? 'with no check' : `confirmed by ${command(step.check)}`,
      ].join(', ');
    case 'wait':
      return `wait ${duration(step.waitMs)}, until the site must have given itself up`;
  }
}

function guard({ epochName, expectEpoch }: PlannedChange): string {
  if (expectEpoch === 'claimed') return `${epochName} TXT is still this run's claim`;
  const before = expectEpoch === null ? 'does not exist' : `is exactly ${expectEpoch.values.join(', ')}`;
  return `${epochName} TXT ${before}`;
}

function claim({ change, settleMs }: Extract<Step, { kind: 'claim' }>): string {
  const { epoch, active } = change.nextEpoch;
  const settling =
    settleMs === 0
      ? ''
      : `; then wait ${duration(settleMs)} for the last deed of another installation's run to end`;
  return `take the epoch for this run, so that no other moves the service meanwhile: set ${change.epochName} TXT to epoch ${epoch}, active ${active}, only if ${guard(change)}${settling}`;
}

function flip(step: Extract<Step, { kind: 'flip' }>): string {
  const { change } = step;
  return [
    `one DNS change, all or nothing, made only if ${guard(change)}`,
    `set it to epoch ${change.nextEpoch.epoch}, active ${change.nextEpoch.active}`,
    ...change.upserts.map(record => `set ${set(record)}`),
    ...change.deletes.map(record => `delete ${set(record)}`),
  ].join('; ');
}

function verify(step: Extract<Step, { kind: 'verify' }>): string {
  const expected = step.expect.map(record =>
    record.values.length === 0 ? `no ${record.type} for ${record.name}` : set(record),
  );
  return `wait until the change is everywhere, ask every authoritative server for ${expected.join('; ')}; then probe ${step.site} by name over ${step.families.join(' and ')}`;
}

function body(step: Step): string {
  switch (step.kind) {
    case 'claim':
      return claim(step);
    case 'snapshot':
      return `${step.site}: take evidence before anything is stopped, as far as possible: ${command(step.run)} ${where(step.shell)}`;
    case 'quiesce':
      return `${step.site}: stop taking writes: ${command(step.run)} ${where(step.shell)}`;
    case 'catch-up':
      return `${step.site}: wait until it has everything: ${command(step.run)} ${where(step.shell)}`;
    case 'fence':
      return `${step.site}: ${fence(step)}`;
    case 'promote':
      return step.parts.length === 0
        ? `${step.site}: nothing to run`
        : `${step.site}, ${where(step.shell)}: ${step.parts.map(part).join('; ')}`;
    case 'check':
      return `${step.site}: its required probes over ${step.families.join(' and ')} must pass at its own address`;
    case 'flip':
      return flip(step);
    case 'verify':
      return verify(step);
    case 'announce':
      return 'tell people';
  }
}

/** @returns one line that says exactly what the step would do, with its time limit */
export function describeStep(step: Step): string {
  return plain(`${step.kind} ${body(step)} [limit ${duration(step.limitMs)}]`, DESCRIPTION_BYTES);
}

const DOING = {
  claim: 'taking the epoch of',
  snapshot: 'taking evidence from',
  quiesce: 'stopping writes at',
  'catch-up': 'waiting for the data at',
  fence: 'fencing',
  promote: 'promoting',
  check: 'checking',
  flip: 'pointing DNS to',
  verify: 'verifying',
  announce: 'telling people of',
} as const satisfies Record<StepKind, string>;

/** @returns what the step does in a few words: `fencing fsn1` */
export function stepInWords(step: Step): string {
  if (step.kind === 'announce') return 'telling people';
  const place = step.kind === 'flip' || step.kind === 'claim' ? step.change.nextEpoch.active : step.site;
  return `${DOING[step.kind]} ${place}`;
}
