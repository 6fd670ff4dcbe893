import assert from 'node:assert/strict';
import { blocksOf } from '../../reporters/terminal/blocks.ts';
import { terminal } from '../../reporters/terminal/index.ts';
import type { Finding } from '../../src/contracts/finding.ts';
import type { CoverageObservation } from '../../src/contracts/index.ts';
import type { RenderContext, Report } from '../../src/contracts/reporter.ts';
import { EPHEMERAL } from '../../src/util/fingerprint.ts';
import { displayWidth, wrap } from '../../src/util/layout.ts';
import { emptyReport, hostileReport, leakReport, PLAIN, partialReport, renderText, sampleReport } from '../helpers/report.ts';

const ESC = '\u001b';

const render = (report: Report, options: unknown = {}, context: RenderContext = PLAIN) =>
  renderText(terminal, report, options, context);
const renderFull = (report: Report, context: RenderContext = PLAIN) => render(report, { full: '1' }, context);

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

  it('ends with the verdict and what to do, and tells coverage before findings', async () => {
    const text = await render(sampleReport());

    assert.match(
      unwrapped(text),
      /2 critical, 1 high and 1 low findings on 2 identities and credentials; 2 more are hidden \(--persona auditor shows them\), 1 accepted by an exception; 4 machine identities known\./,
    );
    assert.ok(text.indexOf('COVERAGE') < text.indexOf('FINDINGS'));
    assert.ok(text.indexOf('FINDINGS') < text.indexOf('CONTROLS'));
    assert.ok(text.indexOf('CONTROLS') < text.indexOf('2 critical, 1 high'));
    assert.match(
      text,
      /\n5 surfaces looked at, all read completely\.\n1 finding fixed since the run before\.\n\nNEXT\n(?: {2}.*\n)+$/,
    );
  });

  it('says why the command ends as it does, where it hangs on the findings', async () => {
    const said = await render(sampleReport(), {}, { ...PLAIN, exit: { code: 1, why: '3 findings at or above high' } });
    const clean = await render(emptyReport(), {}, { ...PLAIN, exit: { code: 0, why: 'no finding at or above high' } });

    assert.match(said, /\nexit 1: 3 findings at or above high\n\nNEXT\n/);
    assert.doesNotMatch((await render(sampleReport())) + clean, /^exit/m);
  });

  it('says what was not read, and why', async () => {
    const text = await render(partialReport());
    const coverage = section(text, 'COVERAGE');

    assert.match(text, /1 of 3 surfaces looked at were read completely; silence about Notebooks and AWS IAM proves nothing\./);
    assert.match(
      unwrapped(coverage),
      /partial AWS IAM: denied: credential report: iam:GetCredentialReport is not allowed for this profile\. \(otherwise 40 of 40 read\)/,
    );
    assert.match(
      unwrapped(coverage),
      /unsupported Notebooks: unsupported: notebooks\/broken\.ipynb: Not a notebook: JSON ends at byte 812\. \(0 of 1 file read\)/,
    );
  });

  it('says first what is lacking where all was opened, and lists several gaps', async () => {
    const look = { kind: 'coverage', surface: 'aws', outcome: 'partial', covers: [], seen: 21, read: 21 } as const;
    const one = { ...emptyReport(), coverage: [{ ...look, subject: 'keys.json', why: 'it ends in the middle.' }] };
    const two = { ...one, coverage: [...one.coverage, { ...look, subject: 'users.json', why: 'page 2 is missing.' }] };

    assert.match(await render(one), /partial +AWS IAM: keys\.json: it ends in the middle\. \(otherwise 21 of 21 read\)\n/);
    assert.match(await render(two), /AWS IAM: 2 gaps \(.*\)\n {6}- keys\.json: .*\n {6}- users\.json: page 2 is missing\.\n/);
  });

  it('says which files were searched but not understood', async () => {
    const row = {
      kind: 'coverage',
      surface: 'iac',
      subject: '.',
      outcome: 'complete',
      covers: ['sighting'],
      seen: 2,
      read: 2,
    } as const;

    assert.match(
      await renderFull({ ...emptyReport(), coverage: [row] }),
      /complete +Infrastructure as code \(2 of 2 files read\)\n/,
    );
  });

  it('counts files where each has parts of its own, and nothing but files', async () => {
    const row = (path: string, seen: number, read: number): CoverageObservation => ({
      kind: 'coverage',
      surface: 'ci',
      subject: path,
      covers: ['consumer'],
      seen,
      read,
      ...(read < seen ? { outcome: 'partial', why: `${seen - read} of its jobs could not be read` } : { outcome: 'complete' }),
      at: { path },
    });
    const pipelines = [row('.gitlab-ci.yml', 12, 12), row('.github/workflows/ci.yml', 3, 2)];
    const broken = [...pipelines, row('.circleci/config.yml', 1, 0)];

    assert.match(
      await renderFull({ ...emptyReport(), coverage: pipelines.slice(0, 1) }),
      /CI configuration \(1 of 1 file read\)\n/,
    );
    assert.match(unwrapped(await renderFull({ ...emptyReport(), coverage: pipelines })), /\(otherwise 2 of 2 files read\)/);
    assert.match(
      unwrapped(await renderFull({ ...emptyReport(), coverage: broken })),
      /CI configuration: 2 gaps \(2 of 3 files read\)/,
    );
  });

  it('keeps what was not given apart from what a directory has not', async () => {
    const report = sampleReport();
    const coverage = section(await render(report), 'COVERAGE');
    const only = { ...report, run: { ...report.run, parameters: { only: 'repository' } } };

    assert.match(
      coverage,
      /\n {2}none found +CI configuration, Kubernetes, Infrastructure as code, Agent and MCP configuration\n/,
    );
    assert.match(coverage, /\n {2}not given +Container images, GCP IAM, Azure and Entra ID, GitHub organisation, Okta, /);
    assert.match(coverage, /Workspace, PostgreSQL, SPIRE, Gateway sessions/);
    assert.match(await render(only), /\n {2}not given +CI configuration, Kubernetes, Infrastructure as code/);
  });

  it('groups by identity, then by rule, with why, places and one fix', async () => {
    const findings = section(await renderFull(sampleReport()), 'FINDINGS');
    const [deploy = '', legacy = ''] = findings.split('\n\n');

    assert.match(deploy, /^aws:123456789012:user\/ci-deploy\n {2}owner jo@harbour\.example has left; prod; can: admin/);
    assert.match(deploy, /\n {2}CRITICAL {2}A leaked key belongs to an identity that is effectively admin \(2\)\n/);
    assert.match(deploy, /\n {4}leaked-key-is-admin: Whoever finds the key owns the account\.\n/);
    assert.match(deploy, /at harbour\/analytics notebooks\/churn\.ipynb:41 cell 3 output\n/);
    assert.match(deploy, /at harbour\/shop scripts\/deploy now\.sh:3 in commit 1a2b3c4d \(2024-03-02\), gone from HEAD\n/);
    assert.match(deploy, /fix: Name a new owner of ci-deploy\./);
    assert.match(legacy, /^gcp:hc-prod:serviceAccount\/legacy-etl/);
    assert.doesNotMatch(findings, /break-glass/, 'excepted ones are not listed');
  });

  it('gives shared advice once', async () => {
    const report = sampleReport();
    const findings = report.findings.map((finding) => ({ ...finding, fix: 'Rotate it.' }));

    const [deploy = ''] = section(await renderFull({ ...report, findings }), 'FINDINGS').split('\n\n');

    assert.equal(deploy.match(/fix: Rotate it\./g)?.length, 2, 'once for each rule');
  });

  it('tells the risk and the fix of a rule once in a report', async () => {
    const [leaked] = sampleReport().findings as [Finding];
    const other = { ...leaked, fingerprint: 'zz', identity: 'aws:1:user/other', subject: 'aws:1:user/other' };

    const findings = section(await renderFull({ ...sampleReport(), findings: [leaked, other] }), 'FINDINGS');

    assert.equal(findings.match(/Whoever finds the key/g)?.length, 1);
    assert.equal(findings.match(/fix: /g)?.length, 1);
    assert.match(findings, /aws:1:user\/other\n {2}CRITICAL {2}A leaked key .* \[leaked-key-is-admin\]\n/);
  });

  it('does not repeat the name of an identity under it, nor a place that the message tells', async () => {
    const [leaked] = sampleReport().findings as [Finding];
    const id = leaked.identity ?? '';
    const message = `Key A of ${id} lies in harbour/shop .github/workflows/deploy.yml:14; ${id} is admin, ${id}-2 is not.`;

    const text = await renderFull({ ...sampleReport(), findings: [{ ...leaked, message }] });
    const findings = section(text, 'FINDINGS').replace(/\n +(?!-|at )/g, ' ');

    assert.match(
      findings,
      /- Key A lies in harbour\/shop \.github\/workflows\/deploy\.yml:14; ci-deploy is admin, aws:.*-2 is not\./,
    );
    assert.doesNotMatch(findings, /at harbour\/shop \.github/);
    assert.match(findings, /at harbour\/analytics notebooks\/churn\.ipynb:41/);
  });

  it('tells a place that was cut out of a long message', async () => {
    const [leaked] = sampleReport().findings as [Finding];
    const filler = 'so and so, '.repeat(60);
    const message = `Key A ${filler}lies in harbour/shop .github/workflows/deploy.yml:14, ${filler}`;

    const text = await renderFull({ ...sampleReport(), findings: [{ ...leaked, message }] });

    assert.match(text, /at harbour\/shop \.github\/workflows\/deploy\.yml:14\n/);
  });

  it('takes deploy.yml:1 in a message for no other line', async () => {
    const [leaked] = sampleReport().findings as [Finding];
    const message = 'Key A lies in harbour/shop .github/workflows/deploy.yml:1.';

    assert.match(
      await renderFull({ ...sampleReport(), findings: [{ ...leaked, message }] }),
      /at harbour\/shop \.github\/workflows\/deploy\.yml:14\n/,
    );
  });

  it('lists credentials of nobody by rule, one line each with kind and places', async () => {
    const findings = section(await renderFull(leakReport(29)), 'FINDINGS');
    const lines = findings.split('\n');

    assert.equal(findings.match(/A credential lies in a file/g)?.length, 1);
    assert.equal(findings.match(/Clones hold it\./g)?.length, 1);
    assert.equal(findings.match(/fix: Revoke it\./g)?.length, 1);
    assert.match(findings, /^ {2}HIGH {6}A credential lies in a file of the repository \(29\)\n {4}in-file: Clones hold it\.\n/);
    assert.equal(lines.filter((line) => /^ {4}Telegram bot token 92\d\d…\(46\) {2}\S+:\d+$/.test(line)).length, 29);
  });

  it("gives the rule's fix where each credential has its own", async () => {
    const report = leakReport(3);
    const findings = report.findings.map((finding, index) => ({ ...finding, fix: `Run revoke ${index}.` }));

    const text = await renderFull({ ...report, findings });

    assert.match(text, /fix: Revoke it\./);
    assert.doesNotMatch(text, /Run revoke/);
  });

  it('lists what lies open today before history, and production first', async () => {
    const [one, two, three] = leakReport(3).findings as [Finding, Finding, Finding];
    const at = (finding: Finding, place: Finding['evidence'][number]['at']): Finding => ({
      ...finding,
      evidence: finding.evidence.map((item) => ({ ...item, ...(place === undefined ? {} : { at: place }) })),
    });
    const gone = { repository: 'o/r', path: 'a.env', line: 1, commit: '1a2b3c4d5e6f', atHead: false };
    const findings = [
      at(one, gone),
      at(two, { repository: 'o/r', path: 'b.env', line: 2 }),
      at(three, { repository: 'o/r', path: 'config/prod.env', line: 3 }),
    ];

    const text = section(await renderFull({ ...leakReport(3), findings }), 'FINDINGS');

    assert.deepEqual(text.match(/\S+\.env.*/g), ['config/prod.env:3', 'b.env:2', 'a.env:1 @ 1a2b3c4d']);
  });

  it('says how many more places there are, and names the repository where there are several', async () => {
    const [one] = leakReport(1).findings as [Finding];
    const [sighting] = one.evidence as [Finding['evidence'][number]];
    const evidence = ['a', 'b', 'c', 'd'].map((name) => ({
      ...sighting,
      at: { repository: `o/${name}`, path: 'x.env', line: 1 },
    }));

    const text = await renderFull({ ...leakReport(1), findings: [{ ...one, evidence }] });

    assert.match(text, /Telegram bot token 9200…\(46\) {2}o\/a x\.env:1, o\/b x\.env:1, o\/c x\.env:1 \(\+1 more\)\n/);
  });

  it('tells by its message what rests on more than places, and sets it apart from identities', async () => {
    const [one] = leakReport(1).findings as [Finding];
    const fact = { observation: 'c1', kind: 'credential', summary: 'held by the gateway' } as const;
    const held = {
      ...one,
      message: 'The gateway holds Token 9200…(46), which lies in a file.',
      evidence: [...one.evidence, fact],
    };
    const report = sampleReport();

    const mixed = await renderFull({ ...report, findings: [...report.findings, held] });
    const alone = await renderFull({ ...leakReport(1), findings: [held] });

    assert.match(mixed, /\n\nOf no known identity\n {2}HIGH {6}A credential lies in a file/);
    assert.match(
      alone,
      /\n {4}- The gateway holds Token 9200…\(46\), which lies in a file\.\n {6}at harbour\/shop config\/app0\.py:1\n/,
    );
    assert.doesNotMatch(alone, /Of no known identity/);
  });

  it('puts the most severe identity first, and identities before rules of the same severity', async () => {
    const [leaked] = sampleReport().findings as [Finding];
    const about = (name: string, severity: Finding['severity'], rule: string): Finding => ({
      ...leaked,
      fingerprint: `${name}${rule}`,
      identity: name,
      subject: name,
      severity,
      rule,
    });
    const findings = [
      about('aws:1:user/a', 'high', 'r1'),
      about('aws:1:user/b', 'high', 'r1'),
      about('aws:1:user/b', 'high', 'r2'),
      about('aws:1:user/c', 'critical', 'r1'),
      ...leakReport(1).findings,
    ];

    const text = section(await renderFull({ ...sampleReport(), findings }), 'FINDINGS');

    assert.deepEqual(text.match(/^(?:aws:\S+| {2}HIGH {6}A credential lies)/gm), [
      'aws:1:user/c',
      'aws:1:user/b',
      'aws:1:user/a',
      '  HIGH      A credential lies',
    ]);
  });

  describe('in its summary', () => {
    it('tells an identity once: what makes it grave, places, owner, a line for each rule, one fix', async () => {
      const findings = section(await render(sampleReport()), 'FINDINGS');
      const [deploy = '', legacy = ''] = findings.split('\n\n');

      assert.deepEqual(deploy.split('\n'), [
        'CRITICAL  aws:123456789012:user/ci-deploy  leaked · admin · owner left · production',
        '  lies in harbour/analytics notebooks/churn.ipynb:41 cell 3 output, harbour/shop',
        '          .github/workflows/deploy.yml:14, harbour/shop scripts/deploy now.sh:3 @ 1a2b3c4d (+1 more)',
        '  owner   jo@harbour.example has left; 7 recorded uses; last used 2026-03-11',
        '  CRITICAL  A leaked key belongs to an identity that is effectively admin (2)  leaked-key-is-admin',
        '  HIGH      The owner of an identity has left (new)  owner-left',
        '  fix     Deactivate AKIA…DEPLOY, then replace it by a role that the job assumes. (2 of 3 findings)',
      ]);
      assert.match(legacy, /^LOW {7}gcp:hc-prod:serviceAccount\/legacy-etl\S+ {2}no owner\n/);
      assert.match(legacy, /\n {12}legacy-etl was last used on 2025-01-09\.\n/, 'one thing is told in its own words');
      assert.doesNotMatch(findings, /break-glass/, 'excepted ones are not listed');
    });

    it('says how it becomes an administrator, from the evidence', async () => {
      const [leaked] = sampleReport().findings as [Finding];
      const grant = { observation: 'g1', kind: 'grant', summary: 'escalates: policy x → iam:PassRole → becomes role/y' } as const;

      const text = await render({ ...sampleReport(), findings: [{ ...leaked, evidence: [...leaked.evidence, grant] }] });

      assert.match(text, /\n {2}reaches policy x → iam:PassRole → becomes role\/y\n/);
    });

    it('puts a command on a line of its own, whole; one that is more than words stays in its sentence', async () => {
      const [leaked] = sampleReport().findings as [Finding];
      const command = `aws iam update-access-key --user-name ${'n'.repeat(60)} --status Inactive`;
      const withFix = (fix: string) => render({ ...sampleReport(), findings: [{ ...leaked, fix }] }, {}, { ...PLAIN, width: 80 });

      const plain = await withFix(`Deactivate the key: \`${command}\`. Then wait.`);
      const piped = await withFix(`Deactivate the key: \`${command} | sh; rm x\`. Then wait.`);

      assert.ok(plain.includes(`\n  fix     Deactivate the key:\n          ${command}\n`), plain);
      assert.match(unwrapped(piped), /Deactivate the key: `aws iam update-access-key .* Inactive \| sh; rm x`\./);
      assert.doesNotMatch(piped, /\n {10}aws iam [^\n]*rm x/);
    });

    it('takes a credential of nobody with several findings together, and leaves the others to their rules', async () => {
      const report = leakReport(3);
      const [one] = report.findings as [Finding];
      const findings = [...report.findings, { ...one, rule: 'also-shared-by-jobs', title: 'Jobs share it', fingerprint: 'u' }];

      const text = section(await render({ ...report, findings }), 'FINDINGS');
      const [credential = '', rule = ''] = text.split('\n\n');

      assert.match(credential, /^HIGH {6}Telegram bot token 9200…\(46\) {2}leaked · shared\n {2}lies in config\/app0\.py:1\n/);
      assert.match(credential, /\n {2}HIGH {6}Jobs share it {2}also-shared-by-jobs\n/);
      assert.match(rule, /^HIGH {6}A credential lies in a file of the repository \(2\) {2}in-file\n {10}Clones hold it\.\n/);
      assert.match(rule, /\n {2}Telegram bot token 9202…\(46\) {2}config\/app2\.py:3\n {2}fix {5}Revoke it\.$/);
    });

    it('tells so many in full, then a line each, then numbers; those that read alike share a line', async () => {
      const [leaked] = sampleReport().findings as [Finding];
      const about = (name: string, rule: string, severity: Finding['severity'] = 'high'): Finding => ({
        ...leaked,
        fingerprint: `${name}${rule}`,
        identity: `aws:1:user/${name}`,
        subject: `aws:1:user/${name}`,
        rule,
        severity,
        evidence: [],
      });
      const old = ['a', 'b', 'c', 'd', 'e'].map((name) => about(name, 'old-key'));
      const findings = [about('z', 'open-door', 'critical'), ...old, about('m', 'no-owner'), about('l', 'idle', 'low')];

      const text = section(await render({ ...sampleReport(), findings }, { blocks: '2', lines: '2' }), 'FINDINGS');

      assert.match(text, /^CRITICAL {2}aws:1:user\/z\n[\s\S]*\n\nHIGH {6}aws:1:user\/a\n/);
      assert.match(
        text,
        /\n\n6 more\nHIGH {6}old-key \(4\): aws user\/b, aws user\/c, aws user\/d, aws user\/e\nHIGH {6}aws user\/m: no-owner\nand 1 finding about 1 other: 1 low\n$/,
      );
    });

    it('ends with the few actions that take away most, where there is much', async () => {
      const many = leakReport(9).findings.map((finding, index) => ({ ...finding, rule: `r${index}`, severity: 'high' as const }));
      const [leaked] = sampleReport().findings as [Finding];
      const report = { ...sampleReport(), findings: [leaked, ...many] };

      const fixes = section(await render(report), 'FIX FIRST');

      assert.match(fixes, /^ {2}1\. Rotate the key AKIA…\S+ of ci-deploy: 1 finding, 27 % of the risk\n/);
      assert.equal(fixes.match(/^ {2}\d\. /gm)?.length, 4);
      assert.doesNotMatch(await render(sampleReport()), /FIX FIRST/);
    });

    it('stays small for one finding, and short for hundreds', async () => {
      const one = await render(leakReport(1));
      const [leaked] = sampleReport().findings as [Finding];
      const many = Array.from({ length: 900 }, (_, n) => ({
        ...leaked,
        fingerprint: `f${n}`,
        rule: `rule-${n % 9}`,
        identity: `aws:1:user/u${n % 300}`,
        subject: `aws:1:user/u${n % 300}`,
      }));

      assert.ok(one.split('\n').length < 25, one);
      assert.ok((await render({ ...sampleReport(), findings: many })).split('\n').length <= 150);
    });

    it('says where all of it is', async () => {
      assert.match(
        await render(leakReport(2), {}, { ...PLAIN, store: 'a.duckdb' }),
        /\n {2}nhi-audit report --store a\.duckdb -f terminal:full=1 {2}every finding with its evidence\n/,
      );
      assert.doesNotMatch(await renderFull(leakReport(2), { ...PLAIN, store: 'a.duckdb' }), /full=1/);
    });
  });

  it('says "new" only where there is something to compare with', async () => {
    const first = leakReport(2);
    const [one, two] = first.findings as [Finding, Finding];
    const second = { ...first, findings: [one, { ...two, status: 'open' as const }] };
    const before = { ...first, findings: [one, { ...two, firstSeen: '2026-01-01T00:00:00.000Z' }] };

    assert.doesNotMatch(await render(first), /\(new\)/);
    assert.equal((await render(second)).match(/\(new\)/g)?.length, 1);
    assert.match(await render(before), /\(new\)/);
    assert.match(await render({ ...first, hidden: { ...first.hidden, baseline: 3 } }), /\(new\)/);
  });

  it('lists OWASP in full, and of other frameworks what fails, in one line each', async () => {
    const controls = section(await renderFull(sampleReport()), 'CONTROLS');

    assert.match(controls, /OWASP Non-Human Identities Top 10 2025: 3 fail, 1 pass, 6 not assessed \(5 for people/);
    assert.match(controls, /\n {4}fail +NHI1:2025 · Improper Offboarding: 2 open findings from 2 checks\.\n/);
    assert.match(controls, /\n {4}pass +NHI9:2025 · NHI Reuse: /);
    assert.match(controls, /\n {4}not assessed +NHI3:2025, .*NHI10:2025:/);
    assert.match(
      unwrapped(controls),
      /their checks need what was not there to read: Gateway sessions and inventory; 5 have no check\./,
    );
    assert.match(controls, /\n {4}fail {2}PR\.AA-05 · least privilege \(CSF 1\.1: PR\.AC-4\)\n/);
    assert.doesNotMatch(controls, /like reasons/);
  });

  it('says which controls pass where they are few', async () => {
    const report = sampleReport();
    const passing = (n: number) => ({
      ...report,
      controls: report.controls.map((control, index) => ({
        ...control,
        outcome: control.framework === 'csa-maestro' && index < n ? ('pass' as const) : control.outcome,
      })),
    });

    assert.match(await renderFull(passing(1)), /CSA MAESTRO 2025: .*1 pass.*\n(?: {4}fail .*\n)* {4}pass {2}\S/);
    assert.doesNotMatch(section(await renderFull(passing(6)), 'CONTROLS'), /\n {4}pass {2}L1/);
  });

  it('tells developers the findings only', async () => {
    const text = await render({ ...sampleReport(), persona: 'dev' });

    assert.doesNotMatch(text, /^(?:CONTROLS|IDENTITIES)$/m);
    assert.match(text, /^FINDINGS$/m);
  });

  it('is short for a check of a change: no inventory, no controls it cannot judge', async () => {
    const report = sampleReport();
    const text = await render({ ...report, run: { ...report.run, parameters: { staged: true } } });

    assert.doesNotMatch(text, /^(?:CONTROLS|IDENTITIES)$/m);
    assert.match(text, /not looked at +what did not change/);
    assert.match(text, /^FINDINGS$/m);
  });

  describe('of a clean check of a change', () => {
    const look = {
      kind: 'coverage',
      surface: 'work-tree',
      subject: 'shop staged changes',
      outcome: 'complete',
      covers: [],
    } as const;
    const clean = (row: object, parameters = { staged: true } as Report['run']['parameters']): Report => ({
      ...emptyReport(),
      run: { ...emptyReport().run, parameters },
      coverage: [{ ...look, ...row }],
    });

    it('is the verdict and what it rests on', async () => {
      assert.equal(
        await render(clean({ seen: 4, read: 3, skipped: 1 })),
        'No open findings; 0 machine identities known.\nRead completely: shop staged changes (3 changed files, 1 skipped).\n',
      );
    });

    it('says in one line that there was nothing', async () => {
      assert.equal(await render(clean({ seen: 0, read: 0 })), 'Nothing new is staged.\n');
      assert.equal(
        await render(clean({ seen: 0, read: 0, subject: 'shop staged changes in app/' })),
        'Nothing new is staged in app/.\n',
      );
      assert.equal(await render(clean({ seen: 0, read: 0 }, { diff: 'main...HEAD' })), 'Nothing new in main...HEAD.\n');
      assert.equal(
        await render(clean({ seen: 1, read: 1, bytes: 0 }, { stdin: 'alone' })),
        'Standard input is empty: there was nothing to search.\n',
      );
    });

    it('is whole where something was not read', async () => {
      const text = await render(clean({ outcome: 'partial', why: 'a file is locked', seen: 2, read: 1, failed: 1 }));

      assert.match(text, /^COVERAGE$/m);
      assert.match(text, /^NEXT$/m);
    });
  });

  it('says in the verdict what is hidden', async () => {
    const report = { ...emptyReport(), hidden: { persona: 4, baseline: 0, excepted: 0 } };

    assert.match(
      unwrapped(await render(report)),
      / No open findings for persona security; 4 are hidden \(--persona auditor shows them\); 0 machine identities known\. /,
    );
    assert.match(
      await render({ ...report, hidden: { persona: 1, baseline: 0, excepted: 0 } }),
      /1 is hidden \(--persona auditor shows it\)/,
    );
    assert.match(await render(sampleReport()), /\n1 finding fixed since the run before\.\n/);
  });

  it('cuts no reason of a gap in its middle, and says what rights were judged without', async () => {
    const reason = (end: string) => `documents are missing for arn:aws:iam::123456789012:policy/${'x'.repeat(150)}-${end}`;
    const row = {
      kind: 'coverage' as const,
      surface: 'aws' as const,
      subject: 'details.json',
      outcome: 'partial' as const,
      why: [reason('one'), reason('two'), reason('three')].join('; '),
      covers: ['grant' as const],
      detail: { judgedWithout: ['service control policies'] },
    };

    const text = unwrapped(await render({ ...emptyReport(), coverage: [row] }));

    assert.match(text, /x-one; and 2 more \(-f json has them\)/);
    assert.match(text, /judged without service control policies, which were not given/);
    assert.doesNotMatch(unwrapped(await render(emptyReport())), /judged without/);
  });

  it('says how many findings were not observed, and calls them not fixed', async () => {
    const report = sampleReport();
    const findings = report.findings.map((finding) => ({ ...finding, status: 'not-observed' as const }));

    const text = unwrapped(await render({ ...report, findings }));

    assert.match(text, new RegExp(`${findings.length} findings of earlier runs were not observed and not fixed: `));
    assert.doesNotMatch(text, /fixed since/);
  });

  it('ends with commands that can be pasted', async () => {
    const withStore = await render(sampleReport(), {}, { ...PLAIN, store: "my evidence's.duckdb" });
    const without = await render(sampleReport());

    assert.match(withStore, /\n {2}nhi-audit trace AKIA0HARBOUR0DEPLOY0 --store 'my evidence'\\''s\.duckdb'\n/);
    assert.match(withStore, /\n {2}nhi-audit explain leaked-key-is-admin {2}why it matters/);
    assert.match(without, /\n {2}nhi-audit scan \.\/harbour \.\/exports --store nhi-audit\.duckdb\n/);
    assert.match(
      await render(partialReport(), {}, { ...PLAIN, store: 'a.duckdb' }),
      /\n {2}nhi-audit query "FROM coverage WHERE outcome <> 'complete'" --store a\.duckdb\n/,
    );
  });

  it('says how to say no where findings are few, by what the next run knows again', async () => {
    const leaks = leakReport(1);
    const stored = leakReport(1).findings.map((finding) => ({ ...finding, fingerprint: 'ab12'.repeat(16) }));
    const inHook = { ...leaks, run: { ...leaks.run, fingerprintKeyId: EPHEMERAL } };
    const end = '--severity high --expires \\d{4}-\\d\\d-\\d\\d';

    assert.match(
      await render(inHook),
      new RegExp(`\\n {2}nhi-audit except --rule in-file --path /config/app0\\.py ${end} --write --reason "" --owner ""\\n`),
    );
    assert.match(
      await render({ ...leaks, findings: stored }, {}, { ...PLAIN, store: 'a.duckdb' }),
      new RegExp(`\\n {2}nhi-audit except ab12ab12ab12 ${end} --store a\\.duckdb --write`),
    );
    assert.doesNotMatch(await render({ ...leakReport(13), run: inHook.run }), /nhi-audit except/);
  });

  it('offers no command made of a hostile name', async () => {
    const text = await render(hostileReport(), {}, { ...PLAIN, store: 'x\u001b]0;.duckdb' });
    const commands = section(text, 'NEXT').match(/^ {2}\S.*?(?=$| {2})/gm);

    assert.deepEqual(commands, ['  nhi-audit explain leaked-key-is-admin', '  nhi-audit scan --store nhi-audit.duckdb']);
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
      for (const report of [sampleReport(), partialReport(), hostileReport(), leakReport(5), hostileLeaks()]) {
        for (const full of [false, true]) {
          const text = full ? await renderFull(report, { ...PLAIN, width }) : await render(report, {}, { ...PLAIN, width });
          const lines = text.slice(0, text.indexOf('\nNEXT\n')).split('\n');

          for (const line of lines) assert.ok(displayWidth(line) <= Math.min(Math.max(width, 40), 120), line);
        }
      }
    });
  }

  it('shows hostile names without obeying them', async () => {
    for (const [report, context] of [
      [hostileReport(), PLAIN],
      [hostileReport(), { ...PLAIN, color: true }],
      [hostileLeaks(), PLAIN],
    ] as const) {
      for (const text of [stripStyles(await render(report, {}, context)), stripStyles(await renderFull(report, context))]) {
        assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}]/u);
        assert.doesNotMatch(text, /^# heading|^\| forged/m);
        assert.doesNotMatch(text, /^\s*::|##\[/m);
        assert.ok(text.length < 150_000, 'long names are cut');
      }
    }
  });
});

