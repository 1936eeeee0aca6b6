/** Every command, one line each, in the order of the help. */
import { ack } from './ack.ts';
import { approve } from './approve.ts';
import { clear } from './clear.ts';
import type { CommandModule } from './command.ts';
import { config } from './config.ts';
import { demo } from './demo.ts';
import { exportCommand } from './export.ts';
import { history } from './history.ts';
import { hold, resume } from './hold.ts';
import { failover, switchover } from './move.ts';
import { plan } from './plan.ts';
import { replayCommand } from './replay.ts';
import { rules } from './rules.ts';
import { run } from './run.ts';
import { serve } from './serve.ts';
import { simulate } from './simulate.ts';
import { status } from './status.ts';
import { tick } from './tick.ts';
import { why } from './why.ts';

export const COMMANDS: readonly CommandModule[] = [
  tick,
  run,
  serve,
  status,
  why,
  history,
  rules,
  plan,
  approve,
  failover,
  switchover,
  hold,
  resume,
  ack,
  clear,
  config,
  exportCommand,
  replayCommand,
  simulate,
  demo,
];
