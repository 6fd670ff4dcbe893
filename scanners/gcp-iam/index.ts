import { defineFileScanner, defineServiceScanner } from '../../src/contracts/index.ts';
import { callNames, liveCall } from './calls.ts';
import { isGcpExport } from './recognise.ts';
import { scopeOf } from './scope.ts';

/**
 * Reads what `gcloud` and Cloud Asset Inventory export: service accounts, keys, policies, roles, pools, limits, use. See
 * README.md for the commands. Exports that lie side by side are read by each other's light. The parsers load when the first is met.
 */
export const gcpIam = defineFileScanner({
  id: 'gcp-iam',
  title: 'GCP IAM exports',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting', 'coverage'],
  surfaces: ['gcp'],
  version: 12,
  usesClock: true,
  content: 'own',
  recognises: isGcpExport,
  looksAt: (path) => /\.(?:json|jsonl|ndjson)$/i.test(path),
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});

/**
 * One project, or all below a folder or organisation: `gcp:PROJECT`, `gcp:folders/N`, `gcp:organizations/N`. Read-only calls with
 * application default credentials; each that is denied becomes a coverage row naming the right, and the rest goes on.
 */
export const gcpIamLive = defineServiceScanner({
  id: 'gcp-iam',
  title: 'GCP IAM (live)',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'coverage'],
  surfaces: ['gcp'],
  version: 7,
  usesClock: true,
  scheme: 'gcp',
  address: 'PROJECT | folders/N | organizations/N',
  calls: (target, env) => callNames(scopeOf(target)).map((name) => liveCall(name, env)),
  async *probe(target, context) {
    const { probeScope } = await import('./probe.ts');
    yield* probeScope(target, context);
  },
  async *scan(target, context) {
    const { scanScope } = await import('./live.ts');
    yield* scanScope(target, context);
  },
});
