/** What lies where in an evidence pack. docs/evidence-pack.md tells it to people; a change of it is a new number here. */
export const PACK_TYPE = 'urn:nhi-audit:evidence-pack:1';

export const MANIFEST = 'manifest.json';
export const FINDINGS = 'findings.jsonl';
export const SUMS = 'SHA256SUMS';
/** Signed with a key of one's own. */
export const ENVELOPE = 'statement.dsse.json';
/** Signed without one: certificate of Fulcio, entry in Rekor. */
export const BUNDLE = 'statement.sigstore.json';

/** What is made of all other files; the manifest cannot list them. */
export const BESIDE_MANIFEST: ReadonlySet<string> = new Set([MANIFEST, SUMS, ENVELOPE, BUNDLE]);

export const REPORT = 'reports/report.json';
export const CONFIG = 'config.yml';
export const RULES = 'rules.json';
export const TABLES = 'tables';
export const TABLES_MANIFEST = `${TABLES}/manifest.json`;

/** What no pack is without: one that lacks any of it was not made whole, whoever signed it. */
export const REQUIRED: readonly string[] = [
  'catalogues.json',
  CONFIG,
  'coverage.json',
  FINDINGS,
  'readme.txt',
  'reports/audit.md',
  'reports/controls.csv',
  'reports/coverage.csv',
  'reports/credentials.cdx.json',
  'reports/credentials.csv',
  'reports/exceptions.csv',
  'reports/findings.csv',
  'reports/identities.csv',
  'reports/ocsf.jsonl',
  'reports/oscal-assessment-results.json',
  'reports/population.csv',
  'reports/report.html',
  REPORT,
  'reports/report.sarif',
  RULES,
  TABLES_MANIFEST,
];

/** What verification holds in memory at once: a manifest, an envelope, one finding. */
export const MOST_HELD = 32 * 1024 * 1024;
/** And of the report that it holds against the findings. */
export const MOST_COMPARED = 256 * 1024 * 1024;
export const MOST_FILES = 10_000;

/** Bytes of a file read at a time. */
export const CHUNK = 1024 * 1024;

/**
 * Paths of packs are small letters and digits: whatever climbs, begins at a root, hides or means something to a system is none.
 */
export function isPackPath(path: string): boolean {
  return path === SUMS || (path.length <= 200 && /^[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*){0,4}$/.test(path));
}

/** The one order of a pack: by bytes. Paths are ASCII. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}

export interface FileDigest {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** As `sha256sum` writes it. */
export function sumsOf(files: readonly Pick<FileDigest, 'path' | 'sha256'>[]): string {
  return files
    .filter(({ path }) => path !== SUMS)
    .toSorted(byPath)
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`)
    .join('');
}
