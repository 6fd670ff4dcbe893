import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { html } from '../../../reporters/html/index.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import {
  emptyReport,
  HOSTILE_NAMES,
  hostileReport,
  leakReport,
  partialReport,
  renderText,
  sampleReport,
} from '../../helpers/report.ts';
import { hiddenReport, mappedReport, wholeReport } from './reports.ts';

const REPORTS: { readonly [name: string]: () => Report } = {
  'the empty run': emptyReport,
  'a run with partial coverage': partialReport,
  'a full run': wholeReport,
  'a run without parts': sampleReport,
  'a run over hostile names': hostileReport,
  'a run with leaked tokens': () => leakReport(70),
};

/** The file without its script, style and data. */
function markup(text: string): string {
  return text.replace(/<(script|style)\b[^>]*>.*?<\/\1>/gs, '');
}

/** What a reader sees of it. */
function words(text: string): string {
  return markup(text)
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/\s+/g, ' ');
}

describe('html reporter', function () {
  // The first report from source puts the page together.
  this.timeout(30_000);

  for (const [name, make] of Object.entries(REPORTS)) {
    it(`gives the same bytes twice for ${name}`, async () => {
      const first = await renderText(html, make());
      const second = await renderText(html, make(), undefined);

      assert.equal(first, second);
      assert.ok(first.endsWith('</html>\n') && first.isWellFormed());
    });
  }

  it('does not depend on the order of the findings', async () => {
    const report = wholeReport();

    assert.equal(await renderText(html, { ...report, findings: report.findings.toReversed() }), await renderText(html, report));
  });

  it('refuses an option it does not have', async () => {
    await assert.rejects(renderText(html, emptyReport(), { colour: 'red' }), /colour/);
    await assert.rejects(renderText(html, emptyReport(), { view: 'manager' }), /view/);
  });

  it('allows its own script and style, and nothing else', async () => {
    const text = await renderText(html, wholeReport());

    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(text)?.[1] ?? '';
    const [script = ''] = [...text.matchAll(/<script>(.*?)<\/script>/gs)].map((match) => match[1]);
    const [style = ''] = [...text.matchAll(/<style>(.*?)<\/style>/gs)].map((match) => match[1]);
    const hash = (part: string): string => `'sha256-${createHash('sha256').update(part).digest('base64')}'`;
    assert.match(policy, /^default-src 'none'; /);
    assert.ok(policy.includes(`script-src ${hash(script)};`) && policy.includes(`style-src ${hash(style)};`));
    assert.ok(script.length > 100_000 && script.length < 1_000_000, `the script has ${script.length} characters`);
    assert.equal(text.match(/<script(?! type="application\/json")/g)?.length, 1);
    assert.equal(text.match(/<style/g)?.length, 1);
    assert.doesNotMatch(markup(text), /\s(?:on\w+|style)=/i);
    assert.doesNotMatch(markup(text), /<(?:link|img|iframe|object|embed|base|form|svg|audio|video)\b/i);
    assert.doesNotMatch(style, /url\(|@import/);
  });

  it('lets no name become markup, data or direction', async () => {
    const declaredAbsent = HOSTILE_NAMES.map((name) => ({
      surface: 'okta' as const,
      reason: name,
      declaredBy: name,
      state: 'contradicted' as const,
      why: name,
    }));
    const acceptances = HOSTILE_NAMES.map((name) => ({
      source: 'exception' as const,
      entry: name,
      place: name,
      reason: name,
      owner: name,
      approver: name,
      ticket: name,
      state: 'used' as const,
      findings: 1,
    }));
    const report = hostileReport();
    const accepted = report.findings.map((finding, index) => ({
      ...finding,
      status: 'excepted' as const,
      acceptedBy: acceptances[index % acceptances.length] as (typeof acceptances)[number],
    }));

    const text = await renderText(html, { ...report, accepted, acceptances, declaredAbsent });

    const plain = markup(text);
    assert.doesNotMatch(plain, /<(?:script|img|b>forged)/i);
    const own = text.replace(/<script>.*?<\/script>/s, '');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(own, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/);
    for (const block of text.matchAll(/<script type="application\/json"[^>]*>(.*?)<\/script>/gs)) {
      assert.doesNotMatch(block[1] ?? '', /</);
      assert.doesNotThrow(() => JSON.parse(block[1] ?? ''));
    }
    assert.ok(words(text).includes('<script>alert(1)</script>'));
    assert.ok(words(text).includes('safe\\u{202e}gnp.exe'));
    assert.ok(text.length < 3_000_000, `${HOSTILE_NAMES.length} names, one of 10 kB, made ${text.length} characters`);
  });

  it('says of an empty run that nothing was looked at', async () => {
    const text = words(await renderText(html, emptyReport())).replace(/ Words Identity .*/, '');

    assert.match(text, /Nothing was looked at/);
    assert.match(text, /Nothing was looked at, so this says nothing about what is there\./);
    assert.match(text, /Not looked at, none was given: Files of the work tree/);
    assert.doesNotMatch(text, /\bpass\b(?! All checks)/);
    assert.match(text, /Machine identities – not assessed/);
  });

  it('tells gaps in coverage before any finding, and never calls them a pass', async () => {
    const text = words(await renderText(html, partialReport()));

    const gap = text.indexOf('credential report : denied. iam:GetCredentialReport is not allowed for this profile.');
    assert.ok(gap > 0 && gap < text.indexOf('A leaked key belongs'));
    assert.match(text, /1 of 3 sources read completely/);
    assert.match(text, /silence about (?:AWS IAM and Notebooks|Notebooks and AWS IAM) proves nothing/);
    const row =
      /<tr id="control-owasp-nhi-2025:NHI10:2025"[^>]*>.*?<\/tr>/s.exec(await renderText(html, partialReport()))?.[0] ?? '';
    assert.match(words(row), /not assessed/);
    assert.doesNotMatch(words(row), /\bpass\b/);
  });

  it('starts with verdict and coverage, and keeps the order', async () => {
    const text = await renderText(html, wholeReport());

    const ids = [...text.matchAll(/<section id="([a-z]+)"/g)].map((match) => match[1]);
    assert.deepEqual(ids, [
      'verdict',
      'numbers',
      'owasp',
      'lineage',
      'charts',
      'fixes',
      'findings',
      'identities',
      'controls',
      'exceptions',
      'changes',
      'method',
      'integrity',
      'glossary',
    ]);
    assert.match(words(text), /2 critical and 1 high findings open/);
    assert.match(words(text), /Start here: Rotate 2 credentials of ci-deploy \(owner: jo@harbour\.example \(left\) \)/);
  });

  it('shows CSF rows under their old ids as well, and what each control rests on', async () => {
    const text = await renderText(html, wholeReport());

    const row = /<tr id="control-nist-csf-2\.0:PR\.AA-05"[^>]*>.*?<\/tr>/s.exec(text)?.[0] ?? '';
    assert.match(row, /PR\.AC-4/);
    assert.match(row, /href="#control=nist-csf-2\.0%3APR\.AA-05"/);
    assert.match(row, /leaked-key-is-admin/);
    assert.match(words(row), /fail/);
    // How it stands at each source is a sentence where no script draws it.
    const below = /<tr class="by-source">.*?<\/tr>/s.exec(text.slice(text.indexOf(row) + row.length))?.[0] ?? '';
    assert.match(below, /<ul[^>]*><\/ul><noscript><p>Fails at files \(2 findings\)/);
  });

  it('says whose mapping it is, and what an auditor would object to', async () => {
    const text = words(await renderText(html, mappedReport()));

    assert.match(text, /OWASP publishes no crosswalk to SP 800-53/);
    assert.match(text, /IA-5\(7\) .{1,120} in no baseline of 800-53B/);
    assert.match(text, /by way of owasp-nhi-2025:NHI2:2025/);
  });

  it('counts what the run before had', async () => {
    const text = words(await renderText(html, wholeReport()));

    assert.match(text, /Machine identities known in this run 4 ▲ 1 more/);
    assert.match(text, /Leaked of 4 identities 1 ▲ 1 finding more/);
    assert.match(text, /1 fixed, 0 not observed since the run before/);
    assert.match(text, /Exceptions ending in 30 days of 2 1/);
  });

  it('says what a key number is made of, and out of how many', async () => {
    const whole = wholeReport();
    const [first] = whole.findings;
    assert.ok(first !== undefined);
    const { identity: _, ...ownerless } = first;
    const loose = { ...ownerless, fingerprint: 'ee'.repeat(16), credential: 'npm:token/1', subject: 'npm token 1' };
    const text = words(await renderText(html, { ...whole, findings: [...whole.findings, loose] }));

    assert.match(text, /Without an owner of 4: 1 unknown, 1 left 2 /);
    assert.match(text, /4 machine identities: 1 without a known owner and 1 whose owner has left/);
    assert.match(text, /Unused for 90 days of 2 whose last use is known 1 /);
    assert.match(text, /Leaked 1 of 4 identities, 1 credential of no known identity 2 /);
  });

  it('counts what the persona is not shown in every number, and says so beside it', async () => {
    const text = await renderText(html, hiddenReport());
    const ref = 'owasp-nhi-2025:NHI2:2025';
    const { controls } = hiddenReport();
    const told = controls.find(({ framework, control }) => `${framework}:${control}` === ref);
    assert.equal(told?.findings, 2);

    const tile = words(/<th scope="row">NHI2<.*?<\/tr>/s.exec(text)?.[0] ?? '');
    assert.match(tile, /Secret Leakage 1 of them not shown to persona dev 2 /);
    const row = words(/<tr id="control-owasp-nhi-2025:NHI2:2025"[^>]*>.*?<\/tr>/s.exec(text)?.[0] ?? '');
    assert.match(row, /2 open findings from 1 check/);
    assert.match(row, /1 of the findings is not shown to persona dev\. .{1,60} 2 findings/);
    assert.match(
      words(text),
      /4 open findings, 1 of them not shown to persona dev \(--persona auditor shows all\); the 3 listed are on/,
    );
    assert.match(words(text), /1 more is open and not shown to persona dev/);
    assert.match(words(text), /Leaked of 4 identities, 1 finding not shown 1 /);
    assert.doesNotMatch(
      words(await renderText(html, { ...wholeReport(), hidden: { persona: 0, baseline: 0, excepted: 1 } })),
      /not shown/,
    );
  });

  it('says of a first run once that there is no trend', async () => {
    const text = words(await renderText(html, leakReport(3)));

    assert.equal(text.match(/first run/gi)?.length, 1);
  });

  it('shows requests that never ran beside the sessions, and not among them', async () => {
    const whole = wholeReport();
    const sessions = { rows: whole.parts?.sessions?.rows ?? [], total: 2, requests: { refused: 1, waiting: 2 } };
    const text = words(await renderText(html, { ...whole, parts: { ...whole.parts, sessions } }));

    assert.match(
      text,
      /2 sessions: .{1,120} 3 requests that never ran are not among them: 1 refused and 2 waiting for approval\./,
    );
    assert.doesNotMatch(words(await renderText(html, whole)), /never ran/);
  });

  it('names digests, population and configuration, and says that it is not signed', async () => {
    const text = words(await renderText(html, wholeReport()));

    for (const told of [
      'ab'.repeat(32),
      '12'.repeat(32),
      'ef'.repeat(32),
      'two are people',
      'stale-after-days: 90',
      'An HTML file by itself is an unsigned copy',
      'unsigned copy',
    ]) {
      assert.ok(text.includes(told), told);
    }
  });

  it('says nothing of compliance', async () => {
    assert.doesNotMatch(words(await renderText(html, wholeReport())), /\bcompliant\b|\bcomplies\b/i);
  });
});
