import { defineFileScanner, defineServiceScanner } from '../../src/contracts/index.ts';
import { mayNameNamespace, namespaceFor } from './namespace.ts';
import { recognise } from './recognise.ts';
import { callsOf } from './resources.ts';

/** Manifests, dumps of `kubectl get -o json`, charts, kustomizations and kubeconfigs; what reads them loads with the first. */
export const kubernetesFiles = defineFileScanner({
  id: 'kubernetes',
  title: 'Kubernetes manifests and dumps',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting', 'coverage'],
  surfaces: ['k8s'],
  version: 2,
  content: 'shared',
  recognises: (file) => recognise(file) !== undefined,
  looksAt: mayNameNamespace,
  async *scan(file, context) {
    const { scanKubernetes } = await import('./read.ts');
    yield* scanKubernetes(file, context, (await namespaceFor(file)) ?? 'default');
  },
});

/**
 * The cluster of a context of the user's kubeconfig: `k8s:` or `k8s:CONTEXT`. Only lists; each that is refused becomes a
 * coverage row, and the rest goes on.
 */
export const kubernetesLive = defineServiceScanner({
  id: 'kubernetes',
  title: 'Kubernetes (live)',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting', 'coverage'],
  surfaces: ['k8s'],
  version: 2,
  scheme: 'k8s',
  address: '[CONTEXT]',
  calls: (target) => callsOf(target.address),
  async *scan(target, context) {
    const { scanCluster } = await import('./live.ts');
    yield* scanCluster(target, context);
  },
});
