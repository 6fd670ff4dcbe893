import assert from 'node:assert/strict';
import { audit } from '../../reporters/audit/index.ts';
import type { PopulationRow } from '../../src/contracts/report-parts.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { rollUp } from '../../src/frameworks/roll-up.ts';
import { loadWords, wrongIn } from '../helpers/parse-command.ts';
import { emptyReport, hostileReport, PLAIN, partialReport, renderText, sampleReport } from '../helpers/report.ts';
import { commandsInMarkdown } from '../helpers/shown-commands.ts';

const POPULATION: readonly PopulationRow[] = [
  {
    surface: 'aws',
    subject: 'keys.json',
    kind: 'credential',
    outcome: 'complete',
    listed: 12,
    read: 12,
    stored: 12,
    reported: 12,
  },
  {
    surface: 'aws',
    subject: 'roles.json',
    kind: 'identity',
    outcome: 'partial',
    read: 5,
    stored: 5,
    reported: 4,
    difference: '1 of 5 stored tell of what another row tells as well.',
  },
];

function withParts(report: Report): Report {
  return {
    ...report,
    parts: {
      population: POPULATION,
      method: {
        commandLine: 'nhi-audit scan . --store audit.duckdb',
        configDigest: 'c0'.repeat(32),
        config: 'exclude:\n  - "```"\n  - vendor/\n',
        rules: [{ file: 'rules/checks/leak/a.sql', sha256: 'a1'.repeat(32) }],
        catalogues: [{ id: 'pci-dss-4.0.1', version: '4.0.1', sha256: 'b2'.repeat(32) }],
        platform: 'linux x64, Node.js 24.0.0',
        previous: { run: 'run-before', digest: 'd3'.repeat(32) },
      },
    },
  };
}

/** One finding of the sample is accepted: by an entry of the register. */
function withExcepted(report: Report): Report {
  const by = { source: 'exception', entry: 'rule identity-unused', place: 'exceptions.yml:4' } as const;
  const accepted = sampleReport()
    .findings.filter(({ status }) => status === 'excepted')
    .map((finding) => ({ ...finding, acceptedBy: by }));
  const findings = report.findings.filter(({ status }) => status !== 'excepted');
  return { ...report, findings, accepted, acceptances: [{ ...by, state: 'used', findings: 1 }] };
}

