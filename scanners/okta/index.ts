import { defineFileScanner, defineServiceScanner } from '../../src/contracts/index.ts';
import { callsOf } from './calls.ts';
import { hostOfTarget } from './host.ts';
import { isOktaExport } from './recognise.ts';

// The parsers load when the first export is met, so that a scan without any does not pay for them.

/** Reads answers of Okta's management API as curl saves them. See README.md for the calls. */
export const oktaFiles = defineFileScanner({
  id: 'okta',
  title: 'Okta exports',
  emits: ['identity', 'credential', 'grant', 'trust', 'usage', 'person', 'sighting', 'coverage'],
  surfaces: ['okta'],
  version: 4,
  usesClock: true,
  content: 'own',
  recognises: isOktaExport,
  looksAt: (path) => /\.(?:json|jsonl|ndjson)$/i.test(path),
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});

/** An organisation, by its host: `okta:acme.okta.com`. Reading calls only; what is refused becomes a coverage row that names the scope. */
export const oktaLive = defineServiceScanner({
  id: 'okta',
  title: 'Okta (live)',
  emits: ['identity', 'credential', 'grant', 'trust', 'usage', 'person', 'coverage'],
  surfaces: ['okta'],
  version: 4,
  scheme: 'okta',
  address: 'HOST',
  calls: (target) => callsOf(hostOfTarget(target)),
  async *probe(target, context) {
    const { probeOrganisation } = await import('./probe.ts');
    yield* probeOrganisation(target, context);
  },
  async *scan(target, context) {
    const { scanOrganisation } = await import('./live.ts');
    yield* scanOrganisation(target, context);
  },
});
