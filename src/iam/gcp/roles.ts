import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../util/package-root.ts';

const Catalogue = z.object({
  asOf: z.string(),
  roles: z.record(z.string(), z.string()),
  others: z.record(z.string(), z.string()),
});

let loaded: ReadonlyMap<string, readonly string[]> | undefined;

/**
 * Those permissions of a predefined role that decide what it amounts to, by our catalogue (`rules/catalogs/gcp-roles.json`);
 * none for one that is known to hold none of them, `undefined` for one that the catalogue does not know.
 */
export function decidingPermissions(role: string): readonly string[] | undefined {
  if (!role.startsWith('roles/')) return undefined;
  loaded ??= load();
  return loaded.get(role.slice('roles/'.length));
}

function load(): Map<string, readonly string[]> {
  const text = readFileSync(join(packageRoot(), 'rules', 'catalogs', 'gcp-roles.json'), 'utf8');
  const { roles, others } = Catalogue.parse(JSON.parse(text));
  const known = new Map<string, string[]>();
  for (const [prefix, names] of Object.entries(others)) {
    for (const name of names.split(' ')) known.set(prefix === '' ? name : `${prefix}.${name}`, []);
  }
  for (const [permission, names] of Object.entries(roles)) {
    for (const name of names.split(' ')) {
      const held = known.get(name);
      if (held === undefined) known.set(name, [permission]);
      else held.push(permission);
    }
  }
  return known;
}