describe('audit reporter', () => {
  it('asks for the parts that it tells, and no others', () => {
    assert.deepEqual(audit.parts, ['extent', 'method', 'population']);
  });

  it('has all that an auditor asks for, in one order', async () => {
    const text = await renderText(audit, withParts(sampleReport()));

    assert.deepEqual(
      [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title),
      [
        '1. Scope',
        '2. Population',
        '3. Control results',
        '4. Exceptions register',
        '5. Collector errors',
        '6. Checks and their parameters',
        '7. Method, versions and digests',
        '8. How to make it again, and verify it',
        '9. Findings and their evidence',
      ],
    );
  });

  it('says first, in bold, that findings are not told, and nothing of it where all are', async () => {
    const some = await renderText(audit, {
      ...sampleReport(),
      persona: 'security',
      hidden: { persona: 3, baseline: 2, excepted: 1 },
    });
    const all = await renderText(audit, {
      ...sampleReport(),
      persona: 'auditor',
      hidden: { persona: 0, baseline: 0, excepted: 1 },
    });

    const head = some.slice(0, some.indexOf('## 1.'));
    assert.match(
      head,
      /\*\*Not all findings are told here: 3 findings not shown to persona security \(.*\) and 2 findings known before/,
    );
    assert.doesNotMatch(all, /Not all findings|Not listed/);
  });

  it('tells of which time each source is, and from when to when logs were given', async () => {
    const report = withParts(sampleReport());
    const extent = {
      sources: [
        {
          surface: 'aws',
          parts: 2,
          firstRead: '2026-06-01T08:00:00Z',
          lastRead: '2026-06-01T08:00:00Z',
          newest: '2026-05-30T23:59:00Z',
        },
        { surface: 'work-tree', parts: 1, firstRead: '2026-06-01T08:00:00Z', lastRead: '2026-06-02T08:00:00Z' },
      ],
      periods: [
        {
          surface: 'audit-log',
          provider: 'aws',
          scope: '|1|',
          from: '2026-05-30T01:00:31Z',
          until: '2026-05-30T03:12:00Z',
          days: 1,
          records: 20,
        },
      ],
      credentialsOnlySeen: 3,
    };
    const run = { ...report.run, counts: { credential: 9, identity: 5 } };
    const text = await renderText(audit, { ...report, run, parts: { ...report.parts, extent } });

    assert.match(text, /AWS IAM \|.*\| not before 2026-05-30 23:59; read 2026-06-01 08:00 \|/);
    assert.match(text, /\| read 2026-06-01 08:00 to 2026-06-02 08:00 \|/);
    assert.match(text, /^\| audit logs \| aws .* \| 2026-05-30 01:00 \| 2026-05-30 03:12 \| 1 \| 20 \|$/m);
    // 12 keys reported of 9 in all, 4 identities of 5.
    assert.match(text, /^\| credential \| 12 \| 3 \| 9 \| 3 more were only seen somewhere.* has 12 \|$/m);
    assert.match(text, /^\| identity \| 4 \| 1 from what has no row of its own \| 5 \|/m);
  });

  it('links each control to its evidence, and every link leads somewhere', async () => {
    const text = await renderText(audit, withParts(sampleReport()));

    const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, id]) => id);
    assert.ok(links.length > 5, String(links.length));
    assert.deepEqual(
      links.filter((id) => !anchors.has(id)),
      [],
    );
  });

  for (const [name, make, findings] of [
    ['a whole run', sampleReport, '2000'],
    ['a run with partial coverage', partialReport, '2000'],
    ['a run of attacks', hostileReport, '2000'],
    ['a report that tells no finding', sampleReport, '0'],
  ] as const) {
    it(`leads from each check and each source of a control to its evidence, in ${name}`, async () => {
      const report = withExcepted(withParts(make()));
      const text = await renderText(audit, report, { findings });

      const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
      const section = text.slice(text.indexOf('## 3.'), text.indexOf('## 4.'));
      const rows = [...section.matchAll(/^#### .*\n\n((?:\|.*\n)+)\n((?:\|.*\n)+)/gm)].flatMap(
        ([, sources = '', checks = '']) => [...sources.trim().split('\n').slice(2), ...checks.trim().split('\n').slice(2)],
      );
      const controls = report.controls.filter(({ rules }) => rules.length > 0);
      assert.equal(
        rows.length,
        controls.reduce((sum, { rules, sources }) => sum + rules.length + sources.length, 0),
      );
      for (const row of rows) {
        const cell = row.split(' | ').at(-1) ?? '';
        const ids = [...cell.matchAll(/\]\(#([^)]+)\)/g)].map(([, id]) => id);
        assert.ok(ids.length > 0 && ids.every((id) => anchors.has(id)), row);
      }
    });
  }

  it('tells of each outcome what leads on: findings, what was looked at, what is missing, what accepts', async () => {
    const text = await renderText(audit, withExcepted(withParts(sampleReport())));

    const section = text.slice(text.indexOf('## 3.'), text.indexOf('## 4.'));
    const cellOf = (rule: string) =>
      new RegExp(`^\\| \\[<code>${rule}</code>\\]\\(#check-${rule}\\) .* \\| (.*) \\|$`, 'm').exec(section)?.[1] ?? '';
    assert.match(cellOf('leaked-key-is-admin'), /^\[<code>a1a1a1a1a1a1<\/code>\]\(#finding-(a1)+\), \[<code>b2/);
    assert.match(cellOf('credential-reused'), /^5 looked at, nothing found: \[files\]\(#source-work-tree\), \[git history\]/);
    assert.match(cellOf('human-uses-machine-identity'), /^needs \[gateway\]\(#source-gateway\): \[what is missing, and how/);
    assert.match(
      cellOf('identity-unused'),
      /\(#finding-(e5)+\) \(excepted\), .*, \[exception 1\]\(#exception-1\); accepted in \[AWS IAM\]\(#population-aws\)$/,
    );
    assert.match(text, /<a id="check-human-uses-machine-identity">.*Gateway sessions were not collected: give an export/);
    assert.match(text, /<a id="exception-1"><\/a>1 \| <code>rule identity-unused/);
  });

  it('leads from a check that does not apply to who says so, or to what was looked through', async () => {
    const sample = sampleReport();
    const rules = ['credential-reused', 'human-uses-machine-identity'];
    const checks = sample.checks.map((check) => {
      if (!rules.includes(check.rule)) return check;
      const reason = check.rule === rules[0] ? {} : { reason: 'declared absent: Gateway (we have none; by kim)' };
      return {
        meta: check.meta,
        rule: check.rule,
        outcome: 'not-applicable' as const,
        population: 0,
        findings: 0,
        excepted: 0,
        ...reason,
      };
    });
    const declared = { surface: 'gateway', reason: 'we have none', declaredBy: 'kim', state: 'believed' } as const;
    const controls = rollUp(sample.frameworks, checks, sample.findings, sample.coverage, new Map([['gateway', declared]]));
    const text = await renderText(audit, withParts({ ...sample, checks, controls, declaredAbsent: [declared] }));

    assert.match(
      text,
      /reused.* \| 0 of that kind in \[files\]\(#source-work-tree\), \[git history\]\(#source-history\), \[notebooks\]/,
    );
    assert.match(text, /human-uses.* \| declared absent: \[gateway\]\(#source-gateway\) \|\n/);
    assert.match(text, /<a id="source-gateway"><\/a>Gateway sessions and inventory \| we have none \| kim/);
  });

  it('shows by source where a control fails, where it holds and where nobody looked', async () => {
    const text = await renderText(audit, withParts(sampleReport()));

    const tables = [...text.matchAll(/\*\*By source\*\*\n\n((?:\|.*\n)+)/g)].map(([, rows = '']) =>
      rows
        .trim()
        .replaceAll(/\]\(#[^)]+\)|\[|<\/?code>/g, '')
        .split('\n')
        .map((row) => row.slice(2, -2).split(' | ')),
    );
    const [head, , ...rows] = tables.at(-1) ?? [];
    assert.deepEqual(head, ['Control', 'files', 'git history', 'notebooks', 'AWS IAM', 'GCP IAM', 'gateway', 'people']);
    assert.deepEqual(rows, [
      ['NHI1:2025', 'pass', 'pass', 'pass', 'excepted', 'fail 1', '-', 'fail 1'],
      ['NHI2:2025', 'fail 2', 'fail 1', 'fail 1', '-', '-', '-', '-'],
      ['NHI5:2025', 'fail 2', 'fail 1', 'fail 1', '-', '-', '-', '-'],
      ['NHI9:2025', 'pass', 'pass', 'pass', '-', '-', '-', '-'],
      ['NHI10:2025', '-', '-', '-', '-', '-', 'not assessed', '-'],
    ]);
  });

  it('shows commands that the program takes: the report again, a sample, tables, a pack and its verification', async () => {
    const shown = commandsInMarkdown(await renderText(audit, withParts(sampleReport()), {}, { ...PLAIN, store: 'audit.duckdb' }));
    const words = await loadWords();

    const wrong = await Promise.all(shown.map(async (command) => await wrongIn(command, words)));
    assert.deepEqual(
      wrong.filter((each) => each !== undefined),
      [],
    );
    const names = new Set(shown.map(({ argv }) => argv[0]));
    for (const name of ['report', 'evidence', 'export', 'pack', 'verify', 'scan']) assert.ok(names.has(name), name);
  });

  it('names each observation that a finding rests on', async () => {
    const report = withParts(sampleReport());
    const text = await renderText(audit, report);

    for (const { observation } of report.findings.flatMap(({ evidence }) => evidence)) {
      assert.ok(text.includes(`<code>${observation}</code>`), observation);
    }
  });

  it('counts what reconciles, and gives the reason where it does not', async () => {
    const text = await renderText(audit, withParts(sampleReport()));

    assert.match(text, /2 rows: 1 reconcile, 1 differ for the reason given/);
    assert.match(text, /roles\.json.*\| not told \| 5 \| 5 \| 4 \| 1 of 5 stored tell/);
  });

  it('says what was denied and what failed, with the reason', async () => {
    const report = withParts(partialReport());
    const text = await renderText(audit, report);

    const gaps = report.coverage.filter(({ outcome }) => outcome !== 'complete');
    assert.ok(gaps.length > 0);
    const errors = text.slice(text.indexOf('## 5.'), text.indexOf('## 6.'));
    assert.equal([...errors.matchAll(/^\| (?!Source|---)/gm)].length, gaps.length);
    assert.doesNotMatch(errors, /Every collector read all/);
  });

  it('has the register of exceptions, whoever answers for each, and what it accepts', async () => {
    const report = withParts(sampleReport());
    const by = {
      source: 'exception',
      entry: 'rule owner-left',
      place: 'exceptions.yml:4',
      reason: 'sealed',
      owner: 'kim',
    } as const;
    const accepted = report.findings.slice(0, 1).map((finding) => ({ ...finding, status: 'excepted' as const, acceptedBy: by }));
    const uses = [
      { ...by, approver: 'lee', ticket: 'SEC-9', expires: '2026-09-30', state: 'used', findings: 1 },
      { source: 'exception', entry: 'rule other', expires: '2026-01-01', state: 'expired', findings: 2 },
    ] as const;

    const text = await renderText(audit, { ...report, findings: report.findings.slice(1), accepted, acceptances: uses });

    assert.match(text, /2 entries: 1 in use, 1 expired/);
    assert.match(text, /rule owner-left.*sealed.*kim.*lee.*SEC-9.*2026-09-30.*1: \[/);
    assert.match(text, /rule other.*expired.*not given.*2026-01-01/);
  });

  it('tells the command line, digests of rules and catalogues, and the run before', async () => {
    const text = await renderText(audit, withParts(sampleReport()));

    for (const digest of ['c0', 'a1', 'b2', 'd3']) assert.ok(text.includes(digest.repeat(32)), digest);
    assert.match(text, /nhi-audit scan \. --store audit\.duckdb/);
  });

  it('fences a configuration that holds a fence', async () => {
    const text = await renderText(audit, withParts(sampleReport()));

    assert.match(text, /^````yaml\nexclude:\n {2}- "```"\n {2}- vendor\/\n````$/m);
  });

  it('says how many findings it leaves out, and links to none of those', async () => {
    const text = await renderText(audit, withParts(sampleReport()), { findings: '1' });

    assert.equal([...text.matchAll(/<a id="finding-/g)].length, 1);
    assert.match(text, /The first 1 are told; \d+ more are in the CSV report/);
    const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
    assert.ok([...text.matchAll(/\]\(#(finding-[^)]+)\)/g)].every(([, id]) => anchors.has(id)));
  });

  it('never calls a control passed that was not assessed', async () => {
    const report = withParts(emptyReport());
    const text = await renderText(audit, report);

    assert.match(text, /Nothing was looked at\./);
    assert.doesNotMatch(text, /\*\*pass\*\* \|/);
  });

  it('leaves names of strangers no way to make markup, links or mentions', async () => {
    const text = await renderText(audit, withParts(hostileReport()));

    const own = /<\/?(?:code|details|summary)>|<a id="[a-z0-9-]+"><\/a>/g;
    assert.doesNotMatch(text.replace(own, ''), /<[a-z!/]/i);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    assert.doesNotMatch(text.replaceAll('@&#8203;', ''), /(?<![\w.+-])@(?=team)/);
  });

  it('gives the same bytes for the same report', async () => {
    assert.equal(await renderText(audit, withParts(sampleReport())), await renderText(audit, withParts(sampleReport())));
  });
});
