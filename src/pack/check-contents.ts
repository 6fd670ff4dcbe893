import { parse } from 'yaml';
import { z } from 'zod';
import { canonicalJson, sha256 } from '../util/digest.ts';
import { linesOf } from './check-findings.ts';
import { CONFIG, FINDINGS, MOST_COMPARED, MOST_HELD, REPORT, RULES, TABLES, TABLES_MANIFEST } from './format.ts';
import type { Manifest } from './manifest.ts';
import type { Problem } from './problem.ts';
import { type PackFile, readWhole } from './source.ts';

/** Of files that say again what the manifest says: what is compared. */
const Rules = z.object({ digest: z.string() });
const Tables = z.object({
  run: z.object({ id: z.string() }),
  tables: z.array(z.object({ file: z.string(), sha256: z.string() })),
});
const Rows = z.array(z.object({ fingerprint: z.string() }));
const Report = z.object({
  run: z.object({
    id: z.string(),
    startedAt: z.string(),
    finishedAt: z.string(),
    toolVersion: z.string(),
    rulesDigest: z.string(),
    fingerprintKeyId: z.string(),
  }),
  findings: Rows,
  accepted: Rows,
});

/** Whoever signs can sign what does not fit together. What is said twice in a pack is the same both times. */
export function checkContents(
  manifest: Manifest,
  /** `undefined` for a file that is not there, or of which something is known already. */
  whole: (path: string) => PackFile | undefined,
): { readonly problems: readonly Problem[]; readonly notes: readonly string[] } {
  const problems: Problem[] = [];
  const notes: string[] = [];
  const differs = (file: string, message: string): void => void problems.push({ file, kind: 'mismatch', message });
  const read = (path: string, most = MOST_HELD): string | undefined => {
    const file = whole(path);
    if (file === undefined) return undefined;
    const bytes = readWhole(file, most);
    if (bytes === undefined) notes.push(`${path} is larger than ${most} bytes: what it says was not compared.`);
    return bytes?.toString('utf8');
  };

  const config = read(CONFIG);
  if (config !== undefined && configDigest(config) !== manifest.config.sha256) {
    differs(CONFIG, 'not the configuration whose digest the manifest has');
  }
  const rules = read(RULES);
  if (rules !== undefined && jsonOf(Rules, rules)?.digest !== manifest.run.rulesDigest) {
    differs(RULES, 'its digest is not that of the rules in the manifest');
  }
  const tables = read(TABLES_MANIFEST);
  const wrongTables = tables === undefined ? undefined : tablesProblem(jsonOf(Tables, tables), manifest);
  if (wrongTables !== undefined) differs(TABLES_MANIFEST, wrongTables);
  const findings = whole(FINDINGS);
  const fingerprints = findings === undefined ? undefined : fingerprintsOf(findings);
  if (findings !== undefined && fingerprints === undefined) {
    differs(FINDINGS, 'its lines are not findings in the order of their fingerprints, each once');
  }
  const report = read(REPORT, MOST_COMPARED);
  const wrongReport = report === undefined ? undefined : reportProblem(jsonOf(Report, report), manifest, fingerprints);
  if (wrongReport !== undefined) differs(REPORT, wrongReport);
  return { problems, notes };
}

/** Of a run that kept no configuration the file is empty, and the manifest has no digest. */
function configDigest(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return sha256(canonicalJson(parse(text)));
  } catch {
    return 'not YAML';
  }
}

function tablesProblem(tables: z.infer<typeof Tables> | undefined, { run, files }: Manifest): string | undefined {
  if (tables === undefined) return 'not a list of tables as nhi-audit writes it';
  if (tables.run.id !== run.id) return 'of another run than the manifest';
  const listed = tables.tables.map(({ file, sha256: digest }) => `${TABLES}/${file} ${digest}`).sort();
  const there = files.filter(({ path }) => path.startsWith(`${TABLES}/`) && path !== TABLES_MANIFEST);
  const packed = there.map(({ path, sha256: digest }) => `${path} ${digest}`).sort();
  return listed.join() === packed.join() ? undefined : 'the tables that it lists are not those of the pack';
}

function reportProblem(
  report: z.infer<typeof Report> | undefined,
  { run }: Manifest,
  fingerprints: readonly string[] | undefined,
): string | undefined {
  if (report === undefined) return 'not a report as nhi-audit writes it';
  const names = ['id', 'startedAt', 'finishedAt', 'toolVersion', 'rulesDigest', 'fingerprintKeyId'] as const;
  const wrong = names.filter((name) => report.run[name] !== run[name]);
  if (wrong.length > 0) return `of another run than the manifest: ${wrong.join(', ')}`;
  const told = [...report.findings, ...report.accepted].map(({ fingerprint }) => fingerprint).sort();
  if (fingerprints === undefined || told.join() === fingerprints.join()) return undefined;
  return `tells ${told.length} findings, which are not the ${fingerprints.length} of ${FINDINGS}`;
}

function fingerprintsOf(file: PackFile): readonly string[] | undefined {
  const found: string[] = [];
  for (const line of linesOf(file)) {
    const fingerprint = line === undefined ? undefined : jsonOf(Rows.element, line.toString('utf8'))?.fingerprint;
    if (fingerprint === undefined || fingerprint <= (found.at(-1) ?? '')) return undefined;
    found.push(fingerprint);
  }
  return found;
}

function jsonOf<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
