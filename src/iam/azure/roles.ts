import type { AzureCapability } from './catalogue.ts';

/** What a role definition of Azure allows: lists of operations, in which `*` stands for anything. */
export interface RolePermissions {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

interface Rule {
  readonly capability: AzureCapability;
  readonly how: string;
  /** One of these operations is enough. */
  readonly operations: readonly string[];
  readonly data?: true;
}

/** https://learn.microsoft.com/en-us/azure/role-based-access-control/resource-provider-operations */
const RULES: readonly Rule[] = [
  {
    capability: 'escalates',
    how: 'assigns itself roles',
    operations: ['Microsoft.Authorization/roleAssignments/write', 'Microsoft.Authorization/elevateAccess/Action'],
  },
  {
    capability: 'escalates',
    how: 'changes its own role definition',
    operations: ['Microsoft.Authorization/roleDefinitions/write'],
  },
  {
    capability: 'impersonates',
    how: 'puts an identity on a machine of its own and acts as it',
    operations: ['Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'],
  },
  {
    capability: 'impersonates',
    how: 'lets an issuer of its own sign in as an identity',
    operations: ['Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write'],
  },
  {
    capability: 'impersonates',
    how: 'runs commands on machines and acts as their identities',
    operations: [
      'Microsoft.Compute/virtualMachines/runCommand/action',
      'Microsoft.Compute/virtualMachines/extensions/write',
      'Microsoft.Automation/automationAccounts/jobs/write',
      'Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action',
    ],
  },
  {
    capability: 'reads-secrets',
    how: 'reads the secrets of vaults',
    data: true,
    operations: ['Microsoft.KeyVault/vaults/secrets/getSecret/action'],
  },
  {
    capability: 'reads-secrets',
    how: 'gives itself an access policy of vaults',
    operations: ['Microsoft.KeyVault/vaults/accessPolicies/write', 'Microsoft.KeyVault/vaults/write'],
  },
  {
    capability: 'reads-data',
    how: 'reads blobs',
    data: true,
    operations: ['Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'],
  },
  {
    capability: 'writes-data',
    how: 'writes blobs',
    data: true,
    operations: ['Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'],
  },
  {
    capability: 'reads-data',
    how: 'lists the keys of storage accounts',
    operations: ['Microsoft.Storage/storageAccounts/listkeys/action'],
  },
  {
    capability: 'writes-data',
    how: 'lists the keys of storage accounts',
    operations: ['Microsoft.Storage/storageAccounts/listkeys/action'],
  },
];

/** What a role amounts to, by the operations that it lists: of roles that an organisation made itself. */
export function judgeRole(
  permissions: readonly RolePermissions[],
): { readonly capability: AzureCapability; readonly how: string }[] {
  const found = new Map<AzureCapability, string>();
  for (const one of permissions) {
    // All of the management plane, whatever single operations are taken away.
    if (one.actions.includes('*') && !one.notActions.includes('*')) found.set('admin', 'may do everything');
    for (const { capability, how, operations, data } of RULES) {
      if (found.has(capability)) continue;
      const [allowed, taken] = data ? [one.dataActions, one.notDataActions] : [one.actions, one.notActions];
      if (operations.some((operation) => covers(allowed, operation) && !covers(taken, operation))) found.set(capability, how);
    }
  }
  return [...found].map(([capability, how]) => ({ capability, how }));
}

/** Only a subscription, a management group or the root holds enough for who rules it to be called an administrator. */
export function isWideScope(scope: string): boolean {
  return /^\/?$|^\/subscriptions\/[^/]+\/?$|^\/providers\/Microsoft\.Management\/managementGroups\/[^/]+\/?$/i.test(scope);
}

function covers(patterns: readonly string[], operation: string): boolean {
  return patterns.some((pattern) => matches(pattern.toLowerCase(), operation.toLowerCase()));
}

/** `*` matches any run of characters, slashes too. Two pointers: a stranger's pattern makes no regex that backtracks. */
function matches(pattern: string, text: string): boolean {
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
