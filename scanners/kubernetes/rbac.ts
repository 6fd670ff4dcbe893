import {
  type GrantObservation,
  type IdentityId,
  type IdentityObservation,
  type JsonObject,
  k8sClusterRoleId,
  k8sRoleId,
  k8sServiceAccountId,
  k8sSubjectId,
  type Observation,
} from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { isBaselineRole, isBaselineSubject } from './baseline.ts';
import { common, type KubeObject, namespaceOf, pairs, type World } from './object.ts';
import { BUILT_IN, judgeRule, type Rule } from './powers.ts';
import { referredAccount } from './service-account.ts';

/** Rules of one role, subjects of one binding: ten times what large operators have. */
const MAX_RULES = 500;
const MAX_SUBJECTS = 2000;
/** Texts of one rule that a row repeats. */
const MAX_WORDS = 40;

/** A Role or ClusterRole: one grant a rule, to the role itself. Who has it, bindings say; they may stand in other files. */
export function* readRole(object: KubeObject, world: World): Generator<Observation> {
  const isCluster = object.kind === 'ClusterRole';
  const namespace = isCluster ? undefined : namespaceOf(object, world);
  const role = isCluster ? world.ofCluster(object.name) : object.name;
  const identity = namespace === undefined ? k8sClusterRoleId(world.cluster, role) : k8sRoleId(world.cluster, namespace, role);
  const rules = itemsOf(get(object.tree, 'rules'));
  if (rules.length > MAX_RULES)
    world.note(`${object.kind}/${object.name} has more than ${MAX_RULES} rules: the rest was not read`);
  const shared = {
    ...common(object, world),
    role,
    ...(namespace === undefined ? {} : { namespace }),
    baseline: isBaselineRole(object),
    feeds: feedsOf(object),
    labels: [...object.labels].map(([key, value]) => `${key}=${value}`).slice(0, MAX_WORDS),
  };
  for (const tree of rules.slice(0, MAX_RULES)) {
    yield ruleGrant(identity, ruleOf(tree, world), `${object.kind} ${object.name}`, shared, object.at(tree));
  }
  yield* aggregation(object, world, identity, shared);
}

function ruleOf(tree: Tree, world: World): Rule {
  return {
    verbs: textsOf(get(tree, 'verbs')).map((verb) => world.cover(verb.toLowerCase())),
    groups: groupsOf(get(tree, 'apiGroups')),
    resources: textsOf(get(tree, 'resources')).map((resource) => world.cover(resource.toLowerCase())),
    names: textsOf(get(tree, 'resourceNames')).map(world.cover),
    urls: textsOf(get(tree, 'nonResourceURLs')).map(world.cover),
  };
}

/** The core group is the empty text, which `textsOf` leaves out. */
function groupsOf(tree: Tree | undefined): string[] {
  return itemsOf(tree).flatMap((item) => (item.type === 'scalar' ? [item.value.toLowerCase()] : []));
}

function ruleGrant(
  identity: IdentityId,
  rule: Rule,
  via: string,
  shared: JsonObject,
  at: GrantObservation['at'] & object,
): GrantObservation {
  const { powers, named, cluster, namespaced } = judgeRule(rule);
  const what = rule.resources.length > 0 ? rule.resources : rule.urls;
  return {
    kind: 'grant',
    identity,
    effect: 'allow',
    permission: shorten(rule.verbs).join(',') || '-',
    resource: shorten(what.map((resource) => qualified(resource, rule.groups))).join(',') || '-',
    via,
    viaKind: 'rule',
    at,
    detail: {
      ...shared,
      verbs: shorten(rule.verbs),
      groups: shorten(rule.groups),
      resources: shorten(rule.resources),
      ...(rule.urls.length === 0 ? {} : { urls: shorten(rule.urls) }),
      ...(rule.names.length === 0 ? {} : { names: shorten(rule.names) }),
      powers: [...powers],
      ...(named.length === 0 ? {} : { named: [...named] }),
      ...(cluster.length === 0 ? {} : { cluster: [...cluster] }),
      ...(namespaced.length === 0 ? {} : { namespaced: [...namespaced] }),
    },
  };
}

function qualified(resource: string, groups: readonly string[]): string {
  const [group] = groups;
  return groups.length === 1 && group !== undefined && group !== '' && group !== '*' ? `${resource}.${group}` : resource;
}

function shorten(words: readonly string[]): string[] {
  return words.slice(0, MAX_WORDS).map((word) => word.slice(0, 120));
}

const ALL: Rule = { verbs: ['*'], groups: ['*'], resources: ['*'], names: [], urls: [] };

const FEEDS = 'rbac.authorization.k8s.io/aggregate-to-';
/** The built-in roles are made of each other. */
const FEEDS_ALSO: ReadonlyMap<string, readonly string[]> = new Map([
  ['view', ['view', 'edit', 'admin']],
  ['edit', ['edit', 'admin']],
]);

/** Built-in roles that this role's rules become part of. */
function feedsOf(object: KubeObject): string[] {
  const fed = new Set<string>();
  for (const [label, value] of object.labels) {
    if (!label.startsWith(FEEDS) || value !== 'true') continue;
    const name = label.slice(FEEDS.length);
    for (const one of FEEDS_ALSO.get(name) ?? [name]) fed.add(one);
  }
  return [...fed];
}

