import { defineFileScanner, defineServiceScanner } from '../../src/contracts/index.ts';
import { listCalls } from './calls.ts';
import { mayBeExport, recogniseExport } from './recognise.ts';

// The parsers and the evaluator load when the first export is met, so that a scan without any does not pay for them.

/**
 * Reads what the stock CLI commands export: authorization details, the credential report, access-key lists, last use of
 * keys, OIDC providers. See README.md for the commands.
 */
export const awsIamFiles = defineFileScanner({
  id: 'aws-iam',
  title: 'AWS IAM exports',
  emits: ['identity', 'credential', 'grant', 'trust', 'usage', 'sighting', 'coverage'],
  surfaces: ['aws', 'audit-log'],
  version: 10,
  usesClock: true,
  content: 'own',
  recognises: (file) => recogniseExport(file) !== undefined,
  looksAt: mayBeExport,
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});

/**
 * The account that `aws:` (or `aws:PROFILE`) has credentials for. Read-only calls; each that is denied becomes a coverage
 * row naming the missing right, and the rest goes on.
 */
export const awsIamLive = defineServiceScanner({
  id: 'aws-iam',
  title: 'AWS IAM (live)',
  emits: ['identity', 'credential', 'grant', 'trust', 'coverage'],
  surfaces: ['aws'],
  version: 9,
  scheme: 'aws',
  address: '[PROFILE]',
  calls: listCalls,
  async *probe(target, context) {
    const { probeAccount } = await import('./probe.ts');
    yield* probeAccount(target, context);
  },
  async *scan(target, context) {
    const { scanAccount } = await import('./live.ts');
    yield* scanAccount(target, context);
  },
});
