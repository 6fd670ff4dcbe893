import type { FileHead } from '../../src/contracts/index.ts';

export type ExportKind = 'json' | 'credential-report';

/** Head of `user,arn,user_creation_time` in base64: what a stored `get-credential-report` answer begins with. */
const REPORT_HEAD = 'dXNlcixhcm4sdXNlcl9jcmVhdGlvbl90aW1l';

/** Ids by which a map of answers names what each is about. */
const SUBJECT =
  'A(?:KIA|SIA)[A-Z0-9]{12,}|arn:aws[a-z-]*:iam::\\d{12}:(?:role|user)/[^"]{1,512}|arn:aws[a-z-]*:(?:s3|kms|secretsmanager|sqs|sns|lambda|dynamodb|ecr):[^"]{1,512}|\\d{12}|r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|p-[0-9a-zA-Z_]{8,128}';

/** Keys that stand at the top of the answers read here. */
const TOP_KEYS =
  'UserDetailList|GroupDetailList|RoleDetailList|Policies|AccessKeyMetadata|AccessKeyLastUsed|UserName|AccessKeyId|Status|CreateDate|' +
  'IsTruncated|Marker|NextToken|Content|ReportFormat|GeneratedTime|OpenIDConnectProviderList|Url|ClientIDList|ThumbprintList|Tags|' +
  'ResponseMetadata|\\$metadata|ServiceSpecificCredentials|SSHPublicKeys|SSHPublicKey|Certificates|SAMLProviderList|' +
  'JobStatus|JobType|JobCreationDate|ServicesLastAccessed|JobCompletionDate|findings|finding|nextToken|analyzedAt|id|' +
  'Organization|Roots|OrganizationalUnits|Accounts|Parents|Children|Policy|PolicyName|RevisionId|ARN|Name|ResourcePolicy|Targets|Records|Events|eventVersion|' +
  'trustAnchors|profiles|subjects|crls|PermissionSets|PermissionSet|InlinePolicy|AccountAssignments|Users|Groups|GroupMemberships';
const TOP = new RegExp(`^[\\s\\[]*\\{\\s*"(?:${TOP_KEYS}|${SUBJECT})"\\s*:`);

