import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { DetectorPack } from '../contracts/detector.ts';
import { messageOf, RuleError } from '../util/errors.ts';
import type { PackedDetector, Placeholders } from './pack.ts';

/** Named pieces of regex that packs share, written `(?&name)`: `rules/catalogs/fragments.yml`. */
export type Fragments = Readonly<Record<string, string>>;

const FragmentsFile = z.record(z.string(), z.string());

const PlaceholdersFile = z.strictObject({
  exact: z.array(z.coerce.string().toLowerCase()),
  contains: z.array(z.coerce.string().toLowerCase()),
  words: z.array(z.coerce.string().toLowerCase()),
  patterns: z.array(z.string()),
});

/** Reads one pack file. Throws `RuleError` that names file, rule and field. */
export function parsePack(text: string, file: string, fragments: Fragments): PackedDetector[] {
  const pack = check(DetectorPack, parseYaml(text, file), file);
  return pack.detectors.map((detector) => {
    const owner = `detector ${detector.id}`;
    const { paired } = detector;
    return {
      ...detector,
      file,
      pattern: expand(detector.pattern, fragments, file, owner),
      ...(paired === undefined ? {} : { paired: { ...paired, pattern: expand(paired.pattern, fragments, file, owner) } }),
    };
  });
}

export function parsePlaceholders(text: string, file: string): Placeholders {
  const placeholders = check(PlaceholdersFile, parseYaml(text, file), file);
  for (const pattern of placeholders.patterns) {
    try {
      new RegExp(pattern, 'i');
    } catch (error) {
      throw new RuleError(`${file}: ${pattern}: ${messageOf(error)}`, {
        code: 'RULE_PATTERN',
        hint: 'mend the regex',
        cause: error,
      });
    }
  }
  return placeholders;
}

export async function readFragments(root: string): Promise<Fragments> {
  const file = join(root, 'rules', 'catalogs', 'fragments.yml');
  const raw = check(FragmentsFile, parseYaml(readFileSync(file, 'utf8'), file), file);
  const fragments: Record<string, string> = {};
  for (const [name, pattern] of Object.entries(raw)) fragments[name] = expand(pattern, fragments, file, name);
  return fragments;
}

/** Removes white space and `#` notes of a pattern written over several lines. */
export function stripNotes(pattern: string): string {
  const trimmed = pattern.trim();
  if (!trimmed.includes('\n')) return trimmed;
  let out = '';
  let inClass = false;
  for (let at = 0; at < trimmed.length; at++) {
    const c = trimmed.charAt(at);
    if (c === '\\') {
      out += c + trimmed.charAt(++at);
      continue;
    }
    if (c === '[') inClass = true;
    if (c === ']') inClass = false;
    if (!inClass && c === '#') {
      const end = trimmed.indexOf('\n', at);
      at = end < 0 ? trimmed.length : end;
      continue;
    }
    if (!inClass && /\s/.test(c)) continue;
    out += c;
  }
  return out;
}

function expand(pattern: string, fragments: Fragments, file: string, owner: string): string {
  return stripNotes(pattern).replace(/\(\?&([a-z]+)\)/g, (_, name: string) => {
    const fragment = fragments[name];
    if (fragment !== undefined) return fragment;
    throw new RuleError(`${file}: ${owner}: pattern: no fragment is named ${name}`, {
      code: 'RULE_PATTERN',
      hint: `known fragments: ${Object.keys(fragments).join(', ')}`,
    });
  });
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new RuleError(`${file}: not valid YAML: ${messageOf(error)}`, {
      code: 'RULE_YAML',
      hint: 'check indentation and quotes at the place named',
      cause: error,
    });
  }
}

function check<T>(schema: z.ZodType<T>, raw: unknown, file: string): T {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const owner = path[0] === 'detectors' && typeof path[1] === 'number' ? ruleName(raw, path[1]) : '';
  const field = (owner === '' ? path : path.slice(2)).join('.');
  throw new RuleError(`${file}:${owner}${field === '' ? '' : ` ${field}:`} ${issue?.message ?? 'not valid'}`, {
    code: 'RULE_INVALID',
    hint: 'src/contracts/detector.ts says what each field means',
  });
}

function ruleName(raw: unknown, index: number): string {
  const list = z.looseObject({ detectors: z.array(z.unknown()) }).safeParse(raw).data?.detectors ?? [];
  const id = z.looseObject({ id: z.string() }).safeParse(list[index]).data?.id;
  return ` detector ${id ?? `number ${index + 1}`}:`;
}
