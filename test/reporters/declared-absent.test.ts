import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { audit } from '../../reporters/audit/index.ts';
import { json } from '../../reporters/json/index.ts';
import { ReportV1 } from '../../reporters/json/v1.ts';
import { markdown } from '../../reporters/markdown/index.ts';
import { ocsf } from '../../reporters/ocsf/index.ts';
import { oscal } from '../../reporters/oscal/index.ts';
import { terminal } from '../../reporters/terminal/index.ts';
import type { AnyReporter, DeclaredAbsent, Report } from '../../src/contracts/reporter.ts';
import { readReport } from '../../src/pr/read-report.ts';
import { HOSTILE_NAMES, renderText, sampleReport } from '../helpers/report.ts';
import { tempDir } from '../helpers/temp-repo.ts';

const BY = 'security@example.com';
const DECLARED: readonly DeclaredAbsent[] = [
  {
    surface: 'image',
    reason: 'no containers',
    declaredBy: BY,
    reviewed: '2024-01-02',
    state: 'expired',
    why: 'it was last reviewed on 2024-01-02, more than 365 days before this run',
  },
  { surface: 'okta', reason: 'everybody signs in with Entra ID', declaredBy: BY, reviewed: '2026-01-02', state: 'believed' },
  {
    surface: 'spire',
    reason: 'no SPIFFE',
    declaredBy: BY,
    state: 'contradicted',
    why: '3 identities of SPIRE were observed (spiffe:a:x, spiffe:a:y and 1 more)',
  },
];

function withDeclared(declaredAbsent: readonly DeclaredAbsent[]): Report {
  return { ...sampleReport(), declaredAbsent };
}

async function words(reporter: AnyReporter, report: Report): Promise<string> {
  return (await renderText(reporter, report)).replace(/\s+/g, ' ');
}

describe('what is declared absent, in reports', () => {
  it('stands in the terminal with who says so, and not among what was not given', async () => {
    const text = await words(terminal, withDeclared(DECLARED));

    assert.ok(text.includes(`declared absent Okta: everybody signs in with Entra ID (by ${BY}, reviewed 2026-01-02)`), text);
    assert.ok(
      text.includes(`not believed SPIRE: declared absent (by ${BY}), but 3 identities of SPIRE were observed (spiffe:a:x`),
    );
    assert.ok(text.includes('not believed Container images: declared absent'));
    assert.ok(text.includes('but it was last reviewed on 2024-01-02, more than 365 days before this run'));
    const notGiven = / not given (.*?)declared absent/.exec(text)?.[1] ?? '';
    assert.match(notGiven, /SPIRE/);
    assert.doesNotMatch(notGiven, /Okta/);
    assert.match(text, /Declared absent: Okta\. Declared absent and not believed: Container images and SPIRE\./);
  });

  it('is nothing to a check of a change, which judges no control', async () => {
    const report = withDeclared(DECLARED);

    const text = await words(terminal, { ...report, run: { ...report.run, parameters: { staged: true } } });

    assert.doesNotMatch(text, /[Dd]eclared absent|not believed/);
  });

  it('is a table of the audit report, which says whether it is believed', async () => {
    const text = await renderText(audit, withDeclared(DECLARED));

    const rows = text.split('\n').filter((line) => line.includes(' | security@example.com | '));
    assert.equal(rows.length, 3);
    assert.match(rows[0] ?? '', /Container images \| no containers \|.*\| 2024-01-02 \| \*\*expired\*\*: it was last reviewed/);
    assert.match(
      rows[1] ?? '',
      /Okta \| everybody signs in with Entra ID \|.*\| 2026-01-02 \| yes: nothing of it was observed \|$/,
    );
    assert.match(
      rows[2] ?? '',
      /SPIRE \| no SPIFFE \|.*\| not told \| \*\*contradicted\*\*: 3 identities of SPIRE were observed/,
    );
    assert.doesNotMatch(/\*\*Not given\*\*.*/.exec(text)?.[0] ?? '', /Okta/);
    // Links to a source lead somewhere, and to one place.
    for (const surface of ['okta', 'image', 'spire'])
      assert.equal(text.split(`<a id="source-${surface}"></a>`).length, 2, surface);
  });

  it('is a field of the JSON report; what was not looked at stays so', async () => {
    const value = ReportV1.parse(JSON.parse(await renderText(json, withDeclared(DECLARED))));

    assert.deepEqual(value.declaredAbsent, DECLARED);
    assert.ok(value.summary.notLookedAt.includes('okta'));
    assert.equal('declaredAbsent' in JSON.parse(await renderText(json, sampleReport())), false);
  });

  it('comes back from a JSON report, for a comment', async () => {
    const file = join(tempDir(), 'report.json');
    writeFileSync(file, await renderText(json, withDeclared(DECLARED)));

    assert.deepEqual(readReport(file, []).declaredAbsent, DECLARED);
  });

  it('stands in Markdown, OSCAL and OCSF', async () => {
    const [md, assessment, events] = await Promise.all([markdown, oscal, ocsf].map((one) => words(one, withDeclared(DECLARED))));

    assert.match(
      md ?? '',
      /- Declared absent: Okta: everybody signs in with Entra ID \(by security@example\.com, reviewed 2026-01-02\)/,
    );
    assert.match(md ?? '', /- ⚠️ Not believed: SPIRE: declared absent/);
    assert.match(
      assessment ?? '',
      /Declared absent: Okta: everybody signs in with Entra ID \(by security@example\.com, reviewed 2026-01-02\)\./,
    );
    assert.match(assessment ?? '', /Not believed: SPIRE: declared absent \(by security@example\.com\), but 3 identities/);
    assert.match(events ?? '', /"declared_absent":\[\{"surface":"image","state":"expired","reason":"no containers"/);
  });

  it('is cut in Markdown where much is declared, and names all', async () => {
    const many = (['ci', 'k8s', 'iac', 'gcp', 'entra', 'okta', 'spire', 'postgres'] as const).map(
      (surface): DeclaredAbsent => ({ surface, reason: 'none', declaredBy: BY, state: 'believed' }),
    );

    const text = await renderText(markdown, { ...withDeclared(many), coverage: [] });

    assert.equal(text.match(/^- Declared absent: /gm)?.length, 6);
    assert.match(text, /^- and SPIRE, PostgreSQL$/m);
  });

  it('is nowhere where nothing is declared', async () => {
    for (const reporter of [terminal, audit, json, markdown, oscal, ocsf]) {
      const text = await renderText(reporter, sampleReport());
      const told = reporter === audit ? text.replace(/^- \*\*not-applicable\*\*.*$/m, '') : text;

      assert.doesNotMatch(told, /declared[ _]absent|declaredAbsent/i, reporter.id);
    }
  });

  it('breaks no report, whatever it says', async () => {
    const declared = HOSTILE_NAMES.map(
      (name): DeclaredAbsent => ({ surface: 'okta', reason: name, declaredBy: name, state: 'contradicted', why: name }),
    );

    for (const reporter of [terminal, markdown, audit]) {
      const text = await renderText(reporter, withDeclared(declared));

      const bad = ['\u001b', '\u202e', ...(reporter === terminal ? [] : ['<script'])].filter((part) => text.includes(part));
      assert.deepEqual(bad, [], reporter.id);
    }
    for (const reporter of [json, oscal]) JSON.parse(await renderText(reporter, withDeclared(declared)));
  });
});
