import { entriesOf, get, textOf } from '../../../src/formats/tree.ts';
import type { Step } from '../workflow.ts';
import { type Fact, givenTo, inputOf, isMadeSecret, type JobView, nameOf, stepsAfter } from './view.ts';

/**
 * What `actions/checkout` leaves in `.git/config`: the job's token, or the key that it was given instead. One row a job
 * for the token, one for each key. https://github.com/actions/checkout#usage
 */
export function* checkoutFacts(view: JobView): Generator<Fact> {
  let isTold = false;
  for (const step of view.job.steps) {
    if (step.uses?.action !== 'actions/checkout') continue;
    const setting = textOf(get(step.with, 'persist-credentials'));
    // Worked out at run time: nobody can say.
    const isKept = setting !== 'false' && !(setting?.includes('${{') ?? false);
    const keys = givenTo(view, step).filter(({ use, key }) => isMadeSecret(use) && (key === 'ssh-key' || key === 'token'));
    for (const { use, key, scalar, offset } of keys) {
      yield {
        fact: 'checkout-key',
        secretName: use.name,
        offset,
        pointer: scalar.pointer,
        detail: { input: key, persisted: isKept, step: nameOf(step), pushes: pushesAfter(view, step), ...aimOf(step) },
      };
    }
    if (!isKept || keys.length > 0 || isTold || isOtherToken(step)) continue;
    isTold = true;
    const later = stepsAfter(view.job, step);
    yield {
      fact: 'persisted-credentials',
      identity: view.jobToken,
      how: 'token',
      offset: step.tree.start,
      pointer: step.tree.pointer,
      detail: {
        step: nameOf(step),
        explicit: setting === 'true',
        pushes: pushesAfter(view, step),
        strangers: [
          ...new Set(later.flatMap(({ uses }) => (uses?.thirdParty === true && !VENDORS.test(uses.uses) ? [uses.uses] : []))),
        ],
        runsCode: later.some(({ run }) => run !== undefined),
      },
    };
  }
}

/** Makers of clouds and of their tools; everybody else's code is a stranger's. */
const VENDORS = /^(?:aws-actions|google-github-actions|azure|docker|hashicorp|microsoft)\//i;

/** A token of minutes, made by an App a step before. */
function isOtherToken(step: Step): boolean {
  return inputOf(step, 'token') !== undefined && !/\bgithub\.token\b|secrets\.GITHUB_TOKEN\b/i.test(inputOf(step, 'token') ?? '');
}

function aimOf(step: Step): { repository?: string } {
  const repository = inputOf(step, 'repository');
  return repository === undefined ? {} : { repository: repository.slice(0, 120) };
}

/** Programs that push, or fetch more, with what checkout left; and names of scripts that probably do. */
const PUSHES =
  /\bgit\s+(?:-\S+\s+\S+\s+)*(?:push|fetch|pull|submodule|lfs|ls-remote|remote\s+update)\b|\b(?:semantic-release|release-it|standard-version|bumpp|lerna|changeset|gh-deploy|gh-pages|np|cargo[ -]release|cargo\s+smart-release|goreleaser|jreleaser|mike\s+deploy|bump2version|bump-my-version|cz\s+bump|release-plz|tagpr|ko)\b|(?:^|[\s/_-])(?:release|publish|bump|deploy|tag|commit|backport|cherry[_-]?pick|sync|push|gh)(?:[\s/._-]|$)/im;

const PUSHING_ACTIONS =
  /(?:^|[/-])(?:git-auto-commit|add-and-commit|create-pull-request|github-push|github-pages-deploy|actions-gh-pages|semantic-release|release-please|release-drafter|chart-releaser|push-protected|git-push|commit|tag|bump|release|publish|deploy|backport|cherry-pick|changesets|changelog|version|sync|merge|push|pages|lint-fix|autofix|formatter|mkdocs|submodule|reviewdog|super-linter|megalinter)/;

/** Does a later step need what was left? Silence is kept where it may: taking it away breaks the release. */
function pushesAfter({ job }: JobView, step: Step): boolean {
  return stepsAfter(job, step).some(pushes);
}

/** May a step push, or fetch more, with what the checkout left? */
export function pushes({ run, uses, with: inputs }: Step): boolean {
  if (PUSHES.test(run ?? '')) return true;
  const name = uses?.uses.split('@', 1)[0]?.toLowerCase() ?? '';
  if (
    !name.startsWith('docker/') &&
    entriesOf(inputs).some(({ key, value }) => /push|commit/i.test(key) && textOf(value) !== 'false')
  )
    return true;
  return name !== '' && !name.startsWith('actions/') && !name.startsWith('docker/') && PUSHING_ACTIONS.test(name);
}
