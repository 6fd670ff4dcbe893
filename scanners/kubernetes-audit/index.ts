import { defineFileScanner } from '../../src/contracts/index.ts';

/** The audit log of a cluster: what service accounts did. What reads it loads with the first. */
export const kubernetesAudit = defineFileScanner({
  id: 'kubernetes-audit',
  title: 'Kubernetes audit logs',
  emits: ['usage', 'coverage'],
  surfaces: ['audit-log'],
  version: 2,
  content: 'shared',
  recognises: ({ path, head }) =>
    /\.(?:log|jsonl?|ndjson)(?:\.\d+)?$/i.test(path) && /"apiVersion"\s*:\s*"audit\.k8s\.io\//.test(head()),
  async *scan(file) {
    const { readAuditLog } = await import('./read.ts');
    yield* readAuditLog(file);
  },
});
