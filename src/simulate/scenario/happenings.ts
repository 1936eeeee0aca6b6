/**
 * Everything that can befall the world of a scenario, a plain sentence each. The order is that of the reference. A test
 * holds that every kind of happening can be said, and that what is said reads back as what was meant.
 */
import { formatDuration } from '../../config/duration.ts';
import { FAMILIES } from '../../model/sample.ts';
import { COMMANDS } from '../script.ts';
import { PEOPLE } from './people.ts';
import { forSo, type HappeningPhrase, inFamilies, lasting, phrase, type Where } from './phrases.ts';
import {
  API_FAULT_WORDS,
  type Bounds,
  COMMAND_FAULT_WORDS,
  DISK_FAULT_WORDS,
  type Found,
  PROBE_FAIL_WORDS,
  PROBE_FAILS,
  SINK_FAULT_WORDS,
  SITE_FAIL_WORDS,
  SITE_FAILS,
} from './slots.ts';

/** Millionths: from a clock that nearly stands to one of twice the speed. */
const DRIFT: Bounds = { min: -999_999, max: 1_000_000 };
const CALLS: Bounds = { min: 1, max: 1_000_000 };

function atSite(found: Found): { readonly service: string; readonly site: string } {
  return { service: found.text('SERVICE'), site: found.text('SITE') };
}

/** @returns the machine, and the families of it that are meant: all when none are named */
function onBox(found: Found, where: Where) {
  const box = where.box(found);
  return { box, families: found.families(where.families(box)) };
}

function keyOf<T extends Record<string, string>>(words: T, value: string): string {
  return Object.keys(words).find(word => words[word] === value) ?? value;
}

const MACHINES: readonly HappeningPhrase[] = [
  phrase(
    'site-fails',
    'SITE of SERVICE FAILS [for DURATION]',
    'The service there refuses connections, hangs, or answers with errors; its machine is well.',
    found => ({ ...atSite(found), how: SITE_FAILS[found.one('FAILS', SITE_FAIL_WORDS)], ...lasting(found) }),
    it => `${it.site} of ${it.service} ${keyOf(SITE_FAILS, it.how)}${forSo(it)}`,
  ),
  phrase(
    'probe-fails',
    'the probe PROBE at SITE of SERVICE PROBE_FAILS [in FAMILIES] [for DURATION]',
    'Only this one of its probes fails.',
    found => ({
      ...atSite(found),
      probe: found.text('PROBE'),
      how: PROBE_FAILS[found.one('PROBE_FAILS', PROBE_FAIL_WORDS)],
      ...(found.has('FAMILIES') ? { families: found.families(FAMILIES) } : {}),
      ...lasting(found),
    }),
    it =>
      `the probe ${it.probe} at ${it.site} of ${it.service} ${keyOf(PROBE_FAILS, it.how)}${inFamilies(it.families ?? FAMILIES, FAMILIES)}${forSo(it)}`,
  ),
  phrase(
    'certificate-ends',
    'the certificate at SITE of SERVICE ends in MARGIN [for DURATION]',
    'It is so near its end; renewed after the duration.',
    found => ({ ...atSite(found), inMs: found.ms('MARGIN'), ...lasting(found) }),
    it => `the certificate at ${it.site} of ${it.service} ends in ${formatDuration(it.inMs)}${forSo(it)}`,
  ),
  phrase(
    'link-lost',
    'the data link to SITE of SERVICE is lost [for DURATION]',
    'Nothing is replicated to the site: its data grows old.',
    found => ({ ...atSite(found), ...lasting(found) }),
    it => `the data link to ${it.site} of ${it.service} is lost${forSo(it)}`,
  ),
  phrase(
    'command',
    'the command COMMAND at SITE of SERVICE [is] COMMAND_FAULT [for DURATION]',
    'A command of the site fails, hangs, cannot be started, is cut off after its work, or lies.',
    found => ({
      ...atSite(found),
      command: found.one('COMMAND', COMMANDS),
      how: found.one('COMMAND_FAULT', COMMAND_FAULT_WORDS),
      ...lasting(found),
    }),
    it => `the command ${it.command} at ${it.site} of ${it.service} ${it.how}${forSo(it)}`,
  ),
  phrase(
    'box-hangs',
    'the machine of SITE of SERVICE hangs [for DURATION]',
    'It answers nothing, and goes on where it was afterwards.',
    (found, where) => ({ box: where.box(found), ...lasting(found) }),
    (it, where) => `the machine of ${where.siteOn(it.box)} hangs${forSo(it)}`,
  ),
  phrase(
    'box-off',
    'the machine of SITE of SERVICE goes|is off [for DURATION]',
    'The machine loses its power.',
    (found, where) => ({ box: where.box(found), ...lasting(found) }),
    (it, where) => `the machine of ${where.siteOn(it.box)} goes off${forSo(it)}`,
  ),
  phrase(
    'box-on',
    'the machine of SITE of SERVICE comes back',
    'Its power returns, and everything on it starts as it was.',
    (found, where) => ({ box: where.box(found) }),
    (it, where) => `the machine of ${where.siteOn(it.box)} comes back`,
  ),
  phrase(
    'lock',
    '[the machine of] SITE of SERVICE is locked [in FAMILIES] [for DURATION]',
    'The hoster locks the address for abuse: the machine runs on, nobody reaches it.',
    (found, where) => ({ ...onBox(found, where), ...lasting(found) }),
    (it, where) =>
      `${where.siteOn(it.box)} is locked${inFamilies(it.families, where.families(it.box))}${forSo(it)}`,
  ),
  phrase(
    'cut',
    '[the machine of] SITE of SERVICE is cut off [in FAMILIES] [for DURATION]',
    'Its network is gone, and nobody says why.',
    (found, where) => ({ ...onBox(found, where), ...lasting(found) }),
    (it, where) =>
      `${where.siteOn(it.box)} is cut off${inFamilies(it.families, where.families(it.box))}${forSo(it)}`,
  ),
];

