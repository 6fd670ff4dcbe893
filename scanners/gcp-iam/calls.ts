import type { LiveCall } from '../../src/contracts/index.ts';
import type { Scope } from './scope.ts';

/** The services that are asked, by the name that gcloud gives their endpoint overrides. */
export const SERVICES = {
  iam: { host: 'https://iam.googleapis.com/', override: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM' },
  cloudasset: { host: 'https://cloudasset.googleapis.com/', override: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDASSET' },
  cloudresourcemanager: {
    host: 'https://cloudresourcemanager.googleapis.com/',
    override: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER',
  },
  policyanalyzer: { host: 'https://policyanalyzer.googleapis.com/', override: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_POLICYANALYZER' },
  recommender: { host: 'https://recommender.googleapis.com/', override: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_RECOMMENDER' },
  apikeys: { host: 'https://apikeys.googleapis.com/', override: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_APIKEYS' },
  storage: { host: 'https://storage.googleapis.com/', override: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE' },
} as const;

export type ServiceName = keyof typeof SERVICES;
export type Env = { readonly [name: string]: string | undefined };

interface Call {
  readonly service: ServiceName;
  readonly operation: string;
  readonly right: string;
  readonly tells: string;
  /** Only of one project, or only of a folder or organisation; absent: of any. */
  readonly of?: 'project' | 'above';
}

/** Every call of a live run: none of them changes anything. */
export const CALLS = {
  project: {
    service: 'cloudresourcemanager',
    operation: 'GET v3/projects/{project}',
    right: 'resourcemanager.projects.get',
    tells: 'number, labels and parent of the project',
    of: 'project',
  },
  ancestry: {
    service: 'cloudresourcemanager',
    operation: 'POST v1/projects/{project}:getAncestry',
    right: 'resourcemanager.projects.get',
    tells: 'in which folders and organisation the project lies, and so what it inherits',
    of: 'project',
  },
  accounts: {
    service: 'iam',
    operation: 'GET v1/projects/{project}/serviceAccounts',
    right: 'iam.serviceAccounts.list',
    tells: 'which service accounts there are',
    of: 'project',
  },
  keys: {
    service: 'iam',
    operation: 'GET v1/projects/{project}/serviceAccounts/{account}/keys',
    right: 'iam.serviceAccountKeys.list',
    tells: 'which keys of service accounts there are, and how old',
    of: 'project',
  },
  assets: {
    service: 'cloudasset',
    operation: 'GET v1/{scope}/assets',
    right: 'cloudasset.assets.listResource',
    tells: 'which projects, service accounts, keys, roles, pools and API keys there are',
    of: 'above',
  },
  policies: {
    service: 'cloudasset',
    operation: 'GET v1/{scope}:searchAllIamPolicies',
    right: 'cloudasset.assets.searchAllIamPolicies',
    tells: 'who was granted what, on every resource',
  },
  projectPolicy: {
    service: 'cloudresourcemanager',
    operation: 'POST v3/projects/{project}:getIamPolicy',
    right: 'resourcemanager.projects.getIamPolicy',
    tells: 'who was granted what on the project',
    of: 'project',
  },
  folderPolicy: {
    service: 'cloudresourcemanager',
    operation: 'POST v3/folders/{folder}:getIamPolicy',
    right: 'resourcemanager.folders.getIamPolicy',
    tells: 'what is inherited from the folders above',
  },
  organizationPolicy: {
    service: 'cloudresourcemanager',
    operation: 'POST v3/organizations/{organization}:getIamPolicy',
    right: 'resourcemanager.organizations.getIamPolicy',
    tells: 'what is inherited from the organisation',
  },
  accountPolicy: {
    service: 'iam',
    operation: 'POST v1/projects/{project}/serviceAccounts/{account}:getIamPolicy',
    right: 'iam.serviceAccounts.getIamPolicy',
    tells: 'who may become which service account, where the asset inventory does not tell',
    of: 'project',
  },
  roles: {
    service: 'iam',
    operation: 'GET v1/{projects|organizations}/roles?view=FULL',
    right: 'iam.roles.list',
    tells: 'what roles of your own hold',
  },
  role: {
    service: 'iam',
    operation: 'GET v1/{role}',
    right: 'iam.roles.get',
    tells: 'what predefined roles hold that the catalogue does not know',
  },
  pools: {
    service: 'iam',
    operation: 'GET v1beta/projects/{project}/locations/global/workloadIdentityPools',
    right: 'iam.googleapis.com/workloadIdentityPools.list',
    tells: 'which workload identity pools there are',
    of: 'project',
  },
  providers: {
    service: 'iam',
    operation: 'GET v1beta/projects/{project}/locations/global/workloadIdentityPools/{pool}/providers',
    right: 'iam.googleapis.com/workloadIdentityPoolProviders.list',
    tells: 'whose tokens the pools take',
    of: 'project',
  },
  denyPolicies: {
    service: 'iam',
    operation: 'GET v2/policies/{scope}/denypolicies',
    right: 'iam.denypolicies.list',
    tells: 'what deny policies take away',
  },
  denyPolicy: {
    service: 'iam',
    operation: 'GET v2/policies/{scope}/denypolicies/{policy}',
    right: 'iam.denypolicies.get',
    tells: 'what deny policies take away',
  },
  boundaries: {
    service: 'iam',
    operation: 'GET v3/organizations/{organization}/locations/global/principalAccessBoundaryPolicies',
    right: 'iam.principalaccessboundarypolicies.list',
    tells: 'what principal access boundaries keep out of reach',
  },
  boundaryBindings: {
    service: 'iam',
    operation: 'GET v3/{scope}/locations/global/policyBindings',
    right: 'iam.policybindings.list',
    tells: 'whom principal access boundaries bind',
  },
  accountUse: {
    service: 'policyanalyzer',
    operation: 'GET v1/{scope}/locations/global/activityTypes/serviceAccountLastAuthentication/activities:query',
    right: 'policyanalyzer.serviceAccountLastAuthenticationActivities.query',
    tells: 'when service accounts were last used',
  },
  keyUse: {
    service: 'policyanalyzer',
    operation: 'GET v1/{scope}/locations/global/activityTypes/serviceAccountKeyLastAuthentication/activities:query',
    right: 'policyanalyzer.serviceAccountKeyLastAuthenticationActivities.query',
    tells: 'when keys were last used',
  },
  accountInsights: {
    service: 'recommender',
    operation: 'GET v1/projects/{project}/locations/global/insightTypes/google.iam.serviceAccount.Insight/insights',
    right: 'recommender.iamServiceAccountInsights.list',
    tells: 'which service accounts were not used for 90 days',
  },
  policyInsights: {
    service: 'recommender',
    operation: 'GET v1/projects/{project}/locations/global/insightTypes/google.iam.policy.Insight/insights',
    right: 'recommender.iamPolicyInsights.list',
    tells: 'which permissions were used, and so what could be trimmed',
  },
  recommendations: {
    service: 'recommender',
    operation: 'GET v1/projects/{project}/locations/global/recommenders/google.iam.policy.Recommender/recommendations',
    right: 'recommender.iamPolicyRecommendations.list',
    tells: 'which smaller roles Google proposes',
  },
  apiKeys: {
    service: 'apikeys',
    operation: 'GET v2/projects/{project}/locations/global/keys',
    right: 'apikeys.keys.list',
    tells: 'which API keys there are and what limits them',
    of: 'project',
  },
  hmacKeys: {
    service: 'storage',
    operation: 'GET storage/v1/projects/{project}/hmacKeys',
    right: 'storage.hmacKeys.list',
    tells: 'which HMAC keys of storage there are, and how old',
  },
} as const satisfies { readonly [name: string]: Call };

export type CallName = keyof typeof CALLS;

export function endpointOf(service: ServiceName, env: Env): string {
  const { host, override } = SERVICES[service];
  const set = env[override];
  return set === undefined || set === '' ? host : set.endsWith('/') ? set : `${set}/`;
}

export function callNames(scope: Scope): CallName[] {
  const kind = scope.level === 'projects' ? 'project' : 'above';
  return (Object.keys(CALLS) as CallName[]).filter((name) => {
    const call: Call = CALLS[name];
    return call.of === undefined || call.of === kind;
  });
}

export function liveCall(name: CallName, env: Env): LiveCall {
  const { service, operation, right, tells } = CALLS[name];
  return { host: new URL(endpointOf(service, env)).host, operation, right, tells };
}
