import type { JsonObject } from '../contracts/observation.ts';

/**
 * Comments in a configuration that ask not to report what a check finds there: ours (`# nhi-audit: ignore[rule-id] reason`,
 * in any comment syntax), zizmor's and checkov's. They are kept with the coverage of their file, so that a report made
 * later, or from an incremental scan, knows them too.
 */
export interface RuleComment {
  readonly tool: 'nhi-audit' | 'zizmor' | 'checkov';
  readonly rules: readonly string[];
  /** Absent where none is given: ours are then not honoured. */
  readonly reason?: string;
  /** As written, without the comment signs. */
  readonly entry: string;
  /** 1-based line of the comment. */
  readonly line: number;
  /** 1-based lines it speaks for, both included. */
  readonly from: number;
  readonly to: number;
  /** Ours, at the line that begins a block (a job, a resource): its last line. No credential that lies in it is meant. */
  readonly blockTo?: number;
}

const OWN = /nhi-audit: ?ignore\[(?<rules>[\w, -]{1,500})\][ \t:]*(?<reason>[^\r\n]*)/;
/** https://docs.zizmor.sh/usage/#with-comments */
const ZIZMOR = /#[ \t]*zizmor: ignore\[(?<rules>[\w, -]{1,500})\][ \t]*(?<reason>[^\r\n]*)/;
/** https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html */
const CHECKOV = /(?:#|\/\/)[ \t]*checkov:skip=(?<rules>[\w,]{1,500})(?::[ \t]*(?<reason>[^\r\n]*))?/;
const CHECKOV_ANNOTATION = /checkov\.io\/skip\d+:[ \t]*["']?(?<rules>\w{1,100})=(?<reason>[^"'\r\n]*)/;

const MARKERS = ['nhi-audit:', 'zizmor: ignore[', 'checkov'];
/** More comments than this in one file are not written by people. */
const MAX_COMMENTS = 500;
const MAX_REASON = 300;
const MAX_BYTES = 8 * 1024 * 1024;

/** Is it worth looking? Cheap, on the raw bytes. */
export function mayHoldRuleComments(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_BYTES) return false;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return MARKERS.some((marker) => buffer.includes(marker));
}

export function ruleCommentsIn(text: string): RuleComment[] {
  const lines = text.split('\n');
  const found: RuleComment[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.length > 20_000 || !MARKERS.some((marker) => line.includes(marker))) continue;
    for (const [tool, pattern, span] of [
      ['nhi-audit', OWN, ownSpan],
      ['zizmor', ZIZMOR, sameLine],
      ['checkov', CHECKOV, blockSpan],
      ['checkov', CHECKOV_ANNOTATION, documentSpan],
    ] as const) {
      const match = pattern.exec(line);
      if (match?.groups === undefined) continue;
      const rules = (match.groups.rules ?? '').split(',').flatMap((rule) => rule.trim() || []);
      const reason = withoutEnd(match.groups.reason ?? '');
      const [from, to] = span(lines, index, match.index);
      found.push({
        tool,
        rules,
        ...(reason === '' ? {} : { reason }),
        entry: `${tool === 'checkov' ? 'checkov:skip=' : `${tool}: ignore[`}${rules.join(', ')}${tool === 'checkov' ? '' : ']'}`,
        line: index + 1,
        from: from + 1,
        to: to + 1,
        ...(tool === 'nhi-audit' ? blockOf(lines, to, to === index ? match.index : undefined) : {}),
      });
      if (found.length >= MAX_COMMENTS) return found;
    }
  }
  return found;
}

/** For the detail of a coverage row. */
export function ruleCommentsDetail(comments: readonly RuleComment[]): JsonObject {
  return { ruleComments: comments.map((comment) => ({ ...comment })) };
}

/** The line it stands on; standing alone, also the next line that is no comment. */
function ownSpan(lines: readonly string[], index: number, column: number): readonly [number, number] {
  const before = (lines[index] ?? '').slice(0, column);
  if (!/^\s*(?:#|\/\/|--|\/?\*+|<!--|;|%)*\s*$/.test(before)) return [index, index];
  let next = index + 1;
  while (next < lines.length && next < index + 20 && isIdle(lines[next] ?? '')) next += 1;
  return [index, next];
}

/** `deploy:  # …` of YAML, `resource "a" "b" { # …` of HCL: what is indented below. */
function blockOf(lines: readonly string[], index: number, column: number | undefined): { readonly blockTo?: number } {
  const head = (lines[index] ?? '').slice(0, column).replace(/\s(?:#|\/\/|\/\*).*$/, '');
  if (!/[:{]\s*(?:#|\/\/|\/\*)?\s*$/.test(head) || /^\s*(?:#|\/\/)/.test(head)) return {};
  let to = index;
  for (let next = index + 1; next < lines.length; next += 1) {
    const line = lines[next] ?? '';
    if (isBlank(line)) continue;
    if (indentOf(line) <= indentOf(head)) break;
    to = next;
  }
  return to === index ? {} : { blockTo: to + 1 };
}

function isIdle(line: string): boolean {
  return /^\s*(?:$|#|\/\/|--\s|<!--|-->|\*|\/\*)/.test(line);
}

function sameLine(_: readonly string[], index: number): readonly [number, number] {
  return [index, index];
}

/** checkov's comment stands in the block it is about: from the line above that is less indented to the end of that block. */
function blockSpan(lines: readonly string[], index: number): readonly [number, number] {
  const own = indentOf(lines[index] ?? '');
  // At the margin it speaks for the file, as in a Dockerfile.
  if (own === 0) return [0, lines.length - 1];
  let from = index;
  while (from > 0 && (isBlank(lines[from] ?? '') || indentOf(lines[from] ?? '') >= own)) from -= 1;
  const head = indentOf(lines[from] ?? '');
  let to = index;
  while (to + 1 < lines.length && (isBlank(lines[to + 1] ?? '') || indentOf(lines[to + 1] ?? '') > head)) to += 1;
  return [from, to];
}

/** An annotation speaks for its resource: the YAML document. */
function documentSpan(lines: readonly string[], index: number): readonly [number, number] {
  let from = index;
  while (from > 0 && !isSeparator(lines[from - 1] ?? '')) from -= 1;
  let to = index;
  while (to + 1 < lines.length && !isSeparator(lines[to + 1] ?? '')) to += 1;
  return [from, to];
}

function isSeparator(line: string): boolean {
  return /^---(?:\s|$)/.test(line);
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}

function indentOf(line: string): number {
  return /^\s*/.exec(line)?.[0].length ?? 0;
}

function withoutEnd(reason: string): string {
  return reason
    .replace(/(?:\*\/|-->)\s*$/, '')
    .trim()
    .slice(0, MAX_REASON);
}
