import type { z } from 'zod';
import type { BoundRole } from '../../src/iam/gcp/bindings.ts';
import { Asset, Binding, FoundPolicy, Role, ServiceAccount, ServiceAccountKey } from './schema.ts';

/** All that the JSON values of one file say, sorted by what they are; each thing once, however often it is listed. */
export interface Answers {
  readonly accounts: Map<string, ServiceAccount>;
  readonly keys: Map<string, ServiceAccountKey>;
  readonly bindings: BoundRole[];
  readonly roles: Map<string, Role>;
  /** Project ids by number, as far as the input tells. */
  readonly projectIds: Map<string, string>;
  readonly kinds: Set<AnswerKind>;
  readonly problems: string[];
  /** A policy was met that does not say what it is on. */
  resourceUnknown: boolean;
  /** Keys that Google holds and rotates: counted, not listed. */
  systemManaged: number;
  /** Assets of kinds that are not read here. */
  otherAssets: number;
  seen: number;
  truncated: boolean;
}

export type AnswerKind = 'service accounts' | 'service-account keys' | 'IAM policies' | 'roles' | 'assets';

type Raw = { readonly [key: string]: unknown };

export function newAnswers(): Answers {
  return {
    accounts: new Map(),
    keys: new Map(),
    bindings: [],
    roles: new Map(),
    projectIds: new Map(),
    kinds: new Set(),
    problems: [],
    resourceUnknown: false,
    systemManaged: 0,
    otherAssets: 0,
    seen: 0,
    truncated: false,
  };
}

/** REST answers wrap the list that gcloud prints bare. */
const WRAPPERS = ['accounts', 'keys', 'results', 'assets', 'roles'];

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
  const wrapped = WRAPPERS.filter((field) => field in raw);
  if (wrapped.length > 0) {
    for (const field of wrapped) {
      if (Array.isArray(raw[field])) addAnswer(answers, raw[field], `${where}.${field}`, path);
      else fail(answers, `${where}.${field}: not a list`);
    }
    return;
  }
  sortIn(answers, raw, where, path);
}

function sortIn(answers: Answers, raw: Raw, where: string, path: string): void {
  const name = typeof raw.name === 'string' ? raw.name : '';
  if ('bindings' in raw || ('etag' in raw && !('name' in raw) && !('email' in raw))) addPolicy(answers, raw, where, path);
  else if ('assetType' in raw || 'asset_type' in raw) addAsset(answers, raw, where);
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
  const resource = resourceFromPath(path);
  const bindings = raw.bindings ?? [];
  if (Array.isArray(bindings) && bindings.length === 0) answers.seen++;
  if (resource === undefined) answers.resourceUnknown = true;
  addBindings(answers, bindings, resource ?? 'projects/-', `${where}.bindings`);
}

function addAsset(answers: Answers, raw: Raw, where: string): void {
  answers.kinds.add('assets');
  if ('policy' in raw && typeof raw.resource === 'string') {
    const found = FoundPolicy.safeParse(raw);
    if (!found.success) {
      fail(answers, problemText(where, found.error));
      return;
    }
    answers.kinds.add('IAM policies');
    const resource = shortResource(found.data.resource);
    const number = /^projects\/(?<number>\d+)$/.exec(found.data.project ?? '')?.groups?.number;
    const id = /^projects\/(?<id>[a-z][a-z0-9-]+)$/.exec(resource)?.groups?.id;
    if (number !== undefined && id !== undefined) answers.projectIds.set(number, id);
    addBindings(answers, found.data.bindings ?? [], resource, `${where}.policy.bindings`);
    return;
  }
  const asset = parseOne(answers, Asset, raw, where);
  if (asset === undefined) return;
  let used = false;
  if (asset.type === 'iam.googleapis.com/ServiceAccount' && asset.data !== undefined) {
    addAccount(answers, asset.data, `${where}.resource.data`);
    used = true;
  } else if (asset.type === 'iam.googleapis.com/ServiceAccountKey' && asset.data !== undefined) {
    addKey(answers, asset.data, `${where}.resource.data`);
    used = true;
  } else if (asset.type === 'iam.googleapis.com/Role' && asset.data !== undefined) {
    addRole(answers, asset.data, `${where}.resource.data`);
    used = true;
  } else if (asset.type === 'cloudresourcemanager.googleapis.com/Project' && asset.data !== undefined) {
    addProject(answers, asset.data);
    used = true;
  }
  if (isRaw(asset.policy)) {
    answers.kinds.add('IAM policies');
    addBindings(answers, asset.policy.bindings ?? [], shortResource(asset.name), `${where}.iamPolicy.bindings`);
    used = true;
  }
  if (used) answers.seen--;
  else answers.otherAssets++;
}

