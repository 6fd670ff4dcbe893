import type { Check } from '../contracts/check.ts';
import type { SqlParameters, StoreReader } from '../store/reader.ts';
import { ConfigError } from '../util/errors.ts';
import { assertParameters } from './parameters.ts';

/** Other numbers for some identities: all that is given must hold of one. The first that matches an identity decides. */
export interface Override {
  /** Globs over canonical ids: `aws:*:user/legacy-*`. */
  readonly identities?: readonly string[] | undefined;
  /** Values are globs: `{ team: payments, tier: '*' }`. */
  readonly tags?: { readonly [name: string]: string } | undefined;
  /** `prod`, or a list of which one must hold. */
  readonly environment?: string | readonly string[] | undefined;
  readonly parameters: SqlParameters;
  readonly reason: string;
}

export type Overrides = { readonly [rule: string]: readonly Override[] };

/** Says by which of a check's overrides an identity or the holder of a credential is judged; `undefined`: by none. */
export interface Rulings {
  of(overrides: readonly Override[], about: { readonly identity?: string; readonly credential?: string }): number | undefined;
  /** Overrides that match nothing in this run, in words. */
  idle(rules: Overrides): readonly string[];
}

interface Known {
  readonly id: string;
  readonly environment?: string;
  readonly tags: { readonly [name: string]: string };
}

export function assertRulings(checks: readonly Check[], overrides: Overrides): void {
  for (const [rule, all] of Object.entries(overrides)) {
    for (const [index, { identities, tags, environment, parameters }] of all.entries()) {
      const place = `checks.${rule}.overrides[${index}]`;
      if (identities === undefined && tags === undefined && environment === undefined) {
        throw new ConfigError(`${place} says of no identity that it holds for it`, {
          code: 'CONFIG_INVALID',
          hint: 'Give identities, tags or environment. What holds for all stands in parameters.',
        });
      }
      assertParameters(checks, rule, parameters);
    }
  }
}

/** Who is who is read once, and only where something is judged by it. */
export async function readRulings(store: StoreReader): Promise<Rulings> {
  const rows = await store.rows('SELECT identity_id, environment, CAST(tags AS VARCHAR) AS tags FROM identities');
  const known = new Map(rows.map((row) => [String(row.identity_id), knownOf(row)]));
  const holders = new Map<string, string[]>();
  const held = await store.rows('SELECT credential_id, identity_id FROM credential_identities ORDER BY ALL');
  for (const { credential_id, identity_id } of held) {
    const id = String(credential_id);
    holders.set(id, [...(holders.get(id) ?? []), String(identity_id)]);
  }
  const cache = new Map<readonly Override[], Map<string, number | undefined>>();

  function rulingOf(overrides: readonly Override[], id: string): number | undefined {
    const found = cache.get(overrides) ?? new Map<string, number | undefined>();
    cache.set(overrides, found);
    if (found.has(id)) return found.get(id);
    const index = overrides.findIndex((override) => matches(override, known.get(id) ?? { id, tags: {} }));
    const ruling = index === -1 ? undefined : index;
    found.set(id, ruling);
    return ruling;
  }

  return {
    of(overrides, { identity, credential }) {
      const ids = identity === undefined ? (holders.get(credential ?? '') ?? []) : [identity];
      for (const id of ids) {
        const ruling = rulingOf(overrides, id);
        if (ruling !== undefined) return ruling;
      }
      return undefined;
    },
    idle: (rules) =>
      Object.entries(rules).flatMap(([rule, overrides]) => {
        const used = new Set([...known.keys()].map((id) => rulingOf(overrides, id)));
        return overrides.flatMap((_, index) => (used.has(index) ? [] : [`checks.${rule}.overrides[${index}]`]));
      }),
  };
}

function matches({ identities, tags, environment }: Override, known: Known): boolean {
  if (identities !== undefined && !identities.some((glob) => globOf(glob).test(known.id))) return false;
  if (environment !== undefined) {
    const wanted: readonly string[] = typeof environment === 'string' ? [environment] : environment;
    if (!wanted.some((name) => name.toLowerCase() === known.environment?.toLowerCase())) return false;
  }
  return Object.entries(tags ?? {}).every(([name, glob]) => {
    const value = known.tags[name.toLowerCase()];
    return value !== undefined && globOf(glob).test(value);
  });
}

const GLOBS = new Map<string, RegExp>();

/** `*` is any text, `?` one character; all else stands for itself. Made once a text: they are few. */
function globOf(glob: string): RegExp {
  const made =
    GLOBS.get(glob) ??
    new RegExp(
      `^${glob
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replace(/\*+/g, '.*')
        .replace(/\?/g, '.')}$`,
      'is',
    );
  GLOBS.set(glob, made);
  return made;
}

function knownOf(row: { readonly [column: string]: unknown }): Known {
  const tags: unknown = typeof row.tags === 'string' ? JSON.parse(row.tags) : {};
  const entries = typeof tags === 'object' && tags !== null ? Object.entries(tags) : [];
  return {
    id: String(row.identity_id),
    ...(typeof row.environment === 'string' ? { environment: row.environment } : {}),
    // Who writes `Team` and who writes `team` mean one tag.
    tags: Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)])),
  };
}
