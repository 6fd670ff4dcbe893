import type { BoundRole } from '../../src/iam/gcp/bindings.ts';
import type { Boundary, BoundaryBinding, DenyRule } from '../../src/iam/gcp/limits.ts';
import type { Recommended } from '../../src/iam/gcp/trim.ts';
import type { Role, ServiceAccount, ServiceAccountKey } from './schema.ts';
import type { Activity, ApiKey, HmacKey, Insight, Membership, PoolProvider, Project } from './schema-access.ts';

/** All that the JSON values of one file say, sorted by what they are; each thing once, however often it is listed. */
export interface Answers {
  readonly accounts: Map<string, ServiceAccount>;
  readonly keys: Map<string, ServiceAccountKey>;
  /** Projects of which keys are listed, those that Google holds among them. */
  readonly keyProjects: Set<string>;
  readonly bindings: BoundRole[];
  readonly roles: Map<string, Role>;
  /** Project ids by number, as far as the input tells. */
  readonly projectIds: Map<string, string>;
  /** Numbers of Google's own agents, and the projects that they are editors of. */
  readonly agentsOf: { readonly number: string; readonly id: string }[];
  /** `projects/123` or `projects/hc-prod` → `folders/12`, as the input names them. */
  readonly parents: Map<string, string>;
  readonly projects: Map<string, Project>;
  readonly providers: Map<string, PoolProvider>;
  /** Pools that are disabled or deleted: nobody comes in through them. */
  readonly closedPools: Set<string>;
  readonly denials: DenyRule[];
  readonly denyPolicies: Set<string>;
  /** Deny policies that are listed without their rules, and those that have them. */
  readonly listedDenials: Set<string>;
  readonly boundaries: Map<string, Boundary>;
  readonly boundaryBindings: BoundaryBinding[];
  readonly activities: Activity[];
  readonly insights: Insight[];
  readonly recommendations: Recommended[];
  readonly apiKeys: Map<string, ApiKey>;
  readonly hmacKeys: Map<string, HmacKey>;
  /** Addresses of groups by their names (`groups/01abc`). */
  readonly groups: Map<string, string>;
  readonly memberships: Membership[];
  /** By project, folder, organisation: may accounts not be used by the resources of other projects? */
  readonly keptInProject: Map<string, boolean>;
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

export type AnswerKind =
  | 'service accounts'
  | 'service-account keys'
  | 'IAM policies'
  | 'roles'
  | 'assets'
  | 'projects'
  | 'workload identity providers'
  | 'deny policies'
  | 'access boundaries'
  | 'last authentications'
  | 'insights'
  | 'API keys'
  | 'HMAC keys'
  | 'group members'
  | 'organisation policies';

export function newAnswers(): Answers {
  return {
    accounts: new Map(),
    keys: new Map(),
    keyProjects: new Set(),
    bindings: [],
    roles: new Map(),
    projectIds: new Map(),
    agentsOf: [],
    parents: new Map(),
    projects: new Map(),
    providers: new Map(),
    closedPools: new Set(),
    denials: [],
    denyPolicies: new Set(),
    listedDenials: new Set(),
    boundaries: new Map(),
    boundaryBindings: [],
    activities: [],
    insights: [],
    recommendations: [],
    apiKeys: new Map(),
    hmacKeys: new Map(),
    groups: new Map(),
    memberships: [],
    keptInProject: new Map(),
    kinds: new Set(),
    problems: [],
    resourceUnknown: false,
    systemManaged: 0,
    otherAssets: 0,
    seen: 0,
    truncated: false,
  };
}

/** `["projects/1", "folders/2", "organizations/3"]`: each lies in the next. */
export function noteAncestors(answers: Answers, ancestors: readonly string[]): void {
  for (const [index, child] of ancestors.entries()) {
    const parent = ancestors[index + 1];
    if (parent !== undefined && parent !== child && !answers.parents.has(child)) answers.parents.set(child, parent);
  }
}

export function noteProject(answers: Answers, project: Project): void {
  const { id, number, parent } = project;
  if (id === undefined) return;
  if (number !== undefined) answers.projectIds.set(number, id);
  if (parent !== undefined) answers.parents.set(`projects/${id}`, parent);
  answers.projects.set(id, project);
}
