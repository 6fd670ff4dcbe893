import type { LiveCall } from '../../src/contracts/index.ts';

export interface Resource {
  readonly group: string;
  readonly name: string;
  /** What stays unknown without it. */
  readonly tells: string;
  readonly kind: string;
  /** Not in every cluster. */
  readonly optional?: boolean;
  readonly fieldSelector?: string;
  /** Has no namespace: there is nothing to fall back to. */
  readonly global?: boolean;
}

/** What says who there is, what they may do, and what uses them; accounts first, for the rest names them. */
export const RESOURCES: readonly Resource[] = [
  { group: '/api/v1', name: 'serviceaccounts', tells: 'who the workloads run as', kind: 'ServiceAccount' },
  {
    group: '/apis/rbac.authorization.k8s.io/v1',
    name: 'clusterroles',
    tells: 'what roles allow',
    kind: 'ClusterRole',
    global: true,
  },
  {
    group: '/apis/rbac.authorization.k8s.io/v1',
    name: 'clusterrolebindings',
    tells: 'who has which role in the whole cluster',
    kind: 'ClusterRoleBinding',
    global: true,
  },
  { group: '/apis/rbac.authorization.k8s.io/v1', name: 'roles', tells: 'what roles of namespaces allow', kind: 'Role' },
  {
    group: '/apis/rbac.authorization.k8s.io/v1',
    name: 'rolebindings',
    tells: 'who has which role in a namespace',
    kind: 'RoleBinding',
  },
  { group: '/apis/apps/v1', name: 'deployments', tells: 'which workloads use which account and secret', kind: 'Deployment' },
  { group: '/apis/apps/v1', name: 'statefulsets', tells: 'which workloads use which account and secret', kind: 'StatefulSet' },
  { group: '/apis/apps/v1', name: 'daemonsets', tells: 'which workloads use which account and secret', kind: 'DaemonSet' },
  { group: '/apis/batch/v1', name: 'cronjobs', tells: 'which workloads use which account and secret', kind: 'CronJob' },
  { group: '/apis/batch/v1', name: 'jobs', tells: 'which workloads use which account and secret', kind: 'Job' },
  { group: '/api/v1', name: 'pods', tells: 'which workloads use which account and secret', kind: 'Pod' },
  // Releases of Helm are charts, packed, and most of the bytes of all Secrets.
  {
    group: '/api/v1',
    name: 'secrets',
    tells: 'which tokens and keys are kept; their values are searched and forgotten',
    kind: 'Secret',
    fieldSelector: 'type!=helm.sh/release.v1',
  },
  { group: '/api/v1', name: 'configmaps', tells: 'credentials that stand in the open', kind: 'ConfigMap' },
  {
    group: '/apis/spire.spiffe.io/v1alpha1',
    name: 'clusterspiffeids',
    tells: 'SPIFFE ids for pods',
    kind: 'ClusterSPIFFEID',
    optional: true,
    global: true,
  },
  {
    group: '/apis/security.istio.io/v1',
    name: 'authorizationpolicies',
    tells: 'who the mesh lets through',
    kind: 'AuthorizationPolicy',
    optional: true,
  },
  {
    group: '/apis/security.istio.io/v1',
    name: 'peerauthentications',
    tells: 'whether the mesh asks for certificates',
    kind: 'PeerAuthentication',
    optional: true,
  },
  {
    group: '/apis/cert-manager.io/v1',
    name: 'certificates',
    tells: 'how long certificates are asked for',
    kind: 'Certificate',
    optional: true,
  },
];

/** What a scan asks of the cluster; its address is in the kubeconfig, which only a scan reads. */
export function callsOf(address: string): readonly LiveCall[] {
  const host = address === '' ? 'the current context of the kubeconfig' : `the context ${address} of the kubeconfig`;
  return RESOURCES.map(({ group, name, tells }) => ({
    host,
    operation: `GET ${group}/${name}`,
    right: `list ${name}${group === '/api/v1' ? '' : `.${group.split('/')[2]}`}`,
    tells,
  }));
}
