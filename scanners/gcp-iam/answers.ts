import { fail, isRaw, parseOne, problemText, type Raw } from '../../src/formats/answer.ts';
import { shortResource } from '../../src/iam/gcp/hierarchy.ts';
import { addApiKey, addPool, addProject, addProvider, sortAccess } from './access-answers.ts';
import { type Answers, noteAncestors } from './collect.ts';
import { Asset, Binding, FoundPolicy, Role, ServiceAccount, ServiceAccountKey } from './schema.ts';

/** REST answers wrap the list that gcloud prints bare. */
const WRAPPERS = [
  'accounts',
  'keys',
  'results',
  'assets',
  'roles',
  'projects',
  'workloadIdentityPools',
  'workloadIdentityPoolProviders',
  'policies',
  'principalAccessBoundaryPolicies',
  'policyBindings',
  'activities',
  'memberships',
  'insights',
  'recommendations',
  'items',
];

/** What an empty list of a REST answer still tells that it was asked for. */
const EMPTY: { readonly [wrapper: string]: Parameters<Answers['kinds']['add']>[0] } = {
  activities: 'last authentications',
  insights: 'insights',
};

/** Sorts one top-level value in; `path` may name the project or account of a policy that does not say its own. */
export function addAnswer(answers: Answers, value: unknown, where: string, path: string): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) addAnswer(answers, item, `${where}[${index}]`, path);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    fail(answers, `${where}: not an object`);
    return;
  }
  const raw = value as Raw;
  if (typeof raw.nextPageToken === 'string' && raw.nextPageToken !== '') answers.truncated = true;
  const wrapped = 'name' in raw || 'bindings' in raw ? [] : WRAPPERS.filter((field) => field in raw);
  if (wrapped.length > 0) {
    for (const field of wrapped) {
      const kind = EMPTY[field];
      if (kind !== undefined) answers.kinds.add(kind);
      if (Array.isArray(raw[field])) addAnswer(answers, raw[field], `${where}.${field}`, path);
      else fail(answers, `${where}.${field}: not a list`);
    }
    return;
  }
  sortIn(answers, raw, where, path);
}

function sortIn(answers: Answers, raw: Raw, where: string, path: string): void {
  const name = typeof raw.name === 'string' ? raw.name : '';
  if ('assetType' in raw || 'asset_type' in raw) addAsset(answers, raw, where);
  else if (sortAccess(answers, raw, where, path)) return;
  else if ('bindings' in raw || ('etag' in raw && !('name' in raw) && !('email' in raw))) addPolicy(answers, raw, where, path);
  else if (/\/keys\/[^/]+$/.test(name) || 'keyType' in raw || 'keyOrigin' in raw) addKey(answers, raw, where);
  else if (/(?:^|\/)roles\/[^/]+$/.test(name)) addRole(answers, raw, where);
  else if ('email' in raw || 'uniqueId' in raw) addAccount(answers, raw, where);
  else fail(answers, `${where}: not a GCP IAM answer that is read here`);
}

function addAccount(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('service accounts');
  const account = parseOne(answers, ServiceAccount, raw, where);
  if (account === undefined) return;
  answers.accounts.set(account.email, account);
  const number = /^(?<number>\d+)-compute@developer\.gserviceaccount\.com$/.exec(account.email)?.groups?.number;
  if (number !== undefined && account.projectId !== undefined) answers.projectIds.set(number, account.projectId);
}

function addKey(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('service-account keys');
  const key = parseOne(answers, ServiceAccountKey, raw, where);
  if (key === undefined) return;
  if (key.project !== undefined) answers.keyProjects.add(key.project);
  if (key.keyType === 'SYSTEM_MANAGED') answers.systemManaged++;
  else answers.keys.set(key.name, key);
}

function addRole(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('roles');
  const role = parseOne(answers, Role, raw, where);
  if (role !== undefined) answers.roles.set(role.name, role);
}

/** `get-iam-policy`: the answer does not say of what; the file's name may. */
function addPolicy(answers: Answers, raw: Raw, where: string, path: string): void {
  answers.kinds.add('IAM policies');
  const resource = typeof raw.resource === 'string' ? shortResource(raw.resource, answers.projectIds) : resourceFromPath(path);
  const bindings = raw.bindings === undefined ? [] : raw.bindings;
  if (Array.isArray(bindings) && bindings.length === 0) answers.seen++;
  if (resource === undefined) answers.resourceUnknown = true;
  addBindings(answers, bindings, resource ?? 'projects/-', `${where}.bindings`);
}

function addAsset(answers: Answers, raw: Raw, where: string): void {
  answers.kinds.add('assets');
  if ('policy' in raw && typeof raw.resource === 'string') {
    addFound(answers, raw, where);
    return;
  }
  const asset = parseOne(answers, Asset, raw, where);
  if (asset === undefined) return;
  const hierarchyOnly = noteHierarchy(answers, asset);
  const add = asset.data === undefined ? undefined : ASSETS[asset.type];
  if (add !== undefined) add(answers, asset.data, `${where}.resource.data`);
  let used = add !== undefined || hierarchyOnly;
  if (isRaw(asset.policy)) {
    answers.kinds.add('IAM policies');
    const within = asset.ancestors.find((one) => one.startsWith('projects/'));
    addBindings(
      answers,
      asset.policy.bindings ?? [],
      shortResource(asset.name, answers.projectIds),
      `${where}.iamPolicy.bindings`,
      within,
    );
    used = true;
  }
  if (!used) answers.otherAssets++;
  // Its own parser counted it.
  else if (add !== undefined || isRaw(asset.policy)) answers.seen--;
}

