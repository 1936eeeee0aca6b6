/**
 * What is run at the other end of an ssh connection, and what its messages mean. Exit status 255 is ssh's own as
 * well as any command's, and a lost connection looks like either. So a small script runs the command there and
 * marks on stderr, with a token only this run knows, when it starts and with which status it ended: a status
 * is believed when it was marked, and a missing end mark means that nobody knows how the command ended.
 *
 * The script also ends the command when its stdin ends, which is what the far side sees when we stop, crash, or
 * are cut off: without a terminal sshd would let it run on, next to the next attempt. `timeout` of coreutils
 * or busybox, where it is there, makes a process group of the command, so that all it has started gets SIGTERM and
 * two seconds later SIGKILL; and it is a second limit for the time that sshd needs to notice a dead line. Without
 * it only the command itself gets SIGTERM. What the command detaches on purpose (setsid, systemd-run) lives on.
 */
import { ProviderError, type ProviderErrorCode } from '../../ports/errors.ts';
import { quote } from './words.ts';

/** How much later than ours the remote limit is, s: so that it only counts where ours could not get through. */
const REMOTE_LIMIT_SLACK_S = 10;

// One line, POSIX sh only. $1 is the token, $2 the limit; descriptor 3 is the connection's stdin.
const SCRIPT = [
  'exec 3<&0 </dev/null',
  'm=$1 l=$2',
  'shift 2',
  '{ echo; echo "$m start"; } >&2',
  'if command -v timeout >/dev/null 2>&1; then set -- timeout -k 5 "$l" "$@"; fi',
  '"$@" 3<&- & p=$!',
  // Past the `cat` it is stopping the command, and must not be stopped itself until the last of the group is gone.
  '{ cat <&3; trap "" TERM; kill "$p"; sleep 2; kill -s KILL -- "-$p"; } >/dev/null 2>&1 & w=$!',
  'wait "$p"',
  's=$?',
  'kill "$w" 2>/dev/null',
  '{ echo; echo "$m end $s"; } >&2',
  'exit "$s"',
].join('; ');

/**
 * @param words the command as `commandWords` gives it
 * @param token of letters and digits, new for every run
 * @returns the one string that ssh hands to the login shell, which has to be a POSIX one
 */
export function remoteCommand(words: readonly string[], token: string, limitMs: number): string {
  const limitS = Math.ceil(limitMs / 1000) + REMOTE_LIMIT_SLACK_S;
  return ['exec sh -c', ...[SCRIPT, 'understudy', token, String(limitS), ...words].map(quote)].join(' ');
}

/** Reads the marks out of stderr, and remembers what ssh itself said before the command started. */
export class Marks {
  started = false;
  /** As marked by the script; null until then. */
  status: number | null = null;
  readonly before: string[] = [];
  private readonly token: string;

  constructor(token: string) {
    this.token = token;
  }

  /** @returns true for a mark, which is not output */
  take(line: string): boolean {
    const rest = line.startsWith(`${this.token} `) ? line.slice(this.token.length + 1) : null;
    if (rest === 'start') {
      this.started = true;
      return true;
    }
    const end = /^end (\d{1,3})$/.exec(rest ?? '');
    if (end !== null) {
      this.status = Number(end[1]);
      return true;
    }
    if (!this.started && this.before.length < 50) this.before.push(line);
    return false;
  }
}

interface Symptom {
  readonly pattern: RegExp;
  readonly code: ProviderErrorCode;
  readonly says: string;
  readonly applied: 'no' | 'unknown';
  readonly next: string;
}

const KNOWN_HOSTS =
  "compare the key with the one on the machine's console (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), then put it into the known hosts file";
const REACH = 'look whether the machine is on and its sshd and firewall let this machine in';

// Texts of OpenSSH's client (9.2), which are not translated. First match wins, so the causes stand before the effects.
const SYMPTOMS: readonly Symptom[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    code: 'provider-unauthorized',
    says: 'its host key has CHANGED: another machine, a new installation, or somebody in between',
    applied: 'no',
    next: KNOWN_HOSTS,
  },
  {
    pattern: /Host key verification failed|host key is known for/,
    code: 'provider-unauthorized',
    says: 'its host key is not known',
    applied: 'no',
    next: KNOWN_HOSTS,
  },
  {
    pattern: /Permission denied \(|Too many authentication failures|This account is currently not available/,
    code: 'provider-unauthorized',
    says: 'login refused',
    applied: 'no',
    next: 'put the public key into the authorized_keys of that user, and look at identity file and user in the config',
  },
  {
    pattern: /Connection refused/,
    code: 'provider-unreachable',
    says: 'connection refused',
    applied: 'no',
    next: REACH,
  },
  {
    pattern: /Could not resolve hostname/,
    code: 'provider-unreachable',
    says: 'its name has no address',
    applied: 'no',
    next: 'give the address instead of a name in the config: names fail when they are needed most',
  },
  {
    pattern: /No route to host|Network is unreachable/,
    code: 'provider-unreachable',
    says: 'no route to it',
    applied: 'no',
    next: REACH,
  },
  {
    pattern: /during banner exchange|Connection timed out|Operation timed out/,
    code: 'provider-timeout',
    says: 'no answer in time',
    applied: 'no',
    next: REACH,
  },
  {
    pattern: /Timeout, server .* not responding/,
    code: 'provider-timeout',
    says: 'it stopped answering',
    applied: 'unknown',
    next: REACH,
  },
  {
    pattern: /Bad owner or permissions|Bad configuration option|command-line line|terminating, \d+ bad/,
    code: 'provider-rejected',
    says: 'the ssh client refuses its configuration',
    applied: 'no',
    next: 'look at the ssh configuration of the user that runs understudy',
  },
  {
    pattern: /kex_exchange_identification|Connection reset|Connection closed/,
    code: 'provider-unreachable',
    says: 'it closed the connection',
    applied: 'no',
    next: REACH,
  },
];

/**
 * @param where `user@host:port`
 * @param said what ssh wrote before the command started
 * @returns the reason why the command was not started
 */
export function connectError(where: string, said: readonly string[]): ProviderError {
  const symptom = SYMPTOMS.find(({ pattern }) => said.some(line => pattern.test(line)));
  const quoted = said.findLast(line => symptom?.pattern.test(line) ?? true)?.slice(0, 200);
  const suffix = quoted === undefined ? '' : ` (ssh says: ${quoted})`;
  return new ProviderError({
    code: symptom?.code ?? 'provider-unreachable',
    message: `ssh to ${where}: ${symptom?.says ?? 'no connection'}${suffix}`,
    retriable: symptom?.code !== 'provider-unauthorized' && symptom?.code !== 'provider-rejected',
    applied: symptom?.applied ?? 'unknown',
    next: symptom?.next ?? REACH,
  });
}

/** @returns the error for a command that was stopped before its start was marked */
export function neverStarted(where: string): ProviderError {
  return new ProviderError({
    code: 'provider-timeout',
    message: `ssh to ${where}: stopped with no sign that the command had started`,
    retriable: true,
    applied: 'unknown',
    next: REACH,
  });
}

/** @returns the error for a connection that ended after the command was started and before it was marked as ended */
export function lostConnection(where: string): ProviderError {
  return new ProviderError({
    code: 'provider-unreachable',
    message: `ssh to ${where}: the connection was lost while the command ran, so its outcome is not known`,
    retriable: true,
    applied: 'unknown',
    next: 'run again: the post-checks tell what was done',
  });
}
