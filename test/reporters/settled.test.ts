import assert from 'node:assert/strict';
import { csv } from '../../reporters/csv/index.ts';
import { cyclonedx } from '../../reporters/cyclonedx/index.ts';
import { gitlabCodeQuality } from '../../reporters/gitlab-code-quality/index.ts';
import { gitlabSecretDetection } from '../../reporters/gitlab-secret-detection/index.ts';
import { junit } from '../../reporters/junit/index.ts';
import { ocsf } from '../../reporters/ocsf/index.ts';
import { opengraph } from '../../reporters/opengraph/index.ts';
import { oscal } from '../../reporters/oscal/index.ts';
import { sarif } from '../../reporters/sarif/index.ts';
import type { AnyReporter, Report } from '../../src/contracts/reporter.ts';
import { ACCEPTANCES, settledReport, TRIAGE } from '../helpers/made-parts.ts';
import { renderText } from '../helpers/report.ts';

const WHO = /kim@harbour\.example.*lee@harbour\.example.*SEC-7.*2026-06-30/;

async function json(reporter: AnyReporter, options = {}, report = settledReport()) {
  return JSON.parse(await renderText(reporter, report, options));
}

/** Cells of one column, row by row. */
function cells(table: string, column: string): string[] {
  const [head = '', ...rows] = table.trimEnd().split('\r\n');
  const at = head.split(',').indexOf(column);
  assert.ok(at >= 0, column);
  return rows.map((row) => [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, a, b]) => a ?? b ?? '')[at] ?? '');
}

interface Result {
  readonly baselineState: string;
  readonly suppressions?: readonly { readonly kind: string; readonly status: string; readonly justification: string }[];
  readonly properties: { readonly status?: string };
}

