import type { FileHead } from '../../src/contracts/index.ts';
import type { AnswerKind } from './collect.ts';

/** Keys that may stand first in the answers read here: of the answer itself, or of its first item. */
const FIRST_KEYS =
  'accounts|keys|results|assets|roles|bindings|auditConfigs|etag|version|email|name|description|displayName|disabled|oauth2ClientId|projectId|uniqueId|' +
  'keyAlgorithm|keyOrigin|keyType|validAfterTime|resource|assetType|asset_type|policy|project|folders|organization|additionalAttributes|ancestors|' +
  'iamPolicy|iam_policy|updateTime|update_time|includedPermissions|stage|title|access_policy|parentFullResourceName|parentAssetType|' +
  'activities|activity|activityType|fullResourceName|observationPeriod|insights|recommendations|associatedRecommendations|associatedInsights|category|' +
  'content|insightSubtype|additionalImpact|attributeCondition|attributeMapping|aws|oidc|state|workloadIdentityPools|workloadIdentityPoolProviders|' +
  'policies|alternate|dryRunSpec|spec|annotations|createTime|create_time|details|kind|principalAccessBoundaryPolicies|policyBindings|condition|restrictions|serviceAccountEmail|uid|' +
  'memberships|groupKey|memberKey|preferredMemberKey|items|accessId|access_id|id|projects|labels|lifecycleState|parent|projectNumber|createTime|nextPageToken';
/** In a loop over projects the first may have none. */
const FIRST = new RegExp(`^(?:\\s*\\[\\s*\\])*[\\s\\[]*\\{\\s*"(?:${FIRST_KEYS})"\\s*:`);

