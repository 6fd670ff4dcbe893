import { defineFileScanner } from '../../src/contracts/index.ts';
import { recognise } from './recognise.ts';

/** Manifests, dumps of `kubectl get -o json`, charts, kustomizations and kubeconfigs; what reads them loads with the first. */
export const kubernetesFiles = defineFileScanner({
  id: 'kubernetes',
  title: 'Kubernetes manifests and dumps',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting', 'coverage'],
  surfaces: ['k8s'],
  version: 1,
  content: 'shared',
  recognises: (file) => recognise(file) !== undefined,
  async *scan(file, context) {
    const { scanKubernetes } = await import('./read.ts');
    yield* scanKubernetes(file, context);
  },
});
