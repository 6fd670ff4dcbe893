import { type Cloud, isPublicName } from '../../src/ci/cloud-keys.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import {
  type ConsumerObservation,
  type GrantObservation,
  githubSecretId,
  type IdentityId,
  type IdentityObservation,
  identityId,
  type JsonObject,
  type Location,
  type Match,
} from '../../src/contracts/index.ts';
import { entriesOf, get, textOf } from '../../src/formats/tree.ts';
import { environmentOf } from '../../src/util/environment.ts';
import type { ActionReference } from './action-reference.ts';
import { type Login, readLogins } from './cloud-login.ts';
import { ALL_SECRETS, JOB_TOKEN } from './expression.ts';
import { appTokenFacts } from './facts/app-token.ts';
import { factsOf } from './facts/index.ts';
import type { Fact, JobView } from './facts/view.ts';
import { holdsOf } from './holds.ts';
import { subjectsOf } from './oidc-subject.ts';
import { allowsOidc, allowsWrite } from './permissions.ts';
import { findSecretUses, POSITIONS, type Position, type SecretUse } from './secret-use.ts';
import { neverAsksForOidc, unneededScopes } from './token-need.ts';
import type { Job, Step, Workflow } from './workflow.ts';

export interface JobPlace {
  readonly repository: string | undefined;
  readonly path: string;
  readonly fileName: string;
  at(offset: number, pointer: string): Location;
  /** What could not be worked out, for the coverage. */
  note(problem: string): void;
}

const MAX_LITERALS = 1000;

type JobObservation = IdentityObservation | ConsumerObservation | GrantObservation;

