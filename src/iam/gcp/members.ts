import {
  type IdentityId,
  identityId,
  type JsonObject,
  k8sServiceAccountId,
  parseIdentityId,
  type TrustObservation,
} from '../../contracts/index.ts';
import { accountIdentity } from './accounts.ts';

/** A member of a binding, as far as it is not a person. */
export interface Member {
  /** Canonical id of who gets the role; absent for people and groups. */
  readonly identity?: IdentityId;
  /** As a trust row names it. */
  readonly principal: string;
  readonly principalType: TrustObservation['principalType'];
  /** Subject of a federated principal. */
  readonly subject?: string;
  readonly detail: JsonObject;
}

/**
 * Forms of a member. People and groups get no identity: what they may do is not ours to list, only whom they may become.
 * https://cloud.google.com/iam/docs/principal-identifiers
 */
export function readMember(written: string, projectIds: ReadonlyMap<string, string>): Member {
  if (written.startsWith('deleted:')) return deletedMember(written.replace(/^(?:deleted:)+/, ''), projectIds);
  if (written === 'allUsers' || written === 'allAuthenticatedUsers') {
    return {
      identity: identityId('gcp', undefined, written),
      principal: written,
      principalType: 'any',
      detail: { public: true },
    };
  }
  if (/^principal(?:Set)?:\/\//.test(written)) return federatedMember(written);
  const colon = written.indexOf(':');
  const kind = written.slice(0, colon);
  const value = written.slice(colon + 1);
  if (kind === 'serviceAccount') return serviceAccountMember(value, projectIds);
  if (kind === 'user') return { principal: value.toLowerCase(), principalType: 'person', detail: {} };
  if (kind === 'group') return { principal: value.toLowerCase(), principalType: 'group', detail: {} };
  return { principal: written, principalType: 'unknown', detail: {} };
}

function serviceAccountMember(value: string, projectIds: ReadonlyMap<string, string>): Member {
  const workload = /^(?<pool>[a-z0-9:.-]+)\.svc\.id\.goog\[(?<namespace>[^/\]]+)\/(?<name>[^\]]+)\]$/.exec(value)?.groups;
  if (workload?.namespace !== undefined && workload.name !== undefined)
    return workloadMember(`${workload.pool}.svc.id.goog`, workload.namespace, workload.name);
  const identity = accountIdentity(value, undefined, projectIds);
  return { identity, principal: identity, principalType: 'identity', detail: {} };
}

/** The pool is that of all clusters of one project: which of them, it does not tell, but none of another. */
function workloadMember(workloadPool: string, namespace: string, name: string): Member {
  const identity = k8sServiceAccountId(workloadPool, namespace, name);
  return { identity, principal: identity, principalType: 'identity', detail: { workloadPool } };
}

/**
 * `serviceAccount:EMAIL?uid=123`: the grant outlived the account, and a new account of that name does not get it. So the uid is part of
 * the id: else the grant would be told of the account of today that may bear the name.
 */
function deletedMember(rest: string, projectIds: ReadonlyMap<string, string>): Member {
  const [member = rest, uid] = rest.split('?uid=');
  const known = readMember(member, projectIds);
  const detail = { ...known.detail, deleted: true, ...(uid === undefined ? {} : { uid }) };
  const gone = known.identity === undefined ? undefined : parseIdentityId(known.identity);
  return {
    principal: `deleted:${member}`,
    principalType: 'unknown',
    detail,
    ...(gone === undefined ? {} : { identity: identityId(gone.provider, gone.scope, `${gone.local}?uid=${uid ?? ''}`) }),
  };
}

/** `principalSet://iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/POOL/attribute.repository/o/r` */
function federatedMember(written: string): Member {
  const parts =
    /^principal(?:Set)?:\/\/iam\.googleapis\.com\/projects\/(?<project>\d+)\/locations\/global\/workloadIdentityPools\/(?<pool>[^/]+)\/(?<who>.+)$/.exec(
      written,
    )?.groups;
  if (parts?.pool === undefined || parts.who === undefined) return { principal: written, principalType: 'unknown', detail: {} };
  // The pool of a project's clusters: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity
  const account = /^subject\/ns\/(?<namespace>[^/]+)\/sa\/(?<name>[^/]+)$/.exec(parts.who)?.groups;
  if (parts.pool.endsWith('.svc.id.goog') && account?.namespace !== undefined && account.name !== undefined)
    return workloadMember(parts.pool, account.namespace, account.name);
  const identity = identityId('gcp', parts.project, `workloadIdentityPool/${parts.pool}/${parts.who}`);
  const slash = parts.who.indexOf('/');
  const claim = parts.who.slice(0, slash);
  const value = parts.who.slice(slash + 1);
  const subject = parts.who === '*' ? undefined : claim === 'subject' ? value : `${claim}=${value}`;
  return {
    identity,
    principal: written,
    principalType: 'oidc',
    ...(subject === undefined ? {} : { subject }),
    detail: { pool: parts.pool, poolProject: parts.project ?? '-' },
  };
}
