import type { FileScanner, Observation, SourceFile, Surroundings } from '../../../src/contracts/index.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { surroundings } from '../../../src/files/surroundings.ts';
import { loadScanners } from '../../../src/registry.ts';
import { type TestContext, testContext } from '../../helpers/scan-context.ts';

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
    if (scanner !== undefined) for await (const observation of scanner.scan(file, context)) observations.push(observation);
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

let loaded: Promise<{ readonly scanners: readonly FileScanner[]; readonly context: TestContext }> | undefined;

function product(): NonNullable<typeof loaded> {
  loaded ??= (async () => {
    const scanners = await loadScanners();
    const pack = await loadPack();
    return { scanners: scanners.filter((one) => one.kind === 'file'), context: testContext({ pack }) };
  })();
  return loaded;
}
