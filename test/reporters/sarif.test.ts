import assert from 'node:assert/strict';
import type { ValidateFunction } from 'ajv';
import { sarif } from '../../reporters/sarif/index.ts';
import { relativeUri } from '../../reporters/sarif/text.ts';
import type { Evidence, Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { settledReport } from '../helpers/made-parts.ts';
import { emptyReport, HOSTILE_NAMES, hostileReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';
import { sarifSchema } from '../helpers/schemas.ts';

interface Sarif {
  $schema: string;
  version: string;
  runs: {
    tool: { driver: { rules: Rule[]; [name: string]: unknown } };
    automationDetails: { id: string };
    results: Result[];
    taxonomies: { name: string; taxa: { id: string }[] }[];
    invocations: { toolExecutionNotifications: { descriptor: { id: string }; level: string; message: { text: string } }[] }[];
  }[];
}
interface Rule {
  id: string;
  name: string;
  shortDescription: { text: string };
  fullDescription: { text: string };
  help: { text: string; markdown: string };
  relationships: { target: { id: string; index: number; toolComponent: { index: number; name: string } } }[];
  properties: { tags: string[]; precision: string; 'security-severity'?: string };
}
interface Place {
  physicalLocation: {
    artifactLocation: { uri: string; uriBaseId: string };
    region: { startLine: number; startColumn: number; endLine: number; endColumn: number };
  };
}
interface Result {
  ruleId: string;
  ruleIndex: number;
  level: string;
  message: { text: string };
  locations: Place[];
  relatedLocations?: Place[];
  partialFingerprints: { primaryLocationLineHash: string };
  properties: { [name: string]: unknown };
}

async function log(report: Report, options = {}): Promise<Sarif['runs'][number]> {
  const [run] = (JSON.parse(await renderText(sarif, report, options)) as Sarif).runs;
  assert.ok(run);
  return run;
}

function notes(run: Sarif['runs'][number], id: string): string[] {
  return run.invocations
    .flatMap((one) => one.toolExecutionNotifications)
    .filter((note) => note.descriptor.id === id)
    .map((note) => note.message.text);
}

function withFindings(findings: Finding[]): Report {
  return { ...sampleReport(), findings };
}

const [leaked, second, ownerLeft, unused] = sampleReport().findings as [Finding, Finding, Finding, Finding];

describe('sarif reporter', () => {
  let validate: ValidateFunction;

  before(async () => {
    validate = await sarifSchema();
  });

  for (const [name, make] of Object.entries({ emptyReport, partialReport, sampleReport, settledReport, hostileReport })) {
    it(`validates against the OASIS schema: ${name}`, async () => {
      for (const results of ['open', 'all']) {
        validate(JSON.parse(await renderText(sarif, make(), { results })));

        assert.deepEqual(validate.errors ?? [], []);
      }
    });

    it(`has what code scanning asks for: ${name}`, async () => {
      const run = await log(make());

      assertNoEmptyText(run);
      for (const rule of run.tool.driver.rules) {
        assert.ok(rule.name.length <= 255);
        assert.ok(rule.fullDescription.text.length <= 1024);
        assert.ok(rule.properties.tags.length <= 20);
        assert.ok(rule.properties.tags.includes('security'));
        assert.match(rule.properties.precision, /^(high|medium|low)$/);
      }
      for (const result of run.results) {
        assert.equal(run.tool.driver.rules[result.ruleIndex]?.id, result.ruleId);
        assert.match(result.partialFingerprints.primaryLocationLineHash, /^[0-9a-f]{16}:\d+$/);
        assert.equal(result.locations.length, 1);
        for (const place of [...result.locations, ...(result.relatedLocations ?? [])]) {
          const { artifactLocation, region } = place.physicalLocation;
          assert.equal(artifactLocation.uriBaseId, '%SRCROOT%');
          assert.match(artifactLocation.uri, /^(?:[\w.!~*'()-]|%[0-9A-F]{2})+(?:\/(?:[\w.!~*'()-]|%[0-9A-F]{2})+)*$/);
          assert.ok(!artifactLocation.uri.split('/').includes('..'));
          assert.equal(region.startLine, region.endLine, 'one line');
          assert.ok(region.endColumn > region.startColumn);
        }
      }
    });
  }

  it('lists open findings only: accepted and fixed ones would show as open', async () => {
    const run = await log(sampleReport());

    assert.deepEqual(
      run.results.map((result) => [result.ruleId, result.level]),
      [
        ['leaked-key-is-admin', 'error'],
        ['leaked-key-is-admin', 'error'],
        ['owner-left', 'error'],
        ['identity-unused', 'note'],
      ],
    );
  });

  it('puts a result where the credential still is, and relates the other places', async () => {
    const evidence = [...leaked.evidence].reverse();
    const [result] = (await log(withFindings([{ ...leaked, evidence }]))).results;

    assert.equal(result?.locations[0]?.physicalLocation.artifactLocation.uri, '.github/workflows/deploy.yml');
    assert.deepEqual(
      result?.relatedLocations?.map((place) => place.physicalLocation.artifactLocation.uri),
      ['exports/aws-auth.json', 'scripts/deploy%20now.sh', 'notebooks/churn.ipynb'],
    );
  });

  it('cuts regions to one line', async () => {
    const places = (await log(sampleReport())).results[0]?.relatedLocations ?? [];

    assert.deepEqual(places[1]?.physicalLocation.region, { startLine: 3, startColumn: 8, endLine: 3, endColumn: 9 });
  });

  it('puts findings about IAM on the export they were read from', async () => {
    const [result] = (await log(withFindings([unused]))).results;

    assert.equal(result?.locations[0]?.physicalLocation.artifactLocation.uri, 'exports/gcp-accounts.json');
  });

  it('puts what no file tells on the configuration file, or leaves it out and says so', async () => {
    const [result] = (await log(withFindings([ownerLeft]))).results;
    const omitted = await log(withFindings([ownerLeft]), { unlocated: 'omit' });

    assert.equal(result?.locations[0]?.physicalLocation.artifactLocation.uri, 'nhi-audit.config.yml');
    assert.equal(result?.properties.unlocated, true);
    assert.match(result?.message.text ?? '', /Told by no file; listed on nhi-audit\.config\.yml/);
    assert.deepEqual(omitted.results, []);
    assert.ok(notes(omitted, 'hidden').includes('1 results without a file are left out (unlocated=omit).'));
  });

  describe('fingerprint', () => {
    const hashes = async (...findings: Finding[]) =>
      (await log(withFindings(findings))).results.map((result) => result.partialFingerprints.primaryLocationLineHash);
    const move = (finding: Finding, by: number): Finding => ({
      ...finding,
      evidence: finding.evidence.map(
        (item): Evidence => (item.at?.line === undefined ? item : { ...item, at: { ...item.at, line: item.at.line + by } }),
      ),
    });

    it('survives line moves and re-runs', async () => {
      assert.deepEqual(await hashes(move(leaked, 17)), await hashes(leaked));
      assert.deepEqual(await hashes({ ...leaked, status: 'open', lastSeen: '2027-01-01T00:00:00.000Z' }), await hashes(leaked));
    });

    it('tells credentials and rules apart', async () => {
      const all = await hashes(leaked, second, { ...leaked, rule: 'credential-reused' }, ownerLeft);

      assert.equal(new Set(all).size, 4);
    });

    it('tells findings of one rule and credential in one file apart', async () => {
      const all = await hashes(leaked, { ...leaked, fingerprint: 'zz' });

      assert.equal(new Set(all).size, 2);
      assert.deepEqual(
        all.map((hash) => hash.split(':')[1]),
        ['1', '2'],
      );
    });
  });

  it('carries severity, precision and tags in the way code scanning reads', async () => {
    const rules = new Map((await log(sampleReport())).tool.driver.rules.map((rule) => [rule.id, rule]));
    const rule = rules.get('leaked-key-is-admin');

    assert.equal(rule?.properties['security-severity'], '9.5');
    assert.deepEqual(rule?.properties.tags.slice(0, 5), [
      'security',
      'NHI2:2025',
      'NHI5:2025',
      'external/cwe/cwe-798',
      'external/cwe/cwe-522',
    ]);
    assert.equal(rules.get('owner-left')?.properties['security-severity'], '8.0');
    assert.equal(rules.get('identity-unused')?.properties['security-severity'], '2.0');
    assert.match(rule?.help.markdown ?? '', /\*\*Fix\*\*: Deactivate the key/);
  });

  it('relates rules to OWASP, CSF and CWE entries that exist', async () => {
    const run = await log(sampleReport());

    assert.deepEqual(
      run.taxonomies.map((one) => one.name),
      ['CSA-MAESTRO', 'NIST-CSF', 'OWASP-NHI', 'CWE'],
    );
    for (const rule of run.tool.driver.rules) {
      assert.ok(rule.relationships.length > 0);
      for (const { target } of rule.relationships) {
        const component = run.taxonomies[target.toolComponent.index];
        assert.equal(component?.name, target.toolComponent.name);
        assert.equal(component?.taxa[target.index]?.id, target.id);
      }
    }
  });

  it('tells what was not looked at, what was not assessed and what is hidden', async () => {
    const run = await log(partialReport());

    assert.ok(
      notes(run, 'coverage').includes('aws: denied: credential report: iam:GetCredentialReport is not allowed for this profile.'),
    );
    assert.ok(
      notes(run, 'not-assessed').some((text) => text.startsWith('human-uses-machine-identity: not assessed: Gateway sessions')),
    );
    assert.equal(notes(run, 'hidden').length, 2);
  });

  it('stays within the limits of code scanning, keeps the most severe, and says what it left out', async () => {
    const low = Array.from(
      { length: 25_000 },
      (_, index): Finding => ({ ...unused, fingerprint: `low-${index}`, subject: `id-${index}` }),
    );

    const run = await log(withFindings([...low, leaked]));

    assert.equal(run.results.length, 25_000);
    assert.equal(run.results[0]?.ruleId, 'leaked-key-is-admin');
    assert.deepEqual(notes(run, 'truncated'), ['1 less severe results are left out: code scanning takes 25,000 a run.']);
  });

  it('gives a result no more than 1,000 locations, and says so', async () => {
    const [first] = leaked.evidence as [Evidence];
    const evidence = Array.from(
      { length: 1001 },
      (_, index): Evidence => ({ ...first, at: { path: `file-${index}.py`, line: 1 } }),
    );

    const run = await log(withFindings([{ ...leaked, evidence }]));

    assert.equal(1 + (run.results[0]?.relatedLocations?.length ?? 0), 1000);
    assert.deepEqual(notes(run, 'truncated'), ['1 further places of results are left out.']);
  });

  it('says a million gaps in a thousand notes', async () => {
    const [gap] = partialReport().coverage.filter((row) => row.outcome === 'denied');
    assert.ok(gap);
    const coverage = Array.from({ length: 1500 }, () => gap);

    const all = (await log({ ...sampleReport(), coverage })).invocations[0]?.toolExecutionNotifications;

    assert.equal(all?.length, 1000);
    assert.match(all?.at(-1)?.message.text ?? '', /more notifications are left out/);
  });

  it('keeps analyses apart by category', async () => {
    assert.equal((await log(sampleReport())).automationDetails.id, 'nhi-audit/01HRUN00000000000000SAMPLE');
    assert.equal(
      (await log(sampleReport(), { category: 'nightly/aws' })).automationDetails.id,
      'nightly/aws/01HRUN00000000000000SAMPLE',
    );
    await assert.rejects(log(sampleReport(), { category: '../x' }));
  });

  it('makes no link of a name, and hides nothing in the text', async () => {
    const text = await renderText(sarif, hostileReport());

    assert.doesNotMatch(text, /\]\(/);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cs}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u);
    assert.ok(text.length < 1_000_000, 'long names are cut, but for paths');
  });

  it('describes a rule that only a finding knows', async () => {
    const run = await log({ ...withFindings([{ ...leaked, rule: 'from-elsewhere' }]), checks: [] });

    assert.deepEqual(
      run.tool.driver.rules.map((rule) => rule.id),
      ['from-elsewhere'],
    );
    assert.equal(run.tool.driver.rules[0]?.name, 'FromElsewhere');
  });
});

describe('paths as URIs', () => {
  const cases: [string, string][] = [
    ['a/b c.txt', 'a/b%20c.txt'],
    ['./a//b', 'a/b'],
    ['../../etc/passwd', 'etc/passwd'],
    ['a/../../b', 'b'],
    ['/abs/olute', 'abs/olute'],
    ['C:\\Windows\\x', 'Windows/x'],
    ['http://evil/x?y#z', 'http%3A/evil/x%3Fy%23z'],
    ['é', '%C3%A9'],
    ['a.zip!b/c', 'a.zip!b/c'],
    ['..', '-'],
    ['lone \ud800', 'lone%20%EF%BF%BD'],
  ];
  for (const [path, uri] of cases) {
    it(`writes ${JSON.stringify(path)} as ${uri}`, () => assert.equal(relativeUri(path), uri));
  }

  it('never leave the root, nor the form', () => {
    for (const name of HOSTILE_NAMES) assert.doesNotMatch(relativeUri(name), /^\/|(^|\/)\.\.(\/|$)|[:?#\\\s]/);
  });
});

function assertNoEmptyText(value: unknown): void {
  if (typeof value === 'string') assert.notEqual(value.trim(), '');
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) assertNoEmptyText(item);
}
