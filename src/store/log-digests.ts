import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DuckDBConnection } from 'duckdb';
import type { CoverageObservation } from '../contracts/index.ts';
import { MAX_OBJECT, readingSql } from '../logs/compile.ts';
import { sha256OfFile, sha256OfUnpacked } from '../logs/save.ts';
import { messageOf } from '../util/errors.ts';
import type { LogFile, LogWork } from './log-file.ts';
import { type LogReader, linkAs } from './log-reader.ts';

export interface Digesting {
  readonly connection: DuckDBConnection;
  readonly reader: LogReader;
  readonly work: LogWork;
  /** The parts of the logs of this run, and whether they were read in it. */
  readonly parts: ReadonlyMap<LogFile, { readonly part: bigint; readonly isNew: boolean }>;
}

interface Named {
  readonly name: string;
  readonly sha256: string;
  readonly isNew: boolean;
}

interface Tested {
  verified: number;
  missing: number;
  readonly wrong: string[];
  readonly unread: string[];
  readonly part: bigint;
}

/** Holds logs against the files of their writer that tell their hashes. What was held so in an earlier run is not again. */
export async function testDigests(files: readonly LogFile[], logs: readonly LogFile[], digesting: Digesting): Promise<void> {
  for (const [key, ofTarget] of Map.groupBy(files, ({ format, target }) => `${format.meta.id} ${target}`)) {
    const [first] = ofTarget;
    if (first === undefined) continue;
    const beside = logs.filter(({ format, target }) => format.meta.id === first.format.meta.digests && target === first.target);
    const tested = await testTarget(key, ofTarget, beside, digesting);
    if (tested !== undefined) await digesting.work.add(tested.part, coverageOf(first, tested));
  }
}

async function testTarget(
  key: string,
  files: readonly LogFile[],
  logs: readonly LogFile[],
  digesting: Digesting,
): Promise<Tested | undefined> {
  const { work, parts } = digesting;
  let tested: Tested | undefined;
  const byName = new Map(logs.map((log) => [basename(log.path), log]));
  const directory = join(work.scratch, `digests ${key}`.replace(/[^\w]/g, '-').slice(0, 80));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const [index, file] of files.entries()) {
    work.signal.throwIfAborted();
    const { part, known } = work.addPart(file, await sha256OfFile(file.file, work.signal));
    tested ??= { verified: 0, missing: 0, wrong: [], unread: [], part };
    for (const named of await namesIn(file, index, directory, !known, tested, digesting)) {
      const log = byName.get(basename(named.name));
      const place = log === undefined ? undefined : parts.get(log);
      if (!named.isNew && place?.isNew !== true) continue;
      if (log === undefined || place === undefined) {
        tested.missing++;
        continue;
      }
      const actual = await sha256OfUnpacked(log.file, work.signal).catch(() => 'damaged');
      work.signal.throwIfAborted();
      if (actual === named.sha256) tested.verified++;
      else {
        tested.wrong.push(log.path);
        await noteChanged(place.part, digesting.connection);
      }
    }
  }
  const isTold = tested !== undefined && tested.verified + tested.missing + tested.wrong.length + tested.unread.length > 0;
  return isTold ? tested : undefined;
}

async function namesIn(
  file: LogFile,
  index: number,
  directory: string,
  isNew: boolean,
  tested: Tested,
  { reader, work }: Digesting,
): Promise<readonly Named[]> {
  try {
    const link = linkAs(file.file, directory, index);
    const rows = await reader.objects(readingSql(file.format, { paths: [link], reading: 'whole', largest: MAX_OBJECT }));
    return rows.map(({ name, sha256 }) => ({ name: String(name), sha256: String(sha256), isNew }));
  } catch (error) {
    work.signal.throwIfAborted();
    work.warn('a digest could not be read', { path: file.path, why: messageOf(error) });
    tested.unread.push(file.path);
    return [];
  }
}

/** Nobody can say which of its records are as they were. */
async function noteChanged(part: bigint, connection: DuckDBConnection): Promise<void> {
  await connection.run(
    `INSERT INTO obs.log_changes BY NAME
     SELECT part_id, 'changed' AS change, record_key, usage_key, used_at FROM obs.log_records AS r
     WHERE part_id = $part::UBIGINT AND NOT EXISTS (SELECT 1 FROM obs.log_changes AS c WHERE c.part_id = r.part_id AND c.record_key = r.record_key AND c.change = 'changed')`,
    { part: String(part) },
  );
}

function coverageOf({ format, target, at }: LogFile, { verified, missing, wrong, unread }: Tested): CoverageObservation {
  const named = verified + missing + wrong.length;
  const why = [
    wrong.length === 0 ? undefined : `the hash is another than the digest tells of ${few(wrong)}`,
    missing === 0 ? undefined : `${missing} of ${named} log files that digests name do not lie here`,
    unread.length === 0 ? undefined : `${few(unread)} could not be read`,
  ].filter((one) => one !== undefined);
  return {
    kind: 'coverage',
    surface: format.meta.surface,
    subject: `${format.meta.title} (${target})`,
    outcome: why.length === 0 ? 'complete' : 'partial',
    ...(why.length === 0 ? {} : { why: why.join('; ') }),
    covers: [],
    seen: named,
    read: verified + wrong.length,
    skipped: missing,
    failed: 0,
    at,
    detail: {
      verified,
      named,
      missing,
      wrong: wrong.slice(0, 10),
      signatures: 'not tested: that takes the public key of the provider',
    },
  };
}

function few(paths: readonly string[]): string {
  return paths.length <= 3 ? paths.join(', ') : `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more`;
}
