import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { buildEstate } from '../../../samples/build.ts';
import { cli } from '../../helpers/cli.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { keepScreenshot, launchChromium, openPage, seen } from './browser.ts';

interface JsonReport {
  readonly findings: readonly { readonly severity: string; readonly status: string }[];
  readonly identities: readonly unknown[];
  readonly controls: readonly { readonly framework: string }[];
}

/** From the command line to what is seen in the browser. */
describe('html report of the sample estate', function () {
  this.timeout(120_000);

  const root = tempDir();
  const file = join(root, 'report.html');
  let report: JsonReport;
  let browser: Browser;

  before(async () => {
    const estate = await buildEstate(join(root, 'estate'));
    const outputs = ['-o', `html:title=Harbour Coffee=${file}`, '-o', `json=${join(root, 'report.json')}`];
    const result = await cli(['scan', ...estate.targets, '--config', estate.config, '--store', 'audit.duckdb', ...outputs], {
      cwd: root,
      env: { NHI_AUDIT_NOW: estate.clock },
    });
    assert.equal(result.code, 1, result.stderr);
    report = JSON.parse(readFileSync(join(root, 'report.json'), 'utf8')) as JsonReport;
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('says what the JSON report says, and draws the way of the leaked key', async () => {
    const { page, requests, trouble } = await openPage(browser, file);

    const open = report.findings.filter(({ status }) => status === 'new' || status === 'open');
    const critical = open.filter(({ severity }) => severity === 'critical').length;
    assert.match(await seen(page.locator('h1')), new RegExp(`^${critical} critical and `));
    assert.equal(await seen(page.locator('#findings-list .tools output')), `all ${open.length}`);
    assert.equal(await seen(page.locator('#identities-list .tools output')), `all ${report.identities.length}`);
    assert.match(await seen(page.locator('.title')), /^Harbour Coffee/);
    await keepScreenshot(page, 'estate-engineer-light');
    await page.fill('#lineage-search', 'ml-batch');
    await page.keyboard.press('Enter');
    const path = await seen(page.locator('#lineage-path'));
    for (const told of ['notebooks/churn.ipynb', 'scripts/sync-models.sh', 'Mara Lindqvist', 'ml-batch', 'admin']) {
      assert.ok(path.includes(told), `${told} is not on the path: ${path}`);
    }
    await page.locator('#lineage').scrollIntoViewIfNeeded();
    await keepScreenshot(page, 'estate-lineage');
    await page.evaluate('location.hash = "identity=aws:219484930172:user/ml-batch"');
    await page.locator('#detail h2', { hasText: 'ml-batch' }).waitFor();
    assert.match(await seen(page.locator('#detail')), /mara\.lindqvist@harbour-coffee\.example \(left\)/);
    assert.deepEqual([requests, trouble], [[], []]);
    await page.context().close();
  });

  it('shows the auditor each control of each framework, in the dark as well', async () => {
    const { page, requests, trouble } = await openPage(browser, file, '#view=audit', { colorScheme: 'dark' });

    assert.equal(await page.locator('tr[data-outcome]').count(), report.controls.length);
    await page.getByRole('tab', { name: /Cybersecurity Framework/ }).click();
    await page.locator('#controls').scrollIntoViewIfNeeded();
    await keepScreenshot(page, 'estate-audit-dark');
    assert.match(await seen(page.locator('[id="control-nist-csf-2.0:PR.AA-05"]')), /PR\.AC-4.*fail/s);
    assert.match(String(await page.locator('#method').textContent()), /nhi-audit scan/);
    assert.deepEqual([requests, trouble], [[], []]);
    await page.context().close();
  });
});
