/**
 * Times other programs: a process of its own and a small one, because the time to start a child grows with the memory of
 * the parent. Asked over IPC with {args, env}: starts `node ...args` and answers {wallMs, status, complaint}.
 */
'use strict';

const { spawnSync } = require('node:child_process');

process.on('message', ({ args, env }) => {
  const start = process.hrtime.bigint();
  const child = spawnSync(process.execPath, args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
  });
  const wallMs = Number(process.hrtime.bigint() - start) / 1e6;
  process.send({ wallMs, status: child.status, complaint: String(child.stderr) });
});
process.on('disconnect', () => process.exit());
