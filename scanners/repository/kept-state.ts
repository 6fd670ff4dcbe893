import { z } from 'zod';
import type { BulkItem, BulkMatch, SightingObservation } from '../../src/contracts/index.ts';
import { TRACE_KINDS, type TraceKind } from '../../src/files/trace-state.ts';
import { type DetectInName, maskNames } from '../../src/util/mask-names.ts';

/** Raised when the same bytes would be read otherwise: what another version kept is left alone. */
export const FORMAT = 3;

const Hex = z.string().regex(/^[0-9a-f]*$/);
const Count = z.number().nonnegative();

/** Files in an archive that were read, and that were not. */
export const Members = z.tuple([Count, Count]).nullable();

export function toMembers({ members }: Pick<BulkItem, 'members'>): z.infer<typeof Members> {
  return members === undefined ? null : [members.read, members.skipped];
}

export function fromMembers(row: z.infer<typeof Members>): Pick<BulkItem, 'members'> {
  return row === null ? {} : { members: { read: row[0], skipped: row[1] } };
}

const TEXTS = ['detector', 'provider', 'type', 'credential', 'fingerprint', 'masked', 'confidence'] as const;
const NUMBERS = ['start', 'end', 'line', 'column', 'endLine', 'endColumn'] as const;

/** Written by this program from the same type: looked at is whether it is whole. By hand, for there are thousands. */
export function isMatches(value: unknown): value is readonly BulkMatch[] {
  return (
    Array.isArray(value) &&
    value.every(
      (match) =>
        typeof match === 'object' &&
        match !== null &&
        TEXTS.every((key) => typeof match[key] === 'string') &&
        NUMBERS.every((key) => typeof match[key] === 'number'),
    )
  );
}

/** A run that asks providers holds the secrets in its matches: none may be kept, nor one in the name of an archive's member. */
export function withoutSecrets(matches: readonly BulkMatch[], detect: DetectInName): readonly BulkMatch[] {
  return matches.map(({ secret: _, ...match }) =>
    match.member === undefined ? match : { ...match, member: maskNames(match.member, detect) },
  );
}

export type HitRow = readonly [id: string, matches: readonly BulkMatch[]];
type PlaceRow = readonly [commit: string, order: number, path: string, author: string, date: string];
type TraceRow = readonly [id: string, kind: TraceKind, places: readonly PlaceRow[]];

function isRow(value: unknown, ...types: readonly string[]): value is readonly unknown[] {
  return Array.isArray(value) && value.length === types.length && types.every((type, index) => typeof value[index] === type);
}

function isHitRow(value: unknown): boolean {
  return isRow(value, 'string', 'object') && isMatches(value[1]);
}

function isTraceRow(value: unknown): boolean {
  if (!isRow(value, 'string', 'string', 'object')) return false;
  const [, kind, places] = value;
  if (!TRACE_KINDS.some((known) => known === kind) || !Array.isArray(places)) return false;
  return places.every((place) => isRow(place, 'string', 'number', 'string', 'string', 'string'));
}

/** A blob that a file scanner may read itself, where it lay, and what it found there; `null` where it does not read it. */
export type OwnedRow = readonly [id: string, path: string, commit: string, sightings: readonly SightingObservation[] | null];

function isOwnedRow(value: unknown): boolean {
  if (!isRow(value, 'string', 'string', 'string', 'object')) return false;
  return value[3] === null || (Array.isArray(value[3]) && value[3].every((item) => item?.kind === 'sighting'));
}

function listOf<T>(isItem: (value: unknown) => boolean) {
  return z.custom<readonly T[]>((value) => Array.isArray(value) && value.every(isItem));
}

const Ids = listOf<string>((value) => typeof value === 'string');

/** What is kept of a history, beside the table of its blobs and the ages of its commits. */
export const State = z.strictObject({
  format: z.literal(FORMAT),
  base: z.string(),
  detectors: z.record(z.string(), z.string()),
  store: z.strictObject({ packs: Ids, loose: Ids }).optional(),
  /** Names the bytes of the table of blobs; they are kept apart, for they seldom change. */
  blobs: z.strictObject({ stamp: Hex, count: Count, idBytes: z.union([z.literal(20), z.literal(32)]) }),
  pending: Ids,
  /** Of those that were not merely read in full. */
  notes: z.array(z.tuple([Hex, z.enum(['read', 'skipped', 'partial']), z.string(), Count, Members])),
  hits: listOf<HitRow>(isHitRow),
  readers: z.string(),
  owned: listOf<OwnedRow>(isOwnedRow),
  /** Blobs with hits that are as long as a database may be, and are none. */
  noDatabases: Ids,
  trace: z
    .strictObject({
      tips: Ids,
      cut: z.string(),
      logs: z.string(),
      orders: z.strictObject({ stamp: Hex, idBytes: Count }),
      blobs: listOf<TraceRow>(isTraceRow),
      absent: Ids,
    })
    .optional(),
});
export type State = z.infer<typeof State>;
