import type { Surface } from '../contracts/observation.ts';

/** What a source is called where a column or a line is short; in full: `SURFACES`. */
export const SHORT_SURFACES: { readonly [surface in Surface]: string } = {
  'work-tree': 'files',
  history: 'git history',
  notebook: 'notebooks',
  ci: 'CI',
  k8s: 'Kubernetes',
  iac: 'IaC',
  image: 'images',
  'agent-config': 'agents',
  aws: 'AWS IAM',
  gcp: 'GCP IAM',
  entra: 'Entra ID',
  github: 'GitHub',
  okta: 'Okta',
  'google-workspace': 'Google Workspace',
  postgres: 'PostgreSQL',
  spire: 'SPIRE',
  gateway: 'gateway',
  'audit-log': 'audit logs',
  people: 'people',
  verification: 'verification',
};
