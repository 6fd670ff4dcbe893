import { defineFileScanner } from '../../src/contracts/index.ts';
import { looksLikeExport } from './shape.ts';

/** What `hoop` and its API export, and sessions with it. The parsers load when the first export is met. */
export const gatewaySessions = defineFileScanner({
  id: 'gateway-sessions',
  title: 'Gateway sessions and inventory (hoop, exported JSON)',
  emits: ['usage', 'identity', 'credential', 'consumer', 'grant', 'sighting', 'person', 'policy', 'coverage'],
  surfaces: ['gateway'],
  version: 4,
  content: 'own',
  recognises: looksLikeExport,
  async *scan(file, context) {
    const { scanExport } = await import('./export-file.ts');
    yield* scanExport(file, context);
  },
});
