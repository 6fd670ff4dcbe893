import { isAllOf } from '../../src/ci/kube-kinds.ts';
import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Tekton pipelines, tasks and their runs. https://tekton.dev/docs/pipelines/ */
export const tekton = defineFileScanner({
  id: 'tekton',
  title: 'Tekton',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  content: 'shared',
  recognises,
  async *scan(file, context) {
    const { scanTekton } = await import('./read.ts');
    yield* scanTekton(file, context);
  },
});

function recognises(file: FileHead): boolean {
  return isAllOf(file, /(?:^|\b|\.)tekton\.dev\//);
}
