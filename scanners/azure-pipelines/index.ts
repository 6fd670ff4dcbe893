import { defineFileScanner } from '../../src/contracts/index.ts';
import { recognises } from './recognise.ts';

/** Azure Pipelines. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/ */
export const azurePipelines = defineFileScanner({
  id: 'azure-pipelines',
  title: 'Azure Pipelines',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  content: 'shared',
  recognises,
  looksAt: (path) => /\.ya?ml$/i.test(path),
  async *scan(file, context) {
    const { scanAzurePipelines } = await import('./read.ts');
    yield* scanAzurePipelines(file, context);
  },
});
