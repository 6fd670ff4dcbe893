/** One rule of a role. https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
export interface Rule {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  /** `pods`, `pods/exec`, a star for all, a star and `/scale` for the subresource of each. */
  readonly resources: readonly string[];
  /** Empty: all of them. */
  readonly names: readonly string[];
  readonly urls: readonly string[];
}

type Capability = 'admin' | 'escalates' | 'reads-secrets' | 'reads-data' | 'writes-data' | 'manages-identities' | 'impersonates';

/** What a rule lets its holder do, in the words of checks; what it amounts to cluster-wide and in one namespace. */
interface Power {
  readonly id: string;
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  /**
   * Names of objects narrow the right to these objects; a request to create has no name that could match. Some names are
   * the power itself: to bind cluster-admin is as good as to bind any role.
   */
  readonly whenNamed: 'nothing' | 'narrowed' | RegExp | 'all';
  readonly cluster?: Capability;
  readonly namespaced?: Capability;
}

const CORE = [''];
const RBAC = ['rbac.authorization.k8s.io'];
const WRITE = ['create', 'update', 'patch'];
/** Names of roles, groups, users and accounts that have all, or soon give it to themselves. */
const ADMINISTRATORS =
  /(?:^|[-_.:])(?:admin|edit|cluster-?admins?|admins|administrators?|root)(?:$|[-_.:@])|^system:(?:masters|nodes?|kube-controller-manager)$|^system:(?:controller|serviceaccount:kube-system|node):/i;
/**
 * Signers whose certificates the cluster takes from clients: to approve for the one is the power, to approve for those of servers is
 * not. https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */
const SIGNERS_OF_CLIENTS = /^(?:\*|kubernetes\.io\/(?:\*|kube-apiserver-client|kube-apiserver-client-kubelet))$/;

