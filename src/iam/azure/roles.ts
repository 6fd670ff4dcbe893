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
  /** Kinds of resources whose managed identity it may act as. */
  readonly on?: readonly string[];
}

const MANAGED = ['microsoft.managedidentity/userassignedidentities'];
/** Of a provider that there is not: only a pattern that means all providers matches it. */
const ANY_WRITE = 'any.provider/resources/write';

/** https://learn.microsoft.com/en-us/azure/role-based-access-control/resource-provider-operations */
const RULES: readonly Rule[] = [
  {
    capability: 'escalates',
    how: 'assigns itself roles',
    operations: [
      'Microsoft.Authorization/roleAssignments/write',
      'Microsoft.Authorization/roleAssignmentScheduleRequests/write',
      'Microsoft.Authorization/roleEligibilityScheduleRequests/write',
      'Microsoft.Authorization/elevateAccess/Action',
    ],
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
    on: MANAGED,
  },
  {
    capability: 'impersonates',
    how: 'lets an issuer of its own sign in as an identity',
    operations: ['Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write'],
    on: MANAGED,
  },
  {
    capability: 'impersonates',
    how: 'runs commands on machines and acts as their identities',
    operations: [
      'Microsoft.Compute/virtualMachines/runCommand/action',
      'Microsoft.Compute/virtualMachines/runCommands/write',
      'Microsoft.Compute/virtualMachines/extensions/write',
    ],
    on: ['microsoft.compute/virtualmachines'],
  },
  {
    capability: 'impersonates',
    how: 'runs commands on machines and acts as their identities',
    operations: [
      'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action',
      'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommands/write',
      'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/extensions/write',
      'Microsoft.Compute/virtualMachineScaleSets/extensions/write',
    ],
    on: ['microsoft.compute/virtualmachinescalesets'],
  },
  {
    capability: 'impersonates',
    how: 'runs runbooks and acts as their identity',
    operations: ['Microsoft.Automation/automationAccounts/jobs/write'],
    on: ['microsoft.automation/automationaccounts'],
  },
  {
    capability: 'impersonates',
    how: 'changes the code of web applications and acts as their identities',
    operations: ['Microsoft.Web/sites/publishxml/action', 'Microsoft.Web/sites/config/list/action'],
    on: ['microsoft.web/sites'],
  },
  {
    capability: 'impersonates',
    how: "takes the login of a cluster's administrator",
    operations: ['Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action'],
    on: ['microsoft.containerservice/managedclusters'],
  },
  {
    capability: 'impersonates',
    how: 'runs commands in clusters as their administrator',
    operations: ['Microsoft.ContainerService/managedClusters/runCommand/action'],
    on: ['microsoft.containerservice/managedclusters'],
  },
  {
    capability: 'impersonates',
    how: 'changes workflows and acts as their identities',
    operations: ['Microsoft.Logic/workflows/write'],
    on: ['microsoft.logic/workflows'],
  },
  {
    capability: 'impersonates',
    how: 'opens a shell in containers and acts as their identities',
    operations: ['Microsoft.App/containerApps/exec/action'],
    on: ['microsoft.app/containerapps'],
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

export interface Judged {
  readonly capability: AzureCapability;
  readonly how: string;
  readonly on?: readonly string[];
}

/** What a role amounts to, by the operations that it lists: of roles that an organisation made itself. */
export function judgeRole(permissions: readonly RolePermissions[]): Judged[] {
  const found = new Map<AzureCapability, Judged>();
  for (const one of permissions) {
    // All of the management plane, whatever single operations are taken away. Without writing it is reading.
    if (one.actions.includes('*') && !covers(one.notActions, ANY_WRITE))
      found.set('admin', { capability: 'admin', how: 'may do everything', on: ['*'] });
    for (const { capability, how, operations, data, on } of RULES) {
      const [allowed, taken] = data ? [one.dataActions, one.notDataActions] : [one.actions, one.notActions];
      if (!operations.some((operation) => covers(allowed, operation) && !covers(taken, operation))) continue;
      const known = found.get(capability);
      const all = [...new Set([...(known?.on ?? []), ...(on ?? [])])];
      found.set(capability, { capability, how: known?.how ?? how, ...(all.length === 0 ? {} : { on: all }) });
    }
  }
  return [...found.values()];
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
