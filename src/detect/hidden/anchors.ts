import type { Anchor } from '../kernel/tables.ts';
import type { PackedDetector } from '../pack.ts';
import { analysePattern, type ByteSet, type PatternFacts } from '../pattern.ts';

/**
 * What in a text says that a value may be hidden there. All are anchors of the one automaton, so that a text without
 * them costs nothing more; each is looked at closer (`./triggers.ts`) before anything is copied.
 */
export type Trick =
  | 'escapes'
  | 'entities'
  | 'percent'
  | 'concatenation'
  | 'base64'
  | 'hex'
  /** A decoder is called, or a data URI begins: what stands beside it is encoded. */
  | 'call'
  /** A Kubernetes Secret, whose values are base64. */
  | 'kubernetes'
  /** What follows is base64 by its protocol. */
  | 'basic'
  | 'gzip'
  /** A token's beginning, whose rest may stand in another piece. */
  | 'interrupted'
  /** No anchor: a value that stands where a secret would. */
  | 'value';

export interface HiddenAnchor extends Anchor {
  readonly trick: Trick;
  /** For base64: which byte of a group of three the hidden anchor begins at. */
  readonly phase: 0 | 1 | 2;
}

const SHORTEST = 4;
/** More characters than this make an encoded anchor no rarer, but the automaton larger. */
const LONGEST_ENCODED = 5;
const LONGEST_HEX = 8;
/** So much of a token follows its beginning at the least; lines may end within. */
const BASE64_AFTER = followedBy(String.raw`[\w+/=\-\\\s]`, 8);
const HEX_AFTER = followedBy('[0-9a-f]', 12);
const WORD = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z0-9_]/.test(String.fromCharCode(byte)) ? 1 : 0));

/**
 * Anchors, and for some what must stand around them (the kernel sees to it): a character is one of several in a row, or
 * stands in a word; ranges in regexes and tables of characters are neither.
 */
const GROUPS: readonly (readonly [trick: Trick, texts: readonly string[], after?: string])[] = [
  ['escapes', [':\\/\\/', ':\\\\/\\\\/'], String.raw`(?<!\W).{0,1}`],
  // - . / : = @ _ + & are what tokens and URLs hold and encoders escape.
  ['escapes', ['2d', '2e', '2f', '3a', '3d', '40', '5f', '2b', '26'].map((hex) => `\\u00${hex}`), String.raw`(?<![^\w:])[\w\\:]`],
  ['escapes', ['\\x2d', '\\x5f'], String.raw`(?<!\W)\w`],
  ['escapes', ['\\u003', '\\u004', '\\u005', '\\u006', '\\u007'], String.raw`[0-9a-f]\\+u00[2-7][0-9a-f]\\+u00`],
  [
    'escapes',
    ['\\u{3', '\\u{4', '\\u{5', '\\u{6', '\\u{7', '\\x{3', '\\x{4', '\\x{5', '\\x{6', '\\x{7'],
    String.raw`[0-9a-f]\}\\`,
  ],
  ['escapes', ['\\x3', '\\x4', '\\x5', '\\x6', '\\x7'], String.raw`[0-9a-f]\\+x[2-7][0-9a-f]\\+x`],
  [
    'escapes',
    ['\\10', '\\11', '\\12', '\\13', '\\14', '\\15', '\\16', '\\17', '\\06', '\\07'],
    String.raw`[0-7]\\[01][0-7][0-7]\\[01]`,
  ],
  ['escapes', ['\\055\\055']],
  ['entities', ['&#x3', '&#x4', '&#x5', '&#x6', '&#x7', '&#x003', '&#x004', '&#x005', '&#x006', '&#x007'], '[0-9a-f];&#x'],
  ['entities', ['&#4', '&#5', '&#6', '&#7', '&#8', '&#9', '&#10', '&#11', '&#12'], String.raw`\d;&#\d`],
  [
    'entities',
    ['&#x2d;', '&#x5f;', '&#x2f;', '&#x2b;', '&#x3d;', '&#45;', '&#95;', '&#47;', '&#43;', '&#61;'],
    String.raw`(?<!\W)\w`,
  ],
  ['entities', ['&lowbar;', '&hyphen;', '&equals;', '&plus;', '&sol;'], String.raw`(?<!\W)\w`],
  ['percent', ['%3a%2f%2f', '%2d', '%5f', '%2b', '%2f', '%3d'], String.raw`(?<!\W)[\w%]`],
  ['percent', ['%4', '%5', '%6', '%7'], '[0-9a-f]%[2-7][0-9a-f]%[2-7]'],
  ['percent', ['%3'], '[0-9]%3[0-9]%3'],
  ['percent', ['%25%3'], '[0-9]%[23]'],
  ['percent', ['%254', '%255', '%256', '%257'], '[0-9a-f]%25[2-7][0-9a-f]%25'],
  [
    'concatenation',
    [
      '"+"',
      "'+'",
      '" + "',
      "' + '",
      "'.'",
      "' . '",
      '" . "',
      '".."',
      '" .. "',
      "' .. '",
      '" & "',
      "' & '",
      '" || "',
      "' || '",
      '"."',
      '" "',
      "' '",
      '""',
      "''",
    ],
    String.raw`(?<![^\w\-])[\w\-]`,
  ],
  [
    'concatenation',
    ['"\'', '\'"', '" \\\n', "' \\\n", '" +\n', "' +\n", '"+\n', "'+\n", '" .\n', "' .\n", '\\\n', '\\\r\n', '${"', "${'"],
    String.raw`(?<![^\w\-])[\s\w\-"\x27+.&]`,
  ],
  [
    'call',
    [
      ...['atob(', 'b64decode(', 'base64 -d', 'base64 --d', 'base64_decode(', 'frombase64string(', ", 'base64')", ', "base64")'],
      ...[
        'base64.decode',
        'decode64(',
        'decodestring(',
        'from_base64(',
        'fromhex(',
        'unhexlify(',
        'hex2bin(',
        "'hex')",
        '"hex")',
      ],
      ...[
        'hex.decode',
        ';base64,',
        'encodedcommand',
        'xxd -r',
        'base64decode(',
        '_base64=',
        '_b64=',
        '_base64:',
        '_b64:',
        '!!binary',
      ],
    ],
  ],
  ['kubernetes', ['kind: Secret', 'kind: "Secret"', '"kind":"Secret"', '"kind": "Secret"']],
  [
    'basic',
    [
      'authorization: basic ',
      'authorization": "basic ',
      "authorization': 'basic ",
      'authorization":"basic ',
      '"auth": "',
      '"auth":"',
    ],
  ],
];

