import { defineFileScanner } from '../../src/contracts/index.ts';
import { isEntraExport, tellsTenant } from './recognise.ts';

/**
 * Reads what `az` exports and what AzureHound collects: applications, service principals, managed identities, their
 * credentials, owners, permissions and roles. See README.md for the commands.
 */
export const entraFiles = defineFileScanner({
  id: 'entra',
  title: 'Azure and Entra ID exports',
  emits: ['identity', 'credential', 'grant', 'trust', 'sighting', 'coverage'],
  surfaces: ['entra'],
  version: 1,
  usesClock: true,
  content: 'own',
  recognises: isEntraExport,
  looksAt: tellsTenant,
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});
