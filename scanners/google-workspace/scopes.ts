/** What a scope opens, for the user or users it is used for. */
export type Breadth = 'administration' | 'cloud' | 'mail' | 'files' | 'archive' | 'chat' | 'calendar' | 'contacts' | 'directory';

export interface Opened {
  readonly breadth: Breadth;
  readonly isReadOnly: boolean;
}

const GOOGLE = /^https:\/\/www\.googleapis\.com\/auth\//;

/**
 * https://developers.google.com/identity/protocols/oauth2/scopes. What reaches one file or one label (`drive.file`,
 * `gmail.labels`) or only who somebody is (`openid`, `userinfo.email`) is not among them.
 */
const NAMES: readonly (readonly [Breadth, RegExp])[] = [
  [
    'administration',
    /^admin\.(?:directory\.(?:user|user\.security|rolemanagement|domain|group|group\.member|orgunit|customer|resource\.calendar|device\..*)|datatransfer)$/,
  ],
  ['directory', /^(?:admin\.directory\..*\.readonly|cloud-identity\..*|directory\.readonly|admin\.reports\..*)$/],
  [
    'cloud',
    /^(?:cloud-platform|cloudplatformprojects|iam|compute|devstorage\.(?:full_control|read_write)|bigquery|sqlservice\.admin)(?:\.read-only|\.readonly)?$/,
  ],
  ['mail', /^gmail\.(?:modify|readonly|compose|send|insert|metadata|settings\.basic|settings\.sharing)$/],
  [
    'files',
    /^(?:drive(?:\.readonly|\.metadata|\.scripts|\.meet\.readonly)?|documents(?:\.readonly)?|spreadsheets(?:\.readonly)?|presentations(?:\.readonly)?|script\..*)$/,
  ],
  ['archive', /^ediscovery(?:\.readonly)?$/],
  ['chat', /^chat\.(?:messages|spaces|admin\..*|import)(?:\..*)?$/],
  ['calendar', /^calendar(?:\.readonly|\.events|\.events\.readonly|\.acls)?$/],
  ['contacts', /^(?:contacts|contacts\.readonly|contacts\.other\.readonly|directory)$/],
];

export function openedBy(scope: string): Opened | undefined {
  if (/^https:\/\/mail\.google\.com\/?$/.test(scope)) return { breadth: 'mail', isReadOnly: false };
  if (/^https:\/\/(?:www\.google\.com\/m8\/feeds|www\.google\.com\/calendar\/feeds)\/?$/.test(scope)) {
    return { breadth: scope.includes('m8') ? 'contacts' : 'calendar', isReadOnly: false };
  }
  if (/^https:\/\/(?:docs|spreadsheets)\.google\.com\/feeds\/?$/.test(scope)) return { breadth: 'files', isReadOnly: false };
  if (!GOOGLE.test(scope)) return undefined;
  const name = scope.replace(GOOGLE, '').replace(/\/$/, '');
  const breadth = NAMES.find(([, pattern]) => pattern.test(name))?.[0];
  return breadth === undefined ? undefined : { breadth, isReadOnly: /\.?read-?only$|\.metadata$/.test(name) };
}

type Capability = 'admin' | 'manages-identities' | 'impersonates' | 'reads-data' | 'writes-data';

/** What it amounts to where it may be used as any user of the organisation, administrators among them. */
export function capabilitiesForAll(scope: string): readonly Capability[] {
  const opened = openedBy(scope);
  if (opened === undefined) return [];
  const name = scope.replace(GOOGLE, '');
  if (opened.breadth === 'administration') {
    return /^admin\.directory\.(?:user|rolemanagement|user\.security)$/.test(name)
      ? ['admin', 'manages-identities']
      : ['manages-identities'];
  }
  // As an administrator of the cloud organisation, whoever that is.
  if (opened.breadth === 'cloud' && !opened.isReadOnly) return ['admin', 'impersonates', 'reads-data', 'writes-data'];
  return opened.isReadOnly ? ['reads-data'] : ['reads-data', 'writes-data'];
}

/** Lists come with commas, blanks, line ends or brackets. */
export function scopesIn(texts: readonly string[]): string[] {
  const all = texts.flatMap((text) => text.split(/[\s,;[\]"']+/));
  return [...new Set(all.filter((one) => /^(?:https?:\/\/|[a-z]+$)/.test(one) && one.length <= 300))].sort();
}
