import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import { csv } from '../../reporters/csv/index.ts';
import { FINDING_COLUMNS } from '../../reporters/csv/v1.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { emptyReport, hostileReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';

async function rowsOf(report: Report, options: { delimiter?: string; rows?: string; bom?: string } = {}): Promise<string[][]> {
  const text = await renderText(csv, report, options);
  const delimiter = options.delimiter === 'tab' ? '\t' : (options.delimiter ?? ',');
  return parse(text, { delimiter, bom: true });
}

async function recordsOf(report: Report, options = {}): Promise<{ [column: string]: string }[]> {
  const [columns = [], ...rows] = await rowsOf(report, options);
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? ''])));
}

describe('csv reporter', () => {
  it('has its header row even when there is nothing else', async () => {
    assert.deepEqual(await rowsOf(emptyReport()), [[...FINDING_COLUMNS]]);
  });

  it('keeps its columns: name, meaning and place are a promise', async () => {
    const [columns] = await rowsOf(sampleReport());

    assert.equal(
      columns?.join(' '),
      'schema_version run_id run_started_at finding status severity confidence persona rule title message subject identity credential ' +
        'owasp_nhi csf_2_0 csf_1_1 other_controls evidence_kind evidence repository path line column cell part commit commit_date at_head ' +
        'layer pointer first_seen last_seen fix accepted_by accepted_at accepted_reason accepted_justification accepted_owner accepted_approver accepted_ticket accepted_expires sources',
    );
  });

  it('has one row for each finding and place, and one for a finding without', async () => {
    const rows = await recordsOf(sampleReport());

    assert.equal(rows.length, 4 + 1 + 1 + 1 + 1 + 1);
    assert.deepEqual(
      rows
        .filter((row) => row.finding === 'a1'.repeat(16))
        .map((row) => `${row.path}:${row.line}:${row.cell}:${row.commit?.slice(0, 7)}`),
      [
        'notebooks/churn.ipynb:41:3:',
        '.github/workflows/deploy.yml:14::',
        'scripts/deploy now.sh:3::1a2b3c4',
        'exports/aws-auth.json:::',
      ],
    );
  });

  it('has no two rows for one place: what stands there is a list', async () => {
    const report = sampleReport();
    const [finding] = report.findings;
    assert.ok(finding !== undefined);
    const at = { repository: 'harbour/shop', path: 'main.tf', line: 56, column: 1 };
    const evidence = ['admin: roles/owner', 'impersonates: roles/owner', 'admin: roles/owner'].map((summary, index) => ({
      observation: `o${index}`,
      kind: 'grant' as const,
      summary,
      at,
    }));
    const inventory = { observation: 'p', kind: 'usage' as const, summary: 'used yesterday' };

    const rows = await recordsOf({ ...report, findings: [{ ...finding, evidence: [...evidence, inventory, inventory] }] });

    assert.deepEqual(
      rows.map((row) => [row.line, row.evidence_kind, row.evidence]),
      [
        ['56', 'grant', 'admin: roles/owner;impersonates: roles/owner'],
        ['', 'usage', 'used yesterday'],
      ],
    );
  });

  it('gives controls in a column a framework, CSF 1.1 beside 2.0, lists joined by a semicolon', async () => {
    const [row] = await recordsOf(sampleReport());

    assert.equal(row?.owasp_nhi, 'NHI2:2025;NHI5:2025');
    assert.equal(row?.csf_2_0, 'PR.AA-01;PR.AA-05');
    assert.equal(row?.csf_1_1, 'PR.AC-1;PR.AC-4');
    assert.equal(row?.other_controls, 'csa-maestro:L4');
    assert.equal(row?.schema_version, '1.1');
    assert.equal(row?.run_id, '01HRUN00000000000000SAMPLE');
  });

  it('writes times as ISO 8601 with Z', async () => {
    for (const row of await recordsOf(sampleReport())) {
      for (const column of ['run_started_at', 'first_seen', 'last_seen'])
        assert.match(row[column] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });

  it('names no author of a commit', async () => {
    assert.equal((await renderText(csv, sampleReport())).includes('Jo Quay'), false);
  });

  it('has a row for each control and source, with how the checks ended there', async () => {
    const rows = await recordsOf(sampleReport(), { rows: 'control-sources' });

    assert.equal(
      rows.length,
      sampleReport().controls.reduce((sum, { sources }) => sum + sources.length, 0),
    );
    const [row] = rows.filter(({ control, surface }) => control === 'NHI1:2025' && surface === 'gcp');
    assert.deepEqual(
      [row?.framework_version, row?.outcome, row?.findings, row?.worst_severity, row?.checks_fail, row?.checks_pass],
      ['2025', 'fail', '1', 'low', '1', '0'],
    );
    assert.ok(rows.every(({ outcome, checks_not_assessed }) => outcome !== 'pass' || checks_not_assessed === '0'));
    assert.deepEqual((await rowsOf(emptyReport(), { rows: 'control-sources' })).length, 1);
  });

  it('names the sources of each finding', async () => {
    const rows = await recordsOf(sampleReport());

    assert.equal(rows.find(({ finding }) => finding === 'a1'.repeat(16))?.sources, 'work-tree;history;notebook;aws');
  });

  it('has tables for identities, controls and coverage', async () => {
    const identities = await recordsOf(sampleReport(), { rows: 'identities' });
    const controls = await recordsOf(sampleReport(), { rows: 'controls' });
    const coverage = await recordsOf(partialReport(), { rows: 'coverage' });

    assert.equal(identities.length, 4);
    assert.equal(identities[1]?.capabilities, 'reads-data;writes-data');
    assert.equal(controls.length, sampleReport().controls.length);
    assert.equal(controls.find((row) => row.control === 'PR.AA-05')?.formerly, 'PR.AC-4;PR.AC-1;PR.AC-3');
    assert.equal(controls.find((row) => row.control === 'NHI10:2025')?.outcome, 'not-assessed');
    assert.equal(coverage.find((row) => row.subject === 'credential report')?.outcome, 'denied');
  });

  for (const delimiter of [',', ';', '|', 'tab']) {
    for (const rows of ['findings', 'identities', 'controls', 'control-sources', 'coverage']) {
      it(`opens with one header row and no formula: ${rows}, delimiter ${delimiter}`, async () => {
        const [columns = [], ...table] = await rowsOf(hostileReport(), { delimiter, rows });

        assert.ok(table.length > 0);
        for (const row of table) {
          assert.equal(row.length, columns.length);
          assert.equal(row[0], '1.1', 'no second header, no torn row');
          for (const cell of row) {
            assert.doesNotMatch(cell, /^\s*[=+\-@]|[\t\r\n]/u);
            assert.doesNotMatch(cell, /[\p{Cc}\p{Cf}\p{Cs}]/u);
            // A reader that splits elsewhere finds no formula either.
            for (const part of cell.split(/[;,]/)) assert.doesNotMatch(part, /^\s*[=+\-@]/);
          }
        }
      });
    }
  }

  it('marks the encoding for Excel when asked', async () => {
    assert.ok((await renderText(csv, sampleReport(), { bom: 'true' })).startsWith('\ufeffschema_version,'));
    assert.ok((await renderText(csv, sampleReport())).startsWith('schema_version,'));
  });

  it('ends lines as RFC 4180 says', async () => {
    const text = await renderText(csv, sampleReport());

    assert.equal(text.split('\r\n').length - 1, text.split('\n').length - 1);
  });

  it('writes many rows in parts', () => {
    const report = sampleReport();
    const findings = Array.from({ length: 1200 }, (_, index) => ({
      ...(report.findings[1] as (typeof report.findings)[number]),
      fingerprint: String(index),
    }));

    const chunks = [
      ...(csv.render(
        { ...report, findings },
        {},
        { width: undefined, color: false, links: false, store: undefined },
      ) as Iterable<string>),
    ];

    assert.equal(chunks.length, 4);
    assert.equal(parse(chunks.join('')).length, 1201);
  });

  it('refuses another delimiter', async () => {
    await assert.rejects(renderText(csv, emptyReport(), { delimiter: 'x' }));
  });
});

describe('csv reporter for an audit', () => {
  it('has every credential with its age, and only for whom asks', async () => {
    const rows = await recordsOf(withParts(), { rows: 'credentials' });

    assert.deepEqual(
      rows.map((row) => [row.credential, row.age_days, row.never_expires, row.sightings, row.in_inventory]),
      [["'=cmd|' /C calc'!A0", '400', 'true', '3', 'true']],
    );
    assert.deepEqual(csv.partsOf?.({ rows: 'credentials' }), ['credentials']);
    assert.deepEqual(csv.partsOf?.({ rows: 'population' }), ['population']);
    assert.deepEqual(csv.partsOf?.({}), []);
  });

  it('says of each source whether its numbers reconcile, and why not', async () => {
    const rows = await recordsOf(withParts(), { rows: 'population' });

    assert.deepEqual(
      rows.map(({ subject, listed, stored, reported, reconciles, difference }) => [
        subject,
        listed,
        stored,
        reported,
        reconciles,
        difference,
      ]),
      [
        ['keys.json', '12', '12', '12', 'true', ''],
        ['roles.json', '', '5', '4', 'false', '1 of 5 stored tell of what another row tells as well.'],
      ],
    );
  });

  it('has the register of exceptions with the findings that each accepts', async () => {
    const report = sampleReport();
    const exception = { source: 'exception', entry: 'rule identity-unused', place: 'exceptions.yml:4' } as const;
    const told = {
      ...exception,
      reason: 'sealed',
      owner: 'kim@harbour.example',
      approver: 'lee@harbour.example',
      ticket: 'SEC-9',
    };
    const accepted = report.findings.slice(0, 1).map((finding) => ({ ...finding, acceptedBy: told }));
    const acceptances = [{ ...told, expires: '2026-09-30', state: 'used', findings: 1 } as const];

    const rows = await recordsOf({ ...report, accepted, acceptances }, { rows: 'exceptions' });

    assert.deepEqual(
      rows.map((row) => [row.entry, row.state, row.reason, row.owner, row.approver, row.ticket, row.expires, row.findings]),
      [
        [
          'rule identity-unused',
          'used',
          'sealed',
          'kim@harbour.example',
          'lee@harbour.example',
          'SEC-9',
          '2026-09-30',
          accepted[0]?.fingerprint,
        ],
      ],
    );
  });

  for (const rows of ['credentials', 'population', 'exceptions']) {
    it(`has the header row of ${rows} even when there is nothing else`, async () => {
      assert.equal((await rowsOf(emptyReport(), { rows })).length, 1);
    });
  }
});

function withParts(): Report {
  const population = { surface: 'aws', kind: 'credential', outcome: 'complete' } as const;
  return {
    ...sampleReport(),
    parts: {
      credentials: [
        {
          id: "=cmd|' /C calc'!A0",
          provider: 'aws',
          type: 'access-key',
          neverExpires: true,
          ageDays: 400,
          sightings: 3,
          inInventory: true,
          findings: 1,
          worst: 'high',
        },
      ],
      population: [
        { ...population, subject: 'keys.json', listed: 12, read: 12, stored: 12, reported: 12 },
        {
          ...population,
          subject: 'roles.json',
          stored: 5,
          reported: 4,
          difference: '1 of 5 stored tell of what another row tells as well.',
        },
      ],
    },
  };
}