const OUTSIDE: readonly HappeningPhrase[] = [
  phrase(
    'api',
    'the api of API [is|answers] API_FAULT [for DURATION]',
    'What an API of the hoster, or of `dns`, does instead of answering.',
    found => ({ api: found.text('API'), how: found.one('API_FAULT', API_FAULT_WORDS), ...lasting(found) }),
    it => `the api of ${it.api} ${it.how}${forSo(it)}`,
  ),
  phrase(
    'rollback',
    'the zone goes back by MARGIN',
    'The DNS control plane is restored to what it was so long ago.',
    found => ({ toAgoMs: found.ms('MARGIN') }),
    it => `the zone goes back by ${formatDuration(it.toAgoMs)}`,
  ),
  phrase(
    'foreign-record',
    'somebody points SERVICE to ADDRESS',
    'Another hand or tool writes an address of its own.',
    found => ({ service: found.text('SERVICE'), value: found.text('ADDRESS') }),
    it => `somebody points ${it.service} to ${it.value}`,
  ),
  phrase(
    'foreign-epoch',
    'somebody writes TEXT as the epoch of SERVICE',
    'Another hand writes the epoch record.',
    found => ({ service: found.text('SERVICE'), text: found.text('TEXT') }),
    it => `somebody writes "${it.text}" as the epoch of ${it.service}`,
  ),
  phrase(
    'foreign-claim',
    'another installation claims SERVICE for MARGIN',
    'A run that nobody hears of again takes the epoch.',
    found => ({ service: found.text('SERVICE'), busyMs: found.ms('MARGIN') }),
    it => `another installation claims ${it.service} for ${formatDuration(it.busyMs)}`,
  ),
];

const STATIONS: readonly HappeningPhrase[] = [
  phrase(
    'blind',
    'STATION is blind [in FAMILIES] [for DURATION]',
    'The network where understudy runs is gone.',
    found => ({ station: found.text('STATION'), families: found.families(FAMILIES), ...lasting(found) }),
    it => `${it.station} is blind${inFamilies(it.families, FAMILIES)}${forSo(it)}`,
  ),
  phrase(
    'clock-jumps',
    'the clock of STATION jumps by LEAP',
    'The wall clock there is set: +2h, -5m.',
    found => ({ station: found.text('STATION'), byMs: found.leap('LEAP') }),
    it =>
      `the clock of ${it.station} jumps by ${it.byMs < 0 ? '-' : '+'}${formatDuration(Math.abs(it.byMs))}`,
  ),
  phrase(
    'clock-drifts',
    'the clock of STATION drifts by PPM ppm [for DURATION]',
    'It goes too fast, or too slow.',
    found => ({
      station: found.text('STATION'),
      ppm: found.number('PPM', DRIFT),
      ...lasting(found),
    }),
    it => `the clock of ${it.station} drifts by ${it.ppm} ppm${forSo(it)}`,
  ),
  phrase(
    'disk',
    'the disk of STATION [is] DISK_FAULT [for DURATION]',
    'The state there cannot be written, or only slowly.',
    found => ({
      station: found.text('STATION'),
      how: found.one('DISK_FAULT', DISK_FAULT_WORDS),
      ...lasting(found),
    }),
    it => `the disk of ${it.station} ${it.how === 'fails' ? '' : 'is '}${it.how}${forSo(it)}`,
  ),
  phrase(
    'crash',
    'the runner of STATION crashes [WHEN call NUMBER]',
    'The process that runs then dies at its so-many-th call to the outside; left out: before the next one.',
    found => ({
      station: found.text('STATION'),
      when: found.has('WHEN') ? found.one('WHEN', ['before', 'after']) : 'before',
      calls: found.has('NUMBER') ? found.number('NUMBER', CALLS) : 1,
    }),
    it => `the runner of ${it.station} crashes ${it.when} call ${it.calls}`,
  ),
  phrase(
    'sleep',
    'the runner of STATION sleeps for DURATION [at call NUMBER]',
    'It is suspended at its so-many-th call to the outside, and goes on as if nothing had been.',
    found => ({
      station: found.text('STATION'),
      forMs: found.ms('DURATION'),
      calls: found.has('NUMBER') ? found.number('NUMBER', CALLS) : 1,
    }),
    it => `the runner of ${it.station} sleeps for ${formatDuration(it.forMs)} at call ${it.calls}`,
  ),
  phrase(
    'sink',
    'the sink SINK SINK_FAULT [for DURATION]',
    'Notices are refused, hang, or are taken and the answer is lost.',
    found => ({
      sink: found.text('SINK'),
      how: found.one('SINK_FAULT', SINK_FAULT_WORDS),
      ...lasting(found),
    }),
    it => `the sink ${it.sink} ${it.how}${forSo(it)}`,
  ),
];

export const HAPPENINGS: readonly HappeningPhrase[] = [...MACHINES, ...OUTSIDE, ...STATIONS, ...PEOPLE];
