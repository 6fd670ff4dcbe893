import { resolve } from 'node:path';
import { assertSameKey as assertBaselineKey } from './config/baseline.ts';
import { assertTrusted, describeConfig } from './config/load.ts';
import { parseTarget, shownTarget } from './config/target.ts';
import type {
  CrawlOptions,
  Log,
  Method,
  PathTarget,
  Report,
  ReportPart,
  Scanner,
  ServiceTarget,
  Target,
} from './contracts/index.ts';
import type { Declaration } from './correlate/absent.ts';
import { type Bulk, createBulk } from './detect/bulk.ts';
import { createEngine } from './detect/engine.ts';
import { mayHoldTest } from './detect/may-hold.ts';
import type { Pack } from './detect/pack.ts';
import { readAcceptors } from './run/acceptors.ts';
import type { Side } from './run/added-lines.ts';
import type { Kept } from './run/before.ts';
import { scanContext } from './run/context.ts';
import { detectorDigests } from './run/detectors.ts';
import type { Facts } from './run/facts.ts';
import type { Reading } from './run/held-passwords.ts';
import { KeptSteps, keptStepFiles } from './run/kept-steps.ts';
import { LogShelf, readLogs } from './run/logs.ts';
import type { Overlap } from './run/overlap.ts';
import { logMasks, MASKING, maskedLog, NameRedactor } from './run/redact.ts';
import { makeReport } from './run/report.ts';
import type { Runtime, ScanRequest } from './run/request.ts';
import { type Judgement, loadDetectors, loadJudgement, rulesDigest } from './run/rules.ts';
import { Sink } from './run/sink.ts';
import { crawlerOf, readTarget, type TargetWork, unreadable } from './run/targets.ts';
import type { Store } from './store/index.ts';
import type { RunMethod } from './store/method.ts';
import { checkStorePath } from './store/path.ts';
import type { Acceptors } from './suppress/accept.ts';
import { contentId } from './util/digest.ts';
import { ConfigError, Interrupted, TargetError } from './util/errors.ts';
import { EPHEMERAL, fingerprintKeyId } from './util/fingerprint.ts';
import { maskNames } from './util/mask-names.ts';
import { nearest } from './util/nearest.ts';
import { shownPath } from './util/shown-path.ts';
import { toolVersion } from './util/version.ts';
import { Passwords } from './verify/passwords.ts';
import type { Verifier } from './verify/verifier.ts';

export interface ScanOutcome {
  readonly report: Report;
  /** Every target was missing or unreadable. */
  readonly nothingScanned: boolean;
}

/**
 * The whole pipeline: targets are read by scanners, what they observe goes into the store, checks find what is wrong,
 * controls are rolled up, a report is made. An interrupted or failed run leaves the store as it was.
 */
