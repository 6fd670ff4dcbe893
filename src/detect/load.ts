import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { codeOf, messageOf, RuleError } from '../util/errors.ts';
import { generatedFile, packageRoot } from '../util/package-root.ts';
import { compileRule } from './compile.ts';
import { ENGINE_VERSION, type Pack, type PackedDetector, type Placeholders } from './pack.ts';

export interface LoadOptions {
  /** YAML files of the user's own, added to the shipped ones; a detector of the same id replaces the shipped one. */
  readonly userPacks?: readonly string[];
  /** Where `rules/` stands; the package by default. */
  readonly root?: string;
  /** Reads YAML even where a prebuilt pack exists. */
  readonly source?: 'yaml' | 'any';
}

/**
 * The detectors of this run. From `dist/` the pack built with the package is read, so that a start parses no YAML and
 * loads no validator; user packs are parsed, checked and added to it. Throws `RuleError` naming file, rule and field.
 */
export async function loadPack(options: LoadOptions = {}): Promise<Pack> {
  const shipped = await loadShipped(options);
  const userPacks = options.userPacks ?? [];
  if (userPacks.length === 0) return shipped;
  const { parsePack, readFragments } = await import('./parse.ts');
  const fragments = await readFragments(options.root ?? packageRoot());
  const detectors = new Map(shipped.detectors.map((detector) => [detector.id, detector]));
  const own = new Map<string, PackedDetector>();
  for (const path of userPacks) {
    for (const detector of parsePack(readRuleFile(path), path, fragments)) {
      refuseTwin(own.get(detector.id), detector);
      own.set(detector.id, detector);
      detectors.set(detector.id, detector);
    }
  }
  return finish([...detectors.values()], shipped.placeholders);
}

const shippedPacks = new Map<string, Promise<Pack>>();

function loadShipped(options: LoadOptions): Promise<Pack> {
  const prebuilt = options.source === 'yaml' || options.root !== undefined ? undefined : readPrebuilt();
  if (prebuilt !== undefined) return Promise.resolve(prebuilt);
  const root = options.root ?? packageRoot();
  // The files of an installed package do not change while it runs; a root that is named may.
  const pack = (options.root === undefined ? shippedPacks.get(root) : undefined) ?? readShipped(root);
  if (options.root === undefined) shippedPacks.set(root, pack);
  return pack;
}

/** The text of `dist/generated/detectors.json`, for the build. */
export function serializePack(pack: Pack): string {
  return `${JSON.stringify(pack)}\n`;
}

/** Makes a pack of detectors that are already read: imports, tests. */
export function finish(detectors: readonly PackedDetector[], placeholders: Placeholders): Pack {
  for (const detector of detectors) compileRule(detector);
  const text = JSON.stringify({ version: ENGINE_VERSION, detectors, placeholders });
  return { detectors, placeholders, hash: createHash('sha256').update(text).digest('hex').slice(0, 32) };
}

async function readShipped(root: string): Promise<Pack> {
  const { parsePack, parsePlaceholders, readFragments } = await import('./parse.ts');
  const fragments = await readFragments(root);
  const folder = join(root, 'rules', 'detectors');
  const known = new Map<string, PackedDetector>();
  for (const name of listPacks(folder)) {
    const file = join(folder, name);
    for (const detector of parsePack(readRuleFile(file), posix(relative(root, file)), fragments)) {
      refuseTwin(known.get(detector.id), detector);
      known.set(detector.id, detector);
    }
  }
  const catalog = join(root, 'rules', 'catalogs', 'placeholders.yml');
  return finish([...known.values()], parsePlaceholders(readRuleFile(catalog), posix(relative(root, catalog))));
}

function listPacks(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yml'))
      .sort();
  } catch (error) {
    throw new RuleError(`cannot read the detectors in ${folder}: ${messageOf(error)}`, {
      code: 'RULES_MISSING',
      hint: 'reinstall the package; its rules/ folder is missing or unreadable',
      cause: error,
    });
  }
}

function refuseTwin(first: PackedDetector | undefined, second: PackedDetector): void {
  if (first === undefined) return;
  throw new RuleError(`${second.file}: detector ${second.id} is already defined in ${first.file}`, {
    code: 'RULE_DUPLICATE',
    hint: 'give one of them another id',
  });
}

function readRuleFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const what = codeOf(error) === 'ENOENT' ? 'does not exist' : messageOf(error);
    throw new RuleError(`rule file ${path}: ${what}`, {
      code: 'RULE_FILE',
      hint: 'check the path of the detector pack',
      cause: error,
    });
  }
}

/** Only the built package has it: from source the YAML is the truth. */
function readPrebuilt(): Pack | undefined {
  const file = generatedFile('detectors.json');
  if (file === undefined || !existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as Pack;
}

function posix(path: string): string {
  return path.split(sep).join('/');
}
