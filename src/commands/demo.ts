import { existsSync, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Estate } from '../../samples/build.ts';
import { loadConfig } from '../config/load.ts';
import type { Report } from '../contracts/index.ts';
import { type Io, stdoutContext } from '../io.ts';
import { type Output, parseOutputs, writeOutputs } from '../output.ts';
import { unionOfParts } from '../run/parts/index.ts';
import { scan } from '../run.ts';
import type { StoreReader } from '../store/index.ts';
import { type Trace, traceFacts } from '../trace/facts.ts';
import { resolveSubject, type Subject } from '../trace/resolve.ts';
import { tellDemo } from '../trace/tell-demo.ts';
import { type Answer, whoUsed } from '../trace/who.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { Layout } from '../util/layout.ts';
import { printable } from '../util/sanitize.ts';
import { tempDirectory } from '../util/temp-directory.ts';
import { runtimeOf } from './scan.ts';

/** Where the story begins: the user whose key lies in the notebook. */
const HERO = 'ml-batch';
/** What an auditor asks: which job touched personal data that day? */
const MARCH = {
  target: 'pg-features-prod',
  from: '2026-03-12T00:00:00.000Z',
  until: '2026-03-13T00:00:00.000Z',
  infoType: 'EMAIL_ADDRESS',
};

interface DemoOptions {
  readonly keep?: string;
  readonly full?: boolean;
  /** Reports of it, `FORMAT=FILE`. */
  readonly output?: readonly string[];
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/**
 * The main job on the sample estate: builds its repositories and exports, scans them, and tells one finding end to
 * end. Nothing is fetched and no account is needed; the clock stands at the estate's own day, so that every run says
 * the same.
 */
export async function demoCommand(io: Io, options: DemoOptions): Promise<number> {
  const isKept = options.keep !== undefined;
  // Says before the estate is built what cannot be written.
  const outputs = await parseOutputs(options.full === true ? 'terminal:full=1' : 'terminal', options.output ?? [], io.directory);
  const { path: root, remove } =
    options.keep === undefined
      ? tempDirectory('nhi-audit-demo-')
      : { path: newDirectory(resolve(io.directory, options.keep)), remove: () => undefined };
  try {
    const { buildEstate } = await import('../../samples/build.ts');
    const estate = await buildEstate(join(root, 'estate'));
    // Who does not keep the store is spared its file: 2 of 7 s.
    const storeFile = isKept ? join(root, 'harbour-coffee.duckdb') : undefined;
    const store = storeFile === undefined ? undefined : relative(io.directory, storeFile);
    if (options.full === true) {
      const report = await scanEstate(io, options, estate, root, { storeFile, outputs });
      await writeOutputs(outputs, report, io, store);
      return EXIT.clean;
    }
    let facts: StoryFacts | undefined;
    const ask = async (opened: StoreReader): Promise<void> => {
      facts = await askStory(opened);
    };
    const files = outputs.filter(({ file }) => file !== undefined);
    const report = await scanEstate(io, options, estate, root, { storeFile, outputs: files, ask });
    if (facts === undefined) throw new Error('nothing was observed in the sample estate');
    const { subject, trace, march } = facts;
    const lines = tellDemo(report, subject, trace, march, {
      layout: new Layout(stdoutContext(io)),
      store,
      hero: HERO,
      hasPage: files.some(({ reporter }) => reporter.id === 'html'),
    });
    await writeOutputs(files, report, io, store);
    for (const { file = '' } of files) io.stderr(`Written: ${printable(relative(io.directory, file))}\n`);
    await io.stdout(`${[...lines].map((line) => line.trimEnd()).join('\n')}\n`);
    return EXIT.clean;
  } finally {
    remove();
  }
}

async function scanEstate(
  io: Io,
  options: DemoOptions,
  estate: Estate,
  root: string,
  {
    storeFile,
    outputs,
    ask,
  }: {
    readonly storeFile: string | undefined;
    readonly outputs: readonly Output[];
    readonly ask?: (store: StoreReader) => Promise<void>;
  },
): Promise<Report> {
  const { report } = await scan({
    targets: estate.targets.map((target) => relative(root, target)),
    directory: root,
    crawl: { history: true, staged: false, exclude: [], own: [] },
    ...(storeFile === undefined ? {} : { storeFile }),
    ...(ask === undefined ? {} : { ask }),
    only: [],
    skip: [],
    config: { ...(await loadConfig(root, estate.config)), file: undefined },
    persona: 'security',
    newOnly: false,
    frameworks: [],
    parts: unionOfParts(outputs),
    isSmall: true,
    ...(io.commandLine === undefined ? {} : { commandLine: io.commandLine }),
    runtime: { ...(await runtimeOf(io, options)), clock: () => new Date(estate.clock) },
  });
  return report;
}

interface StoryFacts {
  readonly subject: Subject;
  readonly trace: Trace;
  readonly march: Answer;
}

async function askStory(store: StoreReader): Promise<StoryFacts> {
  const subject = await resolveSubject(store, HERO);
  return { subject, trace: await traceFacts(store, subject), march: await whoUsed(store, MARCH) };
}

function newDirectory(path: string): string {
  if (existsSync(path)) {
    throw new ConfigError(`${path} exists already`, { code: 'USAGE', hint: 'Name a directory that does not exist yet.' });
  }
  mkdirSync(path, { recursive: true });
  return path;
}
