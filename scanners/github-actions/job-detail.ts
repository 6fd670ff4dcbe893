import { type Cloud, isPublicName } from '../../src/ci/cloud-keys.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import type { JsonObject } from '../../src/contracts/index.ts';
import { entriesOf, get, textOf } from '../../src/formats/tree.ts';
import type { ActionReference } from './action-reference.ts';
import { staticInput } from './cloud-login.ts';
import { holdsOf } from './holds.ts';
import type { JobLogins, JobPlace } from './job.ts';
import { allowsWrite } from './permissions.ts';
import { POSITIONS, type SecretUse } from './secret-use.ts';
import type { Job, Step, Workflow } from './workflow.ts';

export function holdsDetail(use: SecretUse): JsonObject {
  const holds = holdsOf(use);
  return holds === undefined
    ? {}
    : { holds: holds.kind, holdsBy: holds.by, ...(holds.uses === undefined ? {} : { githubUses: [...holds.uses] }) };
}

/** The same on every row of a job, so that a check needs no join. */
export function jobFacts(
  job: Job,
  workflow: Workflow,
  uses: readonly SecretUse[],
  logins: JobLogins,
  place: JobPlace,
  oidcAvailable: boolean,
): JsonObject {
  const checkouts = job.steps.filter((step) => step.uses?.action === 'actions/checkout');
  const oidcClouds = new Set<Cloud>();
  for (const use of uses) if (use.how === 'oidc' && use.cloud !== undefined) oidcClouds.add(use.cloud);
  for (const { login } of logins.values()) if (oidcAvailable && !login.chained) oidcClouds.add(login.cloud);
  return {
    platform: 'github-actions',
    job: job.id,
    workflow: workflow.name ?? '',
    composite: workflow.composite,
    triggers: job.triggers,
    workflowTriggers: workflow.on.events,
    triggerClasses: triggerClasses(job),
    pushAnyBranch: job.pushAnyBranch,
    refRequired: job.condition.ref,
    forksKeptOut: job.condition.sameRepository,
    trustedStarter: job.condition.trustedPerson,
    onlyCalled: workflow.on.onlyCalled,
    jobs: workflow.jobs.length,
    permissions: job.permissions.scopes,
    permissionsSource: job.permissions.source,
    canWrite: allowsWrite(job.permissions),
    oidcAvailable,
    oidcClouds: [...oidcClouds],
    chainedClouds: [
      ...new Set([
        ...[...logins.values()].flatMap(({ login }) => (login.chained ? [login.cloud] : [])),
        ...job.steps.flatMap(takesRole),
      ]),
    ],
    runsOn: job.runsOn,
    selfHosted: job.runsOn.some((label) => label.toLowerCase() === 'self-hosted'),
    environmentDeclared: job.declaredEnvironment !== undefined || job.dynamicEnvironment,
    environmentDynamic: job.dynamicEnvironment,
    ...(job.declaredEnvironment === undefined ? {} : { githubEnvironment: job.declaredEnvironment }),
    ...(job.environmentInput === undefined
      ? {}
      : { environmentInput: job.environmentInput, environmentFree: workflow.on.freeInputs.has(job.environmentInput) }),
    ...(job.environments.length < 2 ? {} : { environments: job.environments }),
    deploys: deploysOf(job),
    temporaryKey: uses.some(({ variables, inputs }) => variables.has('AWS_SESSION_TOKEN') || inputs.has('aws-session-token')),
    takesArtifact: job.steps.some(takesArtifact),
    interpolates: job.steps.some(interpolates),
    secretsInherit: job.inheritsSecrets,
    secretsAll: uses.some((use) => use.all),
    prHeadCheckout: job.steps.some(checksOutPullRequest),
    persistCredentials: checkouts.some((step) => textOf(get(step.with, 'persist-credentials')) !== 'false'),
    ...(job.calls === undefined ? {} : { calls: job.calls.uses }),
    ...(job.callee === undefined
      ? {}
      : { calleeRepository: (job.callee.repository ?? place.repository ?? '').toLowerCase(), calleePath: job.callee.path }),
  };
}

/** Who starts the job, in words that all events fall under. */
function triggerClasses({ triggers, pushAnyBranch }: Job): string[] {
  const classes = triggers.map((event) => {
    if (event === 'push') return pushAnyBranch ? 'any-branch' : 'branch';
    return CLASSES.find(([pattern]) => pattern.test(event))?.[1] ?? 'other';
  });
  return [...new Set(classes)];
}

const CLASSES: readonly (readonly [RegExp, string])[] = [
  [/^(?:pull_request_target|workflow_run|issue_comment|issues|discussion(?:_comment)?|fork|watch)$/, 'strangers'],
  [/^(?:pull_request(?:_review(?:_comment)?)?|merge_group)$/, 'pull-request'],
  [/^(?:workflow_dispatch|repository_dispatch)$/, 'manual'],
  [/^workflow_call$/, 'called'],
  [/^schedule$/, 'schedule'],
  [/^(?:release|create|deployment(?:_status)?|registry_package)$/, 'release'],
];

