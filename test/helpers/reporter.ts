import Mocha from 'mocha';

/** mocha's own spec output, closed by the one line that CI reads: `N passed, N failed`. */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      // Files are shared out to processes, and one without tests is told by this number alone.
      const empty = runner.failures - failures;
      if (empty > 0) process.stdout.write(`test files without a test: ${empty}\n\n`);
      const skipped = pending > 0 ? `, ${pending} skipped` : '';
      process.stdout.write(`${passes} passed, ${Math.max(failures, runner.failures)} failed${skipped}\n`);
    });
  }
}
