import type { BulkMatch } from '../contracts/scanner.ts';
import { archiveKind } from '../files/archive/kind.ts';
import type { Member } from '../files/archive/members.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits, LimitReached, Meter, TimeReached } from '../files/archive/meter.ts';
import { type ByteSource, bytesSource } from '../files/archive/source.ts';
import { megabytes } from '../util/bytes.ts';
import type { Engine } from './engine.ts';
import { conclude, type ItemOutcome } from './outcome.ts';

/** What came of the members of one archive. */
export interface ArchiveOutcome {
  readonly matches: readonly BulkMatch[];
  readonly read: number;
  readonly skipped: number;
  /** Why not all was read; fits behind "archive". */
  readonly why?: string;
  /** What was left out was for want of time. */
  readonly isTransient?: boolean;
}

export interface ArchiveOptions {
  readonly limits?: ArchiveLimits;
  readonly signal?: AbortSignal | undefined;
}

/** Searched piece by piece, whatever its length: far more than two overlaps. */
const SLAB = 1024 * 1024;
/** An archive that holds more has told enough. */
const MAX_MATCHES = 20_000;

/** Does it begin as an archive does? Cheap. */
export function isArchive(head: Uint8Array): boolean {
  return archiveKind(head) !== undefined;
}

/** Searches the files in an archive, and in the archives within it. Never throws for what the archive is. */
export function searchArchive(engine: Engine, source: ByteSource, options: ArchiveOptions = {}): Promise<ArchiveOutcome> {
  const turn = (turns.get(engine) ?? Promise.resolve()).then(() => search(engine, source, options));
  turns.set(
    engine,
    turn.catch(() => undefined),
  );
  return turn;
}

/** One after another: each may hold much. */
const turns = new WeakMap<Engine, Promise<unknown>>();

async function search(
  engine: Engine,
  source: ByteSource,
  { limits = ARCHIVE_LIMITS, signal }: ArchiveOptions,
): Promise<ArchiveOutcome> {
  // Most runs meet no archive: what opens them is loaded for the first.
  const { gapOf, readMembers } = await import('../files/archive/members.ts');
  const matches: BulkMatch[] = [];
  const gaps = new Map<string, number>();
  let [read, skipped, dropped] = [0, 0, 0];
  let end: string | undefined;
  let isTransient = false;
  function miss(why: string): void {
    skipped++;
    gaps.set(why, (gaps.get(why) ?? 0) + 1);
  }
  const slab = slabOf(engine);
  try {
    for await (const item of readMembers(source, new Meter(limits, source.size, signal))) {
      if (item.kind === 'gap') {
        if (item.path === '') end = `is ${item.why}`;
        else miss(item.why);
        continue;
      }
      const found = await searchMember(engine, item, slab, gapOf);
      isTransient ||= found.isTransient === true;
      for (const match of found.matches) {
        if (matches.length >= MAX_MATCHES) dropped++;
        else matches.push(toMember(match, item));
      }
      if (found.why === undefined) read++;
      else miss(found.why);
    }
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    end = `was left: ${error.message}`;
    isTransient ||= error instanceof TimeReached;
  }
  const why = [
    ...(end === undefined ? [] : [end]),
    ...[...gaps].map(([reason, count]) =>
      count === 1 ? `has a member that is ${reason}` : `has ${count} members that are ${reason}`,
    ),
    ...(dropped === 0 ? [] : [`has ${dropped} further matches that were left out`]),
  ].join('; ');
  return { matches, read, skipped, ...(why === '' ? {} : { why: `archive ${why}` }), ...(isTransient ? { isTransient } : {}) };
}

/** What is told of a file that is an archive: of the file as it stands, and of what is in it. */
export function withMembers(outcome: ItemOutcome, archive: ArchiveOutcome): ItemOutcome {
  // What is stored unpacked shows in the file as it stands, too; the member says more.
  const known = new Set(archive.matches.map(({ detector, fingerprint }) => `${detector} ${fingerprint}`));
  const own = outcome.matches.filter(({ detector, fingerprint }) => !known.has(`${detector} ${fingerprint}`));
  const why = [outcome.why, archive.why].filter((reason) => reason !== undefined).join('; ');
  return {
    ...outcome,
    ...(why === '' || outcome.outcome === 'failed' ? {} : { outcome: 'partial', why }),
    matches: [...own, ...archive.matches],
    members: { read: archive.read, skipped: archive.skipped },
    ...(archive.isTransient === true ? { isTransient: true } : {}),
  };
}

function toMember(match: BulkMatch, { path, within }: Member): BulkMatch {
  return { ...match, member: path, hidden: [...within, ...(match.hidden ?? [])] };
}

async function searchMember(
  engine: Engine,
  member: Member,
  slab: Buffer,
  gapOf: (error: unknown) => string,
): Promise<Pick<ItemOutcome, 'matches' | 'why' | 'isTransient'>> {
  const scan = engine.open({ path: member.path.slice(member.path.lastIndexOf('!') + 1) });
  let [fill, total] = [0, 0];
  let broken: string | undefined;
  try {
    for await (const chunk of member.content) {
      for (let at = 0; at < chunk.length; ) {
        if (fill === slab.length) {
          const drop = scan.feed(slab, false);
          slab.copyWithin(0, drop, fill);
          fill -= drop;
        }
        const count = chunk.copy(slab, fill, at);
        at += count;
        fill += count;
        total += count;
      }
    }
  } catch (error) {
    // What came of it before is searched all the same.
    broken = gapOf(error);
  }
  const view = slab.subarray(0, fill);
  scan.feed(view, true);
  const { matches, why, isTransient = false } = await conclude(engine, scan.finish(), total, total === fill ? view : undefined);
  const reason = broken ?? (why === undefined ? undefined : `read in part (${why})`);
  return { matches, ...(reason === undefined ? {} : { why: reason }), ...(isTransient ? { isTransient } : {}) };
}

const slabs = new WeakMap<Engine, Buffer>();

function slabOf(engine: Engine): Buffer {
  const slab = slabs.get(engine) ?? engine.slab(SLAB);
  slabs.set(engine, slab);
  return slab;
}

/** A long archive that comes in pieces: held until it is whole, unless it is too long for that. */
export class ArchiveParts {
  readonly #parts: Buffer[] = [];
  readonly #isTooLong: boolean;

  constructor(size: number) {
    this.#isTooLong = size > ARCHIVE_LIMITS.held;
  }

  add(part: Buffer): void {
    if (!this.#isTooLong) this.#parts.push(Buffer.from(part));
  }

  async search(engine: Engine, outcome: ItemOutcome): Promise<ItemOutcome> {
    if (this.#isTooLong) {
      const why = `archive of more than ${megabytes(ARCHIVE_LIMITS.held)}: its members were not read`;
      return withMembers(outcome, { matches: [], read: 0, skipped: 0, why });
    }
    return withMembers(outcome, await searchArchive(engine, bytesSource(Buffer.concat(this.#parts))));
  }
}
