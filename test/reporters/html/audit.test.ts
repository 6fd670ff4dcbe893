import assert from 'node:assert/strict';
import type { DeclaredAbsent, Report } from '../../../src/contracts/reporter.ts';
import { partialReport } from '../../helpers/report.ts';
import { CONTRAST, keepScreenshot, seen } from './browser.ts';
import { reportPages } from './in-page.ts';
import { hiddenReport, mappedReport, wholeReport } from './reports.ts';

const ACCEPTED = {
  source: 'exception',
  entry: 'identity-unused break-glass',
  place: 'nhi-audit.exceptions.yml:3',
  reason: 'tested each quarter',
  justification: 'compensating-control',
  owner: 'kim@harbour.example',
  approver: 'lee@harbour.example',
  ticket: 'SEC-41',
  expires: '2026-03-31',
} as const;

const DECLARED: readonly DeclaredAbsent[] = [
  { surface: 'okta', reason: 'all log in through Entra', declaredBy: 'platform', reviewed: '2026-01-10', state: 'believed' },
  { surface: 'gcp', reason: 'never used', declaredBy: 'platform', state: 'contradicted', why: '1 identity of GCP was observed' },
];

/** With an exception that says all an auditor asks of it, and sources that are said not to be there. */
function auditReport(): Report {
  const whole = wholeReport();
  return {
    ...whole,
    accepted: whole.accepted.map((finding) => ({ ...finding, acceptedBy: ACCEPTED })),
    acceptances: [{ ...ACCEPTED, state: 'used', findings: whole.accepted.length }],
    declaredAbsent: DECLARED,
  };
}

/** Its rules stand the other way round: what comes first must not hang on that. */
function turnedReport(): Report {
  const whole = wholeReport();
  return { ...whole, controls: whole.controls.map((control) => ({ ...control, rules: control.rules.toReversed() })) };
}

