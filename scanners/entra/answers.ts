import { isGuid } from './guid.ts';
import type {
  Application,
  AppPolicy,
  CredentialActivity,
  DirectoryObject,
  FederatedCredential,
  ManagedIdentity,
  ServicePrincipal,
  ServicePrincipalActivity,
} from './schema.ts';
import type { AppRoleAssignment, AzureRole, DelegatedGrant, DirectoryRole, RoleAssignment, Vault } from './schema-rights.ts';

/** All that the JSON values of one file, or the answers of one tenant, say, sorted by what they are. */
export interface Answers {
  readonly apps: Map<string, Application>;
  readonly principals: Map<string, ServicePrincipal>;
  readonly managed: Map<string, ManagedIdentity>;
  readonly federated: Of<FederatedCredential>[];
  readonly owners: Of<DirectoryObject>[];
  readonly members: Of<DirectoryObject>[];
  readonly appRoles: Map<string, AppRoleAssignment>;
  readonly delegated: Map<string, DelegatedGrant>;
  readonly directoryAssignments: Map<string, RoleAssignment>;
  readonly azureAssignments: Map<string, RoleAssignment>;
  readonly azureRoles: Map<string, AzureRole>;
  readonly directoryRoles: Map<string, DirectoryRole>;
  readonly activities: Map<string, ServicePrincipalActivity>;
  readonly keyActivities: Map<string, CredentialActivity>;
  readonly policies: AppPolicy[];
  readonly vaults: Map<string, Vault>;
  /** Names of app roles, by the principal that has them and the id (`appRoleKey`): ids of two applications may be the same. */
  readonly roleNames: Map<string, string>;
  /** Users, groups and principals that are met inside other answers, by object id. */
  readonly objects: Map<string, DirectoryObject>;
  readonly tenants: Set<string>;
  readonly kinds: Set<AnswerKind>;
  readonly problems: string[];
  /** Lists that go on elsewhere. */
  readonly truncated: Set<string>;
  /** Lists inside an item that may go on elsewhere, by what they say of themselves. */
  readonly cut: Map<string, CutList>;
  /** Lists as long as a command prints that was not asked for all. */
  readonly full: Set<string>;
  /** Items of kinds that are not read here. */
  others: number;
  seen: number;
}

export interface CutList {
  readonly field: 'owners' | 'appRoleAssignments' | 'members';
  readonly of: 'application' | 'service principal' | 'group';
  /** Of an application or a principal, the client id. */
  readonly id: string;
}

/** Something of an application, a principal or a group, which is named by its object id, its client id or its address in Azure. */
interface Of<T> {
  readonly parent: string;
  readonly value: T;
}

export type AnswerKind =
  | 'app registrations'
  | 'service principals'
  | 'managed identities'
  | 'federated credentials'
  | 'owners'
  | 'group members'
  | 'application permissions'
  | 'delegated permissions'
  | 'directory roles'
  | 'eligible roles'
  | 'Azure roles'
  | 'role definitions'
  | 'vault access policies'
  | 'service-principal sign-ins'
  | 'credential sign-ins'
  | 'app management policies'
  | 'tenant';

export type Raw = { readonly [key: string]: unknown };

export function newAnswers(): Answers {
  return {
    apps: new Map(),
    principals: new Map(),
    managed: new Map(),
    federated: [],
    owners: [],
    members: [],
    appRoles: new Map(),
    delegated: new Map(),
    directoryAssignments: new Map(),
    azureAssignments: new Map(),
    azureRoles: new Map(),
    directoryRoles: new Map(),
    activities: new Map(),
    keyActivities: new Map(),
    policies: [],
    vaults: new Map(),
    roleNames: new Map(),
    objects: new Map(),
    tenants: new Set(),
    kinds: new Set(),
    problems: [],
    truncated: new Set(),
    cut: new Map(),
    full: new Set(),
    others: 0,
    seen: 0,
  };
}

/** What an app role is known by: an application chooses the ids of its own roles, and may choose those of another. */
export function appRoleKey(resource: string | undefined, role: string): string {
  return `${resource ?? ''} ${role}`;
}

export function noteTenant(answers: Answers, raw: Raw): void {
  const tenant = raw.tenantId ?? (isRaw(raw.properties) ? raw.properties.tenantId : undefined);
  if (isGuid(tenant)) answers.tenants.add(tenant.toLowerCase());
}

export function note(answers: Answers, kind: AnswerKind): void {
  answers.seen++;
  answers.kinds.add(kind);
}

export function fail(answers: Answers, problem: string): void {
  answers.seen++;
  answers.problems.push(problem);
}

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
