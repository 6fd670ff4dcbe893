import type { SightingObservation } from '../../src/contracts/index.ts';

/** `prod`, `staging`, `dev` or `test` when a path says so in a word of its own; nothing when it says two things. */
export function environmentOf(path: string): string | undefined {
  const found = new Set<string>();
  for (const word of path
    .toLowerCase()
    .replace(/non-?prod/g, 'nonprod')
    .split(/[^a-z]+/)) {
    const environment = WORDS.get(word);
    if (environment !== undefined) found.add(environment);
  }
  const [first] = found;
  return found.size === 1 ? first : undefined;
}

/** Which kind of place a file of the work tree is. */
export function placeOf(path: string): SightingObservation['place'] {
  return CI_FILES.test(path) ? 'ci' : 'work-tree';
}

// `test` is left out: a folder of tests is no environment.
const WORDS: ReadonlyMap<string, string> = new Map([
  ['prod', 'prod'],
  ['production', 'prod'],
  ['prd', 'prod'],
  ['staging', 'staging'],
  ['stage', 'staging'],
  ['stg', 'staging'],
  ['preprod', 'staging'],
  ['dev', 'dev'],
  ['development', 'dev'],
  ['sandbox', 'dev'],
  ['qa', 'test'],
  ['uat', 'test'],
]);

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
