export type Cloud = 'aws' | 'gcp' | 'azure';

const STATIC_VARIABLES: readonly (readonly [RegExp, Cloud])[] = [
  [/(?:^|_)AWS_(?:ACCESS_KEY(?:_ID)?|SECRET_(?:ACCESS_)?KEY)(?:_|$)/, 'aws'],
  [/(?:^|_)(?:GOOGLE|GCP|GCLOUD)_(?:APPLICATION_)?(?:CREDENTIALS?|SA_KEY|SERVICE_(?:ACCOUNT_)?KEY|KEY)(?:_|$)/, 'gcp'],
  [
    /(?:^|_)(?:ARM_CLIENT_SECRET|ARM_ACCESS_KEY|AZURE_CREDENTIALS|AZURE_CLIENT_SECRET|AZURE_STORAGE(?:_ACCOUNT)?_KEY)(?:_|$)/,
    'azure',
  ],
];

const LOGIN_COMMANDS: readonly (readonly [RegExp, Cloud])[] = [
  [/\baws\s+configure\s+set\b/, 'aws'],
  [/\bgcloud\s+auth\s+activate-service-account\b/, 'gcp'],
  [/\baz\s+login\b[^\n]{0,500}--service-principal\b/, 'azure'],
];

/** Stores of others that speak the language of S3: their keys look like AWS's, and no role can take their place. */
const OTHER_STORES =
  /(?:^|_)(?:R2|B2|BACKBLAZE|WASABI|SPACES|DIGITALOCEAN|MINIO|CLOUDFLARE|CF|SCW|SCALEWAY|HETZNER|OVH|LINODE|TIGRIS|OSS|COS)(?:_|$)/;

export function isOtherStore(name: string): boolean {
  return OTHER_STORES.test(name.toUpperCase());
}

const PUBLIC =
  /(?:^|_)(?:(?:CLIENT|TENANT|SUBSCRIPTION|ACCOUNT|APP|APPLICATION|PROJECT|ORG|ORGANIZATION|TEAM|CHANNEL|ZONE|INSTALLATION)_?ID|ACCOUNT_NUMBERS?|USER(?:_?NAME)?|LOGIN|EMAIL|REGION|HOST(?:NAME)?|BUCKET(?:_NAME)?|ROLE(?:_ARN|_NAME|_TO_ASSUME)?|ARN|PUB(?:LIC)?_?KEY|DOMAIN(?:_NAME)?|CLUSTER(?:_NAME)?|REGISTRY(?:_URL)?|NAMESPACE|SERVER(?:_URL)?|URI|ENDPOINT|KNOWN_HOSTS|PROVIDER|AUDIENCE|ORG|OWNER|MODEL|ALIAS|NAME|VERSION|(?:API|BASE|APP|SITE|INSTANCE|JF|SONAR(?:_HOST)?|VAULT)_?(?:URL|ADDR))$|ROLE_?ARN$/;

/** Kept as a secret by many, though it is none: names of accounts, hosts, roles. */
export function isPublicName(name: string): boolean {
  return PUBLIC.test(name.toUpperCase());
}

/** Is a variable or a secret of this name a long-lived cloud key? */
export function staticVariable(name: string): Cloud | undefined {
  return STATIC_VARIABLES.find(([pattern]) => pattern.test(name.toUpperCase()))?.[1];
}

/** A command that stores a long-lived key on the runner. */
export function staticCommand(script: string): Cloud | undefined {
  return LOGIN_COMMANDS.find(([pattern]) => pattern.test(script))?.[1];
}
