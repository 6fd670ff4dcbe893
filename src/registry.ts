import type { AnyReporter, Scanner } from './contracts/index.ts';

/**
 * The one file that knows concrete scanners and reporters. To add one: its folder, its tests, one line here.
 * File scanners are asked in this order; the first that recognises a file gets it.
 */
export async function loadScanners(): Promise<readonly Scanner[]> {
  return await Promise.all([
    import('../scanners/notebook/index.ts').then((m) => m.notebook),
    import('../scanners/ci-config/index.ts').then((m) => m.ciConfig),
    import('../scanners/aws-iam/index.ts').then((m) => m.awsIamFiles),
    import('../scanners/gateway-sessions/index.ts').then((m) => m.gatewaySessions),
    import('../scanners/people/index.ts').then((m) => m.people),
    import('../scanners/repository/index.ts').then((m) => m.repository),
  ]);
}

export async function loadReporters(): Promise<readonly AnyReporter[]> {
  return await Promise.all([
    import('../reporters/terminal/index.ts').then((m) => m.terminal),
    import('../reporters/json/index.ts').then((m) => m.json),
    import('../reporters/sarif/index.ts').then((m) => m.sarif),
    import('../reporters/csv/index.ts').then((m) => m.csv),
    import('../reporters/markdown/index.ts').then((m) => m.markdown),
  ]);
}
