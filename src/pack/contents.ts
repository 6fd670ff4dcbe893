import type { AnyReporter, Finding, Method, RenderContext, Report, ReportPart } from '../contracts/index.ts';
import { loadReporter } from '../registry.ts';
import { jsonText } from '../util/sanitize.ts';
import { canonicalText } from './canonical.ts';
import { CONFIG, FINDINGS, REPORT, RULES } from './format.ts';
import { leafHash, merkleRoot } from './merkle.ts';
import type { Staging } from './staging.ts';

/** Reports of a pack: for people, for programs, and tables for spreadsheets. */
const REPORTS: readonly { readonly file: string; readonly id: string; readonly options?: { readonly [name: string]: string } }[] =
  [
    { file: 'reports/report.html', id: 'html' },
    { file: 'reports/audit.md', id: 'audit' },
    { file: REPORT, id: 'json' },
    { file: 'reports/report.sarif', id: 'sarif', options: { results: 'all' } },
    { file: 'reports/oscal-assessment-results.json', id: 'oscal' },
    { file: 'reports/ocsf.jsonl', id: 'ocsf' },
    { file: 'reports/credentials.cdx.json', id: 'cyclonedx' },
    ...['findings', 'identities', 'credentials', 'controls', 'coverage', 'population', 'exceptions'].map((rows) => ({
      file: `reports/${rows}.csv`,
      id: 'csv',
      options: { rows },
    })),
  ];

/** A pack does not say where on which machine it was made; the command line and targets are the user's own words. */
const NOWHERE: RenderContext = { width: undefined, color: false, links: false, store: undefined };

export interface PackOutput {
  readonly file: string;
  readonly reporter: AnyReporter;
  readonly options: { readonly [name: string]: string };
}

export async function packOutputs(): Promise<readonly PackOutput[]> {
  const outputs: PackOutput[] = [];
  for (const { file, id, options = {} } of REPORTS) {
    const reporter = await loadReporter(id);
    if (reporter === undefined) throw new Error(`there is no reporter ${id}`);
    outputs.push({ file, reporter, options });
  }
  return outputs;
}

/** What a pack says itself, beside what its reports ask for. */
export const OWN_PARTS: readonly ReportPart[] = ['method'];

export interface FindingsTree {
  readonly count: number;
  readonly root: string;
}

/** Writes what a run came to. `findings` are all of them, whatever the report shows. */
export async function writeContents(
  staging: Staging,
  {
    outputs,
    report,
    findings,
    method,
  }: {
    readonly outputs: readonly PackOutput[];
    readonly report: Report;
    readonly findings: readonly Finding[];
    readonly method: Method;
  },
  onFile: () => void,
): Promise<FindingsTree> {
  const tree = await writeFindings(staging, findings);
  for (const { file, reporter, options } of outputs) {
    onFile();
    await staging.write(file, reporter.render(report, options, NOWHERE));
  }
  await staging.writeText('coverage.json', `${jsonText(report.coverage, 2)}\n`);
  await staging.writeText('readme.txt', README);
  await staging.writeText(CONFIG, method.config);
  await staging.writeText(RULES, `${jsonText({ digest: report.run.rulesDigest, files: method.rules }, 2)}\n`);
  await staging.writeText('catalogues.json', `${jsonText(method.catalogues, 2)}\n`);
  return tree;
}

/** One finding a line, in canonical form and the order of fingerprints: the leaves of the tree. */
async function writeFindings(staging: Staging, findings: readonly Finding[]): Promise<FindingsTree> {
  const sorted = findings.toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  const leaves: Buffer[] = [];
  await staging.write(
    FINDINGS,
    (function* () {
      for (const finding of sorted) {
        const text = canonicalText(finding);
        leaves.push(leafHash(text));
        yield `${text}\n`;
      }
    })(),
  );
  return { count: leaves.length, root: merkleRoot(leaves).toString('hex') };
}

const README = `Evidence pack of nhi-audit

reports/          what was found and what it means, for people (report.html, audit.md) and for programs
tables/           the stored run as Parquet files
findings.jsonl    every finding, one a line: the leaves of the hash tree whose root is in manifest.json
coverage.json     what was looked at, and what could not be
config.yml        the configuration that held, secrets masked
rules.json        digests of the checks and detectors
catalogues.json   digests of the control catalogues
manifest.json     size and SHA-256 of each file, the run, the root of the findings
statement.*       a signed statement about these digests, where the pack is signed
SHA256SUMS        the same digests for sha256sum

To verify:        nhi-audit verify PACK --key PUBLIC.pem
or, without it:   sha256sum -c SHA256SUMS

A valid signature proves that nothing was changed since the holder of the key signed. It does not prove
that what was collected was true or complete when it was collected: for that, read coverage.json and
the population and method in the reports.
`;
