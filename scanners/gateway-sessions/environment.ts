import { declaredEnvironment } from '../../src/util/environment.ts';

const KEYS = ['environment', 'env', 'stage'];

/** The environment that a connection's tags declare. */
export function environmentOf(tags: { readonly [key: string]: string }): string | undefined {
  for (const key of KEYS) {
    const declared = Object.entries(tags)
      .find(([name]) => name.toLowerCase() === key)?.[1]
      .trim();
    if (declared !== undefined && declared !== '') return declaredEnvironment(declared);
  }
  return undefined;
}
