import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../util/package-root.ts';

const CAPABILITIES = [
  'admin',
  'escalates',
  'manages-identities',
  'impersonates',
  'reads-secrets',
  'reads-data',
  'writes-data',
] as const;
export type AzureCapability = (typeof CAPABILITIES)[number];

const Known = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  name: z.string().min(3),
  /** Whose permission it is, where it is not Microsoft Graph's. */
  api: z.enum(['exchange']).optional(),
  tier: z.literal(0).optional(),
  reach: z.literal('applications').optional(),
  gives: z.array(z.enum(CAPABILITIES)),
  /** Kinds of resources whose managed identity its holder may act as, in lower case; `*` for all. */
  on: z.array(z.string().regex(/^(?:\*|microsoft\.[a-z]+\/[a-z]+)$/)).optional(),
  /** What its holder does with it, as the rest of a sentence: `gives itself the role Owner`. */
  how: z.string().min(5).optional(),
});
/** A permission or role, and what it amounts to. */
export type KnownRight = z.infer<typeof Known>;

const Catalogue = z.strictObject({
  applicationPermissions: z.array(Known),
  directoryRoles: z.array(Known),
  azureRoles: z.array(Known),
});

export type RightsList = keyof z.infer<typeof Catalogue>;

interface Index {
  readonly byId: ReadonlyMap<string, KnownRight>;
  readonly byName: ReadonlyMap<string, KnownRight>;
}

let loaded: Readonly<Record<RightsList, Index>> | undefined;

/** `key` is the id or the English name; any case. */
export function knownRight(list: RightsList, key: string | undefined): KnownRight | undefined {
  if (key === undefined) return undefined;
  loaded ??= load();
  const { byId, byName } = loaded[list];
  const word = key.toLowerCase();
  return byId.get(word) ?? byName.get(word);
}

function load(): Record<RightsList, Index> {
  const text = readFileSync(join(packageRoot(), 'rules', 'catalogs', 'entra-permissions.yml'), 'utf8');
  const { applicationPermissions, directoryRoles, azureRoles } = Catalogue.parse(parse(text));
  return {
    applicationPermissions: indexOf(applicationPermissions),
    directoryRoles: indexOf(directoryRoles),
    azureRoles: indexOf(azureRoles),
  };
}

function indexOf(rights: readonly KnownRight[]): Index {
  return {
    byId: new Map(rights.map((one) => [one.id, one])),
    byName: new Map(rights.map((one) => [one.name.toLowerCase(), one])),
  };
}
