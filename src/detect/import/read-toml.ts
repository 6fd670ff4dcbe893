import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { codeOf, messageOf, RuleError } from '../../util/errors.ts';
import { unknownIn } from './expr.ts';
import { type Expr, parseExpr } from './expr-parse.ts';
import { findEndless } from './probe.ts';
import { alwaysHolds, translateRe2 } from './re2.ts';
import { type Allowlist, GitleaksFile, type Overlay, type Rule } from './schema.ts';
import type { ImportedAllow, ImportedPack, ImportedRegex, ImportedRule, ImportResult, Refused } from './types.ts';
import { unknownKeys } from './unknown-keys.ts';

export interface ReadOptions {
  /** What we know of rules by their id: the user's overlay first, then our own detectors. */
  readonly overlay?: Overlay;
  /** Stands for gitleaks' default pack, which is not shipped: what `extend.useDefault` reads. */
  readonly defaultPack?: string;
  /** `extend.path` is relative to it, as gitleaks has it; then to the file. */
  readonly directory: string;
}

/** gitleaks follows `extend` this far. */
const MAX_EXTENDS = 2;
const SPECIFICITY = 100;

interface Raw {
  readonly rules: ReadonlyMap<string, Rule & { readonly file: string }>;
  readonly allow: readonly Allowlist[];
  /** `[[allowlists]]` with `targetRules`. */
  readonly targeted: readonly Allowlist[];
  readonly prefilters: readonly string[];
  readonly filters: readonly string[];
}

/**
 * Reads a rule pack of gitleaks or Betterleaks (v1). Throws `RuleError` for what neither of them would start with; a rule
 * that we cannot take over is named in the result.
 */
export async function readRulePack(file: string, options: ReadOptions): Promise<ImportResult> {
  const notes: string[] = [];
  const refused: Refused[] = [];
  const top = await parseFile(file, notes);
  const raw = await readExtended(top, file, options, 0, notes, refused);
  for (const allow of raw.targeted) {
    for (const id of allow.targetrules) {
      if (!raw.rules.has(id)) note(notes, options, top, `[[allowlists]] names the rule ${id}, which is not here`, file);
    }
  }
  const isBetterleaks =
    top.betterleaksminversion != null ||
    raw.filters.length + raw.prefilters.length > 0 ||
    [...raw.rules.values()].some(({ filter, validate, tokenefficiency, specificity }) =>
      [filter, validate, tokenefficiency, specificity].some((value) => value != null),
    );
  const rules: ImportedRule[] = [];
  for (const rule of raw.rules.values()) {
    try {
      const targeted = raw.targeted.filter((allow) => allow.targetrules.includes(rule.id ?? ''));
      rules.push(makeRule(rule, targeted, options.overlay ?? {}));
    } catch (error) {
      refused.push({ rule: rule.id ?? '', why: messageOf(error) });
    }
  }
  const ids = new Set(rules.map(({ id }) => id));
  const whole = rules.filter((rule) => {
    const missing = rule.required.find((part) => !ids.has(part.rule));
    if (missing !== undefined) refused.push({ rule: rule.id, why: `requires the rule ${missing.rule}, which is not here` });
    return missing === undefined;
  });
  const validated = [...raw.rules.values()].filter(({ validate }) => validate != null).length;
  if (validated > 0) notes.push(`${validated} rules have a \`validate\` expression: it is kept, but nothing is contacted`);
  if (JSON.stringify([...raw.filters, ...[...raw.rules.values()].map((rule) => rule.filter)]).includes('failsTokenEfficiency')) {
    notes.push('failsTokenEfficiency is judged by the look of words: the language model vocabulary it asks is not shipped');
  }
  const pack: ImportedPack = {
    file,
    title: top.title ?? '',
    dialect: isBetterleaks ? 'betterleaks' : 'gitleaks',
    rules: whole,
    allow: raw.allow.map((allow) => inFile(file, '[[allowlists]]', () => makeAllow(allow))),
    ...joined('prefilter', raw.prefilters, file),
    ...joined('filter', raw.filters, file),
  };
  const flat = {
    ...(pack.title === '' ? {} : { title: pack.title }),
    ...(isBetterleaks ? { betterleaksMinVersion: top.betterleaksminversion ?? 'v1.0.0' } : {}),
    ...(raw.prefilters.length === 0 ? {} : { prefilter: orOf(raw.prefilters) }),
    ...(raw.filters.length === 0 ? {} : { filter: orOf(raw.filters) }),
    allowlists: [...raw.allow, ...raw.targeted],
    rules: [...raw.rules.values()].filter(({ id }) => whole.some((rule) => rule.id === id)).map(({ file: _, ...rule }) => rule),
  };
  return { pack, flat, total: raw.rules.size + refused.filter(({ rule }) => !raw.rules.has(rule)).length, refused, notes };
}

