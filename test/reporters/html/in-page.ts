import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { html } from '../../../reporters/html/index.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { renderText } from '../../helpers/report.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { launchChromium, type Opened, openPage } from './browser.ts';
import { wholeReport } from './reports.ts';

export interface PageOptions extends BrowserContextOptions {
  readonly hash?: string;
  /** Reports of one name are made once. */
  readonly name?: string;
  readonly make?: () => Report;
}

export interface ReportPages {
  readonly browser: () => Browser;
  readonly fileOf: (name: string, make: () => Report) => Promise<string>;
  readonly inPage: (use: (opened: Opened) => Promise<void>, options?: PageOptions) => Promise<void>;
}

/** For the `describe` that calls it: a browser, and reports as files in it. */
export function reportPages(): ReportPages {
  const directory = tempDir();
  const made = new Map<string, string>();
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
  });

  async function fileOf(name: string, make: () => Report): Promise<string> {
    const known = made.get(name);
    if (known !== undefined) return known;
    const file = join(directory, `${name}.html`);
    writeFileSync(
      file,
      await renderText(html, make(), {}, { width: undefined, color: false, links: false, store: 'audit.duckdb' }),
    );
    made.set(name, file);
    return file;
  }

  /** Opens a report, does something, and sees that nothing was asked of the network and nothing went wrong. */
  async function inPage(
    use: (opened: Opened) => Promise<void>,
    { hash = '', name = 'whole', make = wholeReport, ...options }: PageOptions = {},
  ): Promise<void> {
    const opened = await openPage(browser, await fileOf(name, make), hash, options);
    try {
      await use(opened);
      assert.deepEqual(opened.requests, []);
      assert.deepEqual(opened.trouble, []);
    } finally {
      await opened.page.context().close();
    }
  }

  return { browser: () => browser, fileOf, inPage };
}
