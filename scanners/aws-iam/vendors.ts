import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../src/util/package-root.ts';

const Catalogue = z.strictObject({
  vendors: z.array(
    z.strictObject({
      name: z.string().min(2),
      accounts: z.array(z.string().regex(/^\d{12}$/)).min(1),
      source: z.url(),
    }),
  ),
});

let loaded: ReadonlyMap<string, string> | undefined;

/** Whose account it is, where the vendor's own documentation says so: `rules/catalogs/aws-vendors.yml`. */
export function vendorOf(account: string): string | undefined {
  loaded ??= load();
  return loaded.get(account);
}

function load(): Map<string, string> {
  const text = readFileSync(join(packageRoot(), 'rules', 'catalogs', 'aws-vendors.yml'), 'utf8');
  const known = new Map<string, string>();
  for (const { name, accounts } of Catalogue.parse(parse(text)).vendors) for (const account of accounts) known.set(account, name);
  return known;
}