describe('html report for auditors, in Chromium', function () {
  this.timeout(60_000);

  const { inPage } = reportPages();

  it('leads from a source at which a control fails to just the findings that count there', async () => {
    await inPage(
      async ({ page }) => {
        const row = page.locator('[id="control-owasp-nhi-2025:NHI2:2025"] + tr.by-source');
        const cell = row.locator('li.fail a').first();
        const told = Number(/(\d+) finding/.exec(await seen(cell))?.[1]);
        assert.match(await seen(cell), /^\S+[\s\S]*fail/);

        await cell.click();

        assert.equal(await page.locator('#findings-list .row.finding').count(), told);
        await page.locator('.chips button', { hasText: 'counts at' }).waitFor();
      },
      { hash: '#view=audit' },
    );
  });

  for (const [name, make] of [
    ['whole', wholeReport],
    ['partial', partialReport],
  ] as const) {
    it(`leaves each source of the ${name} run room for its name`, async () => {
      for (const width of [1400, 820, 390]) {
        await inPage(
          async ({ page }) => {
            const boxes = await Promise.all((await page.locator('.looked tbody th').all()).map((head) => head.boundingBox()));
            assert.ok(boxes.length > 2);
            for (const box of boxes) assert.ok(box !== null && box.width > 90 && box.height < 50, JSON.stringify([width, box]));
          },
          { name, make, viewport: { width, height: 900 } },
        );
      }
    });
  }

  it('draws the sources of a framework when its tab is opened, and not before', async () => {
    await inPage(
      async ({ page }) => {
        const drawn = (): Promise<number> => page.locator('.by-source li a').count();
        assert.equal(await drawn(), 0);

        await page.click('[data-set-view="audit"]');
        const first = await drawn();
        assert.ok(first > 0);
        assert.equal(await page.locator('.panel.away .by-source li').count(), 0);
        await page.getByRole('tab', { name: /Cybersecurity Framework/ }).click();

        assert.ok((await drawn()) > first);
        assert.equal(await page.locator('.panel:visible ul.sources:empty').count(), 0);
      },
      { hash: '#view=engineer' },
    );
  });

  it('says at a source, too, what of its findings the persona is not shown', async () => {
    await inPage(
      async ({ page }) => {
        const cell = page.locator('[id="control-owasp-nhi-2025:NHI2:2025"] + tr.by-source li.fail a').first();
        assert.match(await seen(cell), /2 findings, 1 not shown/);

        await cell.click();

        assert.equal(await page.locator('#findings-list .row.finding').count(), 1);
        await page.evaluate('location.hash = "checks=owasp-nhi-2025:NHI2:2025"');
        await page.locator('#detail .links').waitFor();
        assert.match(await seen(page.locator('#detail .links')), /Show 1 open finding\s+1 more is not shown to persona dev\./);
      },
      { hash: '#view=audit', name: 'hidden', make: hiddenReport },
    );
  });

  it('names the failed checks of a control gravest first', async () => {
    await inPage(
      async ({ page }) => {
        const failed = await page
          .locator('#detail h3', { hasText: /^Failed/ })
          .locator('+ ul li')
          .allTextContents();

        assert.equal(failed.length, 2);
        assert.match(failed[0] ?? '', /leaked-key-is-admin/);
        assert.match(failed[1] ?? '', /owner-left/);
      },
      { hash: '#checks=nist-csf-2.0:PR.AA-05', name: 'turned', make: turnedReport },
    );
  });

  for (const width of [390, 820]) {
    it(`makes a card of each control at ${width} px, with its figures`, async () => {
      await inPage(
        async ({ page }) => {
          const row = page.locator('[id="control-owasp-nhi-2025:NHI2:2025"]');
          const box = await row.boundingBox();
          assert.ok(box !== null && box.width <= width && box.height < 300, JSON.stringify(box));
          const reason = await row.locator('td:not(.n, .result)').first().boundingBox();
          assert.ok((reason?.width ?? 0) > 300);
          assert.match(
            String(await page.evaluate(`getComputedStyle(document.querySelector('.controls td.n'), '::before').content`)),
            /population/,
          );
          assert.ok(await row.locator('td.n').first().isVisible());
        },
        { hash: '#view=audit', viewport: { width, height: 844 } },
      );
    });
  }

  it('leads from any other source to the checks behind it: which ran, on what, and what is missing', async () => {
    await inPage(
      async ({ page }) => {
        await page.getByRole('tab', { name: /PCI DSS/ }).click();
        const cell = page.locator('.panel:visible li:is(.partial, .not-assessed) a[href^="#checks="]').first();
        const source = String(await cell.getAttribute('title')).split(':')[0] ?? '';

        await cell.click();

        const panel = page.locator('#detail');
        await panel.locator('h2').waitFor();
        const text = await seen(panel);
        assert.ok(text.includes(source), text);
        assert.match(text, /\d+ checks?: \d+ [a-z]+/);
        // A check counts what it looks at once, over all of its sources: no number of it is one source's.
        assert.doesNotMatch(text, /They looked at/);
        assert.match(text, /read completely|not looked at|not read completely/);
        assert.match(text, /By source/);
        assert.deepEqual(await page.evaluate(CONTRAST), []);
        await keepScreenshot(page, 'control-at-source');
        await page.keyboard.press('Escape');
        assert.doesNotMatch(page.url(), /checks=/);
      },
      { hash: '#view=audit', name: 'mapped', make: mappedReport },
    );
  });

  it('opens the checks of a control that a link names, in the tab of its framework', async () => {
    await inPage(
      async ({ page }) => {
        assert.match(
          await seen(page.locator('#detail .kicker')),
          /NIST Cybersecurity Framework 2\.0 · PR\.AA-05 \(formerly PR\.AC-4\)/,
        );
        assert.ok(await page.locator('[id="control-nist-csf-2.0:PR.AA-05"]').isVisible());
        await page.locator('#detail a', { hasText: /open finding/ }).click();

        assert.equal(await page.locator('#findings-list .row.finding').count(), 2);
      },
      { hash: '#checks=nist-csf-2.0:PR.AA-05' },
    );
  });

  it('leaves the rows of one outcome, with their sources', async () => {
    await inPage(
      async ({ page }) => {
        await page.getByRole('tab', { name: /Cybersecurity Framework/ }).click();
        await page.locator('.panel:visible .outcomes button', { hasText: /^not assessed/ }).click();

        assert.equal(await page.locator('.panel:visible tr[data-outcome="fail"]:visible').count(), 0);
        assert.equal(await page.locator('.panel:visible tr[data-outcome="fail"] + tr.by-source:visible').count(), 0);
        assert.ok((await page.locator('.panel:visible tr[data-outcome="not-assessed"]:visible').count()) > 0);
      },
      { hash: '#view=audit' },
    );
  });

  it('shows what is excepted, and on whose word, in the register and at the finding', async () => {
    await inPage(
      async ({ page }) => {
        const register = await seen(page.locator('#exceptions'));
        for (const told of Object.values({ ...ACCEPTED, source: 'exceptions file' })) assert.ok(register.includes(told), told);

        await page.locator('#exceptions header a[href="#status=excepted"]').click();

        const row = page.locator('#findings-list .row.finding');
        assert.equal(await row.count(), 1);
        await row.click();
        const text = await seen(page.locator('#detail'));
        for (const told of ['tested each quarter', 'lee@harbour.example', 'SEC-41', '2026-03-31'])
          assert.ok(text.includes(told), told);
      },
      { hash: '#exceptions', name: 'audit', make: auditReport },
    );
  });

  it('names what is declared absent beside what was looked at, and what is not believed', async () => {
    await inPage(
      async ({ page }) => {
        const text = (await seen(page.locator('.coverage'))).replace(/\s+/g, ' ');
        assert.match(text, /Okta ⊖ ?declared absent all log in through Entra \(platform, reviewed 2026-01-10\)/);
        assert.match(text, /GCP IAM ✕ ?contradicted never used \(platform\)\. Not believed: 1 identity of GCP was observed/);
        assert.doesNotMatch(/none was given: ([^.]*)\./.exec(text)?.[1] ?? '', /Okta|GCP/);
        assert.deepEqual(await page.evaluate(CONTRAST), []);
      },
      { name: 'audit', make: auditReport },
    );
  });

  it('has headings in order, heads of tables, names of what is worked, and tabs that say which they are', async () => {
    await inPage(
      async ({ page }) => {
        for (const view of ['engineer', 'audit', 'all']) {
          await page.click(`[data-set-view="${view}"]`);
          assert.deepEqual(await page.evaluate(STRUCTURE), [], view);
        }
        for (const tab of await page.getByRole('tab').all()) {
          const panel = page.locator(`[id="${await tab.getAttribute('aria-controls')}"]`);
          assert.equal(await panel.getAttribute('role'), 'tabpanel');
          assert.equal(await panel.isVisible(), (await tab.getAttribute('aria-selected')) === 'true');
        }
      },
      { hash: '#view=engineer' },
    );
  });

  it('shows where the focus is, wherever the tab key leads', async () => {
    await inPage(
      async ({ page }) => {
        const unseen: unknown[] = [];
        for (let step = 0; step < 60; step += 1) {
          await page.keyboard.press('Tab');
          const bare = await page.evaluate(BARE_FOCUS);
          if (bare !== null) unseen.push(bare);
        }
        assert.deepEqual(unseen, []);
      },
      { hash: '#view=audit' },
    );
  });
});

