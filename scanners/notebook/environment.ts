/** `prod`, `staging`, `dev` or `test` when a path says so in a word of its own. */
export function environmentOf(path: string): string | undefined {
  for (const word of path.toLowerCase().split(/[^a-z]+/)) {
    const environment = WORDS.get(word);
    if (environment !== undefined) return environment;
  }
  return undefined;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['prod', 'prod'],
  ['production', 'prod'],
  ['prd', 'prod'],
  ['staging', 'staging'],
  ['stage', 'staging'],
  ['stg', 'staging'],
  ['preprod', 'staging'],
  ['dev', 'dev'],
  ['development', 'dev'],
  ['sandbox', 'dev'],
  ['qa', 'test'],
  ['uat', 'test'],
]);
