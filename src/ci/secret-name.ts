import { staticVariable } from './cloud-keys.ts';

const WORD =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRET|SECRETS|TOKEN|PAT|CREDENTIALS?|CREDS|KUBECONFIG|KUBE_CONFIG|APIKEY|DSN|WEBHOOK|KEYSTORE|DOCKER_AUTH_CONFIG|NPMRC|NETRC)(?:_|\d|$)/;
const KEY =
  /(?:^|_)(?:API|ACCESS|PRIVATE|SSH|SSHKEY|DEPLOY|DEPLOYMENT|SIGNING|SIGN|ENCRYPTION|SERVICE|ACCOUNT|AUTH|GPG|PGP|RSA|STORAGE|SA|MASTER|LICENSE|CODECOV|SECRET)_KEY(?:_|\d|$)/;
/** What stands beside a secret and is none: where it is kept, who uses it, how long it lives. */
const BESIDE =
  /_(?:FILE|FILENAME|PATH|DIR|URL|URI|NAME|ID|IDS|TTL|COUNT|LENGTH|LEN|TYPE|EXPIRY|EXPIRATION|REGION|ENDPOINT|HOST|ARN|USER|USERNAME|EMAIL|VERSION|ENABLED|REQUIRED|PREFIX|SUFFIX|SCOPE|FORMAT|ISSUER|AUDIENCE|PUB|PUBLIC|FINGERPRINT)$/;
const NONE =
  /^(?:PWD|OLDPWD|PASS|SSH_AUTH_SOCK)$|(?:^|_)(?:ID|OIDC)_TOKEN(?:_|$)|WEB_IDENTITY_TOKEN|(?:^|_)PUBLIC(?:_SSH)?_KEY|(?:^|_)(?:BY|NO|SKIP|IGNORE|HAS|IS|USE|ALLOW)_.*(?:PASS|SECRET)/;

/** Does a name say that its value is a secret? Only names tell where values are kept outside of the file. */
export function isSecretName(name: string): boolean {
  const upper = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[.\-\s]/g, '_')
    .toUpperCase();
  if (staticVariable(upper) !== undefined || /(?:^|_)VAULT_SECRET_ID$/.test(upper)) return true;
  if (NONE.test(upper) || BESIDE.test(upper)) return false;
  return WORD.test(upper) || KEY.test(upper);
}
