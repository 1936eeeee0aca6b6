/**
 * Stryker's settings, for ./scripts/mutate: breaks judge, plan and gate in some two thousand small ways and asks of each
 * whether a test notices. The verdict over the result is test/mutation/verdict.ts.
 *
 * Only tests in the same process count. The random search of test/plan/gate-fuzz.test.ts is left out: it would take
 * most of the time, and what it alone can see ought to stand in an example that says what is wrong.
 */
export default {
  mutate: ['src/judge/**/*.ts', 'src/plan/**/*.ts'],
  testRunner: 'mocha',
  plugins: ['@stryker-mutator/mocha-runner'],
  // The runner starts mocha by its API, which does not read node-option of .mocharc.json.
  testRunnerNodeArgs: ['--import=tsx', '--no-experimental-require-module'],
  mochaOptions: {
    require: ['./test/mutation/fixed-dice.ts'],
    // Cheap and telling ones first: a mutant in a table, read when a module loads, is tried against all of them in turn.
    spec: [
      'test/judge/rules.test.ts',
      'test/plan/gate-golden.test.ts',
      'test/plan/golden.test.ts',
      'test/cli/render.test.ts',
      'test/plan/gate.test.ts',
      'test/judge/!(rules).test.ts',
      'test/plan/plan*.test.ts',
    ],
  },
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // A mutant that outlasts this counts as noticed; on a busy machine a short limit would be a false witness.
  timeoutMS: 30_000,
  // tsx does not check types, so none need be silenced.
  disableTypeChecks: false,
  tempDirName: '.tmp/mutate',
  ignorePatterns: ['.tmp', 'dist', 'infra', 'coverage', 'README.md'],
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: '.tmp/mutate.json' },
  allowConsoleColors: false,
  // Tables are read once, when the module loads: their mutants need a fresh process each, and are worth it.
  warnings: { slow: false },
};