const TRAIL: readonly RegExp[] = [
  /(?<!\\)"(?:Records|Events)"\s*:\s*\[\s*\{[\s\S]*(?:"userIdentity"\s*:|\\"userIdentity\\"\s*:|"CloudTrailEvent"\s*:|"EventSource"\s*:\s*"[a-z0-9.-]+\.amazonaws\.com")/,
  /^\s*\[?\s*\{\s*"eventVersion"\s*:\s*"1\.\d+"\s*,\s*"userIdentity"\s*:/,
];

/** What tells an answer of AWS from any other JSON that happens to use such a key. */
const TELLS: readonly RegExp[] = [
  /(?<!\\)"(?:User|Group|Role)DetailList"\s*:\s*\[/,
  /(?<!\\)"Policies"\s*:\s*\[\s*\{[^{}]*"(?:PolicyName|PolicyId|Arn)"\s*:[\s\S]*"(?:PolicyVersionList|DefaultVersionId)"/,
  /(?<!\\)"AccessKeyMetadata"\s*:\s*\[/,
  /(?<!\\)"AccessKeyLastUsed"\s*:\s*\{\s*(?:\}|"(?:LastUsedDate|ServiceName|Region)")/,
  /(?<!\\)"OpenIDConnectProviderList"\s*:\s*\[/,
  /(?<!\\)"Url"\s*:\s*"[\s\S]*"(?:ClientIDList|ThumbprintList)"\s*:\s*\[|(?<!\\)"ClientIDList"\s*:\s*\[[\s\S]*"ThumbprintList"\s*:\s*\[/,
  new RegExp(`"Content"\\s*:\\s*"${REPORT_HEAD}`),
  /"AccessKeyId"\s*:\s*"A(?:KIA|SIA)[A-Z0-9]{12,}"[^{}]*"(?:Status|CreateDate)"|"Status"\s*:\s*"(?:Active|Inactive)"[^{}]*"AccessKeyId"/,
  /(?<!\\)"ServiceSpecificCredentials"\s*:\s*\[\s*(?:\]|\{[^{}]*"ServiceSpecificCredentialId")/,
  /(?<!\\)"SSHPublicKeys?"\s*:\s*[[{][\s{]*(?:\]|[^{}]*"SSHPublicKeyId")/,
  /(?<!\\)"Certificates"\s*:\s*\[\s*\{[^{}]*"CertificateId"/,
  /(?<!\\)"SAMLProviderList"\s*:\s*\[\s*(?:\]|\{[^{}]*"arn:aws[a-z-]*:iam:)/,
  /(?<!\\)"JobStatus"\s*:\s*"(?:COMPLETED|IN_PROGRESS|FAILED)"|(?<!\\)"ServicesLastAccessed"\s*:\s*\[/,
  /(?<!\\)"findings"\s*:\s*\[\s*\{[^{}]*(?:"findingType"|"resourceOwnerAccount"|"analyzedAt")/,
  /(?<!\\)"(?:finding|findingDetails)"\s*:\s*[[{][\s\S]*"(?:resourceOwnerAccount|analyzedAt|unused\w+Details|externalAccessDetails)"/,
  /(?<!\\)"Organization"\s*:\s*\{[^{}]*"(?:MasterAccountId|FeatureSet|Arn)"\s*:/,
  /(?<!\\)"(?:Roots|OrganizationalUnits|Accounts|Policies)"\s*:\s*\[\s*\{[^{}]*"arn:aws[a-z-]*:organizations:/,
  /(?<!\\)"(?:Parents|Children)"\s*:\s*\[\s*\{[^{}]*"(?:ROOT|ORGANIZATIONAL_UNIT|ACCOUNT)"/,
  /(?<!\\)"Policy"\s*:\s*\{\s*"PolicySummary"\s*:/,
  /(?<!\\)"Targets"\s*:\s*\[\s*\{[^{}]*"TargetId"\s*:\s*"(?:r-|ou-|\d{12}")/,
  // Policies of buckets, keys and secrets are JSON within JSON.
  /(?<!\\)"(?:Policy|ResourcePolicy)"\s*:\s*"(?:\\n|\s)*\{[^\n]*\\"Statement\\"[^\n]*\\"Principal\\"/,
  /(?<!\\)"(?:trustAnchors|AccountAssignments)"\s*:\s*\[/,
  /(?<!\\)"(?:profiles|subjects|crls)"\s*:\s*\[\s*\{[\s\S]*"arn:aws[a-z-]*:rolesanywhere:/,
  /(?<!\\)"PermissionSets?"\s*:\s*[[{][\s\S]*"arn:aws[a-z-]*:sso:::permissionSet\//,
  /(?<!\\)"(?:Users|Groups|GroupMemberships)"\s*:\s*\[\s*\{[\s\S]*"IdentityStoreId"\s*:\s*"d-/,
  ...TRAIL,
];
/** Only under the id of what they are about. */
const NAMED_TELLS = new RegExp(
  `^\\s*\\[?\\s*\\{\\s*"(?:${SUBJECT})"\\s*:\\s*\\{\\s*"(?:Targets|Parents|Children|Accounts|OrganizationalUnits|Policies|Tags)"\\s*:\\s*\\[`,
);

/**
 * Which export this is, by the first 4 KiB. A `create-access-key` answer holds the secret itself and is not claimed:
 * it is for the detectors.
 */
export function recogniseExport(file: FileHead): ExportKind | undefined {
  if (!/\.(?:json|jsonl|ndjson|csv|txt|out)$/i.test(file.path) && /\.[^./]{1,5}$/.test(file.path)) return undefined;
  const head = file.head();
  if (/^\s*"?user"?,"?arn"?,"?user_creation_time"?(?:,|\r?$|\n)/m.test(head.slice(0, 200)) && isFirstLine(head))
    return 'credential-report';
  if (!/^\s*[[{]/.test(head) || !TOP.test(head) || /"SecretAccessKey"|"ServicePassword"/.test(head)) return undefined;
  return TELLS.some((tell) => tell.test(head)) || NAMED_TELLS.test(head) ? 'json' : undefined;
}

/** By path alone: which files may be exports? */
export function mayBeExport(path: string): boolean {
  return (
    /\.(?:json|jsonl|ndjson|out|txt|csv)$/i.test(path) &&
    !/(?:^|\/)(?:node_modules|vendor|\.git)\//.test(path) &&
    !/(?:^|\/)(?:package(?:-lock)?|tsconfig|composer)\.json$/.test(path)
  );
}

/** Events of CloudTrail: of one account there may be thousands of files. */
export function isTrail(file: FileHead): boolean {
  const head = file.head();
  return TRAIL.some((tell) => tell.test(head));
}

function isFirstLine(head: string): boolean {
  return /^\s*"?user"?,/.test(head);
}
