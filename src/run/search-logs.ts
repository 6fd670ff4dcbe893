import type {
  BulkItem,
  BulkMatch,
  CoverageObservation,
  CrawlContext,
  Location,
  ScanContext,
  SightingObservation,
} from '../contracts/index.ts';
import { sha256OfFile, unpackedSize } from '../logs/save.ts';
import type { Unit } from '../store/index.ts';
import type { LogFile } from '../store/log-file.ts';
import { megabytes } from '../util/bytes.ts';
import { sha256 } from '../util/digest.ts';
import { environmentOf } from '../util/environment.ts';
import type { Part } from './sink.ts';
import type { TargetWork } from './targets.ts';

/**
 * Bytes (unpacked) of logs that one run searches. Events of CloudTrail are full of what keys stand beside, and take 14 ns a byte:
 * this much 15 s of one processor, where reading the same events as a log takes 7.
 */
export const MOST_SEARCHED = 1024 * 1024 * 1024;

export interface LogSearch {
  readonly sink: TargetWork['sink'];
  readonly base: ScanContext & Pick<CrawlContext, 'progress'>;
  readonly bulk: TargetWork['bulk'];
  readonly rulesDigest: string;
  readonly runId: string;
  /** What is read of one file. */
  readonly maxFileBytes: number;
  readonly most?: number;
}

interface Wanted {
  readonly file: LogFile;
  readonly unit: Unit;
}

/** Sessions are told of as such; any other log is a file like others. */
interface Place {
  readonly surface: 'gateway' | 'work-tree';
  readonly place: SightingObservation['place'];
}

interface Tally {
  seen: number;
  read: number;
  left: number;
  leftBytes: number;
  failed: number;
  bytes: number;
  readonly why: Set<string>;
  readonly target: string;
  readonly place: Place;
}

/**
 * Searches logs for credentials, as every other file is: what somebody typed in a session, or gave a service as a parameter. What
 * an earlier run of the store searched, or left, is not searched again while it is the same.
 */
export async function searchLogs(files: readonly LogFile[], search: LogSearch): Promise<void> {
  const tallies = new Map<string, Tally>();
  const wanted = await chooseFiles(files, search, tallies);
  const { signal, progress } = search.base;
  progress.phase('Searching logs', wanted.size);
  try {
    for await (const item of search.bulk.files('', wanted.keys())) {
      signal.throwIfAborted();
      progress.advance(1, item.bytes);
      const one = wanted.get(item.key);
      if (one === undefined) continue;
      note(item, one.file, tallyOf(tallies, one.file));
      // What could not be read is tried again.
      const content = item.outcome === 'failed' ? `${one.unit.content} ${search.runId}` : one.unit.content;
      const part = await search.sink.part({ ...one.unit, content });
      await addMatches(item, one.file, part, search.base);
      // Kept with the file: a run that finds it known says so, too.
      if (item.outcome === 'partial') await part.add(cutRow(item, one.file));
    }
  } finally {
    progress.end();
  }
  for (const tally of tallies.values()) await tell(tally, search);
}

/** What is searched in this run, by its path; what people typed comes first, and what is newest. */
async function chooseFiles(
  files: readonly LogFile[],
  { sink, base, rulesDigest, maxFileBytes, most = MOST_SEARCHED }: LogSearch,
  tallies: Map<string, Tally>,
): Promise<ReadonlyMap<string, Wanted>> {
  const wanted = new Map<string, Wanted>();
  let bytes = 0;
  for (const file of files.toSorted((a, b) => rank(a) - rank(b) || (a.path < b.path ? 1 : -1))) {
    const tally = tallyOf(tallies, file);
    tally.seen++;
    let [digest, size] = ['', file.size];
    try {
      digest = await sha256OfFile(file.file, base.signal);
      size = unpackedSize(file.file, file.size);
    } catch {
      base.signal.throwIfAborted();
      // Why it cannot be read is told where it is read as a log.
      tally.failed++;
      continue;
    }
    const unit = { scanner: 'log-search', version: 1, target: file.target, unit: file.path };
    const searched = { ...unit, content: sha256([digest, rulesDigest].join('\n')) };
    const left = { ...unit, content: sha256([digest, rulesDigest, 'left'].join('\n')) };
    if (sink.has?.(searched) === true) {
      await sink.part(searched);
      tally.read++;
    } else if (sink.has?.(left) === true || bytes + Math.min(size, maxFileBytes) > most) {
      await sink.part(left);
      tally.left++;
      tally.leftBytes += size;
    } else {
      bytes += Math.min(size, maxFileBytes);
      wanted.set(file.file, { file, unit: searched });
    }
  }
  return wanted;
}

