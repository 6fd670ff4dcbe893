import { defineFileScanner } from '../../src/contracts/index.ts';
import { recognises } from './recognise.ts';

/** GitLab CI/CD pipelines and the files they include. https://docs.gitlab.com/ci/yaml/ */
export const gitlabCi = defineFileScanner({
  id: 'gitlab-ci',
  title: 'GitLab CI/CD',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  content: 'shared',
  recognises,
  looksAt: (path) => /\.ya?ml$/i.test(path),
  async *scan(file, context) {
    const { scanGitlabCi } = await import('./read.ts');
    yield* scanGitlabCi(file, context);
  },
});