function orOf(texts: readonly string[]): string {
  return texts.length === 1 ? (texts[0] ?? '') : texts.map((text) => `(${text}\n)`).join(' || ');
}

/** `extend` of a pack that is not here is no fault of the user's file. */
function note(notes: string[], options: ReadOptions, top: GitleaksFile, what: string, file: string): void {
  if (top.extend?.usedefault !== true || options.defaultPack !== undefined)
    throw new RuleError(`${file}: ${what}`, { code: 'RULE_INVALID', hint: 'mend targetRules' });
  notes.push(what);
}

async function readExtended(
  top: GitleaksFile,
  file: string,
  options: ReadOptions,
  depth: number,
  notes: string[],
  refused: Refused[],
): Promise<Raw> {
  const own = ownPart(top, file, notes);
  const { extend } = top;
  if (depth >= MAX_EXTENDS || extend == null) return own;
  if (extend.url != null && extend.url !== '') notes.push(`extend.url is not followed, by gitleaks neither: ${extend.url}`);
  const path = extend.path ?? '';
  if (path !== '' && extend.usedefault === true) {
    throw new RuleError(`${file}: extend.path and extend.useDefault exclude each other`, {
      code: 'RULE_INVALID',
      hint: 'keep one',
    });
  }
  if (extend.usedefault === true && options.defaultPack === undefined) {
    notes.push(
      "extend.useDefault: gitleaks' default pack is not shipped; the built-in detectors of nhi-audit stand in for it. " +
        'To use it, save a copy and name it: rules.gitleaksDefault in the configuration, or extend.path here',
    );
    return withoutPartial(own, refused);
  }
  const from = extend.usedefault === true ? options.defaultPack : path === '' ? undefined : await locate(path, file, options);
  if (from === undefined) return own;
  const base = await readExtended(await parseFile(from, notes, `${from}: `), from, options, depth + 1, notes, refused);
  return merge(own, base, extend.disabledrules, notes, from);
}

/** A rule that only changes one of the pack we do not have says too little to run. */
function withoutPartial(own: Raw, refused: Refused[]): Raw {
  const rules = new Map(own.rules);
  for (const [id, rule] of own.rules) {
    if (isText(rule.regex) || isText(rule.path)) continue;
    refused.push({ rule: id, why: "changes a rule of gitleaks' default pack, which is not here (see rules.gitleaksDefault)" });
    rules.delete(id);
  }
  return { ...own, rules };
}

async function locate(path: string, file: string, { directory }: ReadOptions): Promise<string> {
  if (isAbsolute(path)) return path;
  const { existsSync } = await import('node:fs');
  const first = resolve(directory, path);
  return existsSync(first) ? first : join(dirname(file), path);
}

function ownPart(top: GitleaksFile, file: string, notes: string[]): Raw {
  const rules = new Map<string, Rule & { readonly file: string }>();
  for (const rule of top.rules) {
    const id = rule.id?.trim() ?? '';
    if (id === '')
      throw new RuleError(`${file}: a rule has no id: ${rule.description ?? rule.regex ?? rule.path ?? ''}`, {
        code: 'RULE_INVALID',
        hint: 'give it one',
      });
    if (rules.has(id)) notes.push(`${id} is defined twice in ${file}: the later one counts`);
    rules.set(id, { ...rule, id, file });
  }
  if (top.allowlist != null && top.allowlists.length > 0) {
    throw new RuleError(`${file}: [allowlist] and [[allowlists]] exclude each other`, {
      code: 'RULE_INVALID',
      hint: 'use [[allowlists]]',
    });
  }
  const allow = [...top.allowlists, ...(top.allowlist == null ? [] : [top.allowlist])];
  return {
    rules,
    allow: allow.filter(({ targetrules }) => targetrules.length === 0),
    targeted: allow.filter(({ targetrules }) => targetrules.length > 0),
    prefilters: isText(top.prefilter) ? [top.prefilter] : [],
    filters: isText(top.filter) ? [top.filter] : [],
  };
}

/** The child's words win, its lists are added. */
function merge(own: Raw, base: Raw, disabled: readonly string[], notes: string[], from: string): Raw {
  const rules = new Map(own.rules);
  for (const id of disabled) if (!base.rules.has(id)) notes.push(`disabledRules names ${id}, which ${from} does not have`);
  for (const [id, rule] of base.rules) {
    if (disabled.includes(id)) continue;
    const child = own.rules.get(id);
    rules.set(id, child === undefined ? rule : mergeRule(child, rule));
  }
  const ordered = new Map([...rules].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    rules: ordered,
    allow: [...own.allow, ...base.allow],
    targeted: [...own.targeted, ...base.targeted],
    prefilters: [...own.prefilters, ...base.prefilters],
    filters: [...own.filters, ...base.filters],
  };
}

