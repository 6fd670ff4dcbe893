import type { Report } from '../../../src/contracts/reporter.ts';
import { sha256 } from '../../../src/util/digest.ts';
import { compare, count, thousands } from '../../../src/util/report-text.ts';
import { type Html, html } from '../html.ts';
import { section, table } from './section.ts';

/** What ties this file to a run, and how somebody else can check it. */
export function integritySection(report: Report): Html {
  const { run } = report;
  const method = report.parts?.method;
  const digests: [name: string, what: string, value: string | undefined][] = [
    ['Run', 'its id in the store', run.id],
    [
      'Findings',
      `SHA-256 over the ${count(report.findings.length, 'fingerprint')} and statuses of this report, sorted`,
      findingsDigest(report),
    ],
    ['Rules', 'every detector and check that ran', run.rulesDigest],
    ['Configuration', 'SHA-256 of what held, defaults included', method?.configDigest],
    ['Fingerprint key', 'the id of it; findings of two runs compare only under one key', run.fingerprintKeyId],
    [
      'Run before',
      method?.previous === undefined ? 'there is none in this store' : `digest of run ${method.previous.run}`,
      method?.previous?.digest,
    ],
    ...(run.evidence === undefined
      ? []
      : [
          ['Usages', `end of the chain of ${count(run.evidence.links, 'link')} that binds their rows`, run.evidence.last] as [
            string,
            string,
            string,
          ],
        ]),
    ...(method?.catalogues ?? []).map(({ id, version, sha256: digest }): [string, string, string] => [
      `Framework ${id}`,
      `catalogue, edition ${version}`,
      digest,
    ]),
  ];
  return section({
    id: 'integrity',
    title: 'Integrity',
    lead: 'This file alone is not signed, and anyone could have changed it since. The evidence pack that holds it is what can be verified.',
    body: html`${table(
      'Digests',
      ['Of', 'What it is over', 'Value'],
      digests.map(
        ([name, what, value]) =>
          html`<tr><th scope="row">${name}</th><td>${what}</td><td>${value === undefined ? '' : html`<code class="digest">${value}</code>`}</td></tr>`,
      ),
    )}
<ol class="verify">
<li>Get the pack of this run. It holds this report, the evidence, and a manifest with the digest of each file.</li>
<li>Run <code>nhi-audit verify PACK</code>. It needs no network, and names each file that was changed, added or removed.</li>
<li>Compare the digest of findings and the run id above with those of the pack.</li>
</ol>
<p class="note">A signature says that nothing was changed since signing. It does not say that what was collected was true; for that read the coverage and the population.</p>
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

function findingsDigest({ findings }: Report): string {
  const lines = findings.map(({ fingerprint, status }) => `${fingerprint} ${status}\n`);
  return sha256(lines.sort(compare).join(''));
}