describe('order of what is told', () => {
  it('gives each kind its turn before thirty of one', () => {
    const [like] = sampleReport().findings.filter((finding) => finding.identity !== undefined);
    assert.ok(like !== undefined);
    const of = (rule: string, count: number): Finding[] =>
      Array.from({ length: count }, (_, n) => ({
        ...like,
        rule,
        severity: 'high',
        identity: `aws:1:user/${rule}${n}`,
        fingerprint: `${rule}${n}`,
      }));

    const blocks = blocksOf([...of('access-key-unrotated', 30), ...of('escalates-to-admin', 5)]);

    assert.equal(blocks.length, 35);
    assert.equal(blocks.slice(0, 8).filter(({ findings }) => findings[0].rule === 'escalates-to-admin').length, 3);
  });
});

describe('terminal layout', () => {
  it('begins no line with what a runner of jobs takes for a command', () => {
    for (let width = 3; width < 40; width += 1) {
      const lines = wrap(`${'a'.repeat(30)}::stop-commands::${'b'.repeat(20)}::c`, width);

      assert.equal(lines.join(''), `${'a'.repeat(30)}::stop-commands::${'b'.repeat(20)}::c`);
      assert(
        lines.every((line) => !line.startsWith('::') && line.length <= width),
        lines.join(' '),
      );
    }
  });

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

/** Hostile names of credentials that belong to nobody: they are listed by rule. */
function hostileLeaks(): Report {
  const report = hostileReport();
  const findings = report.findings.map(({ identity: _identity, ...finding }) => ({
    ...finding,
    evidence: finding.evidence.map((item) => ({ ...item, summary: `seen: ${finding.subject} (${finding.subject})` })),
  }));
  return { ...report, findings };
}

/** Without line breaks and what indents: for sentences that may be wrapped anywhere. */
function unwrapped(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function stripStyles(text: string): string {
  return text.replace(new RegExp(`${ESC}\\[(?:\\d+;)*\\d+m`, 'g'), '');
}
