import assert from 'node:assert/strict';
import { gitlabCodeQuality } from '../../reporters/gitlab-code-quality/index.ts';
import { gitlabSecretDetection } from '../../reporters/gitlab-secret-detection/index.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { openFindings } from '../../src/util/report-text.ts';
import { settledReport } from '../helpers/made-parts.ts';
import { emptyReport, hostileReport, leakReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';
import { gitlabCodeQualitySchema, gitlabSecretDetectionSchema } from '../helpers/schemas.ts';

const REPORTS: { readonly [name: string]: Report } = {
  'an empty run': emptyReport(),
  'a full run': sampleReport(),
  'a partial run': partialReport(),
  'accepted and fixed findings': settledReport(),
  'hostile names': hostileReport(),
  leaks: leakReport(30),
};

describe('gitlab-code-quality reporter', () => {
  const isReport = gitlabCodeQualitySchema();
  const issues = async (report: Report, options = {}) => JSON.parse(await renderText(gitlabCodeQuality, report, options));

  for (const [name, report] of Object.entries(REPORTS)) {
    it(`is as GitLab documents it for ${name}`, async () => {
      assert.ok(isReport(await issues(report)), JSON.stringify(isReport.errors));
    });
  }

  it('lists what is open, and nothing else, under the fingerprints of the findings', async () => {
    const report = sampleReport();
    const listed = await issues(report);

    assert.deepEqual(
      listed.map(({ fingerprint }: { fingerprint: string }) => fingerprint),
      openFindings(report.findings).map(({ fingerprint }) => fingerprint),
    );
    assert.ok(listed.length < report.findings.length);
  });

  it('leaves out what no file tells, when asked to', async () => {
    const all = await issues(sampleReport());
    const located = await issues(sampleReport(), { unlocated: 'omit' });

    assert.ok(located.length < all.length);
    assert.ok(located.every(({ location }: { location: { path: string } }) => location.path !== 'nhi-audit.config.yml'));
  });
});

describe('gitlab-secret-detection reporter', () => {
  const isReport = gitlabSecretDetectionSchema();
  const reported = async (report: Report) => JSON.parse(await renderText(gitlabSecretDetection, report));

  for (const [name, report] of Object.entries(REPORTS)) {
    it(`is as the schema wants it for ${name}`, async () => {
      assert.ok(isReport(await reported(report)), JSON.stringify(isReport.errors));
    });
  }

  it('holds the credentials that lie in files, and says how much has no place in it', async () => {
    const report = sampleReport();
    const { vulnerabilities, scan } = await reported(report);
    const open = openFindings(report.findings).length;

    assert.ok(vulnerabilities.length > 0 && vulnerabilities.length < open);
    assert.match(scan.messages[0].value, new RegExp(`^${open - vulnerabilities.length} open findings are about identities`));
  });

  it('makes no link, image or mention of what strangers wrote', async () => {
    const names = '@octocat ![x](https://evil.example/x.png) [l](https://evil.example) <img src=x onerror=alert(1)> `code` #1';
    const [finding] = leakReport(1).findings;
    assert(finding !== undefined);
    const hostile = { ...finding, message: `Token in ${names}.`, fix: `Take \`git rm\` to ${names}` };

    const { vulnerabilities } = await reported({ ...leakReport(1), findings: [hostile] });
    const [{ description, solution }] = vulnerabilities;

    for (const text of [description, solution]) {
      assert.match(text, /octocat/);
      assert.doesNotMatch(text, /@octocat|\]\(|<img|:\/\/|#1$/);
    }
    assert.match(solution, /<code>git rm<\/code>/);
    assert.ok(isReport(await reported({ ...leakReport(1), findings: [hostile] })));
  });

  it('says what could not be looked at', async () => {
    const { scan } = await reported(partialReport());
    const warned = scan.messages.filter(({ level }: { level: string }) => level === 'warn');

    assert.match(warned[0].value, /^aws: denied: credential report: iam:GetCredentialReport is not allowed/);
  });
});
