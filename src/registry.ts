import type { AnyReporter, Scanner } from './contracts/index.ts';

/**
 * The one file that knows concrete scanners and reporters. To add one: its folder, its tests, one line here.
 * Modules load when they are asked for, so that a start costs only what it uses.
 */
export async function loadScanners(): Promise<readonly Scanner[]> {
  const modules = await Promise.all([
    // File scanners are asked in this order; the first that recognises a file gets it.
    import('../scanners/notebook/index.ts').then((m) => m.notebook),
    import('../scanners/ci-config/index.ts').then((m) => m.ciConfig),
  ]);
  return modules;
}

export async function loadReporters(): Promise<readonly AnyReporter[]> {
  return await Promise.all([
    import('../reporters/terminal/index.ts').then((m) => m.terminal),
    import('../reporters/json/index.ts').then((m) => m.json),
  ]);
}
