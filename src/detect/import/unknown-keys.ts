import { nearest } from '../../util/nearest.ts';

/** What the loaders of gitleaks and Betterleaks know, as their documentation spells it. Neither minds case, or other keys. */
const ALLOWLIST = ['description', 'condition', 'commits', 'paths', 'regexTarget', 'regexes', 'stopwords'];
const TABLES = {
  top: [
    ...['title', 'description', 'extend', 'rules', 'allowlist', 'allowlists', 'minVersion'],
    ...['betterleaksMinVersion', 'prefilter', 'filter'],
  ],
  extend: ['path', 'url', 'useDefault', 'disabledRules'],
  allowlist: [...ALLOWLIST, 'targetRules'],
  rule: [
    ...['id', 'description', 'path', 'regex', 'secretGroup', 'entropy', 'keywords', 'tags', 'allowlist', 'allowlists'],
    ...['required', 'skipReport', 'specificity', 'validate', 'tokenEfficiency', 'filter', 'examples'],
  ],
  ruleAllowlist: ALLOWLIST,
  required: ['id', 'withinLines', 'withinColumns'],
  example: ['positive', 'negative', 'secret'],
} as const;
type Table = keyof typeof TABLES;

const NAMES: { readonly [table in Table]: string } = {
  top: 'at the top',
  extend: 'in [extend]',
  allowlist: 'in an allowlist',
  rule: 'in',
  ruleAllowlist: 'in an allowlist of',
  required: 'in [[rules.required]] of',
  example: 'in [[rules.examples]] of',
};

/** Keys that do nothing where they stand, but would elsewhere. */
const MISPLACED: { readonly [place: string]: string } = {
  'rule prefilter': 'it stands at the top of a file only, and holds for all rules',
  'ruleAllowlist targetrules': 'it stands in [[allowlists]] at the top of a file only',
  'rule paths': 'a rule has one path; several stand in an allowlist',
  'rule regexes': 'a rule has one regex; several stand in an allowlist',
  'rule stopwords': 'it stands in [[rules.allowlists]]',
};

const RULES_SHOWN = 3;

/** Says which keys of a parsed file nobody reads: once for each, with the rules that have it. */
export function unknownKeys(file: unknown): readonly string[] {
  const found = new Map<string, { readonly table: Table; readonly key: string; readonly rules: Set<string> }>();
  const look = (table: Table, value: unknown, rule = ''): void => {
    for (const item of Array.isArray(value) ? value : [value]) {
      for (const key of keysOf(item)) {
        if (TABLES[table].some((known) => known.toLowerCase() === key.toLowerCase())) continue;
        const place = `${table} ${key.toLowerCase()}`;
        const entry = found.get(place) ?? { table, key, rules: new Set<string>() };
        found.set(place, entry);
        if (rule !== '') entry.rules.add(rule);
      }
    }
  };
  look('top', file);
  look('extend', member(file, 'extend'));
  for (const key of ['allowlist', 'allowlists']) look('allowlist', member(file, key));
  const rules = member(file, 'rules');
  for (const [index, rule] of (Array.isArray(rules) ? rules : []).entries()) {
    const id = member(rule, 'id');
    const name = typeof id === 'string' && id !== '' ? id : `number ${index + 1}`;
    look('rule', rule, name);
    for (const key of ['allowlist', 'allowlists']) look('ruleAllowlist', member(rule, key), name);
    look('required', member(rule, 'required'), name);
    look('example', member(rule, 'examples'), name);
  }
  return [...found].map(([place, { table, key, rules: names }]) => sentence(table, key, [...names], MISPLACED[place]));
}

function sentence(table: Table, key: string, rules: readonly string[], misplaced: string | undefined): string {
  const more = rules.length - RULES_SHOWN;
  const shown = `${rules.slice(0, RULES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const where = rules.length === 0 ? NAMES[table] : `${NAMES[table]} the ${rules.length === 1 ? 'rule' : 'rules'} ${shown}`;
  if (misplaced !== undefined) return `\`${key}\` ${where} does nothing: ${misplaced}`;
  const meant = nearest(key, TABLES[table]);
  return `unknown key \`${key}\` ${where}${meant === undefined ? '' : ` (did you mean \`${meant}\`?)`}: passed over, as its own tool does`;
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function member(value: unknown, name: string): unknown {
  const key = keysOf(value).find((each) => each.toLowerCase() === name);
  return key === undefined ? undefined : (value as { readonly [key: string]: unknown })[key];
}
