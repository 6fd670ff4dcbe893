import { defineFileScanner } from '../../src/contracts/index.ts';
import { isGcpExport } from './recognise.ts';

/**
 * Reads what `gcloud` and Cloud Asset Inventory export: service accounts, keys, policies, roles, pools, limits, use. See
 * README.md for the commands. Exports that lie side by side are read by each other's light. The parsers load when the first is met.
 */
export const gcpIam = defineFileScanner({
  id: 'gcp-iam',
  title: 'GCP IAM exports',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting', 'coverage'],
  surfaces: ['gcp'],
  version: 2,
  usesClock: true,
  content: 'own',
  recognises: isGcpExport,
  looksAt: (path) => /\.(?:json|jsonl|ndjson)$/i.test(path),
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});
