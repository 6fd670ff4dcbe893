import type { lintSource } from '@secretlint/core';
import { secretCredentialId } from '../contracts/identity-id.ts';
import type { Match } from '../contracts/scanner.ts';
import { fingerprint, mask } from '../util/fingerprint.ts';
import { Secret } from '../util/secret.ts';
import { ANY_TEXT, type LintHit, type ScanResult } from './file-scan.ts';
import type { UserLint } from './pack.ts';
import type { PlaceholderTest } from './placeholder.ts';
import { Cursor } from './text.ts';

/**
 * secretlint's recommended rules as a library. They are plain regexes over whole texts, so a text is given to one only
 * when an anchor of that rule was met by our own pass. What our own detectors report, or looked at and refused (a wrong
 * checksum, a placeholder), is not reported again.
 */
export interface LintAnchor {
  readonly text: string;
  /** The beginning of a token: spelled exactly so, and not inside a word. */
  readonly isToken: boolean;
  /** What must follow for the rule to have a chance; sticky, tried right behind the anchor. */
  readonly follows: RegExp;
}

interface LintRule {
  readonly provider: string;
  readonly type: string;
  readonly tokens?: readonly string[];
  readonly words?: readonly string[];
  /** Default: twenty characters of a token. */
  readonly follows?: RegExp;
}

const TOKEN_FOLLOWS = /[A-Za-z0-9_\-./+=]{20}/y;

/**
 * Left out: `basicauth` (its anchor would be every URL; our own rule covers it), `gcp` (opens the file by its name, and
 * ours reads the identity too) and `filter-comments` (a repository may not hide its secrets from its auditor).
 */
