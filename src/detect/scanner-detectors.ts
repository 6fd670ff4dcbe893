import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../util/package-root.ts';

const ScannerDetector = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** File or folder that makes such sightings. */
  madeBy: z.string(),
  finds: z.string(),
  confidence: z.enum(['high', 'medium', 'low']),
  impact: z.string(),
  rotate: z.string(),
});
export type ScannerDetector = z.infer<typeof ScannerDetector>;

/** What sightings name as their detector without an entry in `rules/detectors`: structure, not a pattern, gave it away. */
export function scannerDetectors(): readonly ScannerDetector[] {
  const file = join(packageRoot(), 'rules', 'catalogs', 'scanner-detectors.yml');
  return z.array(ScannerDetector).parse(parse(readFileSync(file, 'utf8')));
}
