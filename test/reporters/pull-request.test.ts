import assert from 'node:assert/strict';
import { pullRequest } from '../../reporters/markdown/pull-request.ts';
import type { Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { readKnown } from '../../src/util/comment-marks.ts';
import { emptyReport, hostileReport, leakReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';

const SHA = '1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d';
const LINKS = { repository: 'harbour/shop', sha: SHA, run: 'https://github.com/harbour/shop/actions/runs/7' };
const render = (report: Report, options: unknown = {}) => renderText(pullRequest, report, options);

/** A change of one repository that was read whole, with `n` tokens in it. */
function change(n: number): Report {
  return { ...leakReport(n), coverage: sampleReport().coverage };
}

function tableRows(text: string): string[] {
  return text.split('\n').filter((line) => /^\| \*\*/.test(line));
}

describe('pull-request reporter', () => {
  it('is one green line for a clean change, below its mark', async () => {
    const text = await render(change(0));

    assert.equal(
      text,
      [
        '<!-- nhi-audit:pull-request nhi-audit -->',
        '<!-- nhi-audit:known  -->',
        '### nhi-audit',
        '',
        '✅ **No open findings**; 5 of 5 surfaces read completely.',
        '',
        '<sub>nhi-audit 0.1.0, run 01HRUN0000000000000000EMPTY</sub>',
        '',
      ].join('\n'),
    );
  });

  it('is not green where something was not read', async () => {
    const text = await render({ ...emptyReport(), coverage: partialReport().coverage });

    assert.match(text, /⚠️ \*\*No open findings, but 1 of 3 surfaces read completely\*\*/);
    assert.match(text, /<summary>Coverage: 1 of 3 surfaces read completely<\/summary>[\s\S]*\*\*denied\*\*: credential report/);
  });

  it('says since the last push what is new, unchanged and fixed', async () => {
    const first = await render(change(3));
    const known = readKnown(first);
    const next = change(4);

    const text = await render({ ...next, findings: next.findings.slice(1) }, { known });

    assert.match(first, /\n\*\*3 high findings\*\*; coverage/);
    assert.equal(known?.length, 3);
    assert.match(text, /\n\*\*1 high new, 2 unchanged, 1 fixed\*\* since the last push; coverage: 5 of 5/);
    assert.match(tableRows(text)[0] ?? '', /9203.*\| new: Token/);
    assert.doesNotMatch(text, /9200/);
  });

  it('knows a finding again whose line moved, though the fingerprint of its secret is new', async () => {
    const report = change(1);
    const [finding] = report.findings as [Finding];
    const ephemeral = { ...report, run: { ...report.run, fingerprintKeyId: 'ephemeral' } };
    const known = readKnown(await render(ephemeral));
    const moved = finding.evidence.map((item) => ({ ...item, at: { ...item.at, line: 90 } }));

    const text = await render(
      { ...ephemeral, findings: [{ ...finding, fingerprint: 'e'.repeat(32), credential: 'secret:other', evidence: moved }] },
      { known },
    );

    assert.match(text, /\*\*1 unchanged\*\* since the last push/);
  });

  it('calls nothing fixed where the look was not whole', async () => {
    const known = readKnown(await render(change(1)));

    const text = await render({ ...emptyReport(), coverage: partialReport().coverage }, { known });

    assert.match(text, /1 not seen any more/);
    assert.doesNotMatch(text, /fixed/);
  });

  it('shows ten rows at most, what the key can do, and where', async () => {
    const report = sampleReport();
    const text = await render(report, LINKS);
    const many = await render(change(25));

    assert.match(text, /ci-deploy may do everything\. \*\*Can:\*\* .*admin/);
    assert.match(
      text,
      new RegExp(
        `\\[<code>harbour/shop config/settings\\.py:88</code>\\]\\(https://github\\.com/harbour/shop/blob/${SHA}/config/settings\\.py#L88\\)`,
      ),
    );
    assert.doesNotMatch(text, /blob\/[^)]*churn\.ipynb/, 'another repository has no link here');
    assert.match(text, /\[log and reports\]\(https:\/\/github\.com\/harbour\/shop\/actions\/runs\/7\)<\/sub>\n$/);
    const [top = '', folded = ''] = many.split('<details><summary>15 more findings</summary>');
    assert.deepEqual([tableRows(top).length, tableRows(folded).length], [10, 15]);
  });

  it('offers an exception that ends, by file where fingerprints do not hold, else by finding', async () => {
    const report = change(1);
    const kept = await render(report);
    const ephemeral = await render({ ...report, run: { ...report.run, fingerprintKeyId: 'ephemeral' } });

    assert.match(kept, /exceptions:\n {2}- finding: t0+\n|exceptions:\n {2}- rule: in-file\n/);
    assert.match(
      ephemeral,
      / {2}- rule: in-file\n {4}path: \/config\/app0\.py\n {4}reason: .*\n {4}owner: .*\n {4}expires: 2026-06-10\n```/,
    );
  });

  it('tells checks that were not assessed by their reason', async () => {
    assert.match(
      await render(partialReport()),
      /2 checks not or only partly assessed<\/summary>\n\n- .*: identity-unused\n- Gateway sessions were not collected: human-uses-machine-identity\n/,
    );
  });

  it('says of a change that what it does not touch is not in it, and of nothing that it was not given', async () => {
    const report = partialReport();
    const text = await render({ ...report, run: { ...report.run, parameters: { ...report.run.parameters, diff: 'a...b' } } });

    assert.match(text, /2 checks not or only partly assessed: a change shows no more than it brings<\/summary>/);
    assert.match(text, /- Gateway sessions: not in this change: human-uses-machine-identity\n/);
    assert.match(text, /Not looked at: what did not change; a full scan reads the rest\./);
    assert.doesNotMatch(text, /none was given|not collected/);
  });

  for (const n of [200, 3000]) {
    it(`stays below 65,536 characters with ${n} findings and keeps what explains them`, async () => {
      const text = await render(
        { ...partialReport(), findings: [...hostileReport().findings, ...leakReport(n).findings] },
        LINKS,
      );

      assert.ok(text.length < 65_536, `${text.length}`);
      assert.match(text, /Not a problem here\?/);
      assert.match(text, /not or only partly assessed/);
      if (n === 3000) assert.match(text, /more findings left out to stay within/);
      for (const tag of ['details', 'summary', 'code', 'sub'])
        assert.equal(text.split(`<${tag}>`).length, text.split(`</${tag}>`).length, tag);
    });
  }

  it('shows hostile names as text, in rows and in links', async () => {
    const report = hostileReport();
    const own = report.findings.map((finding) => ({
      ...finding,
      evidence: finding.evidence.map(({ at, ...item }) => ({ ...item, at: { path: at?.path ?? '', line: 3 } })),
    }));

    const text = await render({ ...report, findings: own }, { ...LINKS, rows: '100' });

    const tags = new Set([...text.matchAll(/<[^>]*>?/g)].map(([tag]) => tag.replace(/^<!--.*/, '<!--')));
    assert.deepEqual([...tags].sort(), [
      '<!--',
      '</code>',
      '</details>',
      '</sub>',
      '</summary>',
      '<code>',
      '<details>',
      '<sub>',
      '<summary>',
    ]);
    assert.equal(tableRows(text).length, own.length);
    for (const line of tableRows(text)) assert.equal(line.match(/\|/g)?.length, 7, line);
    const links = [...text.matchAll(/\]\((?<to>[^)]*)\)/g)].map(({ groups }) => groups?.to ?? '');
    assert(links.length > 10);
    for (const link of links) assert.match(link, /^https:\/\/github\.com\/harbour\/shop\/(blob|actions)\/[\w./%-]+(#L3)?$/);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}]/u);
  });
});
