import type { Observation } from '../../src/contracts/index.ts';
import { readConfigMap } from './config-map.ts';
import { readHelmRelease } from './helm.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { RESOURCES } from './mesh.ts';
import type { KubeObject, World } from './object.ts';
import { readBinding, readRole } from './rbac.ts';
import { readSecret } from './secret.ts';
import { readServiceAccount } from './service-account.ts';
import { podOf, readWorkload, type WorkloadContext } from './workload.ts';

/** Kinds that say nothing about identities: in a dump they are most of the bytes. */
const SILENT: ReadonlySet<string> = new Set([
  'APIService',
  'ComponentStatus',
  'ControllerRevision',
  'CSIDriver',
  'CSINode',
  'CSIStorageCapacity',
  'CustomResourceDefinition',
  'Endpoints',
  'EndpointSlice',
  'Event',
  'FlowSchema',
  'HorizontalPodAutoscaler',
  'Ingress',
  'IngressClass',
  'IPAddress',
  'Lease',
  'LimitRange',
  'Namespace',
  'NetworkPolicy',
  'Node',
  'NodeMetrics',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'PodDisruptionBudget',
  'PodMetrics',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'ResourceQuota',
  'Service',
  'ServiceMonitor',
  'StorageClass',
  'VolumeAttachment',
]);

/** Need it be parsed? `text` is the object's own. */
export function mattersHere(kind: string | undefined, text: string): boolean {
  if (kind === undefined) return true;
  if (SILENT.has(kind)) return false;
  if (KNOWN.has(kind)) return true;
  // A resource of somebody's own: of interest when it makes pods.
  return text.includes('containers') || CUSTOM_KINDS.has(kind);
}

const CUSTOM_KINDS: ReadonlySet<string> = new Set([...RESOURCES.keys()].map((key) => key.slice(key.indexOf('/') + 1)));
const KNOWN: ReadonlySet<string> = new Set([
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'HelmRelease',
  'Config',
]);

export function* describe(object: KubeObject, world: World, details: WorkloadContext): Generator<Observation> {
  const { kind, group } = object;
  if (group === 'rbac.authorization.k8s.io' || group === 'authorization.openshift.io') {
    if (kind === 'Role' || kind === 'ClusterRole') yield* readRole(object, world);
    else if (kind === 'RoleBinding' || kind === 'ClusterRoleBinding') yield* readBinding(object, world, details.given);
    return;
  }
  if (group === '') {
    if (kind === 'ServiceAccount') return yield* readServiceAccount(object, world);
    if (kind === 'Secret') return yield* readSecret(object, world, details);
    if (kind === 'ConfigMap') return yield* readConfigMap(object, world, details);
    if (kind === 'Config') return yield* readKubeconfig(object, world, details);
  }
  if (kind === 'HelmRelease') return yield* readHelmRelease(object, world, details);
  const custom = RESOURCES.get(`${group}/${kind}`);
  if (custom !== undefined) yield* custom(object, world);
  if (podOf(object) !== undefined) yield* readWorkload(object, world, details);
}
