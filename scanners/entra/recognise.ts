import type { FileHead } from '../../src/contracts/index.ts';

const GUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';
const APP_ID = new RegExp(`(?<!\\\\)"[aA]ppId"\\s*:\\s*"${GUID}"`);
const PRINCIPAL_ID = new RegExp(`(?<!\\\\)"(?:[pP]rincipalId|ObjectId)"\\s*:\\s*"${GUID}"`);

/** Fields of applications, service principals and their sign-ins that no other JSON with an `appId` has. */
const APP_FIELDS =
  /"(?:signInAudience|servicePrincipalType|servicePrincipalNames|passwordCredentials|keyCredentials|appOwnerOrganizationId|appOwnerTenantId|federatedIdentityCredentials|requiredResourceAccess|lastSignInActivity|credentialOrigin|addIns|disabledByMicrosoftStatus|isFallbackPublicClient|SignInAudience|ServicePrincipalType|PasswordCredentials|KeyCredentials|RequiredResourceAccess)"\s*:/;

const TELLS: readonly RegExp[] = [
  // Lists of Graph that are read here, whatever was selected of their items.
  /"@odata\.context"\s*:\s*"https?:\/\/[^"\s]{1,120}\/\$metadata#(?:applications|servicePrincipals|oauth2PermissionGrants|directoryObjects|roleManagement\/directory\/role(?:Assignments|Definitions|(?:Assignment|Eligibility)Schedule(?:Instance)?s)|reports\/(?:servicePrincipal|appCredential)SignInActivities|policies\/(?:defaultAppManagementPolicy|appManagementPolicies)|groups\([^"]{0,80}members|organization)/,
  /(?<!\\)"appRoleId"\s*:\s*"[\s\S]*"resourceId"\s*:\s*"/,
  /(?<!\\)"consentType"\s*:\s*"(?:AllPrincipals|Principal)"/,
  /(?<!\\)"kind"\s*:\s*"AZ[A-Z][A-Za-z]+"/,
  /(?<!\\)"issuer"\s*:\s*"https:\/\/[\s\S]*(?<!\\)"(?:subject|claimsMatchingExpression)"\s*:|(?<!\\)"audiences"\s*:\s*\[[\s\S]*(?<!\\)"issuer"\s*:\s*"https:\/\/[\s\S]*"subject"\s*:/,
  /(?<!\\)"roleName"\s*:\s*"[\s\S]*"roleType"\s*:|"assignableScopes"\s*:\s*\[[\s\S]*"permissions"\s*:\s*\[\s*\{/,
  /(?<!\\)"rolePermissions"\s*:\s*\[[\s\S]*"allowedResourceActions"/,
  /(?<!\\)"applicationRestrictions"\s*:\s*\{/,
  new RegExp(`(?<!\\\\)"homeTenantId"\\s*:\\s*"${GUID}"`),
];

/** By the first 4 KiB. Templates and answers that hold a new secret are not claimed: they are for others. */
export function isEntraExport(file: FileHead): boolean {
  if (!/\.(?:json|jsonl|ndjson|txt|out)$/i.test(file.path) && /\.[^./]{1,5}$/.test(file.path)) return false;
  const head = file.head();
  if (!/^\s*[[{]/.test(head) || /"apiVersion"\s*:|deploymentTemplate\.json|"secretText"\s*:\s*"/.test(head)) return false;
  if (APP_ID.test(head) && APP_FIELDS.test(head)) return true;
  if (PRINCIPAL_ID.test(head) && /"(?:[rR]oleDefinition(?:Id|Name)|[dD]irectoryScopeId)"\s*:/.test(head)) return true;
  if (/"type"\s*:\s*"Microsoft\.ManagedIdentity\/userAssignedIdentities"/i.test(head) && /"clientId"\s*:/.test(head)) return true;
  if (
    /"id"\s*:\s*"\/subscriptions\/[^"]+\/providers\/Microsoft\.KeyVault\/vaults\/[^"/]+"/i.test(head) &&
    /"accessPolicies"\s*:/.test(head)
  )
    return true;
  return TELLS.some((tell) => tell.test(head));
}

/** Few exports say of which tenant they are; `az account show > account.json` beside them does. */
export function tellsTenant(path: string): boolean {
  return /(?:^|\/)(?:az[-_])?(?:account|tenant|organi[sz]ation)[\w-]*\.json$/i.test(path);
}
