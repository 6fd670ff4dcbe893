// `npm run build`, and `npm install` through "prepare": src, scanners and reporters bundled into dist, rules as JSON.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { bundlePage } from '../reporters/html/bundle.ts';
import { searchImage } from '../src/detect/anchors.ts';
import { IMAGE } from '../src/detect/kernel/image.ts';
import { loadPack, serializePack } from '../src/detect/load.ts';
import { readJudgement } from '../src/run/rules.ts';
import { messageOf } from '../src/util/errors.ts';

const ROOT = dirname(import.meta.dirname);
const DIST = join(ROOT, 'dist');
/** Built here and moved at the end: whoever runs the tool meanwhile runs a whole one. */
const NEXT = join(ROOT, 'node_modules', '.cache', 'nhi-audit', 'dist');

/**
 * What each run starts with, and what a clean check before a merge runs, are one file each: to find and link a module costs
 * a quarter of a millisecond, and there are 170. These and what they import statically; the rest stays apart and lazy.
 */
const TOGETHER: { readonly [name: string]: RegExp } = {
  start: /^src\/util\/(errors|layout|sanitize|version)\.ts$/,
  premerge:
    /^(src\/(commands\/scan|detect\/load|run\/unobserved|store\/fingerprint-key|suppress\/ignore-file)|scanners\/(repository\/changes|[a-z-]+\/index)|reporters\/terminal\/index)\.ts$/,
};

process.exitCode = await build();

async function build(): Promise<number> {
  const started = performance.now();
  rmSync(NEXT, { recursive: true, force: true });
  try {
    await bundle();
    await writeRules();
  } catch (error) {
    console.error(`dist is not built: ${messageOf(error)}`);
    return 1;
  }
  // The launcher compares this file's time with the sources', so that a checkout never runs stale code.
  writeFileSync(join(NEXT, 'built'), '');
  rmSync(DIST, { recursive: true, force: true });
  renameSync(NEXT, DIST);
  // Standard output belongs to whoever runs us: `npm pack --json` prints there.
  console.error(`dist is built (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return 0;
}

/** All code into `dist/src`, without folders: `import.meta.url` has one meaning in all of it. Packages stay packages. */
async function bundle(): Promise<void> {
  const groups = Object.entries(TOGETHER).map(([name, paths], index, { length }) => ({
    name,
    priority: length - index,
    test: (id: string) => paths.test(relative(ROOT, id).replaceAll('\\', '/')),
  }));
  const build = await rolldown({
    cwd: ROOT,
    input: { cli: 'src/cli.ts', worker: 'src/detect/worker.ts' },
    platform: 'node',
    transform: { target: 'node22.18' },
    // Said of what is lazy for the tests' and the source's sake; here it costs nothing.
    checks: { ineffectiveDynamicImport: false },
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    plugins: [page()],
  });
  await build.write({
    dir: join(NEXT, 'src'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    comments: false,
    codeSplitting: { groups },
  });
  await build.close();
}

/** The HTML report's script and style, as texts in the place of the module that makes them from source. */
function page(): Plugin {
  const module = join(ROOT, 'reporters', 'html', 'assets.ts');
  return {
    name: 'page',
    async load(id) {
      if (id !== module) return null;
      const assets = JSON.stringify(await bundlePage());
      return { code: `export const pageAssets = () => Promise.resolve(${assets});`, moduleType: 'js' };
    },
  };
}

/** All rules, parsed and checked, as JSON, and the tables of their search: a start need not make them from YAML texts. */
async function writeRules(): Promise<void> {
  mkdirSync(join(NEXT, 'generated'), { recursive: true });
  const pack = await loadPack({ source: 'yaml' });
  writeFileSync(join(NEXT, 'generated', 'detectors.json'), serializePack(pack));
  writeFileSync(join(NEXT, 'generated', IMAGE), searchImage(pack));
  writeFileSync(join(NEXT, 'generated', 'judgement.json'), JSON.stringify(await readJudgement([])));
}
