import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeAll } from './closing.ts';

// Tests must see the same product whatever the machine: no colours, a neutral git, no user configuration.
process.env.NO_COLOR = '1';
process.env.TZ = 'UTC';
process.env.GIT_CONFIG_GLOBAL = '/dev/null';
process.env.GIT_CONFIG_NOSYSTEM = '1';
delete process.env.FORCE_COLOR;
delete process.env.NHI_AUDIT_FINGERPRINT_KEY;

/** Where the process that makes the directory of the run tells the others of it. */
const OF_RUN = 'NHI_AUDIT_TEST_DIRECTORY';
if (process.env[OF_RUN] === undefined) process.env[OF_RUN] = ownDirectory();
process.env.TMPDIR = process.env[OF_RUN];

/**
 * One directory for all that the tests of a run write. Who made it removes it: files are shared out to processes that are
 * ended without a word, and never get to remove what is theirs.
 */
function ownDirectory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'nhi-audit-tests-')));
  // A database server, which refuses to run as root, must get at what is made for it in here.
  chmodSync(path, 0o711);
  const remove = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  process.on('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.prependOnceListener(signal, () => {
      remove();
      // Whoever else listens ends the run in his own way.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
  return path;
}

/** Around all tests of one process, or those of each file where files are shared out to several. */
export const mochaHooks = {
  /** CI judges a change by the same random inputs as the one before it. At the desk each run tries others. */
  async beforeAll(): Promise<void> {
    if (process.env.CI === undefined) return;
    const { configureGlobal } = await import('fast-check');
    configureGlobal({ seed: 20260601 });
  },
  afterAll: closeAll,
};