function rank({ format }: LogFile): number {
  return format.meta.surface === 'gateway' ? 0 : 1;
}

function placeOf({ format }: LogFile): Place {
  return format.meta.surface === 'gateway'
    ? { surface: 'gateway', place: 'session-log' }
    : { surface: 'work-tree', place: 'work-tree' };
}

function tallyOf(tallies: Map<string, Tally>, file: LogFile): Tally {
  const place = placeOf(file);
  const key = `${place.surface} ${file.target}`;
  let tally = tallies.get(key);
  if (tally === undefined) {
    tally = { seen: 0, read: 0, left: 0, leftBytes: 0, failed: 0, bytes: 0, why: new Set(), target: file.target, place };
    tallies.set(key, tally);
  }
  return tally;
}

function note({ outcome, why, bytes }: BulkItem, { path }: LogFile, tally: Tally): void {
  tally.bytes += bytes;
  if (outcome === 'read' || outcome === 'partial') tally.read++;
  else tally.failed++;
  if (outcome === 'failed' || outcome === 'skipped') tally.why.add(`${path}: ${why ?? 'it could not be read'}`);
}

async function addMatches({ matches }: BulkItem, file: LogFile, part: Part, base: ScanContext): Promise<void> {
  const at: Location = { ...file.at, path: file.path };
  const { place } = placeOf(file);
  const told = new Set<string>();
  for (const match of base.settle?.(matches, [at]) ?? matches) {
    // A token that stands in a million lines is told of once.
    const key = `${match.detector} ${match.fingerprint}`;
    if (namesKey(match) || told.has(key)) continue;
    told.add(key);
    await part.add(base.sighting(match, at, place, environmentOf(file.path)));
  }
}

/** Logs say which key was used: that is what they are for, and no leak of it. */
function namesKey({ publicId, start, end }: BulkMatch): boolean {
  return publicId !== undefined && end - start <= publicId.length;
}

function cutRow({ why, bytes }: BulkItem, file: LogFile): CoverageObservation {
  return {
    kind: 'coverage',
    surface: placeOf(file).surface,
    subject: file.path,
    outcome: 'partial',
    why: `searched for credentials in part: ${why ?? 'it could not be read whole'}`,
    covers: ['sighting'],
    bytes,
    at: { ...file.at, path: file.path },
  };
}

const WHYS_TOLD = 5;

async function tell({ target, place, why, left, leftBytes, ...tally }: Tally, { sink, runId }: LogSearch): Promise<void> {
  const part = await sink.part({ scanner: 'log-search', version: 1, target, unit: `run ${place.surface}`, content: runId });
  const reasons = [
    ...(left === 0
      ? []
      : [`${left} of ${tally.seen} logs (${megabytes(leftBytes)}) were not searched for credentials: there is too much of them`]),
    ...(tally.failed === 0 ? [] : [`${tally.failed} could not be searched`]),
    ...[...why].slice(0, WHYS_TOLD),
  ];
  const row: CoverageObservation = {
    kind: 'coverage',
    surface: place.surface,
    subject: `logs searched for credentials (${target})`,
    outcome: reasons.length === 0 ? 'complete' : 'partial',
    ...(reasons.length === 0 ? {} : { why: reasons.join('; ') }),
    covers: ['sighting'],
    seen: tally.seen,
    read: tally.read,
    skipped: left,
    failed: tally.failed,
    bytes: tally.bytes,
  };
  await part.add(row);
}