type FiledRule = Rule & { readonly file: string };

function mergeRule(child: FiledRule, base: FiledRule): FiledRule {
  return {
    ...base,
    file: child.file,
    ...(isText(child.description) ? { description: child.description } : {}),
    ...(child.entropy != null && child.entropy !== 0 ? { entropy: child.entropy } : {}),
    ...(child.secretgroup != null && child.secretgroup !== 0 ? { secretgroup: child.secretgroup } : {}),
    ...(isText(child.regex) ? { regex: child.regex } : {}),
    ...(isText(child.path) ? { path: child.path } : {}),
    ...(isText(child.filter) ? { filter: isText(base.filter) ? `(${base.filter}\n) || (${child.filter}\n)` : child.filter } : {}),
    ...(child.specificity == null ? {} : { specificity: child.specificity }),
    tags: [...base.tags, ...child.tags],
    keywords: [...base.keywords, ...child.keywords],
    allowlists: [...allowlistsOf(base), ...allowlistsOf(child)],
    allowlist: null,
    examples: [...base.examples, ...child.examples],
  };
}

function allowlistsOf(rule: Rule): readonly Allowlist[] & Rule['allowlists'] {
  if (rule.allowlist == null) return rule.allowlists;
  if (rule.allowlists.length > 0) throw new Error('[rules.allowlist] and [[rules.allowlists]] exclude each other');
  return [rule.allowlist];
}

function makeRule(rule: FiledRule, targeted: readonly Allowlist[], overlay: Overlay): ImportedRule {
  const id = rule.id ?? '';
  if (!isText(rule.regex) && !isText(rule.path)) throw new Error('has neither regex nor path: it would find nothing');
  if ('components' in rule) throw new Error('`components` is of Betterleaks v2; v1 has [[rules.required]]');
  const keywords = [...new Set(rule.keywords.map((keyword) => keyword.toLowerCase()))];
  const regex = isText(rule.regex) ? inField('regex', () => makeRegex(rule.regex as string, keywords)) : undefined;
  const secretGroup = rule.secretgroup ?? 0;
  const groups = regex === undefined ? 0 : translateRe2(regex.original).groups;
  if (secretGroup > groups) throw new Error(`secretGroup is ${secretGroup}, but the regex has ${groups} groups`);
  const about = Object.hasOwn(overlay, id) ? overlay[id] : undefined;
  return {
    id,
    description: rule.description ?? '',
    file: rule.file,
    tags: rule.tags,
    ...(regex === undefined ? {} : { regex }),
    ...(isText(rule.path) ? { path: inField('path', () => translateRe2(rule.path as string).source) } : {}),
    secretGroup,
    ...(rule.entropy == null || rule.entropy === 0 ? {} : { entropy: rule.entropy }),
    keywords,
    allow: [...allowlistsOf(rule), ...targeted].map((allow) => inField('allowlists', () => makeAllow(allow))),
    required: rule.required.map((part) => {
      if (!isText(part.id)) throw new Error('[[rules.required]] has no id');
      return {
        rule: part.id,
        ...(part.withinlines == null ? {} : { withinLines: part.withinlines }),
        ...(part.withincolumns == null ? {} : { withinColumns: part.withincolumns }),
      };
    }),
    skipReport: rule.skipreport === true,
    ...(isText(rule.filter) ? { filter: inField('filter', () => makeExpr(rule.filter as string)) } : {}),
    tokenEfficiency: rule.tokenefficiency === true,
    specificity: rule.specificity ?? SPECIFICITY,
    examples: rule.examples.map(({ positive, negative, secret }) => ({
      ...(isText(positive) ? { positive } : {}),
      ...(isText(negative) ? { negative } : {}),
      ...(isText(secret) ? { secret } : {}),
    })),
    provider: about?.provider ?? 'custom',
    type: about?.type ?? 'secret',
    ...(about?.identity === undefined ? {} : { identity: about.identity }),
    confidence: about?.confidence ?? (/generic/i.test(id) ? 'low' : 'medium'),
  };
}

