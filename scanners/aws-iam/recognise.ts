import type { FileHead } from '../../src/contracts/index.ts';

export type ExportKind = 'json' | 'credential-report';

/** Head of `user,arn,user_creation_time` in base64: what a stored `get-credential-report` answer begins with. */
const REPORT_HEAD = 'dXNlcixhcm4sdXNlcl9jcmVhdGlvbl90aW1l';

/** Keys that stand at the top of the answers read here. */
const TOP_KEYS =
  'UserDetailList|GroupDetailList|RoleDetailList|Policies|AccessKeyMetadata|AccessKeyLastUsed|UserName|AccessKeyId|Status|CreateDate|' +
  'IsTruncated|Marker|NextToken|Content|ReportFormat|GeneratedTime|OpenIDConnectProviderList|Url|ClientIDList|ThumbprintList|Tags|' +
  'ResponseMetadata|\\$metadata|A(?:KIA|SIA)[A-Z0-9]{12,}';
const TOP = new RegExp(`^[\\s\\[]*\\{\\s*"(?:${TOP_KEYS})"\\s*:`);

/** What tells an IAM answer from any other JSON that happens to use such a key. */
const TELLS: readonly RegExp[] = [
  /(?<!\\)"(?:User|Group|Role)DetailList"\s*:\s*\[/,
  /(?<!\\)"Policies"\s*:\s*\[\s*\{[^{}]*"(?:PolicyName|PolicyId|Arn)"\s*:[\s\S]*"(?:PolicyVersionList|DefaultVersionId)"/,
  /(?<!\\)"AccessKeyMetadata"\s*:\s*\[/,
  /(?<!\\)"AccessKeyLastUsed"\s*:\s*\{\s*(?:\}|"(?:LastUsedDate|ServiceName|Region)")/,
  /(?<!\\)"OpenIDConnectProviderList"\s*:\s*\[/,
  /(?<!\\)"Url"\s*:\s*"[\s\S]*"(?:ClientIDList|ThumbprintList)"\s*:\s*\[|(?<!\\)"ClientIDList"\s*:\s*\[[\s\S]*"ThumbprintList"\s*:\s*\[/,
  new RegExp(`"Content"\\s*:\\s*"${REPORT_HEAD}`),
  /"AccessKeyId"\s*:\s*"A(?:KIA|SIA)[A-Z0-9]{12,}"[^{}]*"(?:Status|CreateDate)"|"Status"\s*:\s*"(?:Active|Inactive)"[^{}]*"AccessKeyId"/,
];

/**
 * Which export this is, by the first 4 KiB. A `create-access-key` answer holds the secret itself and is not claimed:
 * it is for the detectors.
 */
export function recogniseExport(file: FileHead): ExportKind | undefined {
  if (!/\.(?:json|jsonl|ndjson|csv|txt|out)$/i.test(file.path) && /\.[^./]{1,5}$/.test(file.path)) return undefined;
  const head = file.head();
  if (/^\s*"?user"?,"?arn"?,"?user_creation_time"?(?:,|\r?$|\n)/m.test(head.slice(0, 200)) && isFirstLine(head))
    return 'credential-report';
  if (!/^\s*[[{]/.test(head) || !TOP.test(head) || head.includes('"SecretAccessKey"')) return undefined;
  return TELLS.some((tell) => tell.test(head)) ? 'json' : undefined;
}

function isFirstLine(head: string): boolean {
  return /^\s*"?user"?,/.test(head);
}
