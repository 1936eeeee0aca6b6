/**
 * A site of the sandbox: one machine that serves a web page in one or two address families, each by a process of its
 * own (hosters lock the families apart), and that keeps a tiny state in files, so that promoting, quiescing and asking
 * for the age of the data are real commands with real effects.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Listener, startListener } from './listener.ts';

export interface SiteOptions {
  readonly name: string;
  /** IPv4 literal of this machine, 127.0.0.0/8 in the sandbox. */
  readonly address: string;
  /** IPv6 literal; left out: the site has none. */
  readonly address6?: string;
  /** The same for both families. 0: any that is free in both. */
  readonly port: number;
  /** Where its state lies; made when missing, left there at the end. */
  readonly folder: string;
  /** `active` or `standby` at the start. */
  readonly role: 'active' | 'standby';
}

/** What a config names as a site's commands, as argv. They fail when the site is powered off. */
export interface SiteCommands {
  readonly promote: readonly string[];
  /** Succeeds when the site itself says over HTTP that it is active. */
  readonly promoted: readonly string[];
  readonly quiesce: readonly string[];
  readonly catchUp: readonly string[];
  /** Prints the age of the data in seconds. */
  readonly freshness: readonly string[];
}

export interface SandboxSite {
  readonly name: string;
  readonly port: number;
  readonly v4: Listener;
  readonly v6: Listener | null;
  readonly commands: SiteCommands;
  role(): string;
  setLag(seconds: number): void;
  /** Kills its processes; its commands fail from then on. Safe to repeat. */
  powerOff(): Promise<void>;
  /** Starts what is not running, in the role it had. */
  powerOn(): Promise<void>;
  close(): Promise<void>;
}

/** How often another port is tried when the one that is free in IPv4 is taken in IPv6. */
const PORT_ATTEMPTS = 5;

async function listen(
  options: SiteOptions,
  roleFile: string,
): Promise<{ v4: Listener; v6: Listener | null }> {
  const common = { kind: 'site', name: options.name, roleFile } as const;
  for (let attempt = 1; ; attempt += 1) {
    const v4 = await startListener({ ...common, address: options.address, port: options.port });
    if (options.address6 === undefined) return { v4, v6: null };
    try {
      return { v4, v6: await startListener({ ...common, address: options.address6, port: v4.port }) };
    } catch (error) {
      await v4.close();
      if (options.port !== 0 || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** Bash, because its /dev/tcp asks over HTTP without any other program and starts in a few milliseconds. */
function commandsOf(folder: string, address: string, port: number): SiteCommands {
  // $0 is the site's folder, $1 and $2 its address and port: nothing is pasted into the script.
  const script = (text: string) => [
    'bash',
    '-c',
    `cd "$0" && [ -e on ] && ${text}`,
    folder,
    address,
    String(port),
  ];
  const become = (role: string) => script(`printf '${role}\\n' >role.new && mv role.new role`);
  return {
    promote: become('active'),
    promoted: script(
      `exec 3<>"/dev/tcp/$1/$2" && printf 'GET /role HTTP/1.0\\r\\n\\r\\n' >&3 && grep -qx active <&3`,
    ),
    quiesce: become('standby'),
    catchUp: script('[ "$(cat lag)" = 0 ]'),
    freshness: script('cat lag'),
  };
}

/**
 * Starts a site. @returns when it answers in all its families
 * @throws UnderstudyError `sandbox-listener` when an address or the port cannot be had
 */
export async function startSite(options: SiteOptions): Promise<SandboxSite> {
  const { folder, name } = options;
  mkdirSync(folder, { recursive: true });
  const roleFile = join(folder, 'role');
  const power = join(folder, 'on');
  const setLag = (seconds: number) => writeFileSync(join(folder, 'lag'), `${seconds}\n`);
  writeFileSync(roleFile, `${options.role}\n`);
  writeFileSync(power, '');
  setLag(0);
  const { v4, v6 } = await listen(options, roleFile);
  const listeners = v6 === null ? [v4] : [v4, v6];
  return {
    name,
    port: v4.port,
    v4,
    v6,
    commands: commandsOf(folder, options.address, v4.port),
    role: () => readFileSync(roleFile, 'utf8').trim(),
    setLag,
    powerOff: async () => {
      rmSync(power, { force: true });
      await Promise.all(listeners.map(one => one.kill()));
    },
    powerOn: async () => {
      if (!existsSync(power)) writeFileSync(power, '');
      await Promise.all(listeners.filter(one => one.state() !== 'running').map(one => one.start()));
    },
    close: async () => {
      await Promise.all(listeners.map(one => one.close()));
    },
  };
}
