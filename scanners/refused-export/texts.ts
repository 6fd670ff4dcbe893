import type { ObservationKind, Surface } from '../../src/contracts/index.ts';

/** What command line tools print instead of an answer. */
export interface Refusal {
  /** Of which surface the tool is; absent when it is a tool for all. */
  readonly surface?: Surface;
  /** The operation that was refused, or the right that it lacks, where the text names it. */
  readonly operation?: string;
}

const TEXTS: readonly (readonly [begins: RegExp, surface?: Surface])[] = [
  [/^(?:aws: \[ERROR\]: )?An error occurred \([\w.]+\) when calling the (?<operation>\w+) operation/, 'aws'],
  [
    /^(?:aws: )?(?:Unable to locate credentials|The config profile \(|Error when retrieving token from sso|The SSO session )/,
    'aws',
  ],
  [/^(?:WARNING: [^\n]*\s)?ERROR: \(gcloud\.(?<operation>[\w.-]+)\)/, 'gcp'],
  [/^ERROR: (?:AADSTS\d+|Please run 'az |\((?:AuthorizationFailed|Forbidden)\)|Forbidden\(|Unauthorized\()/, 'entra'],
  [/^gh: [^\n]{0,300}\(HTTP \d{3}\)|^gh: [^\n]{0,200}(?:auth login|GH_TOKEN)/, 'github'],
  [/^(?:pg_dump(?:all)?|psql): (?:error|FATAL)/, 'postgres'],
  [/^(?:Error: )?rpc error: code = \w+/],
  [/^curl: \(\d+\)/],
];

/** Answers in JSON that are refusals: of Microsoft Graph and Azure, of Google, of GitHub. */
const JSON_ERRORS: readonly (readonly [has: RegExp, surface?: Surface])[] = [
  [/^\{\s*"error"\s*:\s*\{\s*"code"\s*:\s*"(?:Authorization_|AuthorizationFailed|InvalidAuthenticationToken|Forbidden)/],
  [/^\{\s*"error"\s*:\s*\{\s*"code"\s*:\s*4\d\d\s*,/],
  [/^\{\s*"message"\s*:\s*"[^"]{0,200}"\s*,\s*"documentation_url"\s*:/],
];

/** `undefined` when it does not begin as a refusal does. */
export function refusalIn(head: string): Refusal | undefined {
  const text = head.trimStart();
  for (const [begins, surface] of TEXTS) {
    const found = begins.exec(text);
    if (found === null) continue;
    const operation =
      /is not authorized to perform: (?<right>[a-z0-9-]+:\w+)/.exec(text)?.groups?.right ?? found.groups?.operation;
    return { ...(surface === undefined ? {} : { surface }), ...(operation === undefined ? {} : { operation }) };
  }
  return undefined;
}

export function isJsonError(head: string): boolean {
  const text = head.trimStart();
  return JSON_ERRORS.some(([has]) => has.test(text));
}

/** What shows of which inventory an export is, in its first 4 KiB. */
const TELLS: readonly (readonly [Surface, RegExp])[] = [
  [
    'aws',
    /"(?:(?:User|Role|Group)DetailList|AccessKeyMetadata|AccessKeyLastUsed|OpenIDConnectProviderList|ThumbprintList|SAMLProviderList)"\s*:|^(?:(?:User|Role|Group)DetailList|AccessKeyMetadata):\s|^"?user"?,"?arn"?,"?user_creation_time|"Content"\s*:\s*"dXNlcixhcm4/,
  ],
  [
    'gcp',
    /"bindings"\s*:\s*\[\s*\{\s*(?:"members"\s*:\s*\[|"role"\s*:\s*"(?:roles|projects|organizations)\/)|^bindings:\s+- members:|"name"\s*:\s*"projects\/[^"/]+\/serviceAccounts\/|"asset_?[tT]ype"\s*:\s*"[a-z0-9-]+\.googleapis\.com\//,
  ],
  [
    'entra',
    /"@odata\.context"\s*:\s*"https:\/\/graph\.microsoft|"(?:passwordCredentials|keyCredentials|servicePrincipalType|roleDefinitionId|signInAudience)"\s*:/,
  ],
  ['github', /"(?:ping_url|deliveries_url|url|repository_selection_url)"\s*:\s*"https:\/\/api\.github\.com\/|"app_slug"\s*:/],
  ['okta', /\.okta(?:-emea|preview)?\.com\/(?:api|oauth2)\/v1|"tokenWindow"\s*:\s*"P/],
  ['google-workspace', /"kind"\s*:\s*"admin#(?:directory|reports)#/],
  ['postgres', /^-- PostgreSQL database (?:cluster )?dump/m],
  ['spire', /"(?:spiffe_id|spiffeId|x509svid_serial_number)"\s*:/],
];

/** The inventory that a text is of. */
export function surfaceOf(head: string): Surface | undefined {
  return TELLS.find(([, tell]) => tell.test(head))?.[0];
}

/** An answer of AWS, whole, in a form that is not read: `--output yaml` or `text`, a report that a spreadsheet saved. */
export function otherFormOf(head: string): { readonly why: string; readonly covers: readonly ObservationKind[] } | undefined {
  const call = 'aws iam get-account-authorization-details';
  const isDetails = /^(?:- )?(?:User|Group|Role)DetailList:|^(?:USER|GROUP|ROLE)DETAILLIST\t/m.test(head);
  if (isDetails && head.includes('arn:aws'))
    return {
      why: `it looks like the output of \`${call}\`, in a form that is not read: export it with --output json`,
      covers: ['identity', 'grant', 'trust'],
    };
  if (/^\uFEFF?"?user"?[;\t]"?arn"?[;\t]"?user_creation_time\b/.test(head))
    return {
      why: 'it looks like a credential report that another program saved with other separators: keep the file as AWS gives it (`aws iam get-credential-report`), with commas',
      covers: ['identity', 'credential'],
    };
  return undefined;
}