/** What somebody who hears the page, or goes through its headings, would stumble over. */
const STRUCTURE = `(() => {
  const bad = [];
  const shown = (e) => e.checkVisibility();
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    if (!shown(heading)) continue;
    const own = Number(heading.tagName[1]);
    if (own > level + 1) bad.push('after h' + level + ': ' + heading.tagName + ' ' + heading.textContent.trim());
    level = own;
  }
  if ([...document.querySelectorAll('h1')].filter(shown).length !== 1) bad.push('not one h1');
  for (const table of document.querySelectorAll('main table')) {
    if (!shown(table)) continue;
    const name = table.caption?.textContent ?? 'a table without a caption';
    if (table.caption === null) bad.push(name);
    if (table.querySelector('thead th') === null) bad.push(name + ': no heads');
    for (const th of table.querySelectorAll('th')) if (!/^(col|row|colgroup|rowgroup)$/.test(th.scope)) bad.push(name + ': ' + th.textContent);
  }
  for (const e of document.querySelectorAll('button, input, select, a[href], [role=tab], [role=tree], [role=table], [role=region], [role=img]')) {
    if (!shown(e)) continue;
    const label = e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent;
    if (label.trim() === '') bad.push('no name: ' + e.outerHTML.slice(0, 80));
  }
  return bad;
})()`;

/** The element that has the focus, if nothing shows it. */
const BARE_FOCUS = `(() => {
  const e = document.activeElement;
  if (e === null || e === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(e);
  return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 ? null : e.outerHTML.slice(0, 80);
})()`;
