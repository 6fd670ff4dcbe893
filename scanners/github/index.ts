import { defineFileScanner } from '../../src/contracts/index.ts';
import { isGithubExport } from './recognise.ts';

// Parsers and clients load when the first export or target is met, so that a scan without any does not pay for them.

/** Reads what `gh api PATH` and the audit log's export give. See README.md for the commands. */
export const githubFiles = defineFileScanner({
  id: 'github',
  title: 'GitHub organisation exports',
  emits: ['identity', 'credential', 'grant', 'usage', 'sighting', 'coverage'],
  surfaces: ['github'],
  version: 1,
  content: 'own',
  recognises: isGithubExport,
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});