/** A role that is made of others, by their labels: which they are is known only where all roles are. */
function* aggregation(object: KubeObject, world: World, identity: IdentityId, shared: JsonObject): Generator<GrantObservation> {
  for (const selector of itemsOf(get(get(object.tree, 'aggregationRule'), 'clusterRoleSelectors'))) {
    if (entriesOf(selector).some(({ key }) => key === 'matchExpressions')) {
      world.note(`${object.kind}/${object.name} gathers roles by matchExpressions, which are not evaluated`);
      continue;
    }
    const wanted = [...pairs(get(selector, 'matchLabels'))].map(([key, value]) => `${key}=${value}`);
    if (wanted.length === 0) {
      // It takes every role, and every cluster has cluster-admin.
      yield ruleGrant(identity, ALL, `${object.kind} ${object.name}`, shared, object.at(selector));
      continue;
    }
    yield {
      kind: 'grant',
      identity,
      effect: 'allow',
      permission: 'aggregate',
      resource: wanted.join(','),
      via: `${object.kind} ${object.name}`,
      viaKind: 'aggregation',
      at: object.at(selector),
      detail: { ...shared, selector: wanted },
    };
  }
}

/** A binding: each subject may become the role; where a RoleBinding names a ClusterRole, the role within that namespace. */
export function* readBinding(object: KubeObject, world: World, given: Set<string>): Generator<Observation> {
  const isCluster = object.kind === 'ClusterRoleBinding';
  const ref = get(object.tree, 'roleRef');
  const roleKind = textOf(get(ref, 'kind')) ?? (isCluster ? 'ClusterRole' : 'Role');
  const written = textOf(get(ref, 'name'));
  if (written === undefined || written === '') {
    world.note(`${object.kind}/${object.name} names no role`);
    return;
  }
  const role = roleKind === 'Role' ? world.cover(written) : world.ofCluster(world.cover(written));
  const bound = isCluster ? undefined : namespaceOf(object, world);
  const identity =
    roleKind === 'Role' && bound !== undefined
      ? k8sRoleId(world.cluster, bound, role)
      : k8sClusterRoleId(world.cluster, role, bound);
  const subjects = itemsOf(get(object.tree, 'subjects'));
  if (subjects.length > MAX_SUBJECTS)
    world.note(`${object.kind}/${object.name} has more than ${MAX_SUBJECTS} subjects: the rest was not read`);
  for (const tree of subjects.slice(0, MAX_SUBJECTS)) {
    const subject = subjectOf(tree, bound, object, world);
    if (subject === undefined) continue;
    yield* subject.rows;
    yield {
      kind: 'trust',
      identity,
      effect: 'allow',
      principal: subject.id,
      principalType: 'identity',
      at: object.at(tree),
      detail: {
        ...common(object, world),
        basis: 'role binding',
        binding: object.name,
        ...(bound === undefined ? {} : { namespace: bound }),
        roleKind,
        role,
        subjectKind: subject.kind,
        subject: subject.name,
        ...(subject.namespace === undefined ? {} : { subjectNamespace: subject.namespace }),
        baseline: isBaselineSubject(object, role, subject),
      },
    };
  }
  const known = roleKind === 'ClusterRole' ? BUILT_IN.get(role) : undefined;
  if (known === undefined || subjects.length === 0 || given.has(`built in ${role}`)) return;
  given.add(`built in ${role}`);
  for (const rule of known) {
    const shared = { platform: 'kubernetes', source: world.source, kind: 'ClusterRole', role, baseline: false, builtIn: true };
    yield ruleGrant(
      k8sClusterRoleId(world.cluster, role),
      rule,
      `ClusterRole ${role}`,
      { ...shared, feeds: [], labels: [] },
      object.at(ref),
    );
  }
}

interface Subject {
  readonly id: IdentityId;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly rows: readonly Observation[];
}

function subjectOf(tree: Tree, bound: string | undefined, object: KubeObject, world: World): Subject | undefined {
  const kind = textOf(get(tree, 'kind'));
  const written = textOf(get(tree, 'name'));
  if (written === undefined || written === '' || written.length > 512) return undefined;
  const name = world.cover(written);
  const account = kind === 'ServiceAccount' ? undefined : /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (kind === 'ServiceAccount' || account !== null) {
    const given = textOf(get(tree, 'namespace'));
    // The API refuses an account without a namespace; tools fill in the binding's.
    const namespace = account?.[1] ?? (given === undefined || given === '' ? undefined : world.cover(given)) ?? bound;
    if (namespace === undefined) world.note(`${object.kind}/${object.name} names the account ${name} without its namespace`);
    const place = namespace ?? world.defaultNamespace;
    const local = account?.[2] ?? name;
    const id = k8sServiceAccountId(world.cluster, place, local);
    const rows = [referredAccount(place, local, world, object.at(tree))];
    return { id, kind: 'ServiceAccount', name: local, namespace: place, rows };
  }
  if (kind !== 'User' && kind !== 'Group') return undefined;
  const type = kind === 'User' ? 'user' : 'group';
  const id = k8sSubjectId(world.cluster, type, name);
  const identity: IdentityObservation = {
    kind: 'identity',
    id,
    provider: 'k8s',
    type,
    name,
    ...(world.cluster === undefined ? {} : { scope: world.cluster }),
    ...(name.startsWith('system:') ? { managed: true } : {}),
    ...(type === 'user' && /@[\w.-]+\.[a-z]{2,}$/i.test(name) ? { human: true } : {}),
    at: object.at(tree),
    detail: { platform: 'kubernetes', declared: false },
  };
  return { id, kind, name, rows: [identity] };
}
