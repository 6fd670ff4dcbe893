import { join } from 'node:path';
import type { Crawler, FileScanner, Observation, SourceFile, Surroundings } from '../../../src/contracts/index.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { shownTo, surroundings } from '../../../src/files/surroundings.ts';
import { loadScanners } from '../../../src/registry.ts';
import { type ImageSpec, imageArchive } from '../../helpers/images.ts';
import { type TestContext, tempDir, testContext, writeFile } from '../../helpers/scan-context.ts';

/** What the product sees in images that lie in a directory: each archive by name, with the images in it. */
export async function observeImages(archives: { readonly [name: string]: readonly ImageSpec[] }): Promise<Observation[]> {
  const { crawlers, context } = await product();
  const observations: Observation[] = [];
  for (const [name, images] of Object.entries(archives)) {
    const directory = tempDir();
    const filled = JSON.stringify(images).replace(
      /‹([^›]*)›/g,
      (_, what: string) => expandExample(`{{${what}}}`, `${name} ${what}`).text,
    );
    writeFile(directory, name, imageArchive(JSON.parse(filled) as ImageSpec[]));
    const target = { kind: 'path', name, path: join(directory, name), isDirectory: false } as const;
    for (const crawler of crawlers) {
      if (!(await crawler.accepts(target))) continue;
      for await (const observation of crawler.scan(target, context)) observations.push(observation);
    }
  }
  return observations;
}

/** What the scanners of the product see in these files: each is read by the one that recognises it, and searched for keys. */
export async function observe(files: { readonly [path: string]: string }, repository: string): Promise<Observation[]> {
  const { scanners, context } = await product();
  const observations: Observation[] = [];
  const trees = new Map<string, Map<string, SourceFile>>();
  for (const [name, text] of Object.entries(files)) {
    const [owner, path] = name.includes(':')
      ? [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)]
      : [repository, name];
    const filled = text.replace(/‹([^›]*)›/g, (_, what: string) => expandExample(`{{${what}}}`, `${name} ${what}`).text);
    const tree = trees.get(owner) ?? new Map<string, SourceFile>();
    trees.set(owner, tree);
    tree.set(path, sourceFile(path, Buffer.from(filled), { repository: owner, path, atHead: true }, 'work-tree', aroundIn(tree)));
  }
  for (const file of [...trees.values()].flatMap((tree) => [...tree.values()])) {
    const { path, bytes } = file;
    const scanner = scanners.find((one) => one.recognises(headOfBytes(path, bytes)));
    if (scanner !== undefined)
      for await (const observation of scanner.scan(shownTo(scanner, file), context)) observations.push(observation);
    if (scanner?.content === 'own') continue;
    for (const match of context.detect(bytes, { path })) {
      const { line, column, endLine, endColumn } = match;
      observations.push(context.sighting(match, { ...file.at, line, column, endLine, endColumn }, 'work-tree'));
    }
  }
  return observations;
}

const AROUND = new WeakMap<Map<string, SourceFile>, Surroundings>();

function aroundIn(tree: Map<string, SourceFile>): Surroundings {
  const known =
    AROUND.get(tree) ??
    surroundings(
      () => tree.keys(),
      (path) => tree.get(path),
    );
  AROUND.set(tree, known);
  return known;
}

interface Product {
  readonly scanners: readonly FileScanner[];
  readonly crawlers: readonly Crawler[];
  readonly context: TestContext;
}

let loaded: Promise<Product> | undefined;

function product(): Promise<Product> {
  loaded ??= (async () => {
    const scanners = await loadScanners();
    const pack = await loadPack();
    const files = scanners.filter((one) => one.kind === 'file');
    const crawlers = scanners.filter((one) => one.kind === 'crawler');
    return { scanners: files, crawlers, context: testContext({ pack, scanners: files }) };
  })();
  return loaded;
}
