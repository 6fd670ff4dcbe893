import {
  type ConsumerObservation,
  type IdentityId,
  type IdentityObservation,
  identityId,
  type JsonObject,
  type Location,
  type Match,
} from '../contracts/index.ts';
import { environmentOf } from '../util/environment.ts';
import { type Cloud, isPublicName } from './cloud-keys.ts';
import { holdsOf } from './holds.ts';
import { placeOfLine } from './line-place.ts';
import { findLogins } from './login.ts';
import { type CiComponent, type CiFact, type CiJob, type CiStep, type Part, type Pipeline, POSITIONS } from './model.ts';
import { scriptFacts } from './script-facts.ts';
import { isSecretName } from './secret-name.ts';
import { uploadFacts } from './uploads.ts';
import { findSecretUses, type SecretUse } from './uses.ts';

export interface PipelinePlace {
  readonly repository: string | undefined;
  readonly path: string;
  at(offset: number, pointer: string): Location;
  /** What could not be worked out, for the coverage. */
  note(problem: string): void;
}

/** A credential that stands in the file itself. */
export interface Literal {
  readonly match: Match;
  readonly at: Location;
  readonly start: number;
}

const MAX_LITERALS = 1000;

/** The identity of a secret that the CI system keeps for a repository. */
export function ciSecretId(provider: string, repository: string | undefined, name: string): IdentityId {
  return identityId(provider, repository, `secret/${name}`);
}

/** `prod` … by the declared name, else by words in the names of job and file. */
export function environmentOfJob({ declaredEnvironment, id, names }: CiJob): string | undefined {
  if (declaredEnvironment === undefined) return environmentOf(id, ...names);
  return environmentOf(declaredEnvironment) ?? declaredEnvironment.toLowerCase();
}

/** What a job has at hand: every secret, every role it becomes, every key written out, and how it treats them. */
export function* describeJob(
  text: string,
  job: CiJob,
  pipeline: Pipeline,
  literals: readonly Literal[],
  place: PipelinePlace,
  macros: boolean,
): Generator<IdentityObservation | ConsumerObservation> {
  const { platform, provider } = pipeline;
  const { logins, references } = findLogins(text, job, macros);
  const { uses, scripts, problem } = findSecretUses(text, job, pipeline, references, { macros });
  if (problem !== undefined) place.note(problem);
  const all = [...job.logins, ...logins];
  const environment = environmentOfJob(job);
  const facts = jobFacts(job, uses, all, platform);
  const consumer = {
    kind: 'consumer',
    consumer: `${place.repository === undefined ? '' : `${place.repository}:`}${place.path}#${job.id}`,
    type: 'workflow-job',
    ...(environment === undefined ? {} : { environment }),
    ...(job.triggers.length === 0 ? {} : { trigger: job.triggers.join(',') }),
  } as const;

  for (const use of uses) {
    // Secrets of a cluster are objects there, by namespace and name: the file knows neither cluster nor, often, namespace.
    const identity =
      provider === undefined && use.identity === undefined ? undefined : secretIdentity(use, job, provider ?? 'k8s', place);
    if (identity !== undefined) yield identity;
    yield {
      ...consumer,
      ...(identity === undefined ? {} : { identity: identity.id }),
      secretName: use.name,
      how: use.how,
      at: place.at(use.place.start, use.place.pointer),
      detail: { ...facts, ...useDetail(use, job) },
    };
    const lines = [
      ...(isPrinted(use) ? use.prints.map((at) => ({ ...at, name: undefined, fact: 'secret-printed' })) : []),
      ...(use.jobToken || isPublicName(use.name)
        ? []
        : use.argumentsAt.map((at) => ({ ...at, name: undefined, fact: 'secret-in-argument' }))),
      ...(use.jobToken ? [] : use.buildArguments.map((at) => ({ ...at, fact: 'build-argument' }))),
    ];
    for (const { scalar, line, fact, name } of lines) {
      const { start, pointer } = placeOfLine(text, scalar, line);
      yield {
        ...consumer,
        ...(identity === undefined ? {} : { identity: identity.id }),
        secretName: use.name,
        how: use.how,
        at: place.at(start, pointer),
        detail: { ...facts, fact, ...(fact === 'build-argument' ? namedArgument(name ?? use.name, use.name) : {}) },
      };
    }
  }

  const seen = new Set<IdentityId>();
  for (const { identity, cloud, how, place: at, step } of all) {
    if (seen.has(identity)) continue;
    seen.add(identity);
    const reached = step === undefined ? job.steps : job.steps.slice(job.steps.indexOf(step));
    yield {
      ...consumer,
      identity,
      how,
      at: place.at(at.start, at.pointer),
      detail: {
        ...facts,
        ...componentsOf(job, reached),
        position: 'run',
        positions: ['run'],
        steps: step === undefined ? [] : [stepDetail(step)],
        cloud,
      },
    };
  }

  const written = new Set<string>();
  for (const { match, at, start } of literals) {
    if (written.has(match.credential)) continue;
    if (written.size >= MAX_LITERALS) {
      place.note(`more than ${MAX_LITERALS} keys are written out in a job`);
      break;
    }
    written.add(match.credential);
    const step = job.steps.find((each) => each.scripts.some((scalar) => start >= scalar.start && start < scalar.end));
    yield {
      ...consumer,
      credential: match.credential,
      ...(match.identity === undefined ? {} : { identity: match.identity }),
      how: 'static-key',
      at,
      detail: {
        ...facts,
        position: 'other',
        positions: ['other'],
        steps: step === undefined ? [] : [stepDetail(step)],
        literal: true,
      },
    };
  }

  for (const fact of [...job.facts, ...scriptFacts(text, uses, scripts), ...uploadFacts(job.uploads ?? [], uses)]) {
    if (fact.fact === 'oidc-subject' && fact.identity !== undefined) yield subjectIdentity(fact, fact.identity, place);
    yield { ...consumer, ...factRow(fact, provider, place), detail: { ...facts, fact: fact.fact, ...fact.detail } };
  }
}

