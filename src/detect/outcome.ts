import type { BulkItem, BulkMatch, Match } from '../contracts/scanner.ts';
import { megabytes } from '../util/bytes.ts';
import type { Engine } from './engine.ts';
import type { ScanResult } from './file-scan.ts';

/** What became of one file or blob: a `BulkItem` whose key the receiver knows. */
export type ItemOutcome = Omit<BulkItem, 'key'>;

/** Longer contents are read in overlapping pieces of about this size. */
export const PIECE = 8 * 1024 * 1024;

export const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;

/** A fresh look each time: the state of a signal changes while others work. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

export function withoutSecret(match: Match): BulkMatch {
  const { secret: _, ...rest } = match;
  return rest;
}

export function failed(why: string, bytes = 0): ItemOutcome {
  return { outcome: 'failed', why, bytes, matches: [] };
}

export function skipped(why: string): ItemOutcome {
  return { outcome: 'skipped', why, bytes: 0, matches: [] };
}

/** Nothing is to be told but that it was read. */
export function isClean({ found, dropped, lints, imported, isHiddenCut, exhausted = [] }: ScanResult): boolean {
  if (exhausted.length > 0) return false;
  if (imported !== undefined && imported.found.length + imported.dropped + imported.trouble.length > 0) return false;
  return found.length === 0 && dropped === 0 && lints.length === 0 && !isHiddenCut;
}

/** What came of a scan. `whole` is the content when all of it is at hand: secretlint's rules need it so. */
export async function conclude(
  engine: Engine,
  result: ScanResult,
  bytes: number,
  whole?: Buffer,
  cut?: string,
): Promise<ItemOutcome> {
  const own = engine.matches(result);
  const unlinted: string[] = [];
  const linted = result.lints.length === 0 ? [] : await engine.lint(whole, result, (why) => unlinted.push(why));
  const matches = [...own, ...linted].map((match): BulkMatch => (engine.keepsSecret(match) ? match : withoutSecret(match)));
  const why = [cut, ...shortfalls(result), ...unlinted].filter((reason) => reason !== undefined).join('; ');
  if (why === '') return { outcome: 'read', bytes, matches };
  // Imported rules are ended, or switched off, for the time they take.
  const isTransient = (result.imported?.trouble.length ?? 0) > 0;
  return { outcome: 'partial', why, bytes, matches, ...(isTransient ? { isTransient } : {}) };
}

/** What a scan left out, and why. */
export function shortfalls(result: ScanResult): readonly string[] {
  const all = [tooMany(result), undecoded(result), exhaustion(result), ...(result.imported?.trouble ?? [])];
  return all.filter((reason) => reason !== undefined);
}

function tooMany(result: ScanResult): string | undefined {
  const dropped = result.dropped + (result.imported?.dropped ?? 0);
  return dropped === 0 ? undefined : `${dropped} further places of detectors that hit very often were left out`;
}

function exhaustion({ exhausted = [] }: ScanResult): string | undefined {
  if (exhausted.length === 0) return undefined;
  return `not all was searched for ${exhausted.join(', ')}: there is too much that looks like it`;
}

function undecoded({ isHiddenCut }: ScanResult): string | undefined {
  return isHiddenCut ? 'not all that is encoded was decoded' : undefined;
}

export function cutWhy(size: number, max: number): string {
  return `only the first ${megabytes(max)} of ${megabytes(size)} were searched`;
}
