import {
  type GrantObservation,
  githubSecretId,
  type IdentityId,
  type IdentityObservation,
  identityId,
} from '../../src/contracts/index.ts';
import { get } from '../../src/formats/tree.ts';
import { environmentOf } from '../../src/util/environment.ts';
import type { Fact } from './facts/view.ts';
import type { JobPlace } from './job.ts';
import { holdsDetail } from './job-detail.ts';
import { subjectsOf } from './oidc-subject.ts';
import { allowsOidc, allowsWrite } from './permissions.ts';
import type { SecretUse } from './secret-use.ts';
import type { Job, Workflow } from './workflow.ts';

/** Who the job can say that it is; GitHub signs it. */
export function* oidcSubjects(job: Job, workflow: Workflow, place: JobPlace): Generator<IdentityObservation> {
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

export function appIdentity(
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

export function appGrant(
  app: IdentityObservation,
  { offset, pointer }: Fact,
  permission: string,
  place: JobPlace,
): GrantObservation {
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
export function deployKey(fact: Fact, place: JobPlace): IdentityObservation | undefined {
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

export function jobTokenId(job: Job, place: JobPlace): IdentityId {
  return identityId('github', place.repository, `job-token/${place.fileName}/${job.id}`);
}

/** GitHub makes this token for every job, asked for or not. */
export function jobToken(job: Job, place: JobPlace): IdentityObservation {
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

export function* grants(token: IdentityObservation, job: Job, place: JobPlace): Generator<GrantObservation> {
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
export function ciSecret(use: SecretUse, job: Job, place: JobPlace): IdentityObservation {
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
