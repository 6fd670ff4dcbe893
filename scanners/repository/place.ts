import type { SightingObservation } from '../../src/contracts/index.ts';

/** Which kind of place a file of the work tree is. */
export function placeOf(path: string): SightingObservation['place'] {
  return CI_FILES.test(path) ? 'ci' : 'work-tree';
}

/** Files that a CI system runs, by the names their makers document. */
const CI_FILES = new RegExp(
  [
    String.raw`(^|/)\.(github|gitea|forgejo)/(workflows|actions)/.+\.ya?ml$`,
    String.raw`(^|/)action\.ya?ml$`,
    String.raw`(^|/)[^/]*\.gitlab-ci\.ya?ml$`,
    String.raw`(^|/)\.(circleci|buildkite|woodpecker)/.+\.ya?ml$`,
    String.raw`(^|/)\.(travis|drone|woodpecker|appveyor)\.ya?ml$`,
    String.raw`(^|/)(appveyor|azure-pipelines[^/]*|bitbucket-pipelines|cloudbuild[^/]*|buildspec[^/]*)\.ya?ml$`,
    '(^|/)Jenkinsfile([.-][^/]*)?$',
  ].join('|'),
);
