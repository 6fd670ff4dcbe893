import { defineFileScanner, defineServiceScanner } from '../../src/contracts/index.ts';
import { callsOf } from './calls.ts';
import { isWorkspaceExport } from './recognise.ts';

// The parsers load when the first export is met, so that a scan without any does not pay for them.

/** Reads answers of the Admin SDK and the console's list of delegated clients. See README.md for the commands. */
export const googleWorkspaceFiles = defineFileScanner({
  id: 'google-workspace',
  title: 'Google Workspace exports',
  emits: ['identity', 'credential', 'grant', 'usage', 'person', 'sighting', 'coverage'],
  surfaces: ['google-workspace'],
  version: 2,
  content: 'own',
  recognises: isWorkspaceExport,
  looksAt: (path) => /\.(?:json|jsonl|ndjson|csv|tsv)$/i.test(path),
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});

/** An organisation: `google-workspace:C01abcd23`, `google-workspace:acme.example`, or `google-workspace:` for that of who signs in. */
export const googleWorkspaceLive = defineServiceScanner({
  id: 'google-workspace',
  title: 'Google Workspace (live)',
  emits: ['identity', 'credential', 'grant', 'person', 'coverage'],
  surfaces: ['google-workspace'],
  version: 2,
  scheme: 'google-workspace',
  address: '[CUSTOMER]',
  calls: () => callsOf(),
  async *probe(target, context) {
    const { probeWorkspace } = await import('./live.ts');
    yield* probeWorkspace(target, context);
  },
  async *scan(target, context) {
    const { scanWorkspace } = await import('./live.ts');
    yield* scanWorkspace(target, context);
  },
});
