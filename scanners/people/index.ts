import { defineFileScanner } from '../../src/contracts/index.ts';
import { formatOf } from './recognise.ts';

/** Rosters (who works here, who left) and CODEOWNERS (who answers for which files). The parsers load with the first. */
export const people = defineFileScanner({
  id: 'people',
  title: 'People: rosters and CODEOWNERS',
  emits: ['person', 'coverage'],
  surfaces: ['people'],
  version: 4,
  content: 'shared',
  recognises: (file) => formatOf(file.path, file.head) !== undefined,
  async *scan(file, context) {
    const { scanPeople } = await import('./read.ts');
    yield* scanPeople(file, context);
  },
});
