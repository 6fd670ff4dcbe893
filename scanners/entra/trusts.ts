import type { JsonObject, Location, TrustObservation } from '../../src/contracts/index.ts';
import type { Answers } from './answers.ts';
import type { Directory } from './directory.ts';
import type { DirectoryObject, FederatedCredential } from './schema.ts';

/** Who may become an application: tokens of other issuers, its owners (who may add a secret), the members of a group. */
export function* trustRows(answers: Answers, directory: Directory, at: Location): Generator<TrustObservation> {
  for (const { parent, value } of answers.federated) yield federatedRow(value, parent, directory, at);
  for (const { parent, value } of answers.owners) yield relatedRow(value, parent, 'owner', directory, at);
  for (const { parent, value } of answers.members) {
    // People in groups are for others to look after.
    if (value.type === 'ServicePrincipal' || value.type === 'Group')
      yield relatedRow(value, parent, 'member of the group', directory, at);
  }
}

function federatedRow(one: FederatedCredential, parent: string, directory: Directory, at: Location): TrustObservation {
  const issuer = (one.issuer ?? '').replace(/^https:\/\//, '').replace(/\/$/, '');
  const claim = subjectIn(one.expression);
  const subject = one.subject ?? claim ?? one.expression;
  return {
    kind: 'trust',
    identity: directory.identity(parent),
    effect: 'allow',
    principal: issuer,
    principalType: 'oidc',
    issuer,
    ...(subject === undefined ? {} : { subject }),
    ...(one.audiences.length === 0 ? {} : { audience: one.audiences.join(',') }),
    at: { ...at, pointer: `federatedIdentityCredentials/${one.name ?? one.id ?? ''}` },
    detail: {
      ...(one.name === undefined ? {} : { name: one.name }),
      // Only an expression knows wildcards; a plain subject is compared as it is.
      flexible: one.expression !== undefined,
      ...(one.expression === undefined ? {} : { expression: one.expression }),
    },
  };
}

/** https://learn.microsoft.com/en-us/entra/workload-id/workload-identities-flexible-federated-identity-credentials */
function subjectIn(expression: string | undefined): string | undefined {
  return /\bclaims\[\s*'sub'\s*\]\s+(?:eq|matches)\s+'(?<subject>[^']+)'/i.exec(expression ?? '')?.groups?.subject;
}

function relatedRow(
  one: DirectoryObject,
  parent: string,
  basis: 'owner' | 'member of the group',
  directory: Directory,
  at: Location,
): TrustObservation {
  const key = one.objectId ?? one.appId ?? '';
  const address = one.userPrincipalName ?? one.mail;
  const isIdentity = one.type === 'ServicePrincipal' || (one.type === 'Group' && basis === 'member of the group');
  const detail: JsonObject = {
    basis,
    ...(one.objectId === undefined ? {} : { objectId: one.objectId }),
    ...(one.displayName === undefined ? {} : { displayName: one.displayName }),
    ...(one.type === 'Group' ? { isGroup: true } : {}),
  };
  return {
    kind: 'trust',
    identity: directory.identity(parent),
    effect: 'allow',
    principal: isIdentity || address === undefined ? directory.identity(key) : address,
    principalType: isIdentity ? 'identity' : one.type === 'Group' ? 'group' : one.type === 'User' ? 'person' : 'unknown',
    at: { ...at, pointer: `${parent}/${basis === 'owner' ? 'owners' : 'members'}/${key}` },
    detail,
  };
}
