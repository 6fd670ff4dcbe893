import { defineFileScanner } from '../../src/contracts/index.ts';
import { formOf } from './forms.ts';

/** Notebooks, cell by cell; what parses them loads with the first one. */
export const notebook = defineFileScanner({
  id: 'notebook',
  title: 'Notebooks (Jupyter, Databricks, Zeppelin, R Markdown, Quarto, scripts with cells)',
  emits: ['sighting', 'consumer', 'coverage'],
  surfaces: ['notebook'],
  version: 2,
  content: 'own',
  recognises: (file) => formOf(file) !== undefined,
  async *scan(file, context) {
    const { scanForm } = await import('./scan.ts');
    yield* scanForm(file, context);
  },
});
