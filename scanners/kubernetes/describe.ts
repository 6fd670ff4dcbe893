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

/** Kinds that say nothing about identities, by their groups: in a dump they are most of the bytes. */
const SILENT_OF: { readonly [group: string]: string } = {
  '': 'ComponentStatus Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim ResourceQuota Service',
  'apiextensions.k8s.io': 'CustomResourceDefinition',
  'apiregistration.k8s.io': 'APIService',
  apps: 'ControllerRevision',
  autoscaling: 'HorizontalPodAutoscaler',
  'coordination.k8s.io': 'Lease',
  'discovery.k8s.io': 'EndpointSlice',
  'events.k8s.io': 'Event',
  extensions: 'Ingress NetworkPolicy',
  'flowcontrol.apiserver.k8s.io': 'FlowSchema PriorityLevelConfiguration',
  'metrics.k8s.io': 'NodeMetrics PodMetrics',
  'monitoring.coreos.com': 'ServiceMonitor',
  'networking.k8s.io': 'Ingress IngressClass IPAddress NetworkPolicy ServiceCIDR',
  policy: 'PodDisruptionBudget',
  'scheduling.k8s.io': 'PriorityClass',
  'storage.k8s.io': 'CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment',
};
const SILENT: ReadonlySet<string> = new Set(
  Object.entries(SILENT_OF).flatMap(([group, kinds]) => kinds.split(' ').map((kind) => `${group}/${kind}`)),
);

/** Need it be parsed? `text` is the object's own. */
export function mattersHere(kind: string | undefined, apiVersion: string | undefined, text: string): boolean {
  // A list that was not cut into its items.
  if (kind === undefined || kind.endsWith('List')) return true;
  const slash = apiVersion?.indexOf('/') ?? -1;
  // A Service of Knative makes pods.
  if (SILENT.has(`${slash < 0 ? '' : apiVersion?.slice(0, slash)}/${kind}`)) return false;
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
