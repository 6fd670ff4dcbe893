/**
 * Canonical ids: the join keys of the whole product. Every scanner makes them here and nowhere else, so that a key in
 * a notebook, an IAM export and a gateway session meet in one row.
 *
 * Identities:
 *
 * | form | example |
 * |---|---|
 * | `aws:ACCOUNT:user/NAME` (also `role/NAME`, `root`, `certificate-subject/DN` of Roles Anywhere) | `aws:123456789012:user/ci-deploy` |
 * | `gcp:PROJECT:serviceAccount/EMAIL` | `gcp:hc-prod:serviceAccount/etl@hc-prod.iam.gserviceaccount.com` |
 * | `k8s:CLUSTER:NAMESPACE/NAME` (a service account) | `k8s:prod-eu:shop/checkout` |
 * | `k8s:CLUSTER:rbac-user/NAME`, `rbac-group/NAME`, `rbac-role/NAMESPACE/NAME`, `rbac-cluster-role/NAME` (`NAME@NAMESPACE`: bound there only) | `k8s:prod-eu:rbac-group/system:masters` |
 * | `github:OWNER/REPO:deploy-key/ID` (also `secret/NAME`, `environment/ENV/secret/NAME`, `oidc/SUBJECT`, `job-token/WORKFLOW/JOB`) | `github:harbour/shop:secret/AWS_KEY` |
 * | `hoop:ORG:service-account/SUBJECT` (also `api-key/NAME`, `agent/NAME`, `machine/ID`, `static-admin-key`) | `hoop:default:api-key/nightly` |
 * | `github:ORG:app-installation/SLUG` (also `pat/ID`, `token/LOGIN/LAST8`, `ssh-key/LOGIN/ID`, `runner/NAME`, `runner-group/ID`, `webhook/ID`, `workflow-token`, `oidc-template`, `member/LOGIN`; of a repository too) | `github:harbour:app-installation/renovate` |
 * | `entra:TENANT:app/APPID` (app registrations, service principals and managed identities alike: the client id; lower case) | |
 * | `entra:TENANT:object/OBJECTID` (what is known by its object id alone: `identity_aliases` leads to the app; a user or group stays) | |
 * | `okta:HOST:app/CLIENTID` (also `api-token/ID`, `api-service/ID`, `service-account/ID`, `agent/ID`) | `okta:acme.okta.com:app/0oa…` |
 * | `google-workspace:CUSTOMER:oauth-client/CLIENTID` | |
 * | `postgres:HOST[:PORT]/DATABASE:role/NAME` | `postgres:db.acme.internal/orders:role/etl` |
 * | `spiffe:TRUSTDOMAIN:PATH` (without its leading `/`) | `spiffe:acme.org:ns/shop/sa/api` |
 *
 * Grammar: `provider ":" scope ":" local`. Provider is `[a-z][a-z0-9-]*`; scope has no `:`; local is the rest and may
 * hold any character. `:` and control characters in a scope, and `%`, are percent-encoded by `identityId`. A scope that
 * is not known is `-` (`aws:-:user/ci-deploy`).
 *
 * Credentials: `provider:kind/PUBLIC-ID` where the provider gives the credential a public id
 * (`aws:access-key/AKIA…`, `gcp:service-account-key/KEYID`), else `secret:FINGERPRINT`.
 */
export type IdentityId = string & { readonly __brand?: 'IdentityId' };
export type CredentialId = string & { readonly __brand?: 'CredentialId' };

export interface IdentityParts {
  readonly provider: string;
  /** Account, project, cluster, `owner/repo`, tenant …; `undefined` where it is not known. */
  readonly scope: string | undefined;
  /** `user/ci-deploy`, `serviceAccount/a@b`, `shop/checkout`. */
  readonly local: string;
  /** The part before the first `/` of `local`; for Kubernetes `service-account`, or what RBAC knows: `user`, `group`, `role`, `cluster-role`. */
  readonly type: string;
  /** What people call it: the part after the first `/`; for a Kubernetes service account the whole of `local`. */
  readonly name: string;
}

const UNKNOWN_SCOPE = '-';
const PROVIDER = /^[a-z][a-z0-9-]*$/;

/** Makes a canonical identity id. Throws `TypeError` when a part is empty or the provider is malformed. */
export function identityId(provider: string, scope: string | undefined, local: string): IdentityId {
  if (!PROVIDER.test(provider)) throw new TypeError(`not a provider name: ${JSON.stringify(provider)}`);
  if (local === '') throw new TypeError(`an identity of ${provider} needs a name`);
  // Owners and repositories of GitHub are the same in any case: Acme/API and acme/api are one.
  const known = provider === 'github' ? scope?.toLowerCase() : scope;
  const place = known === undefined || known === '' ? UNKNOWN_SCOPE : encodeScope(known);
  return `${provider}:${place}:${local}`;
}

