import type { Run } from './view.ts';

/** Ways to write one character as several. */
export type Spelling = 'escapes' | 'entities' | 'percent';

/** Printable ASCII, and what ends lines. */
const CODE = '(0[9ad]|[2-7][0-9a-f])';
const ESCAPE = new RegExp(
  String.raw`\\{1,4}\/|\\{1,4}(?:u00${CODE}|U000000${CODE}|[ux]\{0{0,6}${CODE}\}|[ux]\{(a)\}|x${CODE}|([01][0-7]{2}))`,
  'gi',
);
const ENTITY = new RegExp(String.raw`&(?:#x0{0,4}([ad]|${CODE.slice(1)};|#0{0,4}(\d{2,3});|([a-z]{2,6});)`, 'gi');
const PERCENT = new RegExp(`%(?:25)*${CODE}`, 'gi');

const NAMED: { readonly [name: string]: string } = {
  amp: '&',
  quot: '"',
  apos: "'",
  lt: '<',
  gt: '>',
  lowbar: '_',
  hyphen: '-',
  dash: '-',
  plus: '+',
  sol: '/',
  equals: '=',
  colon: ':',
  commat: '@',
  period: '.',
};

/** All characters of `[start, end)` that are written otherwise. */
export function respelled(bytes: Buffer, start: number, end: number, spelling: Spelling): Run[] {
  const text = bytes.toString('latin1', start, end);
  const runs: Run[] = [];
  for (const match of text.matchAll(spelling === 'escapes' ? ESCAPE : spelling === 'entities' ? ENTITY : PERCENT)) {
    const code = spelling === 'escapes' ? escaped(match) : spelling === 'entities' ? entity(match) : hex(match[1]);
    if (code === undefined || code > 126 || (code < 32 && code !== 9 && code !== 10 && code !== 13)) continue;
    const at = start + match.index;
    runs.push({
      start: at,
      end: at + match[0].length,
      bytes: CHARACTERS[code] as Buffer,
      how: HOW[spelling],
      // The same text, in another spelling: judged as any other. Form data (`password%3D…`) is no more of a text than a guess needs.
      isStructured: spelling === 'escapes',
    });
  }
  return runs;
}

function escaped(match: RegExpExecArray): number | undefined {
  const digits = match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5];
  if (digits !== undefined) return hex(digits);
  return match[6] === undefined ? SLASH : Number.parseInt(match[6], 8);
}

function entity(match: RegExpExecArray): number | undefined {
  if (match[1] !== undefined) return hex(match[1]);
  if (match[2] !== undefined) return Number(match[2]);
  return NAMED[(match[3] ?? '').toLowerCase()]?.charCodeAt(0);
}

function hex(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

const SLASH = 47;
/** Texts may be spelled so throughout: what their characters have in common is made once. */
const CHARACTERS = Array.from({ length: 127 }, (_, code) => Buffer.from([code]));
const HOW: { readonly [spelling in Spelling]: readonly string[] } = {
  escapes: ['escapes'],
  entities: ['entities'],
  percent: ['percent'],
};

/**
 * Between two pieces of one string: `" + "`, `' . '`, `" .. "`, `" & "`, two literals side by side (Python, C, Go), with a line end
 * between them or not; the parts of a template; and lines that go on after a backslash.
 */
const PIECES = String.raw`["'\x60]\s{0,80}(?:(?:\+|\.\.?|&|\|\||<>|\\)\s{0,80})?[fFrRbBuUL@$]{0,2}["'\x60]`;
const TEMPLATE = String.raw`\$\{\s{0,8}["'\x60]|["'\x60](?=\s{0,8}\})(?<=\$\{\s{0,8}["'\x60][\w\-./+=]{0,200}["'\x60])\s{0,8}\}`;
const CONTINUED = String.raw`\\\r?\n[ \t]*`;
const ITEMS = String.raw`["'\x60]\s{0,80},\s{0,80}["'\x60]`;

const JOINT = new RegExp(`${CONTINUED}|${TEMPLATE}|${PIECES}`, 'g');
const JOINT_OR_COMMA = new RegExp(`${JOINT.source}|${ITEMS}`, 'g');
const JOINS = /\bjoin\b|\bconcat\b|\bimplode\b/i;

/** The joints in `[start, end)`. */
export function joints(bytes: Buffer, start: number, end: number): Run[] {
  const text = bytes.toString('latin1', start, end);
  return [...text.matchAll(JOINS.test(text) ? JOINT_OR_COMMA : JOINT)].map((match) => ({
    start: start + match.index,
    end: start + match.index + match[0].length,
    bytes: EMPTY,
    how: match[0].startsWith('\\') ? CONTINUATION : CONCATENATION,
    isStructured: false,
  }));
}

/** Where the joint that begins at `at` ends; 0 when none does. */
export function jointEnd(bytes: Buffer, at: number): number {
  if (!mayJoin(bytes, at)) return 0;
  const text = bytes.toString('latin1', at, Math.min(bytes.length, at + 200));
  JOINT_HERE.lastIndex = 0;
  return JOINT_HERE.test(text) ? at + JOINT_HERE.lastIndex : 0;
}

/** Most quotes end a string for good: told by the byte that stands next. */
function mayJoin(bytes: Buffer, at: number): boolean {
  const byte = bytes[at];
  if (byte !== 0x22 && byte !== 0x27 && byte !== 0x60) return true;
  const limit = Math.min(bytes.length, at + 82);
  let next = at + 1;
  while (next < limit && (BETWEEN[bytes[next] as number] as number) === SPACE_BYTE) next++;
  return next < limit && BETWEEN[bytes[next] as number] === JOIN_BYTE;
}

const SPACE_BYTE = 1;
const JOIN_BYTE = 2;
const BETWEEN = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (/\s/.test(character)) return SPACE_BYTE;
  return /["'\x60}+.&|<\\,fFrRbBuUL@$]/.test(character) ? JOIN_BYTE : 0;
});

const JOINT_HERE = new RegExp(String.raw`${CONTINUED}|\$\{\s{0,8}["'\x60]|["'\x60]\s{0,8}\}|${PIECES}|${ITEMS}`, 'y');
const EMPTY = Buffer.alloc(0);
const CONTINUATION = ['continuation'];
const CONCATENATION = ['concatenation'];
