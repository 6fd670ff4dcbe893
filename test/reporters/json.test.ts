import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { json } from '../../reporters/json/index.ts';
import { ReportV1, reportSchema, toV1 } from '../../reporters/json/v1.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { emptyReport, HOSTILE_NAMES, hostileReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';

const SHIPPED = new URL('../../schema/report.v1.schema.json', import.meta.url);

const parse = async (report: Report, options: unknown = {}) => JSON.parse(await renderText(json, report, options));

describe('json reporter', () => {
  it('ships a schema that is in step with the shape (npm run generate)', async () => {
    assert.deepEqual(JSON.parse(await readFile(SHIPPED, 'utf8')), reportSchema());
  });

  describe('validates against its own shipped schema', () => {
    for (const [name, make] of Object.entries({ emptyReport, partialReport, sampleReport, hostileReport })) {
      it(name, async () => {
        const ajv = new Ajv2020.default({ strict: true, allowUnionTypes: true, allErrors: true });
        addFormats.default(ajv);
        const validate = ajv.compile(JSON.parse(await readFile(SHIPPED, 'utf8')));

        const valid = validate(await parse(make()));

        assert.deepEqual(validate.errors ?? [], []);
        assert.equal(valid, true);
      });
    }

    it('and would not if a promised field went missing', async () => {
      const ajv = new Ajv2020.default({ strict: true, allowUnionTypes: true });
      addFormats.default(ajv);
      const validate = ajv.compile(JSON.parse(await readFile(SHIPPED, 'utf8')));
      const report = await parse(sampleReport());
      delete report.findings[0].fingerprint;

      assert.equal(validate(report), false);
    });
  });

  it('gives only what the shape promises, whatever the inside holds', async () => {
    const report = sampleReport();
    const findings = report.findings.map((finding) => ({
      ...finding,
      internal: 'x',
      evidence: finding.evidence.map((item) => ({ ...item, raw: 'x' })),
    }));

    const value = await parse({ ...report, findings });

    assert.doesNotThrow(() => ReportV1.parse(value));
    assert.equal(JSON.stringify(value).includes('internal'), false);
    assert.equal(JSON.stringify(value).includes('"raw"'), false);
  });

  it('tells of a look what it met in archives, what git ignores and what was set aside', async () => {
    const report = sampleReport();
    const detail = {
      inArchives: { read: 3, skipped: 1 },
      ignored: { count: 12, names: ['.env', 'node_modules/'] },
      setAside: ['audit.duckdb'],
      other: 'x',
    };
    const coverage = report.coverage.map((row) => ({ ...row, detail }));

    const value = await parse({ ...report, coverage });

    assert.doesNotThrow(() => ReportV1.parse(value));
    const { inArchives, ignored, setAside } = value.coverage[0];
    assert.deepEqual({ inArchives, ignored, setAside, other: 'x' }, detail);
    assert.equal('detail' in value.coverage[0], false);
  });

  it('says the version of its shape, and sums up', async () => {
    const value = await parse(sampleReport());

    assert.equal(value.schemaVersion, '1.0');
    assert.deepEqual(value.summary.open, { critical: 2, high: 1, medium: 0, low: 1, info: 0 });
    assert.deepEqual(value.summary.statuses, { new: 2, open: 2, fixed: 1, 'not-observed': 0, excepted: 1 });
    assert.deepEqual(value.summary.hidden, { persona: 2, baseline: 0, excepted: 1 });
    assert.equal(value.summary.clean, false);
    assert.ok(value.summary.notLookedAt.includes('gateway'));
    assert.equal(value.controls.find((control: { control: string }) => control.control === 'PR.AA-05').formerly[0], 'PR.AC-4');
  });

  it('does not call a run clean that looked at nothing', async () => {
    assert.equal((await parse(emptyReport())).summary.clean, false);
  });

  it('orders findings by severity, rule and subject', async () => {
    const rules = (await parse(sampleReport())).findings.map((finding: { severity: string }) => finding.severity);

    assert.deepEqual(rules, ['critical', 'critical', 'high', 'medium', 'low', 'low']);
  });

  it('is the same value when compact, on one line', async () => {
    const text = await renderText(json, hostileReport(), { compact: 'true' });

    assert.deepEqual(JSON.parse(text), await parse(hostileReport()));
    assert.equal(text.indexOf('\n'), text.length - 1);
  });

  it('is written in parts, not as one string', () => {
    const chunks = [
      ...(json.render(
        hostileReport(),
        {},
        { width: undefined, color: false, links: false, store: undefined },
      ) as Iterable<string>),
    ];

    assert.ok(chunks.length > hostileReport().findings.length);
  });

  it('carries names as they are, with nothing invisible in the text', async () => {
    const text = await renderText(json, hostileReport());
    const names = (JSON.parse(text) as ReportV1).identities.map((identity) => identity.name);

    // JSON text cannot carry half a surrogate pair other than escaped; JSON.stringify does that.
    assert.deepEqual(names, HOSTILE_NAMES);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cs}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u);
  });

  it('has the shape that its own type says', () => {
    for (const report of [emptyReport(), partialReport(), sampleReport(), hostileReport()])
      assert.doesNotThrow(() => ReportV1.parse(toV1(report)));
  });
});