export async function scan(request: ScanRequest): Promise<ScanOutcome> {
  const { config, runtime } = request;
  const startedAt = runtime.clock().toISOString();
  const scanners = chooseScanners(runtime.scanners, request.only, request.skip);
  const { targets: all, missing } = parseTargets(request, scanners);
  const targets = await withoutOverlaps(all, request, scanners);
  assertTrusted(config);
  const left = describeConfig(config);
  if (left !== undefined) runtime.log.info(left);
  const pack = await loadDetectors(config, (what) => runtime.log.warn(what));
  if (request.storeFile !== undefined) checkStorePath(request.storeFile, 'write');
  const { fingerprintKey: findKey } = await import('./store/fingerprint-key.ts');
  const { key, source } = findKey(runtime.env, request.storeFile);
  const keyId = source === 'ephemeral' ? EPHEMERAL : fingerprintKeyId(key);
  if (request.baseline !== undefined) assertBaselineKey(request.baseline, keyId);
  const hosts = new Set<string>();
  let judgement: Judgement | undefined;
  const judge = async (): Promise<Judgement> => {
    judgement ??= await loadJudgement(config);
    return judgement;
  };

  const method = async (): Promise<RunMethod> => {
    const { methodOf } = await import('./run/method.ts');
    const { commandLine, directory } = request;
    const { frameworks } = await judge();
    return methodOf({
      ...(commandLine === undefined ? {} : { commandLine }),
      config,
      directory,
      frameworks,
      mask: (text) => names.clean(text),
    });
  };

  const acceptors = await readAcceptors(request, targets, key, pack, source !== 'ephemeral');

  // A misspelt framework is said now, not after the scan.
  if (request.frameworks.length > 0) await chooseFrameworks((await judge()).frameworks, request.frameworks);

  const verifier = request.verify === undefined ? undefined : await verifierOf(pack, request.verify);
  const passwords = new Passwords();
  const engine = createEngine({ pack, fingerprintKey: key, keepSecrets: verifier !== undefined || 'logins' });
  const names = new NameRedactor((text, hints) => engine.detect(text, hints));
  const named = request.targets.map((target) => names.clean(shownTarget(target)));
  const { absent } = config.scope;
  const declared: readonly Declaration[] =
    absent.length === 0 ? [] : (await import('./correlate/absent.ts')).declarationsOf(config.scope, (text) => names.clean(text));

  // A change is read as what it adds; a log is more than that.
  const shelf =
    isPremerge(request.crawl) || targets.every(({ kind }) => kind !== 'path') || !readsLogs(request)
      ? undefined
      : await LogShelf.open(config);

  const sink = new Sink(
    async () => {
      const { openStore } = await import('./store/index.ts');
      const store = await openStore({
        mode: 'write',
        views: 'tables',
        small: request.storeFile === undefined && (isPremerge(request.crawl) || request.isSmall === true),
        ...(request.storeFile === undefined ? {} : { file: request.storeFile }),
        wait: 2_000,
      });
      try {
        if (store.file !== undefined) await assertSameKey(store, keyId);
        await store.beginRun({
          startedAt,
          toolVersion: toolVersion(),
          targets: named,
          parameters: parametersOf(request),
          rulesDigest: rulesDigest(pack, await judge()),
          fingerprintKeyId: keyId,
          ...(source === 'ephemeral' ? {} : { evidenceKey: key }),
          ...(store.file === undefined ? {} : { method: await method() }),
        });
        return store;
      } catch (error) {
        await store.rollback();
        store.close();
        throw error;
      }
    },
    startedAt,
    names,
  );

  const options: CrawlOptions = {
    ...request.crawl,
    exclude: [...config.exclude, ...request.crawl.exclude],
    own: [
      ...request.crawl.own,
      ...(request.storeFile === undefined ? [] : [...ownFiles(request.storeFile), ...keptStepFiles(request.storeFile)]),
    ],
    search: isSearched(runtime.scanners, request),
    maxFileBytes: config.maxFileSize,
    ...(request.crawl.full === true || request.verify !== undefined ? { full: true } : {}),
  };
  const premerge = isPremerge(options) || targets.every((target) => target.kind === 'stdin');
  const threads = createBulk({
    pack,
    fingerprintKey: key,
    signal: runtime.signal,
    maxFileBytes: options.maxFileBytes,
    keepSecrets: verifier !== undefined || 'logins',
  });
  let isLarge = false;
  const bulk: Bulk = {
    ...threads,
    expect() {
      isLarge = true;
      threads.expect?.();
    },
    blobs(...search) {
      // In so much, something will be found: what is to be made ready for that is made while the threads are at work.
      if (isLarge) sink.prepare();
      return threads.blobs(...search);
    },
  };
  const keepsBaselineIds = request.baseline?.foreign !== undefined;
  const workshop = { runtime: { ...runtime, log: maskedLog(runtime.log, names) }, engine, fingerprintKey: key };
  const base = scanContext({
    ...workshop,
    hosts,
    keepsBaselineIds,
    onSighting: (match, at) => {
      verifier?.offer(match);
      passwords.offer(match, at);
    },
  });
  const runId = contentId([startedAt, named]);
  const kept: KeptSteps[] = [];
  const { storeFile } = request;
  const keepSteps =
    storeFile === undefined
      ? undefined
      : (target: ServiceTarget, version: number) => {
          const steps = new KeptSteps(target, version, {
            storeFile,
            version: `${toolVersion()}:${pack.hash}`,
            fingerprintKey: key,
            env: runtime.env,
            now: new Date(startedAt),
            log: workshop.runtime.log,
            holdsSecret: (text) => maskNames(text, base.detect) !== text,
          });
          kept.push(steps);
          return steps.once;
        };
  // What is to be verified must be read: its secret is nowhere else.
  const searchDigest = `${pack.hash}:${keyId}:${MASKING}${verifier === undefined ? '' : `:${startedAt}`}`;
  const works: { readonly target: PathTarget; readonly work: TargetWork }[] = [];
  const readings: Reading[] = [];
  const others: Kept[] = [];
  try {
    if (request.storeFile !== undefined) await sink.store();
    for (const { name, error } of missing) await unreadable(name, error, { sink, runId, base });
    for (const target of targets) {
      const work: TargetWork = {
        sink,
        base,
        bulk,
        options,
        isSearchedBy: (crawler) => (request.only.length === 0 ? !request.skip.includes(crawler) : request.only.includes(crawler)),
        scanners,
        rulesDigest: searchDigest,
        // Held against those of an earlier run, which only a store file can have.
        ...(request.storeFile === undefined ? {} : { detectors: detectorDigests(pack, keyId, options.maxFileBytes) }),
        keepsBaselineIds,
        runId,
        startedAt,
        ...(shelf === undefined ? {} : { logs: shelf }),
        ...(keepSteps === undefined ? {} : { keepSteps }),
      };
      const reading = target.kind === 'path' && !isPremerge(options) ? { target, work, isKept: false } : undefined;
      if (reading !== undefined) readings.push(reading);
      const hasBefore = target.kind === 'path' && target.isDirectory;
      if (isPremerge(options) && hasBefore) works.push({ target, work });
      // What has no side before is the same on both.
      sink.onAdd = isPremerge(options) && !hasBefore ? (unit, observation) => others.push({ unit, observation }) : undefined;
      const onKept = (): void => {
        if (reading !== undefined) reading.isKept = true;
      };
      if (target.kind !== 'stdin') await readTarget(target, { ...work, onKept });
      else if (request.stdin !== undefined) {
        const { readStdin } = await import('./run/stdin.ts');
        await readStdin(target, request.stdin, engine, work);
      }
    }
    sink.onAdd = undefined;
    if (runtime.signal.aborted) throw new Interrupted();
    if (shelf !== undefined && shelf.files.length > 0) {
      if (options.search) {
        // Its threads end before the engine of logs takes its memory.
        await bulk.close();
        const { searchLogs } = await import('./run/search-logs.ts');
        const { maxFileBytes } = options;
        await searchLogs(shelf.files, { sink, base, bulk, rulesDigest: searchDigest, runId, maxFileBytes });
        await bulk.close();
      }
      const masks = logMasks(new NameRedactor((text, hints) => engine.detect(text, hints), mayHoldTest(engine.search)), key);
      const settings = { runtime: workshop.runtime, config, startedAt, masks };
      await interruptible(await sink.store(), runtime.signal, (store) => readLogs(shelf, store, settings));
    }
    if (verifier !== undefined) {
      const part = await sink.part({ scanner: 'verify', version: 1, target: 'verify', unit: 'verify', content: runId });
      for await (const observation of verifier.run(base)) await part.add(observation);
    }
    if (passwords.hasVerifiers) {
      const part = await sink.part({ scanner: 'passwords', version: 2, target: 'passwords', unit: 'passwords', content: runId });
      const { holdPasswords } = await import('./run/held-passwords.ts');
      const quiet = { ...workshop, runtime: { ...runtime, log: SILENT }, hosts: new Set<string>() };
      const held = holdPasswords(passwords, base, {
        readings,
        sink,
        base: scanContext({ ...quiet, onSighting: (match, at) => passwords.offer(match, at) }),
        look: lookOf(request),
        log: workshop.runtime.log,
      });
      for await (const observation of held) await part.add(observation);
    }
    const before = async (rules: ReadonlySet<string>): Promise<Side> => {
      const { findingsBefore } = await import('./run/before.ts');
      // It has been told in this run once what is to be told of these targets.
      const silent = scanContext({ ...workshop, runtime: { ...runtime, log: SILENT }, hosts: new Set() });
      return await findingsBefore(rules, {
        now: startedAt,
        judgement: await judge(),
        others,
        sinkOf: (open) => new Sink(open, startedAt, names),
        read: async (side) => {
          for (const { target, work } of works) {
            await readTarget(target, { ...work, sink: side, base: silent, options: { ...work.options, before: true } });
          }
        },
      });
    };
    const wantedParts = request.parts ?? [];
    // Of a store that is kept it is read back, with what the run before came to.
    const told = async (): Promise<{ readonly method?: Method }> => {
      if (request.storeFile !== undefined || !wantedParts.includes('method')) return {};
      const { tellRunMethod } = await import('./run/method.ts');
      return { method: await tellRunMethod(await method()) };
    };
    const isStored = request.storeFile !== undefined || sink.observed || (shelf?.files.length ?? 0) > 0;
    const facts =
      !isStored && (premerge || !asksOfNothing(request, acceptors))
        ? await withEmptyParts(
            (await import('./run/unobserved.ts')).factsOfNothing(
              await judge(),
              sink.held,
              {
                startedAt,
                finishedAt: runtime.clock().toISOString(),
                targets: named,
                parameters: parametersOf(request),
                rulesDigest: rulesDigest(pack, await judge()),
                fingerprintKeyId: keyId,
                hosts: [...hosts],
              },
              declared,
            ),
            wantedParts,
            told,
          )
        : await interruptible(await sink.store(), runtime.signal, async (store) =>
            correlate(store, await judge(), {
              runtime,
              now: startedAt,
              hosts: [...hosts],
              declared,
              acceptors: { ...acceptors, mask: (text) => maskNames(text, base.detect) },
              ...(isPremerge(request.crawl) ? { before } : {}),
              ...(request.ask === undefined ? {} : { ask: request.ask }),
              parts: wantedParts,
              told,
            }),
          );
    for (const steps of kept) steps.forget();
    const { checks, disabled, frameworks } = await judge();
    const wanted = await chooseFrameworks(frameworks, [
      ...request.frameworks,
      ...(request.frameworks.length === 0 ? config.frameworks : []),
    ]);
    return {
      report: makeReport(facts, [...checks, ...disabled], wanted, {
        persona: request.persona,
        newOnly: request.newOnly,
        ...(request.baseline === undefined ? {} : { baseline: request.baseline.known }),
      }),
      nothingScanned: targets.length === 0,
    };
  } finally {
    runtime.progress.end();
    const left = kept.filter((steps) => steps.isBegun).map((steps) => steps.target);
    if (left.length > 0) {
      runtime.log.info(
        `What ${left.join(', ')} answered is kept beside the store for a day: the same command goes on from there`,
      );
    }
    await bulk.close();
    const store = await sink.opened();
    await store?.rollback();
    store?.close();
  }
}

