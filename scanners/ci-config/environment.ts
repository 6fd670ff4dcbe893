/** `prod`, `staging`, `dev` or `test` when a name says so in a word of its own. */
export function environmentOf(...names: readonly (string | undefined)[]): string | undefined {
  for (const name of names) {
    for (const word of (name ?? '').toLowerCase().split(/[^a-z]+/)) {
      const environment = WORDS.get(word);
      if (environment !== undefined) return environment;
    }
  }
  return undefined;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['prod', 'prod'],
  ['production', 'prod'],
  ['prd', 'prod'],
  ['live', 'prod'],
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
