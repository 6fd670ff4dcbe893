import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  BulkItem,
  CrawlContext,
  CrawlOptions,
  DetectHints,
  FileHead,
  FileScanner,
  Location,
  Match,
  Observation,
  ObservationKind,
  ObservationOf,
  SightingObservation,
  SourceFile,
} from '../../src/contracts/index.ts';
import { secretCredentialId } from '../../src/contracts/index.ts';
import { Secret } from '../../src/util/secret.ts';
import { git } from './temp-repo.ts';

export { tempDir, tempRepo, writeFile } from './temp-repo.ts';

/** What a test may look at after a scan, beside the observations. */
export interface TestContext extends CrawlContext {
  readonly logs: { readonly level: 'debug' | 'info' | 'warn'; readonly message: string; readonly data?: object }[];
  readonly hosts: string[];
  readonly phases: { title: string; total: number; done: number; ended: boolean }[];
}

export interface TestContextOverrides {
  readonly options?: Partial<CrawlOptions>;
  /** File scanners that `claims` and `read` know. */
  readonly scanners?: readonly FileScanner[];
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
  readonly env?: { readonly [name: string]: string | undefined };
  readonly bulk?: Partial<CrawlContext['bulk']>;
}

export const TEST_NOW = new Date('2026-06-01T00:00:00.000Z');

const DEFAULT_OPTIONS: CrawlOptions = { history: true, staged: false, exclude: [], maxFileBytes: 64 * 1024 * 1024 };

/** A token that the harness's detector finds: `fakeToken('harbour1')`. */
export function fakeToken(eight: string): string {
  return `FAKE_TOKEN_${eight}`;
}

/** A whole `CrawlContext` (so a `ScanContext` too) with the clock stopped at `TEST_NOW`. */
export function testContext(overrides: TestContextOverrides = {}): TestContext {
  const logs: TestContext['logs'] = [];
  const hosts: string[] = [];
  const phases: TestContext['phases'] = [];
  const scanners = overrides.scanners ?? [];
  const log = (level: 'debug' | 'info' | 'warn') => (message: string, data?: object) => {
    logs.push({ level, message, ...(data === undefined ? {} : { data }) });
  };
  const claimant = (file: FileHead) => scanners.find((scanner) => scanner.recognises(file));
  const context: TestContext = {
    logs,
    hosts,
    phases,
    signal: overrides.signal ?? new AbortController().signal,
    log: { debug: log('debug'), info: log('info'), warn: log('warn') },
    now: overrides.now ?? (() => TEST_NOW),
    env: overrides.env ?? {},
    options: { ...DEFAULT_OPTIONS, ...overrides.options },
    fingerprint,
    detect,
    sighting,
    contacts: (host) => void hosts.push(host),
    progress: {
      phase: (title, total) => void phases.push({ title, total: total ?? 0, done: 0, ended: false }),
      advance: (done) => {
        const phase = phases.at(-1);
        if (phase !== undefined) phase.done += done;
      },
      total: (total) => {
        const phase = phases.at(-1);
        if (phase !== undefined) phase.total = total;
      },
      end: () => {
        const phase = phases.at(-1);
        if (phase !== undefined) phase.ended = true;
      },
    },
    claims(file) {
      const scanner = claimant(file);
      return scanner === undefined ? undefined : { content: scanner.content };
    },
    read(file) {
      const scanner = claimant(headOf(file));
      if (scanner === undefined) return undefined;
      return { content: scanner.content, observations: readAll(scanner, file, context) };
    },
    bulk: { files: bulkFiles, blobs: bulkBlobs, ...overrides.bulk },
  };
  return context;
}

export async function collect<T>(items: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Only the observations of one kind. */
export function kinds<K extends ObservationKind>(observations: readonly Observation[], kind: K): ObservationOf<K>[] {
  return observations.filter((observation): observation is ObservationOf<K> => observation.kind === kind);
}

function headOf(file: SourceFile): FileHead {
  return { path: file.path, size: file.bytes.length, head: () => file.text().slice(0, 4096) };
}

async function* readAll(scanner: FileScanner, file: SourceFile, context: CrawlContext): AsyncIterable<Observation> {
  yield* scanner.scan(file, context);
}

function fingerprint(secret: Secret): string {
  return createHmac('sha256', 'test key').update(secret.reveal()).digest('hex');
}

function detect(text: string | Uint8Array, _hints?: DetectHints): readonly Match[] {
  const searched = typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
  const matches: Match[] = [];
  for (const found of searched.matchAll(/FAKE_TOKEN_[a-z0-9]{8}/g)) {
    const secret = new Secret(found[0]);
    const before = searched.slice(0, found.index);
    const line = before.split('\n').length;
    const column = found.index - before.lastIndexOf('\n');
    const print = fingerprint(secret);
    matches.push({
      detector: 'fake-token',
      provider: 'fake',
      type: 'token',
      secret,
      credential: secretCredentialId(print),
      fingerprint: print,
      masked: 'FAKE…(19)',
      confidence: 'high',
      start: found.index,
      end: found.index + found[0].length,
      line,
      column,
      endLine: line,
      endColumn: column + found[0].length,
    });
  }
  return matches;
}

function sighting(
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
    masked: match.masked,
    confidence: match.confidence,
    place,
    at: { line: match.line, column: match.column, endLine: match.endLine, endColumn: match.endColumn, ...at },
    ...(match.publicId === undefined ? {} : { publicId: match.publicId }),
    ...(match.identity === undefined ? {} : { identity: match.identity }),
    ...(environment === undefined ? {} : { environment }),
  };
}

async function* bulkFiles(root: string, paths: Iterable<string>): AsyncIterable<BulkItem> {
  for (const path of paths) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(root, path));
    } catch {
      yield { key: path, outcome: 'failed', why: 'cannot be read', bytes: 0, matches: [] };
      continue;
    }
    yield { key: path, outcome: 'read', bytes: bytes.length, matches: detect(bytes).map(withoutSecret) };
  }
}

async function* bulkBlobs(
  repository: { readonly gitDir: string },
  ids: readonly { readonly id: string }[],
): AsyncIterable<BulkItem> {
  for (const { id } of ids) {
    let bytes: Buffer;
    try {
      bytes = git(repository.gitDir, ['cat-file', 'blob', id]);
    } catch {
      yield { key: id, outcome: 'failed', why: 'missing object', bytes: 0, matches: [] };
      continue;
    }
    yield { key: id, outcome: 'read', bytes: bytes.length, matches: detect(bytes).map(withoutSecret) };
  }
}

function withoutSecret({ secret: _, ...rest }: Match): Omit<Match, 'secret'> {
  return rest;
}