/** Where nothing was observed: checks of the user may ask for that very thing, and what accepts findings is told to be stale. */
function asksOfNothing({ config }: ScanRequest, { ignored, known, exceptions }: Omit<Acceptors, 'mask'>): boolean {
  return config.rules.checks.length > 0 || ignored.size > 0 || known.length > 0 || exceptions.length > 0;
}

function rangeText({ base, head, fromFork }: NonNullable<CrawlOptions['diff']>): string {
  return head === '' ? base : `${base}${fromFork === true ? '...' : '..'}${head}`;
}

/** `--only aws-iam` is about what one scanner tells; logs are read by none. */
function readsLogs({ only, skip }: ScanRequest): boolean {
  return only.length === 0 && !skip.includes('repository');
}

/** Only what a change brings: next to nothing, and somebody waits. */
function isPremerge({ staged, diff }: Pick<CrawlOptions, 'staged' | 'diff'>): boolean {
  return staged || diff !== undefined;
}

async function verifierOf(pack: Pack, { origins }: NonNullable<ScanRequest['verify']>): Promise<Verifier> {
  const { Verifier } = await import('./verify/verifier.ts');
  const rules = new Map(pack.detectors.flatMap(({ id, verify }) => (verify === undefined ? [] : [[id, verify] as const])));
  return new Verifier({ rules, ...(origins === undefined ? {} : { origins }) });
}

