import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ageChart } from '../../../reporters/html/ages.ts';
import { rankFixes, WEIGHTS } from '../../../reporters/html/fixes.ts';
import { html, preformatted, prose } from '../../../reporters/html/html.ts';
import { HOSTILE_NAMES } from '../../helpers/report.ts';
import { sampleParts, wholeReport } from './reports.ts';

/** A stranger's text: anything, and what was made to do harm. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom(...HOSTILE_NAMES));

describe('markup of the html report', () => {
  it('lets no text out of its place, whatever it is', () => {
    fc.assert(
      fc.property(text, (name) => {
        const made = html`<p title="${name}">${name}<i>${[name, html`<b>${name}</b>`]}</i></p>`.text;

        const shape = made.replace(/[^<>"]/g, '');
        assert.equal(shape, '<""><><><><><>');
        assert.ok(made.isWellFormed());
      }),
    );
  });

  it('keeps code as code and everything else as text', () => {
    assert.equal(
      prose('Run `rm -r <dir>`, or `b`; `open').text,
      'Run <code>rm -r &#60;dir&#62;</code>, or <code>b</code>; `open',
    );
    assert.equal(preformatted('a:\n  b: "<x>"\n\tc').text, 'a:\n  b: &#34;&#60;x&#62;&#34;\n  c');
  });

  it('keeps blanks between words and leaves out what is not there', () => {
    assert.equal(html`${'a'}${' b '}${false}${undefined}${0}`.text, 'a b 0');
  });
});

describe('fixes of the html report', () => {
  it('puts keys of one identity together, and what removes most risk first', () => {
    const fixes = rankFixes(wholeReport());

    assert.deepEqual(
      fixes.map(({ action, findings, credentials }) => [action, findings.length, credentials]),
      [
        ['Rotate 2 credentials of ci-deploy', 2, 2],
        ['The owner of an identity has left: user/ci-deploy', 1, 0],
        ['An identity was not used for a long time: serviceAccount/legacy-etl@hc-prod.iam.gserviceaccount.com', 1, 0],
      ],
    );
    const all = 2 * WEIGHTS.critical + WEIGHTS.high + WEIGHTS.low;
    assert.deepEqual(
      fixes.map(({ share }) => share),
      [(2 * WEIGHTS.critical) / all, WEIGHTS.high / all, WEIGHTS.low / all],
    );
    assert.deepEqual(
      fixes.map(({ owner }) => owner),
      [
        { name: 'jo@harbour.example (left)', isMissing: true },
        { name: 'jo@harbour.example (left)', isMissing: true },
        { name: 'nobody known', isMissing: true },
      ],
    );
  });

  it('counts each open finding once, and none that is fixed or accepted', () => {
    const report = wholeReport();
    const counted = rankFixes(report).flatMap(({ findings }) => findings.map(({ fingerprint }) => fingerprint));
    const open = report.findings.filter(({ status }) => status === 'new' || status === 'open');

    assert.deepEqual(counted.toSorted(), open.map(({ fingerprint }) => fingerprint).toSorted());
  });

  it('says "the secret" of a credential that has no name but its fingerprint', () => {
    const report = wholeReport();
    const [first] = report.findings;
    assert.ok(first !== undefined);
    const findings = [{ ...first, credential: `secret:${'9f'.repeat(32)}` as const }];

    assert.equal(rankFixes({ ...report, findings })[0]?.action, 'Rotate the secret of ci-deploy');
  });
});

describe('ages of the html report', () => {
  it('counts what is in use by thirty days, and says of how many the age is not known', () => {
    const chart = ageChart(wholeReport());

    const told = chart.bins.filter(({ seen, unseen }) => seen + unseen > 0);
    assert.deepEqual(told, [
      { from: 0, to: 30, seen: 0, unseen: 1 },
      { from: 720, to: 750, seen: 1, unseen: 0 },
    ]);
    assert.equal(chart.unknown, 1);
  });

  it('keeps the oldest in one open bin, and leaves out what is not in use', () => {
    const [key] = sampleParts().credentials;
    assert.ok(key !== undefined);
    const credentials = [
      { ...key, ageDays: 9_000 },
      { ...key, ageDays: 2_000 },
      { ...key, ageDays: 5, status: 'inactive' },
    ];

    const { bins } = ageChart({ ...wholeReport(), parts: { ...sampleParts(), credentials } });

    assert.deepEqual(bins.at(-1), { from: 1_080, seen: 2, unseen: 0 });
    assert.equal(bins[0]?.seen, 0);
  });

  it('takes the line from the rule on access keys', () => {
    const report = wholeReport();
    const [check] = report.checks;
    assert.ok(check !== undefined);
    const rule = (id: string, maxAgeDays: number) => ({
      ...check,
      rule: id,
      meta: { ...check.meta, id, parameters: { maxAgeDays } },
    });

    const { policyDays, policyRule } = ageChart({ ...report, checks: [rule('other', 30), rule('access-key-unrotated', 90)] });

    assert.deepEqual([policyDays, policyRule], [90, 'access-key-unrotated']);
    assert.equal(ageChart(report).policyDays, undefined);
  });
});
