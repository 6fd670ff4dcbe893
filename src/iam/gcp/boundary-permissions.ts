import type { Truth } from './condition.ts';

/**
 * Which permissions principal access boundaries hold back, by the version that they are enforced with: as far as a right that decides
 * here is among them. What is not listed may be held back or not. https://cloud.google.com/iam/docs/pab-blocked-permissions
 */
const BLOCKED: readonly { readonly since: number; readonly permissions: RegExp }[] = [
  { since: 2, permissions: /^bigquery\.(?:datasets|jobs|models|routines|rowAccessPolicies|tables)\./ },
  { since: 2, permissions: /^cloudbuild\./ },
  { since: 2, permissions: /^(?:accesscontextmanager|beyondcorp|cloudasset|containeranalysis)\./ },
  { since: 3, permissions: /^iam\.(?:serviceAccountKeys|roles|denypolicies)\./ },
  {
    since: 3,
    permissions:
      /^iam\.serviceAccounts\.(?!(?:createTagBinding|deleteTagBinding|listTagBindings|listEffectiveTags|getCertificateAs)$)/,
  },
  {
    since: 3,
    permissions:
      /^dataproc\.(?:autoscalingPolicies|batches|clusters|jobs|operations|sessionTemplates|sessions|workflowTemplates)\./,
  },
];

/** What `latest` means. */
const LATEST = 4;

/** Is it among those that a boundary of this version can block? */
export function isBlockable(permission: string, version: string): Truth {
  const since = BLOCKED.find(({ permissions }) => permissions.test(permission))?.since;
  if (since === undefined) return 'unknown';
  const enforced = version === 'latest' ? LATEST : Number(version);
  return since <= enforced ? 'true' : 'false';
}
