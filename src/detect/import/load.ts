import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { messageOf, RuleError } from '../../util/errors.ts';
import type { Pack } from '../pack.ts';
import { readRulePack } from './read-toml.ts';
import { Overlay } from './schema.ts';
import type { ImportResult } from './types.ts';

export interface ImportFiles {
  /** TOML packs of gitleaks or Betterleaks. */
  readonly files: readonly string[];
  /** YAML: what we know of their rules, by id. */
  readonly overlay?: string | undefined;
  readonly defaultPack?: string | undefined;
  readonly directory: string;
}

/** Reads rule packs of other tools. Rules that our own detectors know by the same id get their provider and type. */
export async function readImports(pack: Pack, { files, overlay, defaultPack, directory }: ImportFiles): Promise<ImportResult[]> {
  const known: Overlay = {};
  for (const { id, provider, type } of pack.detectors) known[id] = { provider, type };
  const merged: Overlay = { ...known };
  for (const [id, about] of Object.entries(overlay === undefined ? {} : readOverlay(overlay))) {
    merged[id] = { ...known[id], ...about };
  }
  const results: ImportResult[] = [];
  for (const file of files) {
    results.push(await readRulePack(file, { overlay: merged, directory, ...(defaultPack === undefined ? {} : { defaultPack }) }));
  }
  return results;
}

/** A pack that searches for imported rules, too; its hash names them. */
export function withImports(pack: Pack, results: readonly ImportResult[]): Pack {
  if (results.length === 0) return pack;
  const imports = results.map((result) => result.pack);
  const hash = createHash('sha256').update(pack.hash).update(JSON.stringify(imports)).digest('hex').slice(0, 32);
  return { ...pack, imports, hash };
}

function readOverlay(file: string): Overlay {
  try {
    return Overlay.parse(parse(readFileSync(file, 'utf8')) ?? {});
  } catch (error) {
    throw new RuleError(`overlay ${file}: ${messageOf(error)}`, {
      code: 'RULE_INVALID',
      hint: 'a YAML map of rule ids to provider, type, identity, confidence is expected',
      cause: error,
    });
  }
}