const ASSETS: { readonly [type: string]: (answers: Answers, raw: unknown, where: string) => void } = {
  'iam.googleapis.com/ServiceAccount': addAccount,
  'iam.googleapis.com/ServiceAccountKey': addKey,
  'iam.googleapis.com/Role': addRole,
  'iam.googleapis.com/WorkloadIdentityPool': addPool,
  'iam.googleapis.com/WorkloadIdentityPoolProvider': addProvider,
  'apikeys.googleapis.com/Key': addApiKey,
  'cloudresourcemanager.googleapis.com/Project': addProject,
};

/** True for folders and organisations, of which nothing but their place is read. */
function noteHierarchy(
  answers: Answers,
  asset: { readonly name: string; readonly type: string; readonly data: unknown; readonly ancestors: readonly string[] },
): boolean {
  const { data } = asset;
  noteAncestors(answers, asset.ancestors);
  if (!/^cloudresourcemanager\.googleapis\.com\/(?:Folder|Organization)$/.test(asset.type)) return false;
  const parent = isRaw(data) && typeof data.parent === 'string' ? data.parent : undefined;
  if (parent !== undefined) answers.parents.set(shortResource(asset.name, answers.projectIds), parent);
  return true;
}

function addFound(answers: Answers, raw: Raw, where: string): void {
  const found = FoundPolicy.safeParse(raw);
  if (!found.success) {
    fail(answers, problemText(where, found.error));
    return;
  }
  answers.kinds.add('IAM policies');
  const { project, ancestors, bindings } = found.data;
  const resource = shortResource(found.data.resource, answers.projectIds);
  const number = /^projects\/(?<number>\d+)$/.exec(project ?? '')?.groups?.number;
  const id = /^projects\/(?<id>[a-z][a-z0-9-]+)$/.exec(resource)?.groups?.id;
  if (number !== undefined && id !== undefined) answers.projectIds.set(number, id);
  // A folder is listed among its own folders.
  noteAncestors(answers, ancestors);
  addBindings(answers, bindings === undefined ? [] : bindings, resource, `${where}.policy.bindings`, project);
}

function addBindings(answers: Answers, list: unknown, resource: string, where: string, within?: string): void {
  if (!Array.isArray(list)) {
    fail(answers, `${where}: not a list`);
    return;
  }
  for (const [index, raw] of list.entries()) {
    const binding = parseOne(answers, Binding, raw, `${where}[${index}]`);
    if (binding === undefined) continue;
    answers.bindings.push({ ...binding, resource, pointer: `${where}[${index}]`, ...(within === undefined ? {} : { within }) });
    noteProjectNumber(answers, binding, resource);
  }
}

/**
 * Google makes its own agent an editor of the project that it is of: that tells the project's number. Other roles tell nothing: with a
 * Shared VPC the agents of the service projects stand in the policy of the host. https://cloud.google.com/vpc/docs/provisioning-shared-vpc
 */
function noteProjectNumber(answers: Answers, { role, members, condition }: Binding, resource: string): void {
  const id = /^projects\/(?<id>[a-z][a-z0-9-]+)$/.exec(resource)?.groups?.id;
  if (id === undefined || condition !== undefined || !/^roles\/(?:editor$|cloudservices\.)/.test(role)) return;
  for (const member of members) {
    const number = /^serviceAccount:(?<number>\d+)@cloudservices\.gserviceaccount\.com$/.exec(member)?.groups?.number;
    if (number !== undefined) answers.agentsOf.push({ number, id });
  }
}

/**
 * `hc-prod-iam-policy.json` → `projects/hc-prod`; `etl@hc-prod.iam.gserviceaccount.com.json` → that account;
 * `folders-12-iam-policy.json`, `organization_34_iam_policy.json` → that folder, that organisation.
 */
function resourceFromPath(path: string): string | undefined {
  const stem = (path.split('/').at(-1) ?? path).replace(/\.(?:json|jsonl|ndjson|txt|out)$/i, '');
  const account = /[a-z0-9-]+@(?<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com/.exec(stem);
  if (account !== null) return `//iam.googleapis.com/projects/${account.groups?.project ?? '-'}/serviceAccounts/${account[0]}`;
  const level = /(?:^|[._-])(?<level>folder|organization|organisation|org)s?[._-](?<number>\d{3,})(?:[._-]|$)/i.exec(
    stem,
  )?.groups;
  if (level?.number !== undefined)
    return `${level.level?.toLowerCase() === 'folder' ? 'folders' : 'organizations'}/${level.number}`;
  const bare = stem
    .replace(/(?:^|[._-])(?:get[._-])?(?:iam[._-]policy|iam[._-]bindings|iam|policy|bindings)$/i, '')
    .replace(/^(?:projects?|gcp|iam|policy)[._-]/i, '');
  if (bare === stem || !/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(bare) || /^(?:project|projects|google|export)$/.test(bare))
    return undefined;
  return `projects/${bare}`;
}