/** The subject of a token that the job may ask for: what trusts of clouds are compared with. */
function subjectIdentity({ place: at, detail = {} }: CiFact, id: IdentityId, place: PipelinePlace): IdentityObservation {
  const [provider = '', scope = '-'] = id.split(':', 2);
  return {
    kind: 'identity',
    id,
    provider,
    type: 'oidc-subject',
    name: String(detail.subject ?? id),
    ...(scope === '-' ? {} : { scope }),
    managed: true,
    at: place.at(at.start, at.pointer),
    detail,
  };
}

/** Facts of the file as a whole. */
export function* describeFacts(pipeline: Pipeline, place: PipelinePlace): Generator<ConsumerObservation> {
  for (const fact of pipeline.facts) {
    yield {
      kind: 'consumer',
      consumer: `${place.repository === undefined ? '' : `${place.repository}:`}${place.path}#${fact.fact}`,
      type: 'workflow-job',
      ...factRow(fact, pipeline.provider, place),
      detail: { platform: pipeline.platform, fact: fact.fact, ...fact.detail },
    };
  }
}

function factRow(fact: CiFact, provider: string | undefined, place: PipelinePlace) {
  const isNamed = fact.secretName !== undefined && fact.secretName !== '*';
  const identity =
    fact.identity ?? (isNamed && provider !== undefined ? ciSecretId(provider, place.repository, fact.secretName) : undefined);
  return {
    ...(identity === undefined ? {} : { identity }),
    ...(fact.credential === undefined ? {} : { credential: fact.credential }),
    ...(fact.secretName === undefined ? {} : { secretName: fact.secretName }),
    how: fact.how ?? 'secret',
    at: place.at(fact.place.start, fact.place.pointer),
  } as const;
}

function secretIdentity(use: SecretUse, job: CiJob, provider: string, place: PipelinePlace): IdentityObservation {
  const id =
    use.identity ??
    (use.jobToken
      ? identityId(provider, place.repository, `job-token/${job.id}`)
      : ciSecretId(provider, place.repository, use.name));
  const [idProvider = provider, scope = '-'] = id.split(':', 2);
  return {
    kind: 'identity',
    id,
    provider: idProvider,
    type: use.type ?? (use.jobToken ? 'job-token' : 'ci-secret'),
    name: use.jobToken ? job.id : use.name,
    ...(scope === '-' ? {} : { scope }),
    ...(use.jobToken ? { managed: true } : {}),
    at: place.at(use.place.start, use.place.pointer),
    detail: { ...(use.cloud === undefined ? {} : { cloud: use.cloud }), ...(use.explicit ? {} : { guessed: true }) },
  };
}