/** https://kubernetes.io/docs/concepts/security/rbac-good-practices/ tells why each is one. */
export const POWERS: readonly Power[] = [
  power('reads-secrets', ['get', 'list', 'watch'], CORE, ['secrets'], 'narrowed', 'reads-secrets', 'reads-secrets'),
  // A Secret of type service-account-token is filled with a token of the account that its annotation names.
  power('creates-secrets', ['create'], CORE, ['secrets'], 'nothing', 'escalates', 'impersonates'),
  power('changes-secrets', ['update', 'patch'], CORE, ['secrets'], 'narrowed', 'writes-data', 'writes-data'),
  power('mints-tokens', ['create'], CORE, ['serviceaccounts/token'], 'narrowed', 'escalates', 'impersonates'),
  power('impersonates-accounts', ['impersonate'], CORE, ['serviceaccounts'], ADMINISTRATORS, 'escalates', 'impersonates'),
  power('impersonates-users', ['impersonate'], CORE, ['users', 'groups'], ADMINISTRATORS, 'escalates', undefined),
  power('binds-roles', ['bind'], RBAC, ['roles', 'clusterroles'], ADMINISTRATORS, 'escalates', 'manages-identities'),
  // Whichever role it is: its rules may become any.
  power('escalates-roles', ['escalate'], RBAC, ['roles', 'clusterroles'], 'all', 'escalates', 'manages-identities'),
  power(
    'writes-bindings',
    WRITE,
    RBAC,
    ['rolebindings', 'clusterrolebindings'],
    'narrowed',
    'manages-identities',
    'manages-identities',
  ),
  power('writes-roles', WRITE, RBAC, ['roles', 'clusterroles'], 'narrowed', 'manages-identities', 'manages-identities'),
  power(
    'writes-accounts',
    ['create', 'update', 'patch', 'delete'],
    CORE,
    ['serviceaccounts'],
    'narrowed',
    'manages-identities',
    'manages-identities',
  ),
  power('creates-pods', ['create'], CORE, ['pods', 'replicationcontrollers'], 'nothing', 'escalates', 'impersonates'),
  power(
    'writes-workloads',
    WRITE,
    ['apps', 'extensions'],
    ['deployments', 'daemonsets', 'statefulsets', 'replicasets'],
    'narrowed',
    'escalates',
    'impersonates',
  ),
  power('writes-jobs', WRITE, ['batch'], ['jobs', 'cronjobs'], 'narrowed', 'escalates', 'impersonates'),
  power('execs-in-pods', ['create', 'get'], CORE, ['pods/exec', 'pods/attach'], 'narrowed', 'escalates', 'impersonates'),
  power('adds-containers', ['update', 'patch'], CORE, ['pods/ephemeralcontainers'], 'narrowed', 'escalates', 'impersonates'),
  power('proxies-nodes', ['get', 'create'], CORE, ['nodes/proxy'], 'narrowed', 'escalates', undefined),
  power('creates-csr', ['create'], ['certificates.k8s.io'], ['certificatesigningrequests'], 'nothing'),
  power(
    'updates-csr-approval',
    ['update', 'patch'],
    ['certificates.k8s.io'],
    ['certificatesigningrequests/approval'],
    'narrowed',
  ),
  power(
    'approves-signer',
    ['approve'],
    ['certificates.k8s.io'],
    ['signers'],
    SIGNERS_OF_CLIENTS,
    'manages-identities',
    undefined,
  ),
  power(
    'writes-webhooks',
    WRITE,
    ['admissionregistration.k8s.io'],
    ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
    'narrowed',
    'escalates',
    undefined,
  ),
  power('writes-configmaps', WRITE, CORE, ['configmaps'], 'narrowed', 'writes-data', 'writes-data'),
  power('writes-status', ['update', 'patch'], CORE, ['nodes/status', 'pods/status', 'services/status'], 'narrowed'),
  power('removes-pods', ['delete', 'deletecollection'], CORE, ['pods', 'nodes'], 'narrowed', 'writes-data', 'writes-data'),
  power('evicts-pods', ['create'], CORE, ['pods/eviction'], 'narrowed'),
  power('unschedules-nodes', ['update', 'patch'], CORE, ['nodes'], 'narrowed'),
  power('creates-volumes', ['create'], CORE, ['persistentvolumes'], 'nothing'),
  power('forwards-ports', ['create', 'get'], CORE, ['pods/portforward'], 'narrowed', 'reads-data', 'reads-data'),
  power('reads-logs', ['get', 'list'], CORE, ['pods/log'], 'narrowed', 'reads-data', 'reads-data'),
  power('reads-configmaps', ['get', 'list', 'watch'], CORE, ['configmaps'], 'narrowed', 'reads-data', 'reads-data'),
];

function power(
  id: string,
  verbs: readonly string[],
  groups: readonly string[],
  resources: readonly string[],
  whenNamed: Power['whenNamed'],
  cluster?: Capability,
  namespaced?: Capability,
): Power {
  return {
    id,
    verbs,
    groups,
    resources,
    whenNamed,
    ...(cluster === undefined ? {} : { cluster }),
    ...(namespaced === undefined ? {} : { namespaced }),
  };
}

/** Every verb on everything: what cluster-admin has. */
export const EVERYTHING = 'everything';

export interface Judged {
  /** Powers over all objects, or over such as give power over all. */
  readonly powers: readonly string[];
  /** Powers over the named objects alone. */
  readonly named: readonly string[];
  /** What the powers amount to when bound cluster-wide, and in one namespace. */
  readonly cluster: readonly string[];
  readonly namespaced: readonly string[];
}

/** What a rule amounts to. A right over objects by name is told, but most amount to nothing by themselves. */
export function judgeRule(rule: Rule): Judged {
  const powers: string[] = [];
  const named: string[] = [];
  const cluster = new Set<string>();
  const namespaced = new Set<string>();
  if (rule.names.length === 0 && has(rule.verbs, '*') && has(rule.groups, '*') && has(rule.resources, '*')) {
    powers.push(EVERYTHING);
    cluster.add('admin');
  }
  for (const one of POWERS) {
    if (!allows(rule, one)) continue;
    if (rule.names.length > 0 && !isPowerOver(rule.names, one)) {
      if (one.whenNamed !== 'nothing') named.push(one.id);
      continue;
    }
    powers.push(one.id);
    if (one.cluster !== undefined) cluster.add(one.cluster);
    if (one.namespaced !== undefined) namespaced.add(one.namespaced);
  }
  return { powers, named, cluster: [...cluster], namespaced: [...namespaced] };
}

