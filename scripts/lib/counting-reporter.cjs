/** Mocha's spec reporter, which in the end also writes its counts to the file named by UNDERSTUDY_TEST_COUNTS. */
'use strict';

const { writeFileSync } = require('node:fs');
const { Spec } = require('mocha').reporters;

module.exports = class CountingReporter extends Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(process.env.UNDERSTUDY_TEST_COUNTS, JSON.stringify({ passes, failures, pending }));
    });
  }
};