/** The parts of a canonical identity id, or `undefined` when the text is not one. Inverse of `identityId`. */
export function parseIdentityId(id: string): IdentityParts | undefined {
  const first = id.indexOf(':');
  const second = id.indexOf(':', first + 1);
  if (first < 1 || second < 0 || second === id.length - 1) return undefined;
  const provider = id.slice(0, first);
  if (!PROVIDER.test(provider)) return undefined;
  const place = id.slice(first + 1, second);
  const local = id.slice(second + 1);
  if (place === '') return undefined;
  const scope = place === UNKNOWN_SCOPE ? undefined : decodeScope(place);
  if (provider === 'k8s') {
    const rbac = /^rbac-(?<type>user|group|role|cluster-role)\/(?<name>.+)$/s.exec(local)?.groups;
    return { provider, scope, local, type: rbac?.type ?? 'service-account', name: rbac?.name ?? local };
  }
  const slash = local.indexOf('/');
  return slash < 0
    ? { provider, scope, local, type: local, name: local }
    : { provider, scope, local, type: local.slice(0, slash), name: local.slice(slash + 1) };
}

export function awsUserId(account: string | undefined, name: string): IdentityId {
  return identityId('aws', account, `user/${name}`);
}

export function awsRoleId(account: string | undefined, name: string): IdentityId {
  return identityId('aws', account, `role/${name}`);
}

/**
 * The identity an IAM ARN names; paths are dropped, for names are unique in an account. An assumed-role session
 * (`arn:aws:sts::…:assumed-role/NAME/SESSION`) gives its role. `undefined` for any other ARN.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
export function identityIdFromArn(arn: string): IdentityId | undefined {
  const match = /^arn:aws[a-z-]*:(?<service>iam|sts)::(?<account>\d{12}):(?<resource>.+)$/.exec(arn);
  const { account, resource } = match?.groups ?? {};
  if (account === undefined || resource === undefined) return undefined;
  if (resource === 'root') return identityId('aws', account, 'root');
  const [type, ...path] = resource.split('/');
  if (type === 'assumed-role' && path[0] !== undefined) return awsRoleId(account, path[0]);
  const name = path.at(-1);
  if (name === undefined || name === '') return undefined;
  if (type === 'user') return awsUserId(account, name);
  if (type === 'role') return awsRoleId(account, name);
  return undefined;
}

/** Project is read off the e-mail (`NAME@PROJECT.iam.gserviceaccount.com`) when it is not given. */
export function gcpServiceAccountId(email: string, project?: string): IdentityId {
  const fromEmail = /@(?<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email)?.groups?.project;
  return identityId('gcp', project ?? fromEmail, `serviceAccount/${email}`);
}

export function k8sServiceAccountId(cluster: string | undefined, namespace: string, name: string): IdentityId {
  return identityId('k8s', cluster, `${namespace}/${name}`);
}

/** A user or group, as RBAC names it: Kubernetes keeps no list of either. */
export function k8sSubjectId(cluster: string | undefined, kind: 'user' | 'group', name: string): IdentityId {
  return identityId('k8s', cluster, `rbac-${kind}/${name}`);
}

/** A role is what a binding lets its subjects become: its rules are the grants of this id. */
export function k8sRoleId(cluster: string | undefined, namespace: string, name: string): IdentityId {
  return identityId('k8s', cluster, `rbac-role/${namespace}/${name}`);
}

/** `boundIn`: the cluster role as a RoleBinding of that namespace grants it, there and nowhere else. */
export function k8sClusterRoleId(cluster: string | undefined, name: string, boundIn?: string): IdentityId {
  return identityId('k8s', cluster, `rbac-cluster-role/${name}${boundIn === undefined ? '' : `@${boundIn}`}`);
}

/** `repository` is `owner/repo`, or `undefined` where a checkout has no remote. */
export function githubSecretId(repository: string | undefined, name: string, environment?: string): IdentityId {
  const local = environment === undefined ? `secret/${name}` : `environment/${environment}/secret/${name}`;
  return identityId('github', repository, local);
}

export function githubDeployKeyId(repository: string, id: string | number): IdentityId {
  return identityId('github', repository, `deploy-key/${id}`);
}

export function hoopId(org: string | undefined, local: string): IdentityId {
  return identityId('hoop', org, local);
}

export function postgresRoleId(place: string | undefined, role: string): IdentityId {
  return identityId('postgres', place, `role/${role}`);
}

/** An application in a tenant: its registration, its service principal, a managed identity. Client ids are written in lower case. */
export function entraAppId(tenant: string | undefined, clientId: string): IdentityId {
  return identityId('entra', tenant?.toLowerCase(), `app/${clientId.toLowerCase()}`);
}

/**
 * What Entra or Azure names by the id of an object (a principal, an owner, a group, the address of a resource) where the client
 * id is not at hand. The store knows it by the inventory that has both.
 */
export function entraObjectId(tenant: string | undefined, objectId: string): IdentityId {
  return identityId('entra', tenant?.toLowerCase(), `object/${objectId.toLowerCase()}`);
}

/** `credentialId('aws', 'access-key', 'AKIA…')` → `aws:access-key/AKIA…` */
export function credentialId(provider: string, kind: string, publicId: string): CredentialId {
  if (!PROVIDER.test(provider)) throw new TypeError(`not a provider name: ${JSON.stringify(provider)}`);
  return `${provider}:${kind}/${publicId}`;
}

/** For a credential without a public id: the keyed fingerprint of its secret names it. */
export function secretCredentialId(fingerprint: string): CredentialId {
  return `secret:${fingerprint}`;
}

function encodeScope(scope: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass
  return scope.replace(/[%:\u0000-\u001f\u007f]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`);
}

function decodeScope(place: string): string {
  return place.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
