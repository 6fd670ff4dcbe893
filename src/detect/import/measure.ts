import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createEngine } from '../engine.ts';
import { finish } from '../load.ts';
import type { Pack } from '../pack.ts';
import { isBinary } from '../text.ts';
import { withImports } from './load.ts';
import type { ImportResult } from './types.ts';

/** What one rule costs and gives on a corpus. */
export interface Measure {
  readonly rule: string;
  readonly file: string;
  readonly hits: number;
  /** Places where a keyword stands, so that the regex is tried. */
  readonly windows: number;
  readonly milliseconds: number;
  readonly trouble: number;
}

export interface Measured {
  readonly rules: readonly Measure[];
  readonly files: number;
  readonly bytes: number;
}

const LARGEST = 8 * 1024 * 1024;

/** Runs each rule by itself over the text files below a directory: its cost is then its own. */
export function measureRules(results: readonly ImportResult[], own: Pack, directory: string): Measured {
  const singles = [
    ...own.detectors.map((detector) => ({
      id: detector.id,
      file: detector.file,
      keywords: detector.keywords,
      pack: finish([detector], own.placeholders),
    })),
    ...results.flatMap((result) =>
      result.pack.rules.map((rule) => {
        const parts = new Set([rule.id, ...rule.required.map((part) => part.rule)]);
        const rules = result.pack.rules.filter(({ id }) => parts.has(id));
        const pack = withImports(finish([], own.placeholders), [{ ...result, pack: { ...result.pack, rules } }]);
        return { id: rule.id, file: rule.file, keywords: rule.keywords, pack };
      }),
    ),
  ].map((single) => ({
    ...single,
    engine: createEngine({ pack: single.pack, fingerprintKey: 'measure', secretlint: false }),
    folded: single.keywords.map((keyword) => keyword.toLowerCase()),
    hits: 0,
    windows: 0,
    milliseconds: 0,
    trouble: 0,
  }));
  let [files, bytes] = [0, 0];
  for (const path of filesBelow(directory)) {
    const content = readText(path);
    if (content === undefined) continue;
    files++;
    bytes += content.length;
    const text = content.toString('latin1').toLowerCase();
    const at = relative(directory, path).split(sep).join('/');
    for (const single of singles) {
      const windows = single.folded.reduce((sum, keyword) => sum + occurrences(text, keyword), 0);
      if (windows === 0 && single.folded.length > 0) continue;
      single.windows += windows;
      const start = performance.now();
      const scan = single.engine.open({ path: at });
      scan.feed(content, true);
      const result = scan.finish();
      single.milliseconds += performance.now() - start;
      single.trouble += result.imported?.trouble.length ?? 0;
      single.hits += single.engine.matches(result).filter((match) => match.detector === single.id).length;
    }
  }
  const rules = singles.map(({ id, file, hits, windows, milliseconds, trouble }) => ({
    rule: id,
    file,
    hits,
    windows,
    milliseconds,
    trouble,
  }));
  return { rules: rules.sort((a, b) => b.milliseconds - a.milliseconds), files, bytes };
}

function occurrences(text: string, keyword: string): number {
  if (keyword === '') return 0;
  let count = 0;
  for (let at = text.indexOf(keyword); at >= 0; at = text.indexOf(keyword, at + keyword.length)) count++;
  return count;
}

function* filesBelow(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== '.git') yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

function readText(path: string): Buffer | undefined {
  try {
    const content = readFileSync(path);
    return content.length > LARGEST || isBinary(content) ? undefined : content;
  } catch {
    // A corpus need not be whole.
    return undefined;
  }
}
