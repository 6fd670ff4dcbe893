import { defineFileScanner, defineServiceScanner } from '../../src/contracts/index.ts';
import { listCalls } from './calls.ts';
import { isGithubExport } from './recognise.ts';

// Parsers and clients load when the first export or target is met, so that a scan without any does not pay for them.

/** Reads what `gh api PATH` and the audit log's export give. See README.md for the commands. */
export const githubFiles = defineFileScanner({
  id: 'github',
  title: 'GitHub organisation exports',
  emits: ['identity', 'credential', 'grant', 'usage', 'sighting', 'coverage'],
  surfaces: ['github'],
  version: 4,
  content: 'own',
  recognises: isGithubExport,
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});

/**
 * The organisation of `github:ORG`, or one repository of `github:OWNER/REPO`. Calls that only read; each that is refused
 * becomes a coverage row naming the missing right, and the rest goes on.
 */
export const githubLive = defineServiceScanner({
  id: 'github',
  title: 'GitHub organisation (live)',
  emits: ['identity', 'credential', 'grant', 'trust', 'usage', 'coverage'],
  surfaces: ['github'],
  version: 3,
  scheme: 'github',
  address: 'ORG or OWNER/REPO',
  calls: listCalls,
  async *probe(target, context) {
    const { probeGithub } = await import('./probe.ts');
    yield* probeGithub(target, context);
  },
  async *scan(target, context) {
    const { scanGithub } = await import('./live.ts');
    yield* scanGithub(target, context);
  },
});
