import {
  type CredentialObservation,
  credentialId,
  gcpServiceAccountId,
  type IdentityId,
  type IdentityObservation,
  type Location,
} from '../../src/contracts/index.ts';
import { environmentOf } from '../../src/util/environment.ts';
import type { ServiceAccount, ServiceAccountKey } from './schema.ts';

/**
 * The project of a service account, read off its address; for the accounts that Google makes for a project it takes
 * the project's number.
 */
export function projectOf(email: string, projectIds: ReadonlyMap<string, string>): string | undefined {
  const own = /@(?<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email)?.groups?.project;
  const number = /^(?:service-)?(?<number>\d+)(?:-compute)?@/.exec(email)?.groups?.number;
  if (number !== undefined) return projectIds.get(number);
  if (own !== undefined) return own;
  return /^(?<project>[a-z0-9-]+)@appspot\.gserviceaccount\.com$/.exec(email)?.groups?.project;
}

export function accountIdentity(email: string, project: string | undefined, projectIds: ReadonlyMap<string, string>): IdentityId {
  return gcpServiceAccountId(email, project ?? projectOf(email, projectIds) ?? unknownAgentProject(email));
}

/** Made and run by Google for one of its services. https://cloud.google.com/iam/docs/service-agents */
export function isServiceAgent(email: string): boolean {
  return (
    /^service-(?:org-|folder-)?\d+@/.test(email) ||
    /@gcp-sa-[a-z0-9-]+\.iam\.gserviceaccount\.com$/.test(email) ||
    email.endsWith('@cloudservices.gserviceaccount.com')
  );
}

/** Made by Google, but run by whatever the customer deploys without naming another. */
export function isDefaultAccount(email: string): boolean {
  return /^\d+-compute@developer\.gserviceaccount\.com$|@appspot\.gserviceaccount\.com$|^\d+@cloudbuild\.gserviceaccount\.com$/.test(
    email,
  );
}

export function accountRow(account: ServiceAccount, at: Location, projectIds: ReadonlyMap<string, string>): IdentityObservation {
  const { email } = account;
  const project = account.projectId ?? projectOf(email, projectIds);
  const owner = ownerIn(account.description);
  const environment = environmentOf(project);
  return {
    kind: 'identity',
    id: accountIdentity(email, account.projectId, projectIds),
    provider: 'gcp',
    type: 'service-account',
    name: email,
    ...(project === undefined ? {} : { scope: project }),
    ...(environment === undefined ? {} : { environment }),
    ...(owner === undefined ? {} : { owner, ownerBasis: 'description' }),
    ...(account.name === undefined ? {} : { enabled: account.disabled !== true }),
    ...(isServiceAgent(email) ? { managed: true } : {}),
    at: { ...at, pointer: account.name ?? email },
    detail: {
      ...(account.uniqueId === undefined ? {} : { uniqueId: account.uniqueId }),
      ...(account.oauth2ClientId === undefined ? {} : { oauth2ClientId: account.oauth2ClientId }),
      ...(account.displayName === undefined ? {} : { displayName: account.displayName }),
      ...(account.description === undefined ? {} : { description: account.description }),
      ...(isDefaultAccount(email) ? { default: true } : {}),
    },
  };
}

/** An account of which only the address is known. */
export function accountNamed(email: string): ServiceAccount {
  const unknown = undefined;
  return {
    email,
    name: unknown,
    projectId: unknown,
    uniqueId: unknown,
    oauth2ClientId: unknown,
    displayName: unknown,
    description: unknown,
    disabled: unknown,
  };
}

export function keyRow(
  key: ServiceAccountKey,
  at: Location,
  now: Date,
  projectIds: ReadonlyMap<string, string>,
): CredentialObservation {
  const createdAt = isoTime(key.validAfterTime);
  const until = isoTime(key.validBeforeTime);
  const never = until?.startsWith('9999-') === true;
  return {
    kind: 'credential',
    id: credentialId('gcp', 'service-account-key', key.id),
    identity: accountIdentity(key.account, key.project, projectIds),
    provider: 'gcp',
    type: 'service-account-key',
    publicId: key.id,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(never ? { neverExpires: true } : until === undefined ? {} : { expiresAt: until }),
    status: statusOf(key, never ? undefined : until, now),
    at: { ...at, pointer: key.name },
    detail: {
      ...(key.keyOrigin === undefined ? {} : { origin: key.keyOrigin }),
      ...(key.keyAlgorithm === undefined ? {} : { algorithm: key.keyAlgorithm }),
      ...(key.disableReason === undefined ? {} : { disableReason: key.disableReason }),
      ...(key.extended.length === 0 ? {} : { extendedStatus: key.extended }),
    },
  };
}

function statusOf(key: ServiceAccountKey, until: string | undefined, now: Date): 'active' | 'inactive' | 'expired' {
  if (key.disabled === true) return 'inactive';
  return until !== undefined && until < now.toISOString() ? 'expired' : 'active';
}

/** Descriptions name an owner as `owner: mara@harbour.example`; a lone address counts as well. */
function ownerIn(description: string | undefined): string | undefined {
  const address = '[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+';
  const named = new RegExp(`\\b(?:owner|contact|team)\\s*[:=]\\s*(?<owner>${address})`, 'i').exec(description ?? '')?.groups
    ?.owner;
  const lone = new RegExp(`^\\S*?(?<owner>${address})$`).exec((description ?? '').trim())?.groups?.owner;
  const owner = named ?? lone;
  return owner === undefined || owner.endsWith('gserviceaccount.com') ? undefined : owner;
}

/** `gcpServiceAccountId` would take the domain of Google's own project for the scope. */
function unknownAgentProject(email: string): string | undefined {
  return isServiceAgent(email) ? '' : undefined;
}

export function isoTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
