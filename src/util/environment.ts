/** Words for environments, and the one word that every scanner uses for each. */
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

// Only where someone declares an environment: in a path, `test` is where the tests lie.
const DECLARED: ReadonlyMap<string, string> = new Map([...WORDS, ['test', 'test'], ['testing', 'test']]);

/** An environment as a tag or a setting declares it, in the word that all scanners use; an own word stays as it is, in lower case. */
export function declaredEnvironment(value: string): string {
  const word = value.trim().toLowerCase();
  return DECLARED.get(word) ?? word;
}

/**
 * `prod`, `staging`, `dev` or `test` when a name or path says so in a word of its own. The first text that says anything
 * decides; one that says two things says nothing.
 */
export function environmentOf(...texts: readonly (string | undefined)[]): string | undefined {
  for (const text of texts) {
    const found = new Set<string>();
    const words = (text ?? '').toLowerCase().replace(/non-?prod/g, 'nonprod');
    for (const word of words.split(/[^a-z]+/)) {
      const environment = WORDS.get(word);
      if (environment !== undefined) found.add(environment);
    }
    const [first] = found;
    if (found.size > 0) return found.size === 1 ? first : undefined;
  }
  return undefined;
}
