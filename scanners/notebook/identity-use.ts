import { gcpServiceAccountId, type IdentityId, identityIdFromArn } from '../../src/contracts/index.ts';

/** A place in a code cell that says which identity or secret the notebook works with. */
export interface IdentityUse {
  readonly how: 'static-key' | 'secret' | 'impersonation' | 'profile';
  /** What says so: `environment`, `colab-secret`, `databricks-secret`, `aws-profile`, `key-file`, `role-arn` … */
  readonly basis: string;
  readonly secretName?: string;
  readonly identity?: IdentityId;
  /** Index in the text of the cell. */
  readonly index: number;
}

interface Pattern {
  readonly basis: string;
  readonly how: IdentityUse['how'];
  readonly pattern: RegExp;
  /** Variables that do not sound like a credential (`HOME`) are no identity use. */
  readonly credentialNamesOnly?: true;
}

const QUOTED = `["'](?<name>[^"'\\n]{1,200})["']`;

const SECRET_PATTERNS: readonly Pattern[] = [
  {
    basis: 'environment',
    how: 'secret',
    pattern: new RegExp(`\\benviron(?:\\[|\\.(?:get|pop|setdefault)\\()\\s*${QUOTED}`, 'g'),
    credentialNamesOnly: true,
  },
  { basis: 'environment', how: 'secret', pattern: new RegExp(`\\bgetenv\\(\\s*${QUOTED}`, 'g'), credentialNamesOnly: true },
  {
    // %env NAME=value and !export NAME=value
    basis: 'environment',
    how: 'secret',
    pattern: /^[ \t]*(?:%(?:set_)?env|export|![ \t]*export)[ \t]+(?<name>[A-Za-z_][A-Za-z0-9_]{0,100})\b/gm,
    credentialNamesOnly: true,
  },
  // https://colab.research.google.com (Secrets panel), https://docs.databricks.com/en/security/secrets/
  { basis: 'colab-secret', how: 'secret', pattern: new RegExp(`\\buserdata\\.get\\(\\s*${QUOTED}`, 'g') },
  {
    basis: 'databricks-secret',
    how: 'secret',
    pattern:
      /\bdbutils\.secrets\.get\(\s*(?:scope\s*=\s*)?["'](?<scope>[^"'\n]{1,100})["']\s*,\s*(?:key\s*=\s*)?["'](?<name>[^"'\n]{1,100})["']/g,
  },
  // https://learn.microsoft.com/fabric/data-engineering/notebook-utilities
  {
    basis: 'azure-key-vault',
    how: 'secret',
    pattern:
      /\b(?:mssparkutils|notebookutils)\.credentials\.getSecret\(\s*["'](?<scope>[^"'\n]{1,200})["']\s*,\s*["'](?<name>[^"'\n]{1,100})["']/g,
  },
  { basis: 'kaggle-secret', how: 'secret', pattern: new RegExp(`\\bUserSecretsClient\\(\\)\\.get_secret\\(\\s*${QUOTED}`, 'g') },
  // R, Scala and Julia
  {
    basis: 'environment',
    how: 'secret',
    pattern: new RegExp(`\\b(?:Sys\\.getenv\\(|sys\\.env\\(|sys\\.env\\.get\\(|ENV\\[)\\s*${QUOTED}`, 'g'),
    credentialNamesOnly: true,
  },
  // Clients that are handed a long-lived key by name; a literal one is found by its form.
  {
    basis: 'aws-client',
    how: 'static-key',
    pattern: /\baws_secret_access_key\s*=\s*(?!None\b|os\b|["'])(?<name>[A-Za-z_][\w.]{0,100})/g,
  },
  {
    basis: 'azure-account-key',
    how: 'static-key',
    pattern: /["'](?<name>fs\.azure\.account\.key\.[\w.-]{1,120}|fs\.azure\.account\.oauth2\.client\.secret[\w.-]{0,120})["']/g,
  },
  { basis: 'aws-profile', how: 'profile', pattern: new RegExp(`\\bprofile_name\\s*=\\s*${QUOTED}`, 'g') },
  {
    basis: 'key-file',
    how: 'static-key',
    pattern: new RegExp(`\\bfrom_service_account_(?:file|json)\\(\\s*(?:filename\\s*=\\s*)?${QUOTED}`, 'g'),
  },
];

const ROLE_ARN = /\barn:aws[a-z-]*:(?:iam|sts)::\d{12}:(?:role|user|assumed-role)\/[\w+=,.@/-]{1,200}/g;
const SERVICE_ACCOUNT = /\b[a-z0-9][a-z0-9-]{0,62}@[a-z0-9-]{1,63}\.iam\.gserviceaccount\.com\b/g;

/** Reads a code cell for what it authenticates with. Comments are passed over. */
export function* findIdentityUses(text: string): Generator<IdentityUse> {
  const source = blankComments(text);
  for (const { basis, how, pattern, credentialNamesOnly } of SECRET_PATTERNS) {
    for (const match of source.matchAll(pattern)) {
      const { name, scope } = match.groups ?? {};
      if (name === undefined) continue;
      if (credentialNamesOnly && !soundsLikeCredential(name)) continue;
      yield { basis, how, secretName: scope === undefined ? name : `${scope}/${name}`, index: match.index };
    }
  }
  for (const match of source.matchAll(ROLE_ARN)) {
    const identity = identityIdFromArn(match[0]);
    if (identity === undefined) continue;
    yield { basis: 'role-arn', how: 'impersonation', identity, index: match.index };
  }
  for (const match of source.matchAll(SERVICE_ACCOUNT)) {
    const before = source.slice(Math.max(0, match.index - 60), match.index);
    // A client_email stands beside its key; elsewhere the account is named to be impersonated.
    const how = /client_email["']?\s*[:=]\s*["']?$/.test(before) ? 'static-key' : 'impersonation';
    yield { basis: 'service-account-email', how, identity: gcpServiceAccountId(match[0]), index: match.index };
  }
}

const CREDENTIAL_WORDS =
  /(?:^|[_-])(?:KEY|KEYS|TOKEN|SECRET|PASSWORD|PASSWD|PASS|PWD|PASSPHRASE|CREDENTIALS?|PAT|DSN|APIKEY|AUTH)(?:$|[_-])/i;
const CREDENTIAL_NAMES = /^(?:DATABASE_URL|REDIS_URL|MONGO(?:DB)?_UR[IL]|.*CONNECTION_STRING|PGPASSWORD|AWS_PROFILE)$/i;

export function soundsLikeCredential(name: string): boolean {
  return CREDENTIAL_WORDS.test(name) || CREDENTIAL_NAMES.test(name);
}

/** Lines that are a `#` comment in Python, R or shell. (`#@param` forms of Colab stand after code.) */
function blankComments(text: string): string {
  return text.replace(/^[ \t]*#.*$/gm, (comment) => ' '.repeat(comment.length));
}