/** What a job has at hand: its token with what it may do, every secret, every role it becomes, every key written out. */
export function* describeJob(
  text: string,
  job: Job,
  workflow: Workflow,
  literals: readonly { readonly match: Match; readonly at: Location; readonly start: number }[],
  place: JobPlace,
): Generator<JobObservation> {
  const oidcAvailable = allowsOidc(job.permissions);
  const { uses, problem } = findSecretUses(text, job, workflow.env, oidcAvailable);
  if (problem !== undefined) place.note(problem);
  const logins = findLogins(job, workflow);
  const facts = jobFacts(job, workflow, uses, logins, place, oidcAvailable);
  const consumer = {
    kind: 'consumer',
    consumer: `${place.repository === undefined ? '' : `${place.repository}:`}${place.path}#${job.id}`,
    type: 'workflow-job',
    ...(job.environment === undefined ? {} : { environment: job.environment }),
    ...(job.triggers.length === 0 ? {} : { trigger: job.triggers.join(',') }),
  } as const;

  if (!workflow.composite) {
    const token = uses.find((use) => use.name === JOB_TOKEN);
    const identity = jobToken(job, place);
    yield identity;
    yield* grants(identity, job, place);
    yield {
      ...consumer,
      identity: identity.id,
      secretName: JOB_TOKEN,
      how: 'token',
      at: token === undefined ? place.at(job.tree.start, job.tree.pointer) : place.at(token.offset, token.scalar.pointer),
      detail: { ...facts, ...useDetail(token, job), explicit: token !== undefined, unneeded: unneededScopes(job, uses) },
    };
    if (oidcAvailable) {
      for (const subject of oidcSubjects(job, workflow, place)) {
        yield subject;
        yield {
          ...consumer,
          identity: subject.id,
          how: 'oidc',
          ...(subject.at === undefined ? {} : { at: subject.at }),
          detail: { ...facts, fact: 'oidc-subject', unused: neverAsksForOidc(job) },
        };
      }
    }
  }

  for (const use of uses) {
    if (use.name === JOB_TOKEN) continue;
    const identity = use.name === ALL_SECRETS ? undefined : ciSecret(use, job, place);
    if (identity !== undefined) yield identity;
    yield {
      ...consumer,
      ...(identity === undefined ? {} : { identity: identity.id }),
      secretName: use.name,
      how: use.how,
      at: place.at(use.offset, use.scalar.pointer),
      detail: { ...facts, ...useDetail(use, job) },
    };
  }

  if (job.inheritsSecrets && !uses.some((use) => use.name === ALL_SECRETS)) {
    const secrets = get(job.tree, 'secrets') ?? job.tree;
    const at = place.at(secrets.start, secrets.pointer);
    const called = references(job.calls === undefined ? [] : [job.calls]);
    yield {
      ...consumer,
      secretName: ALL_SECRETS,
      how: 'secret',
      at,
      detail: { ...facts, ...called, position: 'secrets', positions: ['secrets'] },
    };
  }

  for (const { step, login } of logins.values()) {
    // Later steps find the session in their environment.
    const after = job.steps.slice(job.steps.indexOf(step));
    yield {
      ...consumer,
      identity: login.identity,
      how: oidcAvailable && !login.chained ? 'oidc' : 'impersonation',
      at: place.at(login.tree.start, login.tree.pointer),
      detail: {
        ...facts,
        ...references(after.flatMap((each) => each.uses ?? [])),
        position: 'with',
        positions: ['with'],
        steps: [stepDetail(step)],
        cloud: login.cloud,
      },
    };
  }

  const view: JobView = { job, workflow, repository: place.repository, uses, jobToken: jobTokenId(job, place) };
  for (const app of appTokenFacts(view)) {
    const identity = appIdentity(app, place);
    yield identity;
    for (const permission of app.permissions) yield appGrant(identity, app, permission, place);
    yield { ...consumer, ...factRow({ ...app, identity: identity.id }, facts, place) };
  }
  for (const fact of factsOf(view)) {
    // A composite action works with the token of whichever job calls it.
    if (workflow.composite && fact.secretName === undefined) continue;
    const key = fact.fact === 'ssh-key' && fact.detail?.for === 'git' ? deployKey(fact, place) : undefined;
    if (key !== undefined) yield key;
    yield { ...consumer, ...factRow(key === undefined ? fact : { ...fact, identity: key.id }, facts, place) };
  }

  const written = new Set<string>();
  for (const { match, at, start } of literals) {
    if (written.has(match.credential)) continue;
    if (written.size >= MAX_LITERALS) {
      place.note(`more than ${MAX_LITERALS} keys are written out in a job`);
      break;
    }
    written.add(match.credential);
    const step = job.steps.find((each) => start >= each.tree.start && start < each.tree.end);
    yield {
      ...consumer,
      credential: match.credential,
      ...(match.identity === undefined ? {} : { identity: match.identity }),
      how: 'static-key',
      at,
      detail: {
        ...facts,
        position: literalPosition(at.pointer ?? ''),
        positions: [literalPosition(at.pointer ?? '')],
        steps: step === undefined ? [] : [stepDetail(step)],
        literal: true,
        ...references(step?.uses === undefined ? [] : [step.uses]),
      },
    };
  }
}

type JobLogins = ReadonlyMap<IdentityId, { readonly step: Step; readonly login: Login }>;

/** Who the job becomes, each once, at the first step that does it. */
function findLogins(job: Job, workflow: Workflow): JobLogins {
  const env = literalEnv(workflow, job);
  const found = new Map<IdentityId, { step: Step; login: Login }>();
  for (const step of job.steps) {
    for (const login of readLogins(step, new Map([...env, ...literalsOf(step)]))) {
      if (!found.has(login.identity)) found.set(login.identity, { step, login });
    }
  }
  return found;
}

/** A row of its own for something that the job does with an identity or secret. */
function factRow(fact: Fact, facts: JsonObject, place: JobPlace) {
  return {
    ...(fact.identity === undefined ? {} : { identity: fact.identity }),
    ...(fact.secretName === undefined ? {} : { secretName: fact.secretName }),
    how: fact.how ?? 'secret',
    at: place.at(fact.offset, fact.pointer),
    detail: { ...facts, ...fact.detail, fact: fact.fact },
  };
}

