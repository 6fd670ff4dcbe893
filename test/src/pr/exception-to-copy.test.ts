import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { pullRequest } from '../../../reporters/markdown/pull-request.ts';
import { scanAndWrite } from '../../../src/commands/scan.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { openFindings } from '../../../src/util/report-text.ts';
import { testIo } from '../../helpers/io.ts';
import { leakReport, renderText } from '../../helpers/report.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

async function scan(root: string): Promise<Report> {
  return (await scanAndWrite(testIo(root), ['.'], { ...SCAN_OPTIONS, persona: 'dev', quiet: true })).report;
}

/** The exception that the comment offers, as a developer would copy it; `undefined` where it offers none. */
async function offered(report: Report): Promise<string | undefined> {
  return /^```yaml\n(?<text>exceptions:\n[\s\S]*?)^```$/m.exec(await renderText(pullRequest, report))?.groups?.text;
}

/** A password is told by a fingerprint that is another in each run. */
const PASSWORD = ['DB_PASSWORD=', 'Vq8#tL2m', 'Zr5wKx9p'].join('');

describe('the exception that a pull request is offered', function () {
  this.timeout(20_000);

  for (const [what, files] of Object.entries({
    'a plain path': ['config/app.env'],
    'a blank and an @': ['my @app/prod +1.env'],
    'a glob': ['[ab]/*?.env'],
    'quotes, a colon and a comment of YAML': [`a: "b' #c.env`],
    'signs of YAML at its beginning': ['!&*{}|>%.env'],
    'a backslash and a blank at its end': ['a\\\\b\\.env '],
    'a line break, a tab and what cannot be seen': ['a\nb\tc\u202ed.env'],
    'a fence of Markdown': ['```.env'],
    'two files': ['one.env', 'deep/two [2].env'],
  })) {
    it(`holds for ${what}, without a kept key`, async () => {
      const root = tempDir();
      for (const name of files) writeFile(root, name, `${PASSWORD}\n`);
      const before = await scan(root);
      const text = (await offered(before)) ?? '';

      writeFile(root, 'nhi-audit.exceptions.yml', text);
      writeFile(root, 'elsewhere.env', `DB_PASSWORD=${['Hn4!cYw7', 'Ej3sQb6u'].join('')}\n`);
      const after = await scan(root);

      assert.equal(openFindings(before.findings).length, 1);
      assert.match(openFindings(before.findings)[0]?.credential ?? '', /^secret:/);
      assert.doesNotMatch(text, /finding:/);
      assert.equal(after.accepted.length, 1, text);
      const left = openFindings(after.findings).map(({ evidence }) => evidence.map(({ at }) => at?.path));
      assert.deepEqual(left, [['elsewhere.env']], 'it covers no other file');
    });
  }

  it('is the fingerprint where the key is kept', async () => {
    const report = leakReport(1);
    const findings = report.findings.map((finding) => ({ ...finding, fingerprint: 'ab12'.repeat(16) }));

    const text = await offered({ ...report, findings, run: { ...report.run, fingerprintKeyId: 'cd34' } });

    assert.equal(parse(text ?? '').exceptions[0].finding, 'ab12'.repeat(16));
  });

  it('is no fingerprint of a secret where nothing else would do', async () => {
    const report = leakReport(1);
    const [finding] = report.findings;
    assert(finding !== undefined);
    const nowhere = { ...finding, fingerprint: 'ab12'.repeat(16), credential: 'secret:ab12' as const, evidence: [] };
    const run = { ...report.run, fingerprintKeyId: 'ephemeral' };

    const body = await renderText(pullRequest, { ...report, run, findings: [nowhere] });
    const known = await offered({ ...report, run, findings: [{ ...nowhere, credential: 'aws:access-key/x' as never }] });

    assert.doesNotMatch(body, /```yaml/);
    assert.match(body, /keep it with `--store`/);
    assert.match(known ?? '', /finding: /);
  });
});
