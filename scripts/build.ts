// `npm run build`, and `npm install` through "prepare": src, scanners and reporters compiled to dist, rules as JSON.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { searchImage } from '../src/detect/anchors.ts';
import { IMAGE } from '../src/detect/kernel/image.ts';
import { loadPack, serializePack } from '../src/detect/load.ts';
import { readJudgement } from '../src/run/rules.ts';
import { messageOf } from '../src/util/errors.ts';

const ROOT = dirname(import.meta.dirname);
const DIST = join(ROOT, 'dist');
/** Built here and moved at the end: whoever runs the tool meanwhile runs a whole one. */
const NEXT = join(ROOT, 'node_modules', '.cache', 'nhi-audit', 'dist');

process.exitCode = await build();

async function build(): Promise<number> {
  const started = performance.now();
  rmSync(NEXT, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', NEXT];
  const compiled = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (compiled.status !== 0) {
    console.error('dist is not built: see the errors above');
    return 1;
  }
  try {
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

/** All rules, parsed and checked, as JSON, and the tables of their search: a start need not make them from YAML texts. */
async function writeRules(): Promise<void> {
  mkdirSync(join(NEXT, 'generated'), { recursive: true });
  const pack = await loadPack({ source: 'yaml' });
  writeFileSync(join(NEXT, 'generated', 'detectors.json'), serializePack(pack));
  writeFileSync(join(NEXT, 'generated', IMAGE), searchImage(pack));
  writeFileSync(join(NEXT, 'generated', 'judgement.json'), JSON.stringify(await readJudgement([])));
}
