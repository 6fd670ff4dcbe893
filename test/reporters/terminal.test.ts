import assert from 'node:assert/strict';
import { terminal } from '../../reporters/terminal/index.ts';
import type { RenderContext, Report } from '../../src/contracts/reporter.ts';
import { displayWidth, wrap } from '../../src/util/layout.ts';
import { emptyReport, hostileReport, PLAIN, partialReport, renderText, sampleReport } from '../helpers/report.ts';

const ESC = '\u001b';

const render = (report: Report, options: unknown = {}, context: RenderContext = PLAIN) =>
  renderText(terminal, report, options, context);

function section(text: string, heading: string): string {
  const start = text.indexOf(`\n${heading}\n`);
  assert.ok(start >= 0, `${heading} is there`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(/\n[A-Z ]+\n/);
  return end < 0 ? rest : rest.slice(0, end);
}

describe('terminal reporter', () => {
  it('never calls an empty run clean', async () => {
    const text = await render(emptyReport());

    assert.match(text, /No open findings; 0 machine identities known\./);
    assert.match(text, /Nothing was looked at, so this says nothing about what is there\./);
    assert.doesNotMatch(text, /FINDINGS|CONTROLS|IDENTITIES/);
  });

  it('begins with the verdict, and tells coverage before findings', async () => {
    const text = await render(sampleReport());

    assert.match(text, /\n2 critical, 1 high and 1 low findings on 2 identities and credentials; 4 machine identities known\.\n/);
    assert.ok(text.indexOf('COVERAGE') < text.indexOf('FINDINGS'));
    assert.ok(text.indexOf('FINDINGS') < text.indexOf('CONTROLS'));
  });

  it('says what was not read, and why', async () => {
    const text = await render(partialReport());
    const coverage = section(text, 'COVERAGE');

    assert.match(text, /1 of 3 surfaces looked at were read completely; silence about Notebooks and AWS IAM proves nothing\./);
    assert.match(
      coverage,
      /partial +AWS IAM \(40 of 40 read\)\n +denied: credential report: iam:GetCredentialReport is not allowed/,
    );
    assert.match(coverage, /unsupported +Notebooks \(0 of 1 read, 1 failed\)/);
    assert.match(coverage, /not looked at +Git history/);
  });

  it('groups by identity, then by rule, with why, places and one fix', async () => {
    const findings = section(await render(sampleReport()), 'FINDINGS');
    const [deploy = '', legacy = ''] = findings.split('\n\n');

    assert.match(deploy, /^aws:123456789012:user\/ci-deploy\n {2}owner jo@harbour\.example has left; prod; can: admin/);
    assert.equal(deploy.match(/CRITICAL/g)?.length, 1, 'one entry for both findings of the rule');
    assert.match(deploy, /Whoever finds the key owns the account\.\n/);
    assert.match(deploy, /at harbour\/analytics notebooks\/churn\.ipynb:41 cell 3 output\n/);
    assert.match(deploy, /at harbour\/shop scripts\/deploy now\.sh:3 in commit 1a2b3c4d \(2024-03-02\), gone from HEAD\n/);
    assert.match(deploy, /fix: Name a new owner of ci-deploy\./);
    assert.match(legacy, /^gcp:hc-prod:serviceAccount\/legacy-etl/);
    assert.doesNotMatch(findings, /break-glass/, 'excepted ones are not listed');
  });

  it('gives shared advice once', async () => {
    const report = sampleReport();
    const findings = report.findings.map((finding) => ({ ...finding, fix: 'Rotate it.' }));

    const [deploy = ''] = section(await render({ ...report, findings }), 'FINDINGS').split('\n\n');

    assert.equal(deploy.match(/fix: Rotate it\./g)?.length, 2, 'once for each rule');
  });

  it('cuts long lists and says by how much', async () => {
    const text = await render(sampleReport(), { findings: '1', places: '2' });

    assert.match(text, /3 more findings in short; -o json=FILE/);
    assert.match(text, /\n {2}HIGH {6}owner-left \(1\): aws:123456789012:user\/ci-deploy\n/);
    assert.match(text, /and 1 more\n +and 1 other fact it rests on\n/);
  });

  it('lists controls that did not pass, by outcome, and counts the rest', async () => {
    const controls = section(await render(sampleReport()), 'CONTROLS');

    assert.match(controls, /OWASP Non-Human Identities Top 10 2025: 3 fail, 6 not assessed, 1 pass/);
    assert.match(controls, /fail +PR\.AA-05 · least privilege \(CSF 1\.1: PR\.AC-4\): 3 open findings from 2 checks\./);
    assert.match(controls, /not assessed +NHI10:2025 · Human Use of NHI: Its one check could not run/);
    assert.match(controls, /100 controls without a check, or for people to judge: not assessed\./);
  });

  it('is short for a check of a change: no inventory, no controls it cannot judge', async () => {
    const report = sampleReport();
    const text = await render({ ...report, run: { ...report.run, parameters: { staged: true } } });

    assert.doesNotMatch(text, /^(?:CONTROLS|IDENTITIES)$/m);
    assert.match(text, /not looked at {2}what did not change/);
    assert.match(text, /^FINDINGS$/m);
  });

  it('says what it does not list', async () => {
    const hidden = section(await render(sampleReport()), 'NOT LISTED');

    assert.match(hidden, /1 fixed since the run before/);
    assert.match(hidden, /2 findings not shown to persona security/);
    assert.match(hidden, /1 finding accepted by an exception/);
  });

  it('ends with commands that can be pasted', async () => {
    const withStore = await render(sampleReport(), {}, { ...PLAIN, store: "my evidence's.duckdb" });
    const without = await render(sampleReport());

    assert.match(withStore, /\n {2}nhi-audit trace AKIA0HARBOUR0DEPLOY0 --store 'my evidence'\\''s\.duckdb'\n/);
    assert.match(withStore, /\n {2}nhi-audit rules explain leaked-key-is-admin\n/);
    assert.match(without, /\n {2}nhi-audit scan \.\/harbour \.\/exports --store nhi-audit\.duckdb\n/);
    assert.match(
      await render(partialReport(), {}, { ...PLAIN, store: 'a.duckdb' }),
      /\n {2}nhi-audit query "FROM coverage WHERE outcome <> 'complete'" --store a\.duckdb\n/,
    );
  });

  it('offers no command made of a hostile name', async () => {
    const text = await render(hostileReport(), {}, { ...PLAIN, store: 'x\u001b]0;.duckdb' });
    const commands = section(text, 'NEXT').match(/^ {2}\S.*$/gm);

    assert.deepEqual(commands, ['  nhi-audit rules explain leaked-key-is-admin', '  nhi-audit scan --store nhi-audit.duckdb']);
  });

  it('uses colour only when told to, and never for what words do not say', async () => {
    const plain = await render(sampleReport(), {}, { ...PLAIN, width: 80 });
    const colored = await render(sampleReport(), {}, { ...PLAIN, width: 80, color: true });

    assert.ok(!plain.includes(ESC));
    assert.ok(colored.includes(`${ESC}[1;7;31mCRITICAL  `));
    assert.equal(stripStyles(colored), plain);
  });

  it('links rule ids on terminals that know how, and only to https', async () => {
    const report = sampleReport();
    const linked = await render(report, {}, { ...PLAIN, links: true });
    const checks = report.checks.map((check) => ({
      ...check,
      meta: { ...check.meta, references: ['javascript:alert(1)\u0007'] },
    }));

    assert.ok(
      linked.includes(
        '\u001b]8;;https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html\u001b\\leaked-key-is-admin\u001b]8;;\u001b\\',
      ),
    );
    const unlinked = await render({ ...report, checks }, {}, { ...PLAIN, links: true });
    assert.ok(!unlinked.includes(ESC) && !unlinked.includes('javascript'));
  });

  for (const width of [20, 40, 41, 72, 100, 300]) {
    it(`keeps within the width at ${width} columns, wide characters and 10 kB names too`, async () => {
      for (const report of [sampleReport(), partialReport(), hostileReport()]) {
        const text = await render(report, {}, { ...PLAIN, width });
        const lines = text.slice(0, text.indexOf('\nNEXT\n')).split('\n');

        for (const line of lines) assert.ok(displayWidth(line) <= Math.min(Math.max(width, 40), 120), line);
      }
    });
  }

  it('shows hostile names without obeying them', async () => {
    for (const context of [PLAIN, { ...PLAIN, color: true }]) {
      const text = stripStyles(await render(hostileReport(), {}, context));

      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}]/u);
      assert.doesNotMatch(text, /^# heading|^\| forged/m);
      assert.ok(text.length < 150_000, 'long names are cut');
    }
  });
});

describe('terminal layout', () => {
  it('breaks at blanks, and long words anywhere', () => {
    assert.deepEqual(wrap('one two three', 8), ['one two', 'three']);
    assert.deepEqual(wrap('abcdefghij k', 4), ['abcd', 'efgh', 'ij k']);
    assert.deepEqual(wrap('', 4), ['']);
  });

  it('counts wide characters twice and marks not at all', () => {
    assert.equal(displayWidth('漢字'), 4);
    assert.equal(displayWidth('e\u0301'), 1);
    assert.equal(displayWidth('🔑'), 2);
    assert.deepEqual(wrap('漢字漢字', 5), ['漢字', '漢字']);
  });
});

function stripStyles(text: string): string {
  return text.replace(new RegExp(`${ESC}\\[(?:\\d+;)*\\d+m`, 'g'), '');
}
