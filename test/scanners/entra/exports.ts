import { entraFiles } from '../../../scanners/entra/index.ts';
import type { FileHead, Observation, SourceFile, Surroundings } from '../../../src/contracts/index.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';

/** `guid('app 1')`: the same id for the same word, and no two alike. */
export function guid(word: string): string {
  let hash = 0n;
  for (const char of word) hash = (hash * 131n + BigInt(char.codePointAt(0) ?? 0)) % 2n ** 128n;
  const hex = hash.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const TENANT = guid('tenant of harbour');
export const MICROSOFT_TENANT = 'f8cdef31-a31e-4b4a-93e4-5f571e91255a';
export const SUBSCRIPTION = `/subscriptions/${guid('production')}`;

export const appId = (name: string) => guid(`client ${name}`);
export const objectId = (name: string) => guid(`object ${name}`);
export const principalId = (name: string) => guid(`principal ${name}`);
export const idOf = (name: string, tenant = '-') => `entra:${tenant}:app/${appId(name)}`;

/** As `az ad app list` prints it. */
export function app(name: string, more: object = {}): object {
  return {
    addIns: [],
    api: { acceptMappedClaims: null, oauth2PermissionScopes: [] },
    appId: appId(name),
    createdDateTime: '2025-02-03T10:00:00Z',
    displayName: name,
    id: objectId(name),
    identifierUris: [],
    keyCredentials: [],
    notes: null,
    passwordCredentials: [],
    requiredResourceAccess: [],
    serviceManagementReference: null,
    signInAudience: 'AzureADMyOrg',
    tags: [],
    ...more,
  };
}

/** As `az ad sp list` prints it. */
export function principal(name: string, more: object = {}): object {
  return {
    accountEnabled: true,
    addIns: [],
    alternativeNames: [],
    appDisplayName: name,
    appId: appId(name),
    appOwnerOrganizationId: TENANT,
    appRoles: [],
    createdDateTime: '2025-02-03T10:00:05Z',
    displayName: name,
    id: principalId(name),
    keyCredentials: [],
    notes: null,
    passwordCredentials: [],
    servicePrincipalNames: [appId(name)],
    servicePrincipalType: 'Application',
    tags: [],
    verifiedPublisher: { addedDateTime: null, displayName: null, verifiedPublisherId: null },
    ...more,
  };
}

export function secret(word: string, more: object = {}): object {
  return {
    customKeyIdentifier: null,
    displayName: word,
    endDateTime: '2026-09-01T00:00:00Z',
    hint: 'q7R',
    keyId: guid(`secret ${word}`),
    secretText: null,
    startDateTime: '2026-04-01T00:00:00Z',
    ...more,
  };
}

export function certificate(word: string, more: object = {}): object {
  return {
    customKeyIdentifier: Buffer.from('0123456789abcdef0123456789abcdef01234567', 'hex').toString('base64'),
    displayName: `CN=${word}`,
    endDateTime: '2027-01-01T00:00:00Z',
    key: null,
    keyId: guid(`certificate ${word}`),
    startDateTime: '2026-01-01T00:00:00Z',
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    ...more,
  };
}

export const user = (name: string, more: object = {}) => ({
  '@odata.type': '#microsoft.graph.user',
  id: objectId(`user ${name}`),
  displayName: name,
  mail: `${name}@harbour.example`,
  userPrincipalName: `${name}@harbour.example`,
  ...more,
});

/** A page of Graph, as `az rest` prints it. */
export function page(set: string, value: readonly unknown[], next?: string): object {
  return {
    '@odata.context': `https://graph.microsoft.com/v1.0/$metadata#${set}`,
    ...(next === undefined ? {} : { '@odata.nextLink': next }),
    value,
  };
}

export const appRole = (name: string, appRoleId: string, more: object = {}) => ({
  id: `assignment-${name}-${appRoleId.slice(0, 8)}`,
  appRoleId,
  createdDateTime: '2025-03-01T00:00:00Z',
  principalDisplayName: name,
  principalId: principalId(name),
  principalType: 'ServicePrincipal',
  resourceDisplayName: 'Microsoft Graph',
  resourceId: guid('graph in this tenant'),
  ...more,
});

/** As `az role assignment list --all` prints it. */
export const azureRole = (name: string, role: string, scope: string, more: object = {}) => ({
  condition: null,
  id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${guid(`${name} ${role} ${scope}`)}`,
  principalId: principalId(name),
  principalName: appId(name),
  principalType: 'ServicePrincipal',
  roleDefinitionId: `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${guid(role)}`,
  roleDefinitionName: role,
  scope,
  type: 'Microsoft.Authorization/roleAssignments',
  ...more,
});

export function fileOf(text: string, path = 'export.json', around?: { readonly [path: string]: string }): SourceFile {
  const bytes = Buffer.from(text);
  return {
    path,
    bytes,
    text: () => text,
    at: { path },
    place: 'file',
    ...(around === undefined ? {} : { around: surroundings(around) }),
  };
}

function surroundings(files: { readonly [path: string]: string }): Surroundings {
  const self: Surroundings = {
    list: async (directory) => Object.keys(files).filter((path) => path.split('/').slice(0, -1).join('/') === directory),
    read: async (path) => (files[path] === undefined ? undefined : fileOf(files[path], path)),
    paths: async () => Object.keys(files),
    only: () => self,
    digest: async () => '',
  };
  return self;
}

export async function scanText(
  text: string,
  path?: string,
  around?: { readonly [path: string]: string },
): Promise<Observation[]> {
  return await collect(entraFiles.scan(fileOf(text, path, around), testContext()));
}

/** Several values stand one after the other, as a loop of commands writes them. */
export async function scanJson(...values: readonly unknown[]): Promise<Observation[]> {
  return await scanText(values.map((one) => JSON.stringify(one, undefined, 2)).join('\n'));
}

export function headOf(text: string, path = 'export.json'): FileHead {
  return { path, head: () => text.slice(0, 4096), size: text.length };
}
