import { defineFileScanner } from '../../src/contracts/index.ts';
import { isGcpExport } from './recognise.ts';

/**
 * Reads what `gcloud` and Cloud Asset Inventory export: service accounts, their keys, IAM policies, roles. See README.md
 * for the commands. The parsers load when the first export is met.
 */
export const gcpIam = defineFileScanner({
  id: 'gcp-iam',
  title: 'GCP IAM exports',
  emits: ['identity', 'credential', 'grant', 'trust', 'sighting', 'coverage'],
  surfaces: ['gcp'],
  version: 1,
  usesClock: true,
  content: 'own',
  recognises: isGcpExport,
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});