/** Who the job can say that it is; GitHub signs it. */
function* oidcSubjects(job: Job, workflow: Workflow, place: JobPlace): Generator<IdentityObservation> {
  const told = job.permissions.tree === undefined ? job.tree : (get(job.permissions.tree, 'id-token') ?? job.permissions.tree);
  for (const { subject, isPattern, from, events, environment, ref } of subjectsOf(job, workflow, place.repository)) {
    const named = environment === undefined ? undefined : environmentOf(environment);
    yield {
      kind: 'identity',
      id: identityId('github', place.repository, `oidc/${subject}`),
      provider: 'github',
      type: 'oidc-subject',
      name: subject,
      ...(place.repository === undefined ? {} : { scope: place.repository }),
      ...(named === undefined ? {} : { environment: named }),
      managed: true,
      at: place.at(told.start, told.pointer),
      detail: {
        issuer: 'token.actions.githubusercontent.com',
        subject,
        isPattern,
        from,
        events,
        ...(environment === undefined ? {} : { githubEnvironment: environment }),
        ...(ref === undefined ? {} : { ref }),
      },
    };
  }
}

function appIdentity(
  { app, offset, pointer }: { readonly app: string; readonly offset: number; readonly pointer: string },
  place: JobPlace,
): IdentityObservation {
  const owner = place.repository?.includes('/') ? place.repository.split('/', 1)[0] : undefined;
  // An App without a name is the one of this workflow alone.
  const name = app === 'unknown' ? `unknown/${place.repository ?? '-'}/${place.fileName}` : app;
  return {
    kind: 'identity',
    id: identityId('github', owner, `app/${name}`),
    provider: 'github',
    type: 'app',
    name,
    ...(owner === undefined ? {} : { scope: owner }),
    at: place.at(offset, pointer),
    detail: { idFrom: /^(?:vars|secrets|inputs|env)\./.test(app) ? 'name' : app === 'unknown' ? 'nothing' : 'number' },
  };
}

function appGrant(app: IdentityObservation, { offset, pointer }: Fact, permission: string, place: JobPlace): GrantObservation {
  return {
    kind: 'grant',
    identity: app.id,
    effect: 'allow',
    permission,
    resource: place.repository ?? '*',
    via: 'installation token',
    viaKind: 'job',
    at: place.at(offset, pointer),
  };
}

/** Known by the name of the secret that holds it; its number only GitHub tells. */
function deployKey(fact: Fact, place: JobPlace): IdentityObservation | undefined {
  if (fact.secretName === undefined) return undefined;
  return {
    kind: 'identity',
    id: identityId('github', place.repository, `deploy-key/secrets.${fact.secretName}`),
    provider: 'github',
    type: 'deploy-key',
    name: fact.secretName,
    ...(place.repository === undefined ? {} : { scope: place.repository }),
    at: place.at(fact.offset, fact.pointer),
    detail: { idFrom: 'name' },
  };
}

function jobTokenId(job: Job, place: JobPlace): IdentityId {
  return identityId('github', place.repository, `job-token/${place.fileName}/${job.id}`);
}

/** GitHub makes this token for every job, asked for or not. */
function jobToken(job: Job, place: JobPlace): IdentityObservation {
  const { scopes, source, tree } = job.permissions;
  const told = tree ?? job.tree;
  return {
    kind: 'identity',
    id: jobTokenId(job, place),
    provider: 'github',
    type: 'job-token',
    name: `${place.fileName}/${job.id}`,
    ...(place.repository === undefined ? {} : { scope: place.repository }),
    ...(job.environment === undefined ? {} : { environment: job.environment }),
    managed: true,
    at: place.at(told.start, told.pointer),
    detail: {
      workflow: place.path,
      job: job.id,
      permissions: scopes,
      permissionsSource: source,
      permissionsKnown: source !== 'default',
      canWrite: allowsWrite(job.permissions),
      oidcAvailable: allowsOidc(job.permissions),
      triggers: job.triggers,
    },
  };
}