/** What of the targets is looked at; which targets they are is another matter. */
function lookOf(request: ScanRequest): string {
  const { scope: _, ...look } = parametersOf(request);
  return contentId(look);
}

const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** Ctrl-C ends a query that runs, too. */
async function interruptible<T>(store: Store, signal: AbortSignal, work: (store: Store) => Promise<T>): Promise<T> {
  const stop = (): void => store.interrupt();
  signal.addEventListener('abort', stop);
  try {
    return await work(store);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Runs the checks over what was loaded, stores what they found, and reads back the facts of the run. */
async function correlate(
  store: Store,
  judgement: Judgement,
  {
    runtime,
    now,
    hosts,
    declared,
    acceptors,
    before,
    ask,
    parts: wanted,
    told,
  }: {
    readonly runtime: Runtime;
    readonly now: string;
    readonly hosts: readonly string[];
    readonly declared: readonly Declaration[];
    readonly acceptors: Acceptors;
    /** Before a merge: what rules find in the changed files as they were. */
    readonly before?: (rules: ReadonlySet<string>) => Promise<Side>;
    readonly ask?: ScanRequest['ask'];
    readonly parts: readonly ReportPart[];
    readonly told: () => Promise<{ readonly method?: Method }>;
  },
): Promise<Facts> {
  const { runChecks } = await import('./correlate/run.ts');
  const { rollUp } = await import('./frameworks/roll-up.ts');
  const { DECLARED, inStoredOrder, readFacts } = await import('./run/facts.ts');
  const { fixedBySameLook } = await import('./run/same-look.ts');
  await store.endLoading(hosts);
  runtime.progress.phase('Correlating', judgement.checks.length);
  await store.materialise();
  const { believedOf } = await import('./correlate/absent.ts');
  const { believeIn } = await import('./correlate/observed.ts');
  const declaredAbsent = await believeIn(store, declared, now);
  const absent = believedOf(declaredAbsent);
  const judged = await runChecks(store, judgement.checks, {
    now,
    disabled: judgement.disabled,
    parameters: judgement.parameters,
    overrides: judgement.overrides,
    absent,
    onNote: (text) => runtime.log.warn(text),
    // A store in memory has no run before.
    ...(store.file === undefined ? { previous: [] } : {}),
    onCheck: () => {
      if (runtime.signal.aborted) throw new Interrupted();
      runtime.progress.advance(1);
    },
  });
  const gone = await fixedBySameLook(store, judged.gone);
  const [{ acceptFindings }, { lostFingerprints }] = await Promise.all([
    import('./suppress/accept.ts'),
    import('./suppress/lost-fingerprints.ts'),
  ]);
  const equivalents = new Map([...judgement.checks, ...judgement.disabled].map(({ meta }) => [meta.id, meta.equivalents]));
  const news =
    before === undefined
      ? judged
      : await (await import('./run/added-lines.ts')).onlyBrought(store, judged.findings, judged.results, before);
  const { findings, results, uses } = await acceptFindings(store, news.findings, news.results, acceptors, equivalents);
  const lost = lostFingerprints(findings, acceptors);
  if (lost !== undefined) runtime.log.warn(lost);
  const coverage = await store.rows('SELECT surface, subject, outcome, why, covers FROM coverage');
  const metas = new Map([...judgement.checks, ...judgement.disabled].map((check) => [check.meta.id, check.meta]));
  const withMeta = results.flatMap((result) => {
    const meta = metas.get(result.rule);
    return meta === undefined ? [] : [{ ...result, meta }];
  });
  const all = [...findings, ...gone];
  const controls = rollUp(judgement.frameworks, withMeta, all, coverage as never, absent);
  let facts: Facts | undefined;
  const untidy = await store.saveResults(
    {
      findings: all,
      checks: results,
      controls,
      acceptances: uses,
      ...(declaredAbsent.length === 0 ? {} : { parameters: { [DECLARED]: JSON.stringify(declaredAbsent) } }),
    },
    runtime.clock().toISOString(),
    async () => {
      // What a report asks of the views costs a second over views, and next to nothing over the tables that stand for them.
      facts = await readFacts(store, { findings: all, checks: results, acceptances: inStoredOrder(uses) });
      await ask?.(store);
      if (facts !== undefined && wanted.length > 0) {
        const { readParts } = await import('./run/parts/index.ts');
        facts = { ...facts, parts: await readParts(store, wanted, { ...facts, ...(await told()) }) };
      }
    },
  );
  await store.dematerialise();
  if (untidy !== undefined) {
    runtime.log.warn(
      `The run is stored, but the file of the store could not be put in order (${untidy.split('\n', 1)[0]}): what is new stands in ${store.file}.wal, which belongs to it, until a later command has room`,
    );
  }
  if (facts === undefined) throw new Error('the run that was just saved is not in the store');
  return facts;
}

async function withEmptyParts(
  facts: Facts,
  wanted: readonly ReportPart[],
  told: () => Promise<{ readonly method?: Method }>,
): Promise<Facts> {
  if (wanted.length === 0) return facts;
  const { emptyParts } = await import('./run/parts/empty.ts');
  return { ...facts, parts: emptyParts(wanted, { run: facts.run, ...(await told()) }) };
}

function parseTargets(
  request: ScanRequest,
  scanners: readonly Scanner[],
): { readonly targets: readonly Target[]; readonly missing: readonly { readonly name: string; readonly error: TargetError }[] } {
  const schemes = scanners.flatMap((scanner) => (scanner.kind === 'service' ? [scanner.scheme] : []));
  const targets: Target[] = [];
  const missing: { name: string; error: TargetError }[] = [];
  for (const name of new Set(request.targets)) {
    try {
      if (name === request.stdin?.name) {
        targets.push({ kind: 'stdin', name });
        continue;
      }
      const target = parseTarget(name, request.directory, schemes);
      // `scan . ./` names one thing: it is read, and counted, once.
      const isTwin = targets.some((other) => other.kind === 'path' && target.kind === 'path' && other.path === target.path);
      if (!isTwin) targets.push(target);
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      missing.push({ name: shownTarget(name), error });
    }
  }
  const [first] = missing;
  if (targets.length === 0 && first !== undefined) throw first.error;
  return { targets, missing };
}

/** `scan a a/b`: what lies in another target is read there, and counted once. */
async function withoutOverlaps(
  targets: readonly Target[],
  { crawl, config, runtime }: ScanRequest,
  scanners: readonly Scanner[],
): Promise<readonly Target[]> {
  if (targets.length < 2) return targets;
  const { findOverlaps } = await import('./run/overlap.ts');
  const found = await findOverlaps(targets, {
    exclude: [...config.exclude, ...crawl.exclude],
    isPremerge: isPremerge(crawl),
    includeIgnored: crawl.includeIgnored,
  });
  const overlaps: typeof found = await notReadOtherwise(found, scanners);
  for (const { target, within } of overlaps) runtime.log.info(`${target.name} lies in ${within.name}: it is read once, with it`);
  const { tellApart } = await import('./run/tell-apart.ts');
  return tellApart(targets.filter((target) => !overlaps.some((overlap) => overlap.target === target)));
}

/** An image in a directory is searched with it as any archive; named, it is read as an image. */
async function notReadOtherwise(overlaps: readonly Overlap[], scanners: readonly Scanner[]): Promise<readonly Overlap[]> {
  const kept: Overlap[] = [];
  for (const overlap of overlaps) {
    const own = await crawlerOf(overlap.target, scanners);
    if (own === undefined || own === (await crawlerOf(overlap.within, scanners))) kept.push(overlap);
  }
  return kept;
}

function chooseScanners(all: readonly Scanner[], only: readonly string[], skip: readonly string[]): readonly Scanner[] {
  const ids = [...new Set(all.map((scanner) => scanner.id))];
  for (const id of [...only, ...skip]) {
    if (ids.includes(id)) continue;
    const meant = nearest(id, ids);
    throw new ConfigError(`There is no scanner "${id}"`, {
      code: 'SCANNER_UNKNOWN',
      hint: meant === undefined ? `Scanners: ${ids.join(', ')}` : `Did you mean "${meant}"?`,
    });
  }
  // A crawler stays: it finds the files for the others. Whether it searches them itself is `isSearched`.
  return all.filter((s) => s.kind === 'crawler' || (!skip.includes(s.id) && (only.length === 0 || only.includes(s.id))));
}

export async function chooseFrameworks(all: Judgement['frameworks'], named: readonly string[]): Promise<Judgement['frameworks']> {
  if (named.length === 0) return all.filter(({ byDefault }) => byDefault);
  if (named.includes('all')) return all;
  const { resolveFramework } = await import('./frameworks/resolve.ts');
  return named.map((text) => resolveFramework(text, all));
}

/** The store in use, what stands beside it, and its key. */
function ownFiles(store: string): readonly string[] {
  return [store, `${store}.wal`, `${store}.key`];
}

/** `--only notebook` means notebooks, not all the files that the crawler meets on its way to them. */
function isSearched(scanners: readonly Scanner[], { only, skip }: ScanRequest): boolean {
  const crawlers = scanners.filter((scanner) => scanner.kind === 'crawler').map((scanner) => scanner.id);
  return only.length === 0 ? !crawlers.every((id) => skip.includes(id)) : crawlers.some((id) => only.includes(id));
}

async function assertSameKey(store: Store, keyId: string): Promise<void> {
  const before = await store.setting('fingerprint_key_id');
  if (before === undefined || before === keyId) return;
  throw new ConfigError('The fingerprint key is not the one this store was made with', {
    code: 'FINGERPRINT_KEY',
    hint: 'Use the same NHI_AUDIT_FINGERPRINT_KEY or key file as before, or start a new store.',
  });
}

/** How this run looked: what the user chose, and a digest of the targets, so that two runs can be held together. */
function parametersOf(request: ScanRequest): { readonly [name: string]: string | number | boolean } {
  const { crawl, only, skip, config, targets, directory } = request;
  const exclude = [...config.exclude, ...crawl.exclude];
  const off = Object.entries(config.checks).flatMap(([id, { enabled }]) => (enabled === false ? [id] : []));
  const others = Object.entries(config.checks).flatMap(([id, { overrides }]) => ((overrides?.length ?? 0) > 0 ? [id] : []));
  const scope = contentId(targets.map((target) => resolve(directory, shownTarget(target))).sort());
  return {
    history: crawl.history,
    staged: crawl.staged,
    ...(request.stdin === undefined ? {} : { stdin: targets.length === 1 ? 'alone' : 'beside others' }),
    scope: scope.slice(0, 12),
    ...(crawl.since === undefined ? {} : { since: crawl.since }),
    ...(crawl.diff === undefined ? {} : { diff: rangeText(crawl.diff) }),
    ...(only.length === 0 ? {} : { only: only.join(',') }),
    ...(skip.length === 0 ? {} : { skip: skip.join(',') }),
    ...(exclude.length === 0 ? {} : { exclude: exclude.join(',') }),
    ...(crawl.includeIgnored === true ? { includeIgnored: true } : {}),
    ...(off.length === 0 ? {} : { checksOff: off.join(',') }),
    ...(others.length === 0 ? {} : { otherNumbersForSome: others.join(',') }),
    ...(config.detectors.disabled.length === 0 ? {} : { detectorsOff: config.detectors.disabled.join(',') }),
    ...(config.file === undefined ? {} : { config: shownPath(config.file, directory) }),
    gateway: JSON.stringify(config.gateway),
  };
}