function isPowerOver(names: readonly string[], { whenNamed }: Power): boolean {
  return whenNamed === 'all' || (whenNamed instanceof RegExp && names.some((name) => whenNamed.test(name)));
}

function allows(rule: Rule, { verbs, groups, resources, whenNamed }: Power): boolean {
  // Lists of all objects, and their creation, name none: a rule with names allows neither.
  const possible = rule.names.length === 0 || whenNamed !== 'nothing' ? verbs : [];
  return (
    possible.some((verb) => has(rule.verbs, verb) || has(rule.verbs, '*')) &&
    groups.some((group) => has(rule.groups, group) || has(rule.groups, '*')) &&
    resources.some((resource) => coversResource(rule.resources, resource))
  );
}

/** A star is every resource and subresource, a star and `/scale` the subresource of each; `pods` is not `pods/exec`. */
export function coversResource(patterns: readonly string[], resource: string): boolean {
  const slash = resource.indexOf('/');
  const subresource = slash < 0 ? undefined : resource.slice(slash);
  return patterns.some(
    (pattern) => pattern === '*' || pattern === resource || (subresource !== undefined && pattern === `*${subresource}`),
  );
}

function has(list: readonly string[], item: string): boolean {
  return list.includes(item);
}

/** What every cluster has under these names, in short: bindings in files name them, and no file holds them. */
export const BUILT_IN: ReadonlyMap<string, readonly Rule[]> = new Map<string, readonly Rule[]>([
  ['cluster-admin', [rule(['*'], ['*'], ['*'])]],
  [
    'admin',
    [
      rule(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'], CORE, [
        'pods',
        'pods/exec',
        'pods/attach',
        'pods/portforward',
        'secrets',
        'configmaps',
        'serviceaccounts',
        'replicationcontrollers',
      ]),
      rule(['create'], CORE, ['serviceaccounts/token', 'pods/eviction']),
      rule(['impersonate'], CORE, ['serviceaccounts']),
      rule(['*'], ['apps'], ['deployments', 'daemonsets', 'statefulsets', 'replicasets']),
      rule(['*'], ['batch'], ['jobs', 'cronjobs']),
      rule(['*'], RBAC, ['roles', 'rolebindings']),
    ].map(withoutBind),
  ],
  [
    'edit',
    [
      rule(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'], CORE, [
        'pods',
        'pods/exec',
        'pods/attach',
        'pods/portforward',
        'secrets',
        'configmaps',
        'serviceaccounts',
        'replicationcontrollers',
      ]),
      rule(['create'], CORE, ['serviceaccounts/token', 'pods/eviction']),
      rule(['impersonate'], CORE, ['serviceaccounts']),
      rule(['create', 'update', 'patch', 'delete'], ['apps'], ['deployments', 'daemonsets', 'statefulsets', 'replicasets']),
      rule(['create', 'update', 'patch', 'delete'], ['batch'], ['jobs', 'cronjobs']),
    ],
  ],
  ['view', [rule(['get', 'list', 'watch'], CORE, ['pods', 'pods/log', 'configmaps', 'serviceaccounts'])]],
]);

function rule(verbs: readonly string[], groups: readonly string[], resources: readonly string[]): Rule {
  return { verbs, groups, resources, names: [], urls: [] };
}

/** The built-in admin may write roles, but neither bind nor escalate. */
function withoutBind(one: Rule): Rule {
  return one.groups === RBAC ? { ...one, verbs: [...WRITE, 'get', 'list', 'watch', 'delete'] } : one;
}
