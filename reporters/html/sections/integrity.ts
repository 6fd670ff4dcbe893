import type { RenderContext, Report } from '../../../src/contracts/reporter.ts';
import { sha256 } from '../../../src/util/digest.ts';
import { compare, count, thousands } from '../../../src/util/report-text.ts';
import { pasteableWord } from '../../../src/util/shell-word.ts';
import { type Html, html } from '../html.ts';
import { section, table } from './section.ts';

/** What ties this file to a run, and how somebody else can check it. */
export function integritySection(report: Report, { store }: RenderContext): Html {
  const { run } = report;
  const method = report.parts?.method;
  const digests: (readonly [name: string, what: string, value: string | undefined])[] = [
    ['Run', 'its id in the store, and in the manifest of its pack', run.id],
    ['Tool', 'what made this file', `nhi-audit ${run.toolVersion}`],
    ['Rules', 'every detector and check that ran', run.rulesDigest],
    ['Configuration', 'SHA-256 of what held, defaults included', method?.configDigest],
    ['Fingerprint key', 'the id of it; findings of two runs compare only under one key', run.fingerprintKeyId],
    [
      'Run before',
      method?.previous === undefined ? 'there is none in this store' : `digest of run ${method.previous.run}`,
      method?.previous?.digest,
    ],
    [
      'Usages',
      run.evidence === undefined
        ? 'no rows of logs and sessions are bound'
        : `last of the ${count(run.evidence.links, 'link')} of the chain that binds the rows of logs and sessions`,
      run.evidence?.last,
    ],
    [
      'Findings',
      `SHA-256 over the ${count(report.findings.length, 'fingerprint')} and statuses in this file, sorted: two copies compare by it`,
      findingsDigest(report),
    ],
  ];
  const pack = `${pasteableWord(run.id) ?? 'PACK'}.zip`;
  const of = `--store ${pasteableWord(store ?? 'FILE') ?? 'FILE'} --run ${pasteableWord(run.id) ?? 'RUN'}`;
  return section({
    id: 'integrity',
    title: 'Integrity',
    lead: 'An HTML file by itself is an unsigned copy: anyone could have changed it, these digests as well. What can be verified is the evidence pack of the run.',
    body: html`<ol class="verify">
<li>Make the pack, or ask for it. It holds the reports, the tables behind them, the configuration, and a manifest with the SHA-256 of each file and the root over all findings. Keep the digest of the manifest, which <code>pack</code> prints, where nobody can change it.<pre>nhi-audit pack ${of} -o ${pack} --sign-key pack.key</pre></li>
<li>Verify it, offline and without the store. Each file that was changed, added or taken away is named. Without <code>--key</code> nobody knows whose key it is; a pack without a signature shows only that its files fit together.<pre>nhi-audit verify ${pack} --key pack.key.pub</pre></li>
<li>Compare the values below with <code>manifest.json</code> of the pack and with its own <code>reports/report.html</code>, which is made for the persona auditor and so need not be this file byte for byte.</li>
</ol>
<p class="note">A valid signature proves that the files are unaltered since the holder of the key signed them. It does not prove that what was collected was true or complete; for that read the <a href="#coverage-title">coverage</a> and the <a href="#population">population</a>, and draw a sample (<code>nhi-audit evidence sample</code>).</p>
${digestTable('What this file says of its run', digests)}
${folded(
  'Digests of catalogues',
  (method?.catalogues ?? []).map(({ id, version, sha256: digest }) => [id, `edition ${version}`, digest] as const),
)}
${
  (method?.rules.length ?? 0) > 0 &&
  html`<details><summary>Digests of rules <b>${thousands(method?.rules.length ?? 0)}</b></summary>${table(
    'Digests of rules',
    ['File', 'SHA-256'],
    (method?.rules ?? []).map(
      ({ file, sha256: digest }) =>
        html`<tr><th scope="row"><code>${file}</code></th><td><code class="digest">${digest}</code></td></tr>`,
    ),
  )}</details>`
}`,
    view: 'audit',
  });
}

function digestTable(caption: string, rows: readonly (readonly [name: string, what: string, value: string | undefined])[]): Html {
  return table(
    caption,
    ['Of', 'What it is', 'Value'],
    rows.map(
      ([name, what, value]) =>
        html`<tr><th scope="row">${name}</th><td>${what}</td><td>${value === undefined ? '' : html`<code class="digest">${value}</code>`}</td></tr>`,
    ),
    'digests',
  );
}

function folded(title: string, rows: Parameters<typeof digestTable>[1]): Html | undefined {
  return rows.length === 0
    ? undefined
    : html`<details><summary>${title} <b>${thousands(rows.length)}</b></summary>${digestTable(title, rows)}</details>`;
}

function findingsDigest({ findings }: Report): string {
  const lines = findings.map(({ fingerprint, status }) => `${fingerprint} ${status}\n`);
  return sha256(lines.sort(compare).join(''));
}