function* grants(token: IdentityObservation, job: Job, place: JobPlace): Generator<GrantObservation> {
  const { scopes, source, tree } = job.permissions;
  for (const permission of scopes) {
    const scope = permission.split(':', 1)[0];
    const entry = tree === undefined ? undefined : (get(tree, scope ?? '') ?? tree);
    yield {
      kind: 'grant',
      identity: token.id,
      effect: 'allow',
      permission,
      resource: place.repository ?? '*',
      via: 'permissions',
      viaKind: source,
      ...(entry === undefined ? {} : { at: place.at(entry.start, entry.pointer) }),
    };
  }
}

/**
 * The secret as the job sees it. Whether it is kept at the environment, the repository or the organisation, the file
 * does not say; in a job with an environment it is taken for that environment's, for there the environment's one wins.
 */
function ciSecret(use: SecretUse, job: Job, place: JobPlace): IdentityObservation {
  return {
    kind: 'identity',
    id: githubSecretId(place.repository, use.name, job.declaredEnvironment),
    provider: 'github',
    type: 'ci-secret',
    name: use.name,
    ...(place.repository === undefined ? {} : { scope: place.repository }),
    ...(job.declaredEnvironment === undefined || job.environment === undefined ? {} : { environment: job.environment }),
    at: place.at(use.offset, use.scalar.pointer),
    detail: {
      ...(job.declaredEnvironment === undefined ? {} : { githubEnvironment: job.declaredEnvironment }),
      ...(use.cloud === undefined ? {} : { cloud: use.cloud }),
      ...holdsDetail(use),
    },
  };
}

function holdsDetail(use: SecretUse): JsonObject {
  const holds = holdsOf(use);
  return holds === undefined
    ? {}
    : { holds: holds.kind, holdsBy: holds.by, ...(holds.uses === undefined ? {} : { githubUses: [...holds.uses] }) };
}

/** The same on every row of a job, so that a check needs no join. */
function jobFacts(
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
    chainedClouds: [...new Set([...logins.values()].flatMap(({ login }) => (login.chained ? [login.cloud] : [])))],
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

function useDetail(use: SecretUse | undefined, job: Job): JsonObject {
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

function stepDetail(step: Step): JsonObject {
  const { index, name, uses } = step;
  return { index, name: name.slice(0, 120), ...(uses === undefined ? {} : { uses: uses.uses, pinned: uses.pinned }) };
}

function references(actions: readonly ActionReference[]): JsonObject {
  const names = (chosen: readonly ActionReference[]) => [...new Set(chosen.map(({ uses }) => uses))];
  return {
    thirdParty: names(actions.filter((action) => action.thirdParty)),
    unpinned: names(actions.filter((action) => !action.pinned)),
  };
}

function literalPosition(pointer: string): Position {
  if (pointer.startsWith('env')) return 'workflow-env';
  if (/^jobs\.[^.[]+\.env\b/.test(pointer)) return 'job-env';
  if (/\.(?:container|services)\b/.test(pointer)) return 'container';
  if (/\]\.env\b/.test(pointer)) return 'step-env';
  if (/\.with\b/.test(pointer)) return 'with';
  if (/\.run$/.test(pointer)) return 'run';
  return 'other';
}

/** Variables whose value stands in the file, for names such as `${{ env.AWS_ROLE }}`. */
function literalEnv(workflow: Workflow, job: Job): Map<string, string> {
  const known = new Map<string, string>();
  for (const tree of [workflow.env, job.env]) {
    for (const { key, value } of entriesOf(tree)) if (value.type === 'scalar') known.set(key, value.value);
  }
  return known;
}

function literalsOf(step: Step): [string, string][] {
  return entriesOf(step.env).flatMap(({ key, value }): [string, string][] =>
    value.type === 'scalar' ? [[key, value.value]] : [],
  );
}
