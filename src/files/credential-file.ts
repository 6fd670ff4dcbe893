/** Files that programs keep credentials in, by their documented names. */
export interface CredentialFile {
  /** In words: `npm configuration`. */
  readonly kind: string;
  /** Always holds a credential; others may hold settings alone. */
  readonly certain: boolean;
}

const FILES: readonly (readonly [pattern: RegExp, kind: string, certain: boolean])[] = [
  [/(?:^|\/)\.aws(?:\/(?:credentials(?:\.bak)?)?)?$/, 'AWS credentials', true],
  [
    /(?:^|\/)(?:\.config\/)?gcloud(?:\/(?:application_default_credentials\.json|credentials\.db|legacy_credentials\/.*))?$/,
    'gcloud credentials',
    true,
  ],
  [/(?:^|\/)application_default_credentials\.json$/, 'gcloud credentials', true],
  [
    /(?:^|\/)\.azure(?:\/(?:accessTokens\.json|msal_token_cache\.(?:json|bin)|service_principal_entries\.json))?$/,
    'Azure CLI login',
    true,
  ],
  [
    /(?:^|\/)(?:service[-_]?account(?:[-_.]?key)?|(?:gcp|google|gcloud)[-_](?:key|credentials?|service[-_]?account)|sa[-_]key|key[-_]?file)[\w.-]{0,40}\.json$/i,
    'service account key',
    true,
  ],
  [/(?:^|\/)(?:\.ssh\/)?id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?:[_-][\w-]{1,40})?$/, 'SSH private key', true],
  [/(?:^|\/)[\w.-]*(?:deploy|private|ssh|signing|server|client|tls)[\w-]*\.(?:pem|key|ppk)$/i, 'private key', true],
  [/\.(?:p12|pfx|jks|keystore|kdbx)$/i, 'key store', true],
  [/(?:^|\/)\.ssh\/?$/, 'SSH directory', true],
  [/(?:^|\/)\.gnupg(?:\/(?:private-keys-v1\.d\/.+|secring\.gpg))?\/?$/, 'GnuPG keys', true],
  [/(?:^|\/)[._]netrc$/, 'netrc login', true],
  [/(?:^|\/)\.git-credentials$/, 'git login', true],
  [/(?:^|\/)\.pypirc$/, 'PyPI login', true],
  [/(?:^|\/)\.docker\/config\.json$|(?:^|\/)\.dockercfg$|(?:^|\/)containers\/auth\.json$/, 'registry login', true],
  [
    /(?:^|\/)\.kube\/config$|(?:^|\/)kube[-_]?config(?:[._-][\w-]{1,40})?(?:\.ya?ml)?$|(?:^|\/)etc\/kubernetes\/admin\.conf$/i,
    'kubeconfig',
    true,
  ],
  [/(?:^|\/)\.(?:pgpass|my\.cnf|mylogin\.cnf)$/, 'database login', true],
  [/(?:^|\/)\.(?:vault-token|terraformrc)$|(?:^|\/)\.terraform\.d\/credentials\.tfrc\.json$/, 'Terraform or Vault token', true],
  [/(?:^|\/)[\w.-]+\.tfstate(?:\.backup)?$/, 'Terraform state', true],
  [/(?:^|\/)\.(?:claude|codex|gemini|cursor)\/(?:\.?credentials|auth|oauth_creds)\.json$/, 'agent login', true],
  [/(?:^|\/)\.?(?:vault[-_]?pass(?:word)?(?:[-_]file)?|vault[-_]key)(?:\.txt)?$/, 'vault password', true],
  [/(?:^|\/)\.config\/gh\/hosts\.yml$|(?:^|\/)\.config\/hub$/, 'GitHub CLI login', true],
  [/(?:^|\/)\.env(?:\.(?!example|sample|template|dist|defaults?|test|ci)[\w-]{1,40}){0,2}$/, 'environment file', false],
  [/(?:^|\/)\.npmrc$/, 'npm configuration', false],
  [/(?:^|\/)\.yarnrc(?:\.yml)?$/, 'yarn configuration', false],
  [/(?:^|\/)(?:\.pip\/|\.config\/pip\/|etc\/)?pip\.(?:conf|ini)$/, 'pip configuration', false],
  [/(?:^|\/)\.m2\/settings\.xml$/, 'Maven settings', false],
  [/(?:^|\/)NuGet\.Config$/i, 'NuGet configuration', false],
  [/(?:^|\/)\.?composer\/auth\.json$|(?:^|\/)auth\.json$/, 'Composer or registry login', false],
  [/(?:^|\/)\.bundle\/config$/, 'Bundler configuration', false],
  [/(?:^|\/)\.?(?:secrets?|credentials?)\.(?:json|ya?ml|env|properties|toml|txt|ini)$/i, 'secrets file', false],
  [/(?:^|\/)\.htpasswd$/, 'password hashes', false],
];

/** Is a file of this name one that keeps credentials? */
export function credentialFile(path: string): CredentialFile | undefined {
  if (/(?:^|[._/-])(?:example|sample|template|public|pub)(?:[._-]|$)/i.test(path.slice(path.lastIndexOf('/') + 1)))
    return undefined;
  const found = FILES.find(([pattern]) => pattern.test(path));
  return found === undefined ? undefined : { kind: found[1], certain: found[2] };
}

const LOGIN =
  /(?:_auth|_authToken|_password|passw(?:or)?d|passphrase|token|secret|api[_-]?key|access[_-]?key|login|\$apr1\$|\{SHA\}|:\$2[aby]\$)["']?\s*[=:> ]\s*["']?(?![$%{<\s"'])\S{6,}/i;

/** Does a file of settings hold a login, and not only refer to one? */
export function holdsLogin(text: string): boolean {
  return text.length <= MAX_LOOKED_AT && LOGIN.test(text);
}

const MAX_LOOKED_AT = 256 * 1024;
