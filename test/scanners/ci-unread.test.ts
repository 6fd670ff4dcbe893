import assert from 'node:assert/strict';
import { bitbucketPipelines } from '../../scanners/bitbucket-pipelines/index.ts';
import { buildkite } from '../../scanners/buildkite/index.ts';
import { codebuild } from '../../scanners/codebuild/index.ts';
import { drone } from '../../scanners/drone/index.ts';
import { jenkins } from '../../scanners/jenkins/index.ts';
import { travis } from '../../scanners/travis/index.ts';
import type { FileScanner } from '../../src/contracts/index.ts';
import { coverageOf, scan } from './ci-harness.ts';

const CASES: readonly (readonly [FileScanner, string, string, string])[] = [
  [
    bitbucketPipelines,
    'bitbucket-pipelines.yml',
    'pipelines:\n  default:\n    - step: {script: [make]}\n  custom:\n    ship:\n      import: templates:main:ship\n',
    'shared pipelines that were not read: templates:main:ship',
  ],
  [
    travis,
    '.travis.yml',
    'import:\n  - ./ci/common.yml\n  - source: acme/ci:main.yml@v1\nscript: make\n',
    'imported configurations that were not read: ./ci/common.yml, acme/ci:main.yml@v1',
  ],
  [drone, '.drone.yml', 'kind: template\nload: plugin.yaml\ndata: {name: x}\n', 'templates that were not read: plugin.yaml'],
  [
    codebuild,
    'buildspec.yml',
    'version: 0.2\nbatch:\n  build-list:\n    - {identifier: a, buildspec: ci/ship.yml}\n    - {identifier: b, buildspec: ci/buildspec-b.yml}\n',
    'buildspecs that were not read: ci/ship.yml',
  ],
  [
    buildkite,
    '.buildkite/pipeline.yml',
    'steps:\n  - command: ./steps.sh | buildkite-agent pipeline upload\n',
    'the steps that a script makes and uploads were not read',
  ],
  [
    jenkins,
    'Jenkinsfile',
    "@Library('deploy@0123456789012345678901234567890123456789') _\npipeline { stages { stage('a') { steps { sh 'make' } } } }\n",
    'shared libraries that were not read: deploy',
  ],
];

describe('coverage of CI files', () => {
  for (const [scanner, path, text, expected] of CASES) {
    it(`of ${scanner.id} says what stands elsewhere`, async () => {
      const { outcome, why } = coverageOf(await scan(scanner, path, text));

      assert.equal(outcome, 'partial');
      assert.equal(why, expected);
    });
  }
});
