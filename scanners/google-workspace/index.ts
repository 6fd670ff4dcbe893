import { defineFileScanner } from '../../src/contracts/index.ts';
import { isWorkspaceExport } from './recognise.ts';

// The parsers load when the first export is met, so that a scan without any does not pay for them.

/** Reads answers of the Admin SDK and the console's list of delegated clients. See README.md for the commands. */
export const googleWorkspaceFiles = defineFileScanner({
  id: 'google-workspace',
  title: 'Google Workspace exports',
  emits: ['identity', 'credential', 'grant', 'usage', 'person', 'sighting', 'coverage'],
  surfaces: ['google-workspace'],
  version: 1,
  content: 'own',
  recognises: isWorkspaceExport,
  looksAt: (path) => /\.(?:json|jsonl|ndjson|csv|tsv)$/i.test(path),
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});
