import type { ObservationKind, Surface } from '../../src/contracts/index.ts';

/** A file as the READMEs of the readers of exports have it written. */
export interface ExportName {
  readonly surface: Surface;
  /** What would have been read of it. */
  readonly covers: readonly ObservationKind[];
  /** The call that writes it. */
  readonly call?: string;
  /** The name alone tells what it is; else only together with what lies beside it. */
  readonly isSure: boolean;
  /** Written by a loop: empty too where there is nothing of the kind. */
  readonly mayBeEmpty?: boolean;
}

/** All that an inventory of it may tell. */
export const KINDS: { readonly [surface in Surface]?: readonly ObservationKind[] } = {
  aws: ['identity', 'credential', 'grant', 'trust', 'usage'],
  gcp: ['identity', 'credential', 'grant', 'trust', 'usage'],
  entra: ['identity', 'credential', 'grant', 'trust', 'usage'],
  github: ['identity', 'credential', 'grant', 'trust', 'consumer'],
  okta: ['identity', 'credential', 'grant', 'trust', 'usage', 'person'],
  'google-workspace': ['identity', 'credential', 'grant', 'usage', 'person'],
  postgres: ['identity', 'credential', 'grant', 'trust', 'consumer', 'usage'],
  spire: ['identity', 'credential', 'grant', 'trust'],
};

type Entry = readonly [
  name: RegExp,
  covers: readonly ObservationKind[],
  call?: string | undefined,
  more?: { readonly isSure?: boolean; readonly mayBeEmpty?: boolean },
];
const SURE = { isSure: true };
const LOOP = { mayBeEmpty: true };

/** Names without folder and extension, in lower case; the first that fits. */
const NAMES: { readonly [surface in Surface]?: readonly Entry[] } = {
  aws: [
    [/^authorization-details$/, ['identity', 'grant', 'trust'], 'aws iam get-account-authorization-details', SURE],
    [/^credential-report$/, ['identity', 'credential', 'usage'], 'aws iam get-credential-report', SURE],
    [/^access-keys$/, ['credential'], 'aws iam list-access-keys'],
    [/^access-key-last-used$/, ['credential', 'usage'], 'aws iam get-access-key-last-used', SURE],
    [/^service-credentials$/, ['credential'], 'aws iam list-service-specific-credentials'],
    [/^certificates$/, ['credential'], 'aws iam list-signing-certificates'],
    [/^ssh-keys$/, ['credential'], 'aws iam get-ssh-public-key'],
    [/^oidc-providers$/, ['identity', 'trust'], 'aws iam get-open-id-connect-provider', SURE],
    [/^saml-providers$/, ['identity', 'trust'], 'aws iam list-saml-providers', SURE],
    [/^last-accessed$/, ['grant', 'usage'], 'aws iam get-service-last-accessed-details'],
    [/^analyzer-findings$/, ['grant', 'trust'], 'aws accessanalyzer get-finding-v2', SURE],
    [/^organisation$/, ['grant'], 'aws organizations describe-organization'],
  ],
  gcp: [
    [/^accounts-./, ['identity'], 'gcloud iam service-accounts list'],
    [/^keys-./, ['credential'], 'gcloud iam service-accounts keys list', LOOP],
    [/(?:^|-)iam-policy$/, ['grant', 'trust'], 'gcloud … get-iam-policy'],
    [/^deny-./, ['grant'], 'gcloud iam policies get', LOOP],
    [/^roles(?:-.|$)/, ['grant'], 'gcloud iam roles describe', LOOP],
    [/^providers-./, ['trust'], 'gcloud iam workload-identity-pools providers list', LOOP],
    [/^assets$/, ['identity', 'credential', 'grant', 'trust'], 'gcloud asset list'],
    [/^policies$/, ['grant', 'trust'], 'gcloud asset search-all-iam-policies'],
    [/^(?:api-keys|hmac)-./, ['credential']],
    [/^(?:recommendations|google\.iam\.policy)/, ['grant', 'usage']],
    [/^serviceaccount(?:key)?lastauthentication-./, ['usage'], 'gcloud policy-intelligence query-activity', SURE],
    [/^.+@.+\.iam\.gserviceaccount\.com$/, ['grant', 'trust'], 'gcloud iam service-accounts get-iam-policy', SURE],
  ],
  entra: [
    [/^apps$/, ['identity', 'credential', 'trust'], 'applications'],
    [/^federated$/, ['trust'], 'applications with federatedIdentityCredentials'],
    [/^principals$/, ['identity', 'credential', 'grant'], 'servicePrincipals'],
    [/^delegated$/, ['grant'], 'oauth2PermissionGrants'],
    [/^(?:directory|azure)-roles$/, ['grant'], 'roleAssignments'],
    [/^(?:key-)?sign-ins$/, ['usage', 'credential']],
    [/^identities$/, ['identity'], 'az identity list'],
    [/^roles$/, ['grant']],
  ],
  okta: [
    [/^api-tokens$/, ['identity', 'credential'], '/api/v1/api-tokens'],
    [/^secrets-./, ['credential']],
    [/^roles-./, ['grant']],
    [/^.+\.okta(?:-emea|preview)?\.com-./, ['identity', 'grant', 'usage'], undefined, SURE],
  ],
  'google-workspace': [
    [/^delegation-(?:cloud-)?log$/, ['grant'], undefined, SURE],
    [/^tokens(?:-.|$)/, ['identity', 'grant']],
    [/^token-log$/, ['usage']],
    [/^users$/, ['person']],
  ],
  postgres: [[/^(?:roles|schema)$/, ['identity', 'credential', 'grant', 'trust'], 'pg_dumpall']],
  spire: [
    [/^spire-(?:entries|agents|federation)$/, ['identity', 'credential', 'grant', 'trust'], 'spire-server … -output json', SURE],
  ],
};

/** `orgs__harbour__actions__secrets`: the path of a call of GitHub. */
const GITHUB_PATH = /^(?:orgs__[a-z0-9][\w-]*|repos__[a-z0-9][\w-]*__[\w.-]+?)__[\w.%-]+$/;
const GITHUB_KINDS: readonly (readonly [RegExp, readonly ObservationKind[]])[] = [
  [/__installations$|__personal-access-token/, ['identity', 'credential', 'grant']],
  [/__keys$|__hooks$/, ['identity', 'credential', 'grant']],
  [/__secrets$|__alerts$|__credential-authorizations$/, ['credential']],
  [/__permissions__workflow$|__customization__sub$|__runner(?:s|-groups)$|__members$/, ['identity', 'grant', 'trust']],
];

/** What a file is to hold by its name: of each surface that has such a name. */
export function exportNamesOf(path: string): readonly ExportName[] {
  const name = (path.split('/').at(-1) ?? '').replace(/\.[a-z]{2,6}$/i, '').toLowerCase();
  if (GITHUB_PATH.test(name)) {
    const covers = GITHUB_KINDS.find(([tail]) => tail.test(name))?.[1] ?? KINDS.github ?? [];
    return [{ surface: 'github', covers, call: `gh api ${name.replaceAll('__', '/')}`, isSure: true }];
  }
  const found: ExportName[] = [];
  for (const [surface, entries] of Object.entries(NAMES) as [Surface, readonly Entry[]][]) {
    const entry = entries.find(([pattern]) => pattern.test(name));
    if (entry === undefined) continue;
    const [, covers, call, more] = entry;
    found.push({ surface, covers, ...(call === undefined ? {} : { call }), isSure: false, ...more });
  }
  return found;
}