function makeRegex(original: string, keywords: readonly string[]): ImportedRegex {
  const { source, names, maxLength, crossesLines, nestsRepeats, longRepeats } = translateRe2(original);
  new RegExp(source, 'u');
  const endless = nestsRepeats ? findEndless(original, source) : undefined;
  if (endless !== undefined) {
    throw new Error(
      `does not end on ${JSON.stringify(`${endless.slice(0, 20)}…`)} (${endless.length} characters): a repeat within a repeat`,
    );
  }
  return {
    original,
    source,
    names,
    ...(Number.isFinite(maxLength) ? { maxLength } : {}),
    crossesLines,
    isNear: alwaysHolds(original, keywords),
    nestsRepeats,
    longRepeats,
  };
}

function makeAllow(allow: Allowlist): ImportedAllow {
  const { commits, paths, regexes, stopwords } = allow;
  if (commits.length + paths.length + regexes.length + stopwords.length === 0) {
    throw new Error('an allowlist must have at least one of commits, paths, regexes, stopwords');
  }
  return {
    condition: conditionOf(allow.condition ?? ''),
    commits: commits.map((commit) => commit.trim().toLowerCase()),
    ...(paths.length === 0 ? {} : { paths: joinRegexes(paths) }),
    target: targetOf(allow.regextarget ?? ''),
    ...(regexes.length === 0 ? {} : { regexes: joinRegexes(regexes) }),
    stopwords: stopwords.map((word) => word.toLowerCase()),
  };
}

function conditionOf(text: string): 'or' | 'and' {
  switch (text.toUpperCase()) {
    case '':
    case 'OR':
    case '||':
      return 'or';
    case 'AND':
    case '&&':
      return 'and';
    default:
      throw new Error(`the condition of an allowlist cannot be ${text}: or, and`);
  }
}

function targetOf(text: string): 'secret' | 'match' | 'line' {
  if (text === '' || text === 'secret') return 'secret';
  if (text === 'match' || text === 'line') return text;
  throw new Error(`regexTarget cannot be ${text}: secret, match, line`);
}

/** As gitleaks joins them: a flag set in one of them holds for those behind it. */
function joinRegexes(patterns: readonly string[]): string {
  for (const pattern of patterns) translateRe2(pattern);
  const { source } = translateRe2(`(?:${patterns.join('|')})`);
  new RegExp(source, 'u');
  return source;
}

function makeExpr(text: string): Expr {
  const expr = parseExpr(text);
  const unknown = unknownIn(expr);
  if (unknown !== undefined) throw new Error(`${unknown} is not known here`);
  return expr;
}

function joined<K extends 'prefilter' | 'filter'>(
  key: K,
  texts: readonly string[],
  file: string,
): { readonly [key in K]?: Expr } {
  if (texts.length === 0) return {};
  const exprs = texts.map((text) => inFile(file, key, () => makeExpr(text)));
  const all = exprs.reduce((left, right) => ({ kind: 'binary', operator: '||', left, right }));
  return { [key]: all } as { readonly [key in K]?: Expr };
}

function inField<T>(field: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`${field}: ${messageOf(error)}`, { cause: error });
  }
}

function inFile<T>(file: string, field: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new RuleError(`${file}: ${field}: ${messageOf(error)}`, { code: 'RULE_INVALID', hint: 'mend it', cause: error });
  }
}

function isText(text: string | null | undefined): text is string {
  return text != null && text !== '';
}

async function parseFile(file: string, notes: string[], lead = ''): Promise<GitleaksFile> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const what = codeOf(error) === 'ENOENT' ? 'does not exist' : messageOf(error);
    throw new RuleError(`rule file ${file}: ${what}`, { code: 'RULE_FILE', hint: 'check its path', cause: error });
  }
  const { parse } = await import('smol-toml');
  let raw: unknown;
  try {
    const written = parse(text);
    notes.push(...unknownKeys(written).map((what) => lead + what));
    raw = lowerKeys(written);
  } catch (error) {
    throw new RuleError(`${file}: not valid TOML: ${messageOf(error)}`, {
      code: 'RULE_INVALID',
      hint: 'mend the place named',
      cause: error,
    });
  }
  const parsed = GitleaksFile.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const [first, index] = issue?.path ?? [];
  const rules = (raw as { rules?: { id?: unknown }[] }).rules;
  const owner = first === 'rules' && typeof index === 'number' ? ` rule ${String(rules?.[index]?.id ?? index + 1)}:` : '';
  throw new RuleError(
    `${file}:${owner} ${issue?.path.slice(owner === '' ? 0 : 2).join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
    {
      code: 'RULE_INVALID',
      hint: 'a rule pack of gitleaks or Betterleaks v1 is expected',
    },
  );
}

/** viper, which gitleaks reads its file with, does not tell `secretGroup` from `secretgroup`. */
function lowerKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerKeys);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), lowerKeys(inner)]));
}
