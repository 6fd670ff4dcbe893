import type { FileScanner, Observation } from '../../../src/contracts/index.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { loadScanners } from '../../../src/registry.ts';
import { type TestContext, testContext } from '../../helpers/scan-context.ts';

/** What the scanners of the product see in these files: each is read by the one that recognises it, and searched for keys. */
export async function observe(files: { readonly [path: string]: string }, repository: string): Promise<Observation[]> {
  const { scanners, context } = await product();
  const observations: Observation[] = [];
  for (const [name, text] of Object.entries(files)) {
    const [owner, path] = name.includes(':')
      ? [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)]
      : [repository, name];
    const filled = text.replace(/‹([^›]*)›/g, (_, what: string) => expandExample(`{{${what}}}`, `${name} ${what}`).text);
    const bytes = Buffer.from(filled);
    const file = sourceFile(path, bytes, { repository: owner, path, atHead: true }, 'work-tree');
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

let loaded: Promise<{ readonly scanners: readonly FileScanner[]; readonly context: TestContext }> | undefined;

function product(): NonNullable<typeof loaded> {
  loaded ??= (async () => {
    const scanners = await loadScanners();
    const pack = await loadPack();
    return { scanners: scanners.filter((one) => one.kind === 'file'), context: testContext({ pack }) };
  })();
  return loaded;
}
