import type {
  CrawlContext,
  CrawlOptions,
  FileHead,
  FileScanner,
  Memory,
  Observation,
  ObservationKind,
  ObservationOf,
  SourceFile,
} from '../../src/contracts/index.ts';
import { createBulk } from '../../src/detect/bulk.ts';
import { createEngine, type Engine } from '../../src/detect/engine.ts';
import { finish } from '../../src/detect/load.ts';
import type { Pack } from '../../src/detect/pack.ts';
import { searchBytes } from '../../src/detect/search-bytes.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { sightingOf } from '../../src/run/context.ts';
import { detectorDigests } from '../../src/run/detectors.ts';
import { fingerprint } from '../../src/util/fingerprint.ts';
import { closeAtEnd } from './closing.ts';

export { tempDir, writeFile } from './temp-repo.ts';

/** What a test may look at after a scan, beside the observations. */
export interface TestContext extends CrawlContext {
  readonly logged: { readonly level: 'debug' | 'info' | 'warn'; readonly message: string; readonly data?: object }[];
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
  /** Detectors; by default only the one of `fakeToken`. `await loadPack()` gives the shipped ones. */
  readonly pack?: Pack;
  /** What an earlier scan kept: `testMemory()`. */
  readonly memory?: Memory;
}

/** Keeps bytes as a store does, and notes what was written. */
export function testMemory(): Memory & { readonly kept: Map<string, Uint8Array>; readonly written: string[] } {
  const kept = new Map<string, Uint8Array>();
  const written: string[] = [];
  return {
    kept,
    written,
    get: async (name) => kept.get(name),
    async set(name, bytes) {
      written.push(name);
      kept.set(name, Uint8Array.from(bytes));
    },
    async delete(name) {
      kept.delete(name);
    },
  };
}

export const TEST_NOW = new Date('2026-06-01T00:00:00.000Z');

const DEFAULT_OPTIONS: CrawlOptions = {
  history: true,
  staged: false,
  exclude: [],
  own: [],
  search: true,
  maxFileBytes: 64 * 1024 * 1024,
};

const FINGERPRINT_KEY = Buffer.from('test key');
const TEST_PACK = finish(
  [
    {
      id: 'fake-token',
      title: 'Token of these tests',
      provider: 'fake',
      type: 'token',
      pattern: 'FAKE_TOKEN_[a-z0-9]{8}',
      keywords: ['FAKE_TOKEN_'],
      caseSensitive: true,
      categories: [],
      confidence: 'high',
      allow: [],
      examples: [],
      counterExamples: [],
      references: [],
      file: 'test/helpers/scan-context.ts',
    },
  ],
  { exact: [], contains: [], words: [], patterns: [] },
);

const engines = new Map<Pack, Engine>();

/** A token that the harness's detector finds: `fakeToken('harbour1')`. */
export function fakeToken(eight: string): string {
  return `FAKE_TOKEN_${eight}`;
}

/** A whole `CrawlContext` (so a `ScanContext` too) with the clock stopped at `TEST_NOW`. */
export function testContext(overrides: TestContextOverrides = {}): TestContext {
  const logged: TestContext['logged'] = [];
  const hosts: string[] = [];
  const phases: TestContext['phases'] = [];
  const scanners = overrides.scanners ?? [];
  const log = (level: 'debug' | 'info' | 'warn') => (message: string, data?: object) => {
    logged.push({ level, message, ...(data === undefined ? {} : { data }) });
  };
  const { pack = TEST_PACK } = overrides;
  const engine = engineOf(pack);
  const signal = overrides.signal ?? new AbortController().signal;
  const bulk = createBulk({ pack, fingerprintKey: FINGERPRINT_KEY, secretlint: false, signal, workers: 2 });
  closeAtEnd(() => bulk.close());
  const claimant = (file: FileHead) => scanners.find((scanner) => scanner.recognises(file));
  const context: TestContext = {
    logged,
    hosts,
    phases,
    signal,
    log: { debug: log('debug'), info: log('info'), warn: log('warn') },
    now: overrides.now ?? (() => TEST_NOW),
    env: overrides.env ?? {},
    options: { ...DEFAULT_OPTIONS, ...overrides.options },
    fingerprint: (secret) => fingerprint(secret, FINGERPRINT_KEY),
    detect: (text, hints) => engine.detect(text, hints),
    search: (bytes, hints) => searchBytes(engine, bytes, hints, signal),
    settle: (matches, places) => engine.settle(matches, places),
    rulesOnPathAlone: engine.rulesOnPathAlone,
    isDiscarded: (match, at) => engine.isDiscarded(match, at),
    sighting: sightingOf,
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
      return scanner === undefined ? undefined : { content: scanner.content, by: scanner };
    },
    read(file) {
      const scanner = claimant(headOfBytes(file.path, file.bytes));
      if (scanner === undefined) return undefined;
      return { content: scanner.content, observations: readAll(scanner, file, context) };
    },
    bulk: { files: bulk.files, blobs: bulk.blobs, ...overrides.bulk },
    ...(overrides.memory === undefined
      ? {}
      : { memory: overrides.memory, detectors: detectorDigests(pack, 'test key', DEFAULT_OPTIONS.maxFileBytes) }),
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

function engineOf(pack: Pack): Engine {
  const engine = engines.get(pack) ?? createEngine({ pack, fingerprintKey: FINGERPRINT_KEY, secretlint: false });
  engines.set(pack, engine);
  return engine;
}

async function* readAll(scanner: FileScanner, file: SourceFile, context: CrawlContext): AsyncIterable<Observation> {
  yield* scanner.scan(file, context);
}