const ROLE = '"role"\\s*:\\s*"(?:(?:projects|organizations)/[^/"]+/)?roles/[^"]+"';
const IN = '(?:projects|folders|organizations)/[^/"]+/locations/global';
const TELLS: readonly RegExp[] = [
  // Also where the address is none.
  /(?<!\\)"name"\s*:\s*"projects\/[^/"]+\/serviceAccounts\/[^/"]+"[\s\S]*"(?:uniqueId|oauth2ClientId|email)"|"email"[\s\S]*"name"\s*:\s*"projects\/[^/"]+\/serviceAccounts\/[^/"]+"/,
  /(?<!\\)"email"\s*:\s*"[^"\s]+gserviceaccount\.com"[\s\S]*"(?:uniqueId|oauth2ClientId|projectId)"|"(?:uniqueId|projectId|name)"\s*:[\s\S]*"email"\s*:\s*"[^"\s]+gserviceaccount\.com"/,
  /(?<!\\)"name"\s*:\s*"projects\/[^/"]+\/serviceAccounts\/[^/"]+\/keys\/[^/"]+"/,
  new RegExp(
    `(?<!\\\\)"bindings"\\s*:\\s*\\[[\\s\\S]*(?:"members"\\s*:\\s*\\[[\\s\\S]*${ROLE}|${ROLE}[\\s\\S]*"members"\\s*:\\s*\\[)`,
  ),
  /(?<!\\)"asset_?[tT]ype"\s*:\s*"[a-z0-9-]+\.googleapis\.com\/[A-Za-z]+"/,
  /(?<!\\)"name"\s*:\s*"(?:(?:projects|organizations)\/[^/"]+\/)?roles\/[^"]+"[\s\S]*"(?:title|stage|includedPermissions)"|"includedPermissions"\s*:\s*\[[\s\S]*"name"\s*:\s*"(?:(?:projects|organizations)\/[^/"]+\/)?roles\//,
  new RegExp(
    `(?<!\\\\)"name"\\s*:\\s*"${IN}/(?:workloadIdentityPools/[^"]+|principalAccessBoundaryPolicies/[^/"]+|policyBindings/[^/"]+|keys/[^/"]+)"`,
  ),
  /(?<!\\)"name"\s*:\s*"(?:projects|folders|organizations)\/[^/"]+\/locations\/[^/"]+\/(?:insightTypes\/google\.iam\.|recommenders\/google\.iam\.policy\.)/,
  /(?<!\\)"name"\s*:\s*"groups\/[^/"]+\/memberships\/[^/"]+"/,
  /(?<!\\)"groupKey"\s*:\s*\{[^{}]*\}[\s\S]*"name"\s*:\s*"groups\/[^/"]+"/,
  /(?<!\\)"name"\s*:\s*"(?:projects|folders|organizations)\/[^/"]+\/policies\/(?:iam\.|constraints)[A-Za-z.]+"[\s\S]*"spec"\s*:/,
  /(?<!\\)"name"\s*:\s*"policies\/[^"]+\/denypolicies\/[^"]+"/i,
  /(?<!\\)"activityType"\s*:\s*"serviceAccount(?:Key)?LastAuthentication"/,
  /(?<!\\)"(?:accessId|access_id)"\s*:\s*"GOOG|"storage#hmacKey/,
  /^(?=[\s\S]*"projectId"\s*:\s*"[a-z])(?=[\s\S]*"(?:projectNumber"\s*:|name"\s*:\s*"projects\/\d))(?=[\s\S]*"(?:lifecycleState|state)"\s*:\s*"(?:ACTIVE|DELETE_REQUESTED)")/,
];

/** By its path alone. */
export function mayBeExport(path: string): boolean {
  return /\.(?:json|jsonl|ndjson|txt|out)$/i.test(path) || !/\.[^./]{1,5}$/.test(path);
}

/** What the README calls the files: an empty list says only by its name of what there is none. */
const NAMES: readonly (readonly [AnswerKind, RegExp])[] = [
  ['API keys', /^api[-_]?keys?[-_.]/],
  ['HMAC keys', /^hmac[-_.]/],
  ['service-account keys', /^(?:service[-_]account[-_])?keys[-_.]/],
  ['service accounts', /^(?:service[-_])?accounts[-_.]/],
  ['roles', /^roles[-_.]/],
  ['deny policies', /^deny[-_.]/],
  ['access boundaries', /^boundar(?:ies|y[-_]bindings)[-_.]/],
  ['workload identity providers', /^(?:providers|pools)[-_.]/],
  ['last authentications', /^serviceAccount(?:Key)?LastAuthentication[-_.]/],
  ['insights', /^(?:google\.iam\.(?:serviceAccount|policy)\.Insight|recommendations)[-_.]/],
  ['IAM policies', /[-_.]iam[-_.]policy\./],
];

/** What the name promises: `gcp/hmac-hc-prod.json`, whatever is in it. */
export function namedKind(path: string): AnswerKind | undefined {
  if (!/(?:^|\/)(?:gcp|gcloud|google|google-cloud)(?:-exports?)?\//i.test(path)) return undefined;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return NAMES.find(([, pattern]) => pattern.test(name))?.[0];
}

/** Lists one after the other, as a loop over projects prints them; all of them empty. */
export function isEmptyList(text: string): boolean {
  return /^(?:\s*\[\s*\])+\s*$/.test(text);
}

/** By the first 4 KiB. Key files (`private_key`, `privateKeyData`) are for the detectors. */
export function isGcpExport(file: FileHead): boolean {
  if (!mayBeExport(file.path)) return false;
  const head = file.head();
  const isNamed = namedKind(file.path) !== undefined;
  if (isEmptyList(head) && file.size < 4096) return isNamed;
  if (/"(?:private_key|privateKeyData|terraform_version)"\s*:/.test(head)) return false;
  // What was to be an export is told of, also where an error of gcloud, nothing or something else came of it.
  if (isNamed) return true;
  if (!/^\s*[[{]/.test(head) || !FIRST.test(head)) return false;
  return TELLS.some((tell) => tell.test(head)) || emptyPolicy(head);
}

/** `gcloud … get-iam-policy` of something that nobody was granted anything on. */
function emptyPolicy(head: string): boolean {
  return /^\s*\{\s*(?:"bindings"\s*:\s*(?:\[\s*\]|null)\s*,\s*)?"etag"\s*:\s*"[A-Za-z0-9+/=]{8,16}"\s*(?:,\s*"version"\s*:\s*[1-3]\s*)?\}\s*$/.test(
    head,
  );
}