/** gzip, and gzip in base64 in base64 as Helm keeps its releases. */
const GZIP: readonly string[] = ['H4sIA', 'SDRzSU'];

/** Words of configuration in base64: they open a value in which no rule's own anchor begins a line. */
const WORDS: readonly string[] = ['password', 'PASSWORD', 'SECRET_', '_TOKEN', 'API_KEY', 'api_key', 'apiKey', 'postgres://'];

/** The case-sensitive beginnings of tokens of a pack: the only ones rare enough to be looked for in other spellings. */
export function strongAnchors(detectors: readonly PackedDetector[]): string[] {
  const anchors = new Set<string>();
  for (const { caseSensitive, categories, keywords } of detectors) {
    if (!caseSensitive || categories.includes('generic')) continue;
    for (const keyword of keywords) {
      // Words (`curl `, `https://`, `token`) begin no token.
      if (keyword.length >= SHORTEST && /^[\w.-]+$/.test(keyword)) anchors.add(keyword);
    }
  }
  return [...anchors];
}

export function hiddenAnchors(strong: readonly string[]): HiddenAnchor[] {
  const anchors: HiddenAnchor[] = [];
  for (const [trick, texts, after] of GROUPS) {
    for (const text of texts) anchors.push({ ...around(text, after), text, trick, phase: 0, isExact: trick === 'kubernetes' });
  }
  for (const text of GZIP) anchors.push({ ...BASE64_AFTER(text), text, trick: 'gzip', phase: 0, isExact: true });
  const known = new Set<string>();
  for (const anchor of [...strong, ...WORDS]) {
    for (const phase of [0, 1, 2] as const) {
      for (const text of base64Of(anchor, phase)) {
        if (known.has(`${phase}${text}`)) continue;
        known.add(`${phase}${text}`);
        anchors.push({ ...BASE64_AFTER(text), text, trick: 'base64', phase, isExact: true });
      }
    }
    const hex = Buffer.from(anchor, 'latin1').toString('hex').slice(0, LONGEST_HEX);
    if (known.has(hex)) continue;
    known.add(hex);
    anchors.push({ ...HEX_AFTER(hex), text: hex, trick: 'hex', phase: 0 });
  }
  // Where a token begins but is broken off.
  for (const text of strong) anchors.push({ text, trick: 'interrupted', phase: 0, isExact: true, notBefore: WORD });
  return anchors;
}

const ANY: ByteSet = new Uint32Array(8).fill(0xffffffff);
const analysed = new Map<string, PatternFacts>();

/** What the kernel is to look at behind and before an anchor. */
function around(text: string, after: string | undefined): Pick<Anchor, 'first' | 'notBefore' | 'minLength'> {
  if (after === undefined) return {};
  const facts = analysed.get(after) ?? analysePattern(after, true);
  analysed.set(after, facts);
  const { first, notBefore, minLength } = facts;
  return { first: [...Array.from(text, () => ANY), ...first], notBefore, minLength: text.length + minLength };
}

/** The same for anchors of which there are many: so many bytes of a kind behind them. */
function followedBy(kind: string, count: number): (text: string) => Pick<Anchor, 'first' | 'minLength'> {
  const [any, table] = analysePattern(String.raw`[\s\S]${kind}`, true).first;
  if (any === undefined || table === undefined) return () => ({});
  return ({ length }) => ({
    first: Array.from({ length: length + count }, (_, place) => (place < length ? any : table)),
    minLength: length + count,
  });
}

/** The characters in base64 that an anchor decides alone when it begins at byte `phase` of a group of three. */
export function base64Of(anchor: string, phase: 0 | 1 | 2): string[] {
  const bytes = Buffer.concat([Buffer.alloc(phase), Buffer.from(anchor, 'latin1')]);
  const whole = Math.floor((bytes.length * 8) / 6);
  const text = bytes.toString('base64').slice(SKIPPED[phase], whole).slice(0, LONGEST_ENCODED);
  if (text.length < SHORTEST) return [];
  const urlSafe = text.replaceAll('+', '-').replaceAll('/', '_');
  return text === urlSafe ? [text] : [text, urlSafe];
}

/** Characters at the front of a group that hold bits of what stands before. */
export const SKIPPED = [0, 2, 3] as const;
