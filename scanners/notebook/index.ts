import { defineFileScanner } from '../../src/contracts/index.ts';

/** Jupyter notebooks, cell by cell; the parser loads with the first one. https://nbformat.readthedocs.io/en/latest/format_description.html */
export const notebook = defineFileScanner({
  id: 'notebook',
  title: 'Notebooks (.ipynb)',
  emits: ['sighting', 'consumer', 'coverage'],
  surfaces: ['notebook'],
  version: 1,
  content: 'own',
  recognises: (file) => /\.ipynb$/i.test(file.path),
  async *scan(file, context) {
    const { scanNotebook } = await import('./read.ts');
    yield* scanNotebook(file, context);
  },
});
