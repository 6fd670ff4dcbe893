const KEYS = ['environment', 'env', 'stage'];

const NAMES: { readonly [name: string]: string } = {
  prod: 'prod',
  production: 'prod',
  prd: 'prod',
  live: 'prod',
  staging: 'staging',
  stage: 'staging',
  stg: 'staging',
  dev: 'dev',
  development: 'dev',
  test: 'test',
  testing: 'test',
  qa: 'test',
};

/** The environment that a connection's tags declare, in the words that all scanners use; an own word stays as it is. */
export function environmentOf(tags: { readonly [key: string]: string }): string | undefined {
  for (const key of KEYS) {
    const declared = Object.entries(tags)
      .find(([name]) => name.toLowerCase() === key)?.[1]
      .trim()
      .toLowerCase();
    if (declared !== undefined && declared !== '') return Object.hasOwn(NAMES, declared) ? NAMES[declared] : declared;
  }
  return undefined;
}