describe('what is accepted, fixed or was not seen again', () => {
  it('is left out of SARIF for code scanning, which is told how much it is', async () => {
    const [run] = (await json(sarif)).runs;
    const notes = run.invocations[0].toolExecutionNotifications.map(({ message }: { message: { text: string } }) => message.text);

    assert.equal(run.results.length, 1);
    assert.ok(run.results.every((one: Result) => one.suppressions === undefined));
    assert.ok(notes.includes('8 findings accepted by an exception'));
    assert.ok(notes.some((note: string) => note.startsWith('1 finding not shown to persona')));
  });

  it('is suppressed or absent in SARIF for those that know such results', async () => {
    const results: Result[] = (await json(sarif, { results: 'all' })).runs[0].results;
    const suppressed = results.flatMap(({ suppressions = [] }) => suppressions);

    assert.deepEqual(
      results.map(({ baselineState, properties }) => `${baselineState} ${properties.status ?? 'is open'}`).sort(),
      ['absent fixed', 'absent not-observed', 'new is open', ...ACCEPTANCES.map(() => 'unchanged excepted')],
    );
    assert.equal(suppressed.length, ACCEPTANCES.length);
    assert.ok(suppressed.every(({ status }) => status === 'accepted'));
    assert.equal(suppressed.filter(({ kind }) => kind === 'inSource').length, 1);
    assert.equal(suppressed.filter(({ justification }) => WHO.test(justification)).length, 6);
  });

  it('has its status in OCSF', async () => {
    const events = (await renderText(ocsf, settledReport(), { events: 'findings' })).trimEnd().split('\n').slice(1);
    const told = events.map((line) => {
      const { activity_name: activity, is_alert: isAlert, status, status_detail: detail } = JSON.parse(line);
      if (status === 'Suppressed') assert.match(detail, /^Accepted by /);
      return `${activity} ${status} ${isAlert}`;
    });

    assert.deepEqual([...new Set(told)].sort(), [
      'Close Resolved false',
      'Create New true',
      'Update Not observed false',
      'Update Suppressed false',
    ]);
  });

  it('is a risk of that status in OSCAL', async () => {
    const [result] = (await json(oscal))['assessment-results'].results;
    const states = result.risks.map(({ status }: { status: string }) => status).sort();

    assert.deepEqual(states, ['closed', ...ACCEPTANCES.map(() => 'deviation-approved'), 'investigating', 'open']);
    const dated = result.risks.filter(({ deadline }: { deadline?: string }) => deadline === '2026-06-30T23:59:59Z');
    assert.equal(dated.length, 6);
  });

  it('is analysed in CycloneDX, in the words of whoever accepts it', async () => {
    const { components, metadata, services, vulnerabilities } = await json(cyclonedx);
    const refs = new Set([...components, ...services].map((one) => one['bom-ref']));
    const states: { [key: string]: string | undefined } = {};
    for (const { affects = [], analysis, properties } of vulnerabilities) {
      const status = properties.find(({ name }: { name: string }) => name === 'nhi-audit:status').value;
      const key = status === 'excepted' ? (/: (?<word>[a-z-]+): Known/.exec(analysis.detail)?.groups?.word ?? 'no word') : status;
      states[key] = [analysis?.state, analysis?.justification, analysis?.response?.[0]].filter(Boolean).join(' ');
      for (const { ref } of affects) assert.ok(refs.has(ref));
      if (status === 'excepted') assert.match(analysis.detail, /^Accepted by /);
    }

    assert.deepEqual(states, {
      new: '',
      fixed: 'resolved',
      'not-observed': 'in_triage',
      'false-positive': 'false_positive',
      'test-data': 'not_affected',
      revoked: 'resolved',
      'accepted-risk': 'exploitable will_not_fix',
      'compensating-control': 'not_affected protected_by_mitigating_control',
      'not-ours': 'exploitable can_not_fix',
      'no word': 'will_not_fix',
    });
    assert.ok(
      metadata.properties.some(
        ({ name, value }: { name: string; value: string }) => name === 'nhi-audit:hidden-for-persona' && value === '1',
      ),
    );
  });

  it('counts for itself in the graph', async () => {
    const { nodes } = (await json(opengraph)).graph;
    const of = (name: string) =>
      nodes.find((one: { properties: { displayname: string } }) => one.properties.displayname === name);

    assert.equal(of('ci-deploy').properties.accepted_findings, 2);
    assert.equal(of('AKIA0HARBOUR0DEPLOY0').properties.accepted_findings, 2);
    assert.equal(of('anyone').properties.accepted_findings, 0);
    const run = nodes.find((one: { kinds: string[] }) => one.kinds[0] === 'NHI_Run').properties;
    assert.deepEqual([run.hidden_for_persona, run.hidden_by_baseline, run.accepted_findings], [1, 2, 8]);
  });

  it('does not pass in JUnit, and neither does what is hidden', async () => {
    const cases = async (report: Report) => (await renderText(junit, report)).split('<testcase ');
    const of = async (rule: string, report = settledReport()) =>
      (await cases(report)).find((one) => one.includes(`name="${rule}:`));
    const hiding = settledReport();
    const hidden = { ...hiding, findings: hiding.findings.filter(({ status }) => status === 'fixed') };

    assert.match(
      (await of('identity-unused')) ?? '',
      /<skipped message="excepted: 8 findings, all accepted\. Accepted by comment/,
    );
    assert.match((await of('leaked-key-is-admin')) ?? '', /<failure message="1 open finding"/);
    assert.match(
      (await of('leaked-key-is-admin', hidden)) ?? '',
      /<skipped message="fail: 1 open finding not shown in this report/,
    );
    assert.match((await of('credential-reused')) ?? '', /^[^>]* time="0"\/>\n/);
  });

  it('is left out of what GitLab would show as open, which is told how much it is', async () => {
    const { scan, vulnerabilities } = await json(gitlabSecretDetection);
    const notes = scan.messages.map(({ value }: { value: string }) => value);

    assert.equal((await json(gitlabCodeQuality)).length, 1);
    assert.equal(vulnerabilities.length, 1);
    assert.ok(notes.includes('8 findings accepted by an exception.'));
    assert.ok(notes.includes('2 findings known before, not listed again.'));
  });

  it('is a row of the table, with who accepts it', async () => {
    const table = await renderText(csv, settledReport(), { rows: 'findings' });
    const status = cells(table, 'status');

    assert.deepEqual([...new Set(status)].sort(), ['excepted', 'fixed', 'new', 'not-observed']);
    assert.deepEqual([...new Set(cells(table, 'accepted_by'))].sort(), ['', 'comment', 'exception', 'gitleaksignore']);
    assert.deepEqual(
      cells(table, 'accepted_expires').map((day) => day !== ''),
      cells(table, 'accepted_ticket').map((ticket) => ticket === 'SEC-7'),
    );
    assert.ok(cells(table, 'accepted_reason').every((cell) => !/^[=+\-@]/.test(cell)));
    assert.ok(
      cells(table, 'accepted_reason').some((cell) => cell.includes('=HYPERLINK')),
      TRIAGE,
    );
  });
});
