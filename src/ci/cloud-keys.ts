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

/** Is a variable or a secret of this name a long-lived cloud key? */
export function staticVariable(name: string): Cloud | undefined {
  return STATIC_VARIABLES.find(([pattern]) => pattern.test(name.toUpperCase()))?.[1];
}

/** A command that stores a long-lived key on the runner. */
export function staticCommand(script: string): Cloud | undefined {
  return LOGIN_COMMANDS.find(([pattern]) => pattern.test(script))?.[1];
}
