// `npm run build`, and `npm install` through "prepare": src, scanners and reporters compiled to dist, detectors as one JSON file.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = dirname(import.meta.dirname);
const DIST = join(ROOT, 'dist');

process.exitCode = await build();

async function build(): Promise<number> {
  const started = performance.now();
  rmSync(DIST, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
  if (compiled.status !== 0) {
    rmSync(DIST, { recursive: true, force: true });
    console.error('dist is not built: see the errors above');
    return 1;
  }
  await writeDetectors();
  // The launcher compares this file's time with the sources', so that a checkout never runs stale code.
  writeFileSync(join(DIST, 'built'), '');
  console.log(`dist is built (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return 0;
}

/** All detector packs, parsed and proven, in one file: a start need not read and check the YAML. */
async function writeDetectors(): Promise<void> {
  const load = join(ROOT, 'src', 'detect', 'load.ts');
  if (!existsSync(load)) return;
  const { serializePack } = await import(load);
  mkdirSync(join(DIST, 'generated'), { recursive: true });
  writeFileSync(join(DIST, 'generated', 'detectors.json'), await serializePack());
}
