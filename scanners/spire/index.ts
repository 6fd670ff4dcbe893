import { defineFileScanner } from '../../src/contracts/index.ts';
import { isSpireExport } from './recognise.ts';

/** Reads what `spire-server entry show`, `agent list` and `federation list` print as JSON. See README.md for the commands. */
export const spire = defineFileScanner({
  id: 'spire',
  title: 'SPIRE entries',
  emits: ['identity', 'credential', 'grant', 'trust', 'coverage'],
  surfaces: ['spire'],
  version: 2,
  usesClock: true,
  content: 'shared',
  recognises: isSpireExport,
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});
