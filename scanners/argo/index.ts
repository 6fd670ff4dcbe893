import { isAllOf } from '../../src/ci/kube-kinds.ts';
import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Argo Workflows, Events, Rollouts and Argo CD. https://argo-workflows.readthedocs.io/en/latest/fields/ */
export const argo = defineFileScanner({
  id: 'argo',
  title: 'Argo Workflows and Argo CD',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  content: 'shared',
  recognises,
  async *scan(file, context) {
    const { scanArgo } = await import('./read.ts');
    yield* scanArgo(file, context);
  },
});

function recognises(file: FileHead): boolean {
  // A Rollout makes pods as a Deployment does, and is read with those.
  if (isAllOf(file, /(?:^|\b)argoproj\.io\//))
    return !/^(?:- |[ \t]{2,4})?["']?kind["']?[ \t]*:[ \t]*["']?Rollout\b/m.test(file.head());
  // The roles of Argo CD lie in a config map of their own.
  return (
    /argocd-rbac-cm[^/]*\.ya?ml$/i.test(file.path) &&
    /^[ \t]+name:[ \t]*["']?argocd-rbac-cm/m.test(file.head()) &&
    isAllOf(file, /^v1$|\bv1$/m)
  );
}
