import type { Evidence, Finding } from '../contracts/finding.ts';
import type { Location } from '../contracts/observation.ts';

export type Located = Evidence & { readonly at: Location & { readonly path: string } };

/** What of a finding's evidence has a file. */
export function located(finding: Finding): Located[] {
  return finding.evidence.filter((item): item is Located => item.at?.path !== undefined);
}

/**
 * The place that a format with room for one shows: the first sighting that is still there, else any sighting, else whatever has a
 * file (an export, for findings about IAM). `undefined`: no file tells it.
 */
export function primaryPlace(finding: Finding): Located | undefined {
  const places = located(finding);
  return (
    places.find((item) => item.kind === 'sighting' && item.at.atHead !== false) ??
    places.find((item) => item.kind === 'sighting') ??
    places.find((item) => item.at.line !== undefined) ??
    places[0]
  );
}

/** The parts of a path that is always below the root, whatever the path says; of Windows' paths, too. */
export function relativeParts(path: string): string[] {
  const parts: string[] = [];
  for (const part of path
    .toWellFormed()
    .replaceAll('\\', '/')
    .replace(/^[A-Za-z]:(?=\/)/, '')
    .split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts;
}
