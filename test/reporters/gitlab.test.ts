import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import { gitlabCodeQuality } from '../../reporters/gitlab-code-quality/index.ts';
import { gitlabSecretDetection } from '../../reporters/gitlab-secret-detection/index.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { openFindings } from '../../src/util/report-text.ts';
import { settledReport } from '../helpers/made-parts.ts';
import { emptyReport, hostileReport, leakReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';

const REPORTS: { readonly [name: string]: Report } = {
  'an empty run': emptyReport(),
  'a full run': sampleReport(),
  'a partial run': partialReport(),
  'accepted and fixed findings': settledReport(),
  'hostile names': hostileReport(),
  leaks: leakReport(30),
};

const text = { type: 'string', minLength: 1 };
const path = { ...text, pattern: '^(?!/)(?!.*(^|/)\\.\\.(/|$)).+$' };

describe('gitlab-code-quality reporter', () => {
  // https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
  const isReport = new Ajv({ strict: true }).compile({
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
      properties: {
        description: text,
        check_name: text,
        fingerprint: text,
        severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
        location: {
          type: 'object',
          additionalProperties: false,
          required: ['path', 'lines'],
          properties: {
            path,
            lines: {
              type: 'object',
              additionalProperties: false,
              required: ['begin'],
              properties: { begin: { type: 'integer', minimum: 1 } },
            },
          },
        },
      },
    },
  });
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
  const time = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$' };
  const vendor = { type: 'object', required: ['name'], properties: { name: text } };
  const tool = {
    type: 'object',
    required: ['id', 'name', 'version', 'vendor'],
    properties: { id: text, name: text, version: text, vendor },
  };
  // What the published schema 15.2.1 asks for, with the fields of this reporter and no others.
  const isReport = new Ajv({ strict: true, strictRequired: false }).compile({
    type: 'object',
    additionalProperties: false,
    required: ['version', 'schema', 'scan', 'vulnerabilities'],
    properties: {
      version: { type: 'string', pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$' },
      schema: { type: 'string', pattern: '^https?://.+' },
      scan: {
        type: 'object',
        required: ['analyzer', 'scanner', 'type', 'start_time', 'end_time', 'status'],
        properties: {
          analyzer: tool,
          scanner: tool,
          type: { const: 'secret_detection' },
          start_time: time,
          end_time: time,
          status: { enum: ['success', 'failure'] },
          messages: {
            type: 'array',
            items: {
              type: 'object',
              required: ['level', 'value'],
              properties: { level: { enum: ['info', 'warn', 'fatal'] }, value: text },
            },
          },
        },
      },
      vulnerabilities: {
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['id', 'identifiers', 'location'],
          properties: {
            id: text,
            category: text,
            name: { type: 'string', maxLength: 255 },
            description: { type: 'string', maxLength: 1_048_576 },
            severity: { enum: ['Info', 'Unknown', 'Low', 'Medium', 'High', 'Critical'] },
            solution: { type: 'string', maxLength: 7000 },
            identifiers: {
              type: 'array',
              minItems: 1,
              maxItems: 20,
              items: {
                type: 'object',
                required: ['type', 'name', 'value'],
                properties: { type: text, name: text, value: text },
              },
            },
            location: {
              type: 'object',
              additionalProperties: false,
              required: ['file', 'commit'],
              properties: {
                file: path,
                commit: {
                  type: 'object',
                  required: ['sha'],
                  properties: { sha: text, author: { type: 'string' }, date: { type: 'string' } },
                },
                start_line: { type: 'number', minimum: 1 },
                end_line: { type: 'number', minimum: 1 },
              },
            },
          },
        },
      },
    },
  });
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

  it('says what could not be looked at', async () => {
    const { scan } = await reported(partialReport());
    const warned = scan.messages.filter(({ level }: { level: string }) => level === 'warn');

    assert.match(warned[0].value, /^aws: denied: credential report: iam:GetCredentialReport is not allowed/);
  });
});
