import assert from 'node:assert/strict';
import { markdown } from '../../reporters/markdown/index.ts';
import type { Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { emptyReport, hostileReport, leakReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';

const render = (report: Report, options: unknown = {}) => renderText(markdown, report, options);

function many(n: number): Finding[] {
  const [leaked] = sampleReport().findings as [Finding];
  return Array.from({ length: n }, (_, index) => ({
    ...leaked,
    fingerprint: `f${index}`,
    subject: `aws:1:user/u${String(index).padStart(5, '0')}`,
  }));
}

function tableRows(text: string): string[] {
  return text.split('\n').filter((line) => /^\| \*\*/.test(line));
}

describe('markdown reporter', () => {
  it('begins with the verdict: what is new, unchanged, fixed, and what was read', async () => {
    const lines = (await render(sampleReport())).split('\n');

    assert.equal(
      lines[2],
      '**1 critical, 1 high new, 2 unchanged, 1 fixed** (not listed: 2 findings not shown to persona security (--persona auditor shows all); 1 finding accepted by an exception); coverage: 5 of 5 surfaces read completely.',
    );
  });

  it('is a short green line when there is nothing to do', async () => {
    const clean = { ...sampleReport(), findings: [], checks: [], controls: [], hidden: { persona: 0, baseline: 0, excepted: 0 } };

    const text = await render(clean);

    assert.match(text, /\n✅ \*\*No open findings\*\*; 5 of 5 surfaces read completely\.\n/);
    assert.doesNotMatch(text, /^\|/m);
    assert.ok(text.split('\n').length < 16);
  });

  it('is not green when something was not read', async () => {
    const partial = await render({ ...partialReport(), findings: [] });

    assert.match(partial, /⚠️ \*\*No open findings for persona security, but 1 of 3 surfaces read completely\*\*/);
    assert.match(await render(emptyReport()), /⚠️ \*\*No open findings, but nothing was looked at\*\*/);
    assert.doesNotMatch(partial, /✅/);
  });

  it('shows new findings first, with place and fix', async () => {
    const rows = tableRows(await render(sampleReport()));

    assert.equal(rows.length, 4);
    assert.match(rows[0] ?? '', /\| \*\*critical\*\* \| <code>aws:123456789012:user\/ci-deploy<\/code> \| new: Access key/);
    assert.match(
      rows[0] ?? '',
      /NHI2:2025, NHI5:2025 \| <code>harbour\/analytics notebooks\/churn\.ipynb:41 cell 3 output<\/code> and 3 more \|/,
    );
    assert.match(rows[1] ?? '', /\*\*high\*\*.*new: jo@harbour\.example/);
    assert.doesNotMatch(rows[2] ?? '', /new:/);
  });

  it('calls nothing new in a first run, and names the kind of credential', async () => {
    const text = await render(leakReport(2));

    assert.match(text, /\n\*\*2 high findings\*\*; coverage: nothing was looked at\.\n/);
    assert.doesNotMatch(text, /\bnew\b/);
    assert.match(text, /<code>Telegram bot token 9200/);
  });

  it('tells developers the findings only', async () => {
    assert.doesNotMatch(await render({ ...partialReport(), persona: 'dev' }), /partly assessed/);
  });

  it('names no author of a commit', async () => {
    assert.equal((await render(sampleReport())).includes('Jo Quay'), false);
  });

  it('shows ten rows and folds the rest', async () => {
    const text = await render({ ...sampleReport(), findings: many(25) });
    const [top = '', folded = ''] = text.split('<details><summary>15 more findings</summary>');

    assert.equal(tableRows(top).length, 10);
    assert.equal(tableRows(folded).length, 15);
  });

  it('tells coverage, what was not assessed, what is hidden and how to switch a check off', async () => {
    const text = await render(partialReport());

    assert.match(text, /- AWS IAM: \*\*denied\*\*: credential report: iam:GetCredentialReport is not allowed/);
    assert.match(text, /Not looked at, for none was given: Git history/);
    assert.match(text, /None found: .*CI configuration/);
    assert.match(text, /none was given: .*Azure and Entra ID.*SPIRE/);
    assert.doesNotMatch(text, /scanner yet/);
    assert.match(text, /2 checks not or only partly assessed/);
    assert.match(text, /```yaml\nchecks:\n {2}leaked-key-is-admin:\n {4}enabled: false/);
  });

  for (const [limit, n] of [
    [65_536, 3000],
    [65_536, 200],
    [6000, 100],
  ] as const) {
    it(`stays within ${limit} characters with ${n} findings, says what it left out, and closes what it opens`, async () => {
      const text = await render(
        { ...hostileReport(), findings: [...hostileReport().findings, ...many(n)] },
        { limit: String(limit) },
      );

      assert.ok(text.length <= limit, `${text.length}`);
      assert.match(text, /more findings? left out to stay within [\d,]+ characters; the JSON and CSV reports have all\./);
      assertBalanced(text);
      assert.match(text, /<sub>nhi-audit 0\.1\.0, run 01HRUN00000000000000SAMPLE<\/sub>\n$/);
    });
  }

  it('says of each control that fails where it does', async () => {
    const text = await renderText(markdown, sampleReport());

    assert.match(text, /\*\*fail\*\* OWASP.*: NHI2:2025 .* It fails at files 2, git history 1, notebooks 1\.\n/);
  });

  it('shows hostile names as text: no tag, no link, no mention, no torn row', async () => {
    const text = await render(hostileReport(), { rows: '100' });

    assertBalanced(text);
    const tags = [...text.matchAll(/<[^>]*>?/g)].map((match) => match[0]);
    assert.deepEqual([...new Set(tags)].sort(), [
      '</code>',
      '</details>',
      '</sub>',
      '</summary>',
      '<code>',
      '<details>',
      '<sub>',
      '<summary>',
    ]);
    for (const row of tableRows(text)) assert.equal(row.match(/\|/g)?.length, 7, row);
    assert.equal(tableRows(text).length, hostileReport().findings.length);
    assert.doesNotMatch(text, /\]\(|!\[|:\/\/(?!.*<\/code>)|^# |^\| forged/m);
    assert.doesNotMatch(text.replace(/<code>.*?<\/code>/g, ''), /(?<![\w.])@\w|#\d(?!\d*;)|:\/\//);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}]/u);
  });
});

function assertBalanced(text: string): void {
  for (const tag of ['details', 'summary', 'code', 'sub']) {
    assert.equal(
      text.match(new RegExp(`<${tag}>`, 'g'))?.length ?? 0,
      text.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0,
      tag,
    );
  }
  assert.equal((text.match(/^```/gm)?.length ?? 0) % 2, 0, 'fences');
}