const RULES: { readonly [name: string]: LintRule } = {
  aws: {
    provider: 'aws',
    type: 'access-key',
    words: ['secret_access_key', 'secretaccesskey', 'secret_accesskey', 'secretaccess_key'],
    follows: /["']?\s{0,20}(?::|=>|=)\s{0,20}["']?[A-Za-z0-9/+=]{40}/y,
  },
  npm: { provider: 'npm', type: 'token', tokens: ['npm_'] },
  slack: {
    provider: 'slack',
    type: 'token',
    tokens: ['xoxb-', 'xoxp-', 'xapp-', 'xoxa-', 'xoxo-', 'xoxr-', 'https://hooks.slack.com/services/'],
    follows: /(?:\d-)?(?:[A-Z0-9]{8,14}-){1,3}[A-Za-z0-9]{16}|T[A-Z0-9]{6,14}\/B[A-Z0-9]{6,14}\/[A-Za-z0-9]{16}/y,
  },
  openai: { provider: 'openai', type: 'api-key', words: ['T3BlbkFJ'] },
  anthropic: { provider: 'anthropic', type: 'api-key', tokens: ['sk-ant-api0'] },
  groq: { provider: 'groq', type: 'api-key', tokens: ['gsk_'] },
  huggingface: { provider: 'huggingface', type: 'token', tokens: ['hf_'] },
  linear: { provider: 'linear', type: 'api-key', tokens: ['lin_api_'] },
  notion: { provider: 'notion', type: 'token', tokens: ['ntn_'] },
  privatekey: {
    provider: 'generic-key',
    type: 'private-key',
    words: ['-----BEGIN'],
    follows: / ?(?:(?:RSA|DSA|EC|OPENSSH|PGP) )?PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\]{100}/y,
  },
  sendgrid: { provider: 'sendgrid', type: 'api-key', tokens: ['SG.'] },
  shopify: { provider: 'shopify', type: 'token', tokens: ['shppa_', 'shpca_', 'shpat_', 'shpss_'] },
  stripe: { provider: 'stripe', type: 'api-key', tokens: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'] },
  github: { provider: 'github', type: 'token', tokens: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'] },
  gitlab: { provider: 'gitlab', type: 'token', tokens: ['glpat-'] },
  grafana: { provider: 'grafana', type: 'token', tokens: ['glc_', 'glsa_'] },
  '1password': { provider: 'onepassword', type: 'token', tokens: ['ops_ey'] },
  'database-connection-string': {
    provider: 'database',
    type: 'connection-string',
    words: ['mongodb://', 'mongodb+srv://', 'mysql://', 'mysqlx://', 'postgres://', 'postgresql://'],
    follows: /[^:/\s<>{}$"'`]{1,100}:[^@/\s<>{}$"'`]{3,200}@[A-Za-z0-9[]/y,
  },
  'hashicorp-vault': { provider: 'vault', type: 'token', tokens: ['hvs.', 'hvb.', 'hvr.'] },
  vercel: { provider: 'vercel', type: 'token', tokens: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'] },
  databricks: { provider: 'databricks', type: 'token', tokens: ['dapi'] },
  docker: { provider: 'docker', type: 'token', tokens: ['dckr_pat_'] },
  figma: { provider: 'figma', type: 'token', tokens: ['figd_'] },
  cloudflare: { provider: 'cloudflare', type: 'token', tokens: ['cfk_', 'cfut_', 'cfat_'] },
  tailscale: { provider: 'tailscale', type: 'token', tokens: ['tskey-'] },
};

const PREFIX = '@secretlint/secretlint-rule-';

/** Per rule: what must be met in a text before the rule sees it. */
export function lintAnchors(): ReadonlyMap<string, readonly LintAnchor[]> {
  return new Map(
    Object.entries(RULES).map(([name, { tokens = [], words = [], follows = TOKEN_FOLLOWS }]) => [
      name,
      [...tokens.map((text) => ({ text, isToken: true, follows })), ...words.map((text) => ({ text, isToken: false, follows }))],
    ]),
  );
}

export interface LintContext {
  readonly key: Uint8Array | string;
  readonly isPlaceholder: PlaceholderTest;
  /** Rules that the user named. */
  readonly own?: readonly UserLint[];
  /** Told of each rule that failed, in words that fit behind a number of files. */
  readonly onTrouble?: ((why: string) => void) | undefined;
}

/**
 * What the rules whose anchors were met find in the whole text, beyond our own matches. Offsets are bytes. A rule that
 * throws is told to `context.onTrouble` and costs nobody else's matches; what it says may quote the text, so nobody
 * hears it.
 */
export async function lintText(bytes: Buffer, result: ScanResult, context: LintContext): Promise<Match[]> {
  const isWide = result.encoding !== 'bytes';
  const text = isWide
    ? new TextDecoder(result.encoding === 'utf16le' ? 'utf-16le' : 'utf-16be', { ignoreBOM: true }).decode(bytes)
    : bytes.toString('utf8');
  // secretlint drops a byte order mark and counts from behind it.
  const mark = text.startsWith('\ufeff') ? 1 : 0;
  const messages = await lintAll(text.slice(mark), result, context);
  const utf8 = isWide ? Buffer.from(text, 'utf8') : bytes;
  const matches: Match[] = [];
  const whole = result.found.map(({ matchStart, matchEnd }) => ({ start: matchStart, end: matchEnd }));
  const taken: { readonly start: number; readonly end: number }[] = [...result.found, ...whole, ...result.refused];
  const cursor = new Cursor();
  cursor.at = mark * 3;
  for (const { ruleId, isOwn, range: raw } of messages.sort((a, b) => a.range[0] - b.range[0])) {
    const range = [raw[0] + mark, raw[1] + mark] as const;
    const name = ruleId.startsWith(PREFIX) ? ruleId.slice(PREFIX.length) : ruleId;
    const about = RULES[name] ?? (isOwn ? { provider: 'custom', type: 'secret' } : undefined);
    const secret = text.slice(range[0], range[1]);
    if (about === undefined || secret === '' || context.isPlaceholder(secret, false)) continue;
    const at = { start: byteOffset(text, range[0]), end: byteOffset(text, range[1]) };
    const place = isWide ? { start: range[0] * 2, end: range[1] * 2 } : at;
    if (
      (!isOwn && !isAnchored(result.lints, name, place)) ||
      taken.some((other) => place.start < other.end && other.start < place.end)
    )
      continue;
    taken.push(place);
    if (at.start > cursor.at) cursor.advance(utf8, at.start);
    const end = cursor.clone();
    end.advance(utf8, at.end);
    const print = fingerprint(secret, context.key);
    matches.push({
      detector: `secretlint/${name}`,
      provider: about.provider,
      type: about.type,
      secret: new Secret(secret),
      credential: secretCredentialId(print),
      fingerprint: print,
      masked: mask(secret),
      confidence: 'medium',
      ...place,
      line: cursor.line,
      column: cursor.column,
      endLine: end.line,
      endColumn: end.column,
    });
  }
  return matches;
}

type LintConfig = Parameters<typeof lintSource>[0]['options']['config'];

/** Only what an anchor led to: the rule saw the whole text, and with it what its shape would have refused. */
function isAnchored(lints: readonly LintHit[], name: string, place: { readonly start: number; readonly end: number }): boolean {
  // The aws rule reports the value behind its name.
  const reach = name === 'aws' ? 80 : 0;
  return lints.some((lint) => lint.name === name && lint.at >= place.start - reach && lint.at < place.end);
}

interface Told {
  readonly ruleId: string;
  readonly range: readonly [number, number];
  readonly isOwn: boolean;
}

/** The user's rules run one by one: any of them may throw. */
async function lintAll(content: string, result: ScanResult, { own = [], onTrouble }: LintContext): Promise<Told[]> {
  const told: Told[] = [];
  const names = new Set(result.lints.map(({ name }) => name).filter((name) => name !== ANY_TEXT));
  const shipped = names.size === 0 ? [] : [{ of: "secretlint's rules", config: () => configFor(names), isOwn: false }];
  const named = own.map((lint) => ({ of: `the secretlint rule ${lint.id}`, config: () => ownConfig(lint), isOwn: true }));
  for (const { of, config, isOwn } of [...shipped, ...named]) {
    try {
      for (const { ruleId, range } of await run(content, await config())) told.push({ ruleId, range, isOwn });
    } catch {
      onTrouble?.(`not seen by ${of}, which failed`);
    }
  }
  return told;
}

async function run(content: string, config: LintConfig) {
  const core = await import('@secretlint/core');
  const { messages } = await core.lintSource({
    source: { filePath: 'text.txt', content, ext: '.txt', contentType: 'text' },
    options: { config, noPhysicFilePath: true },
  });
  return messages;
}

const configs = new Map<string, LintConfig>();

/** Each rule by itself: a preset runs all of its rules, even those its configuration disables. */
async function configFor(lints: ReadonlySet<string>): Promise<LintConfig> {
  const wanted = [...lints].sort().join(',');
  const known = configs.get(wanted);
  if (known !== undefined) return known;
  const { rules } = await import('@secretlint/secretlint-rule-preset-recommend');
  const chosen = rules.filter((rule) => lints.has(rule.meta.id.slice(PREFIX.length)));
  const config: LintConfig = { rules: chosen.map((rule) => ({ id: rule.meta.id, rule })) };
  configs.set(wanted, config);
  return config;
}

const loaded = new Map<string, Promise<LintConfig>>();

/** The user's rules are programs: each loads in the thread that runs it, once. */
function ownConfig(lint: UserLint): Promise<LintConfig> {
  const key = JSON.stringify([lint.file, lint.digest, lint.options]);
  const config = loaded.get(key) ?? load(lint);
  loaded.set(key, config);
  return config;
}

async function load(lint: UserLint): Promise<LintConfig> {
  const { loadLintRule } = await import('./secretlint-rules.ts');
  const rule = (await loadLintRule(lint)) as { readonly meta: { readonly id: string } };
  return { rules: [{ id: rule.meta.id, rule, options: lint.options ?? {} }] } as unknown as LintConfig;
}

function byteOffset(text: string, units: number): number {
  return Buffer.byteLength(text.slice(0, units), 'utf8');
}
