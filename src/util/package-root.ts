import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let found: string | undefined;

/**
 * The directory of this package: rules, samples and SQL are read from it, whether the code runs from `src/` (type
 * stripping) or from `dist/` (published).
 */
export function packageRoot(): string {
  found ??= search(dirname(fileURLToPath(import.meta.url)));
  return found;
}

function search(from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    const manifest = join(directory, 'package.json');
    if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"name": "nhi-audit"')) return directory;
    if (directory === dirname(directory)) throw new Error(`nhi-audit: package.json not found above ${from}`);
  }
}

/** A file that the build made of the rules, `dist/generated/NAME`; nothing where the source runs, whose rules are the truth. */
export function generatedFile(name: string): string | undefined {
  if (import.meta.url.endsWith('.ts')) return undefined;
  // All code of the package lies in dist/src.
  return fileURLToPath(new URL(`../generated/${name}`, import.meta.url));
}
