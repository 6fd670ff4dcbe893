import { closeAll } from './closing.ts';

// Tests must see the same product whatever the machine: no colours, a neutral git, no user configuration.
process.env.NO_COLOR = '1';
process.env.TZ = 'UTC';
process.env.GIT_CONFIG_GLOBAL = '/dev/null';
process.env.GIT_CONFIG_NOSYSTEM = '1';
delete process.env.FORCE_COLOR;
delete process.env.NHI_AUDIT_FINGERPRINT_KEY;

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