/** Actions that change what runs somewhere. */
const DEPLOYS =
  /^(?:azure\/(?:webapps-deploy|functions-action|k8s-deploy|arm-deploy|container-apps-deploy-action|static-web-apps-deploy)|google-github-actions\/deploy-[\w-]+|aws-actions\/(?:amazon-ecs-deploy-task-definition|aws-cloudformation-github-deploy|aws-lambda-deploy)|cloudflare\/(?:wrangler-action|pages-action)|akhileshns\/heroku-deploy|superfly\/flyctl-actions|amondnet\/vercel-action|nwtgck\/actions-netlify|appleboy\/ssh-action)$/;

function deploysOf(job: Job): string[] {
  const found = new Set<string>();
  for (const { run, uses } of job.steps) {
    if (uses?.action !== undefined && DEPLOYS.test(uses.action)) found.add(uses.action);
    if (run !== undefined) for (const command of deployCommands(run)) found.add(command);
  }
  return [...found].slice(0, 20);
}

const PULL_REQUEST_REF =
  /github\.(?:head_ref\b|event\.(?:pull_request\.(?:head\b|merge_commit_sha\b|number\b)|workflow_run\.(?:head_|pull_requests)|issue\.number\b|number\b))|refs\/pull\//;

/** Fetches the code of whoever opened the pull request. */
function checksOutPullRequest(step: Step): boolean {
  if (step.uses?.action === 'actions/checkout') {
    return ['ref', 'repository'].some((input) => PULL_REQUEST_REF.test(textOf(get(step.with, input)) ?? ''));
  }
  const run = step.run ?? '';
  return (
    /\bgh\s+pr\s+checkout\b/.test(run) ||
    (/\bgit\s+(?:fetch|checkout|pull|merge|switch)\b/.test(run) && PULL_REQUEST_REF.test(run))
  );
}

/** What another run made, which a pull request may have started. */
function takesArtifact({ uses, run, with: inputs }: Step): boolean {
  if (uses?.action === 'dawidd6/action-download-artifact') return true;
  if (uses?.action === 'actions/download-artifact') return get(inputs, 'run-id') !== undefined;
  return /\bgh\s+run\s+download\b|downloadArtifact\b/.test(`${run ?? ''}${textOf(get(inputs, 'script')) ?? ''}`);
}

/** Texts of strangers that become part of a script. https://docs.github.com/en/actions/concepts/security/script-injections */
const STRANGERS_TEXT =
  /\$\{\{[^}]{0,200}\bgithub\.(?:head_ref|event\.(?:issue|pull_request|comment|review|review_comment|discussion|workflow_run)\.(?:title|body|head\.(?:ref|label)|head_branch|head_commit\.message))\b/;

function interpolates({ run, uses, with: inputs }: Step): boolean {
  const script = uses?.action === 'actions/github-script' ? (textOf(get(inputs, 'script')) ?? '') : (run ?? '');
  return STRANGERS_TEXT.test(script);
}

export function useDetail(use: SecretUse | undefined, job: Job): JsonObject {
  if (use === undefined)
    return { position: 'other', positions: [], steps: [], thirdParty: [], unpinned: [], echoesSecret: false };
  const positions = POSITIONS.filter((position) => use.positions.has(position));
  const reached = [...use.reaches];
  return {
    position: positions[0] ?? 'other',
    positions,
    steps: [...use.steps].toSorted((a, b) => a.index - b.index).map(stepDetail),
    stepsInScope: reached.length,
    ...references([...reached.flatMap((step) => step.uses ?? []), ...(job.calls === undefined ? [] : [job.calls])]),
    inputs: [...use.inputs],
    variables: [...use.variables],
    echoesSecret: use.echoed,
    exportsSecret: use.exported,
    outputsSecret: use.output || use.occurrences.some(({ scalar }) => /^jobs\.[^.[]+\.outputs\b/.test(scalar.pointer)),
    secretInArgument: use.argument,
    secretInGitUrl: use.gitUrl,
    parsesSecret: use.parsed,
    public: isPublicName(use.name),
    ...(use.files.size === 0 ? {} : { secretFiles: [...use.files].slice(0, 20) }),
    ...holdsDetail(use),
    ...(use.cloud === undefined ? {} : { cloud: use.cloud }),
  };
}

export function stepDetail(step: Step): JsonObject {
  const { index, name, uses } = step;
  return { index, name: name.slice(0, 120), ...(uses === undefined ? {} : { uses: uses.uses, pinned: uses.pinned }) };
}

export function references(actions: readonly ActionReference[]): JsonObject {
  const names = (chosen: readonly ActionReference[]) => [...new Set(chosen.map(({ uses }) => uses))];
  return {
    thirdParty: names(actions.filter((action) => action.thirdParty)),
    unpinned: names(actions.filter((action) => !action.pinned)),
  };
}

/** A key beside the role that it is to take, known by name or not; composite actions hand both on under names of their own. */
function takesRole(step: Step): Cloud[] {
  const inputs = entriesOf(step.with).filter(({ value }) => textOf(value) !== '');
  const isAws = inputs.some(({ key }) => staticInput(step, key) === 'aws');
  return isAws && inputs.some(({ key }) => /(?:^|[-_])role(?:[-_](?:to[-_]assume|arn))?$/i.test(key)) ? ['aws'] : [];
}
