import {
  type CredentialObservation,
  credentialId,
  type IdentityObservation,
  type JsonObject,
  type Location,
} from '../../src/contracts/index.ts';
import { accountIdentity, isDefaultAccount, isoTime, isServiceAgent, projectOf } from '../../src/iam/gcp/accounts.ts';
import { trimRoles } from '../../src/iam/gcp/trim.ts';
import type { Gathered, LastUse } from './gather.ts';
import type { ServiceAccount, ServiceAccountKey } from './schema.ts';

export function accountRow(account: ServiceAccount, at: Location, gathered: Gathered): IdentityObservation {
  const { email } = account;
  const { projectIds } = gathered;
  const use = gathered.lastUse.get(email);
  const project = account.projectId ?? projectOf(email, projectIds);
  const owner = ownerIn(account.description);
  const environment = gathered.environmentOf(project);
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
    ...(use?.at === undefined ? {} : { lastUsedAt: use.at }),
    at: { ...at, pointer: account.name ?? email },
    detail: {
      ...(account.uniqueId === undefined ? {} : { uniqueId: account.uniqueId }),
      ...(account.oauth2ClientId === undefined ? {} : { oauth2ClientId: account.oauth2ClientId }),
      ...(account.displayName === undefined ? {} : { displayName: account.displayName }),
      ...(account.description === undefined ? {} : { description: account.description }),
      ...(isDefaultAccount(email) ? { default: true } : {}),
      ...observed(use),
      ...leastPrivilege(email, gathered),
    },
  };
}

/** The window in which a use would be on record: only with it does silence mean "not used". */
function observed(use: LastUse | undefined): JsonObject {
  return {
    ...(use?.from === undefined ? {} : { observedFrom: use.from }),
    ...(use?.until === undefined ? {} : { observedUntil: use.until }),
  };
}

/** Roles that would be enough, where there is a record of use. */
function leastPrivilege(email: string, gathered: Gathered): JsonObject {
  const uses = gathered.uses.get(email);
  if (uses === undefined) return {};
  const lastUse = gathered.lastUse.get(email);
  const recommended = gathered.recommended.get(email);
  const { status, text, removed, window, open } = trimRoles({
    member: `serviceAccount:${email}`,
    bindings: gathered.bindingsOf(email),
    uses,
    ...(recommended === undefined ? {} : { recommended }),
    ...(lastUse === undefined ? {} : { lastUse }),
  });
  return { leastPrivilege: { status, text, removed: [...removed], window, open: [...open] } };
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
  { projectIds, lastUse, emailOf }: Gathered,
): CredentialObservation {
  const use = lastUse.get(`keys/${key.id}`);
  const createdAt = isoTime(key.validAfterTime);
  const until = isoTime(key.validBeforeTime);
  const never = until?.startsWith('9999-') === true;
  return {
    kind: 'credential',
    id: credentialId('gcp', 'service-account-key', key.id),
    identity: accountIdentity(emailOf(key.account), key.project, projectIds),
    provider: 'gcp',
    type: 'service-account-key',
    publicId: key.id,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(never ? { neverExpires: true } : until === undefined ? {} : { expiresAt: until }),
    ...(use?.at === undefined ? {} : { lastUsedAt: use.at }),
    status: statusOf(key, never ? undefined : until, now),
    at: { ...at, pointer: key.name },
    detail: {
      ...(key.keyOrigin === undefined ? {} : { origin: key.keyOrigin }),
      ...(key.keyAlgorithm === undefined ? {} : { algorithm: key.keyAlgorithm }),
      ...(key.disableReason === undefined ? {} : { disableReason: key.disableReason }),
      ...(key.extended.length === 0 ? {} : { extendedStatus: key.extended }),
      ...observed(use),
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
