import type {
  BulkMatch,
  CrawlContext,
  CrawlOptions,
  FileHead,
  FileScanner,
  JsonObject,
  Location,
  LogIntake,
  Match,
  Observation,
  ScanContext,
  SightingObservation,
  SourceFile,
} from '../contracts/index.ts';
import type { Engine } from '../detect/engine.ts';
import { searchBytes } from '../detect/search-bytes.ts';
import { headOfBytes } from '../files/source-file.ts';
import { fingerprint } from '../util/fingerprint.ts';
import type { Runtime } from './request.ts';

/** What every scanner of a run shares. */
export interface Workshop {
  readonly runtime: Runtime;
  readonly engine: Engine;
  readonly fingerprintKey: Uint8Array;
  /** Hosts that live scanners named before they called them. */
  readonly hosts: Set<string>;
  /** Keep with each sighting what a detect-secrets baseline knows it by; only asked for when one was given. */
  readonly keepsBaselineIds?: boolean;
  /** Told of each match that becomes a sighting. */
  readonly onSighting?: (match: BulkMatch, at: Location) => void;
}

export function scanContext(workshop: Workshop): ScanContext {
  const { runtime, engine, fingerprintKey, hosts } = workshop;
  return {
    signal: runtime.signal,
    log: runtime.log,
    now: runtime.clock,
    env: runtime.env,
    fingerprint: (secret) => fingerprint(secret, fingerprintKey),
    detect: (text, hints) => engine.detect(text, hints),
    search: (bytes, hints) => searchBytes(engine, bytes, hints, runtime.signal),
    rulesOnPathAlone: engine.rulesOnPathAlone,
    isDiscarded: (match, at) => engine.isDiscarded(match, at),
    settle: (matches, places) => engine.settle(matches, places),
    sighting(match, at, ...rest) {
      workshop.onSighting?.(match, at);
      const sighting = sightingOf(match, at, ...rest);
      if (workshop.keepsBaselineIds !== true || match.baselineId === undefined) return sighting;
      return { ...sighting, detail: { ...sighting.detail, baselineId: match.baselineId } };
    },
    contacts(host) {
      if (!hosts.has(host)) runtime.log.info(`Contacting ${host}`);
      hosts.add(host);
    },
    progress: runtime.progress,
  };
}

/** The sighting that a match makes at a place: position relative to `at`, no secret. */
export function sightingOf(
  match: Omit<Match, 'secret'>,
  at: Location,
  place: SightingObservation['place'],
  environment?: string,
): SightingObservation {
  return {
    kind: 'sighting',
    credential: match.credential,
    detector: match.detector,
    provider: match.provider,
    type: match.type,
    fingerprint: match.fingerprint,
    ...(match.publicId === undefined ? {} : { publicId: match.publicId }),
    masked: match.masked,
    confidence: match.confidence,
    ...(environment === undefined ? {} : { environment }),
    ...(match.identity === undefined ? {} : { identity: match.identity }),
    place,
    ...detailOf(match),
    at: { line: match.line, column: match.column, endLine: match.endLine, endColumn: match.endColumn, ...withMember(at, match) },
  };
}

/** A file in an archive is named by the path through it. */
function withMember(at: Location, { member }: Pick<Match, 'member'>): Location {
  return member === undefined ? at : { ...at, path: `${at.path ?? ''}!${member}` };
}

/** What is told of a match beside its columns; nothing for most. */
function detailOf(match: Omit<Match, 'secret'>): { readonly detail?: JsonObject } {
  const { allowedBy, hidden, strength, why } = match;
  const detail: JsonObject = {
    ...match.detail,
    ...(allowedBy === undefined ? {} : { allowedBy }),
    ...(hidden === undefined ? {} : { hidden }),
    ...(strength === undefined ? {} : { strength }),
    ...(why === undefined ? {} : { why }),
  };
  return Object.keys(detail).length === 0 ? {} : { detail };
}

/** How the observations of a claimed file get to the store, or back to the crawler that found it. */
export type ReadFile = (scanner: FileScanner, file: SourceFile) => AsyncIterable<Observation>;

export function crawlContext(
  base: ScanContext,
  options: CrawlOptions,
  bulk: CrawlContext['bulk'],
  files: readonly FileScanner[],
  readFile: ReadFile,
  logs?: LogIntake,
): CrawlContext {
  function claimant(file: FileHead, among?: FileScanner['content']): FileScanner | undefined {
    return files.find((scanner) => (among === undefined || scanner.content === among) && scanner.recognises(file));
  }
  return {
    ...base,
    options,
    bulk,
    ...(logs === undefined ? {} : { logs }),
    claims(file, among) {
      const scanner = claimant(file, among);
      return scanner === undefined ? undefined : { content: scanner.content, by: scanner };
    },
    read(file) {
      const scanner = claimant(headOfBytes(file.path, file.bytes));
      return scanner === undefined ? undefined : { content: scanner.content, observations: readFile(scanner, file) };
    },
  };
}
