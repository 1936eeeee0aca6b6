/** Preloaded into a program to be measured: when it ends, adds a line with its CPU time and peak memory to $METER_FILE. */
'use strict';

const { appendFileSync } = require('node:fs');

const file = process.env.METER_FILE;
process.once('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  appendFileSync(
    file,
    `${JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1e3, peakMb: maxRSS / 1024 })}\n`,
  );
});
