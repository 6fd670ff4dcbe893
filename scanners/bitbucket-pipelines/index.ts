import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Bitbucket Pipelines. https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/ */
export const bitbucketPipelines = defineFileScanner({
  id: 'bitbucket-pipelines',
  title: 'Bitbucket Pipelines',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  content: 'shared',
  recognises,
  async *scan(file, context) {
    const { scanBitbucketPipelines } = await import('./read.ts');
    yield* scanBitbucketPipelines(file, context);
  },
});

function recognises(file: FileHead): boolean {
  return /(?:^|[/.])bitbucket-pipelines\.ya?ml$/i.test(file.path);
}