/** The same on every row of a job, so that a check needs no join. */
function jobFacts(
  job: CiJob,
  uses: readonly SecretUse[],
  logins: readonly { readonly cloud: Cloud; readonly how: string }[],
  platform: string,
): JsonObject {
  const oidcClouds = new Set<Cloud>(job.oidcClouds);
  for (const use of uses) if (use.how === 'oidc' && use.cloud !== undefined) oidcClouds.add(use.cloud);
  for (const { cloud, how } of logins) if (how === 'oidc') oidcClouds.add(cloud);
  return {
    platform,
    job: job.id,
    triggers: job.triggers,
    oidcAvailable: job.oidcAvailable,
    oidcClouds: [...oidcClouds],
    runsOn: job.runsOn,
    selfHosted: job.selfHosted,
    pushAnyBranch: job.pushAnyBranch ?? false,
    environmentDeclared: job.declaredEnvironment !== undefined || (job.dynamicEnvironment ?? false),
    environmentDynamic: job.dynamicEnvironment ?? false,
    ...(job.declaredEnvironment === undefined ? {} : { declaredEnvironment: job.declaredEnvironment }),
    ...job.detail,
  };
}

function useDetail(use: SecretUse, job: CiJob): JsonObject {
  const positions = POSITIONS.filter((position) => use.positions.has(position));
  const reached = use.reaches.size === 0 ? job.steps : [...use.reaches];
  return {
    position: positions[0] ?? 'other',
    positions,
    steps: [...use.steps].toSorted((a, b) => a.index - b.index).map(stepDetail),
    stepsInScope: reached.length,
    ...componentsOf(job, reached),
    inputs: [...use.inputs],
    variables: [...use.variables],
    echoesSecret: isPrinted(use),
    exportsSecret: use.exported,
    secretInGitUrl: use.gitUrl,
    secretFiles: [...use.files],
    secretInArgument: use.argument && use.how !== 'oidc' && use.how !== 'impersonation',
    ...(use.cloud === undefined ? {} : { cloud: use.cloud }),
    ...(use.explicit ? {} : { guessed: true }),
    ...(use.jobToken ? { jobToken: true } : holdsOf(use)),
    ...use.detail,
  };
}

/** Of one who passes a secret on as an argument: names tell whether it is one, and what a browser is sent is none. */
export function namedArgument(argument: string, secret: string): JsonObject {
  return {
    argument: argument.slice(0, 120),
    named: isSecretName(argument) || isSecretName(secret),
    public: isPublicName(secret) || /^(?:NEXT_PUBLIC|VITE|REACT_APP|EXPO_PUBLIC|GATSBY|NUXT_PUBLIC|PUBLIC)_/i.test(argument),
  };
}

/** The name of a role may be seen by everyone. */
function isPrinted({ echoed, how }: SecretUse): boolean {
  return echoed && how !== 'oidc' && how !== 'impersonation';
}

function stepDetail({ index, name, uses }: CiStep): JsonObject {
  return { index, name: name.slice(0, 120), ...(uses === undefined ? {} : { uses: uses.uses, pinned: uses.pinned }) };
}

function componentsOf(job: CiJob, steps: readonly CiStep[]): JsonObject {
  const components = [...job.components, ...steps.flatMap((step) => step.uses ?? [])];
  const names = (chosen: readonly CiComponent[]) => [...new Set(chosen.map(({ uses }) => uses))];
  return {
    thirdParty: names(components.filter((component) => component.thirdParty)),
    unpinned: names(components.filter((component) => !component.pinned)),
  };
}

export function isWithin({ part, parts }: CiJob, offset: number): boolean {
  return [part, ...parts].some((each) => isIn(each, offset));
}

function isIn({ start, end }: Part, offset: number): boolean {
  return offset >= start && offset < end;
}