function addProject(answers: Answers, data: unknown): void {
  answers.seen++;
  if (!isRaw(data)) return;
  const { projectNumber, projectId } = data;
  if (typeof projectId === 'string' && projectNumber !== undefined) answers.projectIds.set(String(projectNumber), projectId);
}

function addBindings(answers: Answers, list: unknown, resource: string, where: string): void {
  if (!Array.isArray(list)) {
    fail(answers, `${where}: not a list`);
    return;
  }
  for (const [index, raw] of list.entries()) {
    const binding = parseOne(answers, Binding, raw, `${where}[${index}]`);
    if (binding === undefined) continue;
    answers.bindings.push({ ...binding, resource, pointer: `${where}[${index}]` });
    noteProjectNumber(answers, binding, resource);
  }
}

/** Google's own agent of a project is bound in that project only: it tells the project's number. */
function noteProjectNumber(answers: Answers, binding: Binding, resource: string): void {
  const id = /^projects\/(?<id>[a-z][a-z0-9-]+)$/.exec(resource)?.groups?.id;
  if (id === undefined) return;
  for (const member of binding.members) {
    const number = /^serviceAccount:(?<number>\d+)@cloudservices\.gserviceaccount\.com$/.exec(member)?.groups?.number;
    if (number !== undefined) answers.projectIds.set(number, id);
  }
}

/** `//cloudresourcemanager.googleapis.com/projects/hc-prod` → `projects/hc-prod`; other names stay whole. */
function shortResource(name: string): string {
  return name.replace(/^\/\/cloudresourcemanager\.googleapis\.com\//, '');
}

/** `hc-prod-iam-policy.json` → `projects/hc-prod`; `etl@hc-prod.iam.gserviceaccount.com.json` → that account. */
function resourceFromPath(path: string): string | undefined {
  const stem = (path.split('/').at(-1) ?? path).replace(/\.(?:json|jsonl|ndjson|txt|out)$/i, '');
  const account = /[a-z0-9-]+@(?<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com/.exec(stem);
  if (account !== null) return `//iam.googleapis.com/projects/${account.groups?.project ?? '-'}/serviceAccounts/${account[0]}`;
  const bare = stem
    .replace(/(?:^|[._-])(?:get[._-])?(?:iam[._-]policy|iam[._-]bindings|iam|policy|bindings)$/i, '')
    .replace(/^(?:projects?|gcp|iam|policy)[._-]/i, '');
  if (bare === stem || !/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(bare) || /^(?:project|projects|google|export)$/.test(bare))
    return undefined;
  return `projects/${bare}`;
}

function parseOne<T>(answers: Answers, schema: z.ZodType<T>, raw: unknown, where: string): T | undefined {
  answers.seen++;
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  answers.problems.push(problemText(where, parsed.error));
  return undefined;
}

function fail(answers: Answers, problem: string): void {
  answers.seen++;
  answers.problems.push(problem);
}

function problemText(where: string, error: z.ZodError): string {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${where}${path}: ${issue?.message ?? 'not as expected'}`;
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
