import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/** Without a browser the page is not tested, and that is a failure, not a skip. */
export async function launchChromium(): Promise<Browser> {
  const given = process.env.CHROMIUM;
  const found = (given === undefined ? PLACES : [given]).find((path) => existsSync(path));
  assert.ok(
    found !== undefined,
    `The HTML report is tested in Chromium, and there is none${given === undefined ? '' : ` at ${given} (CHROMIUM)`}. Install it (apt-get install chromium) or set CHROMIUM to its path.`,
  );
  return await chromium.launch({
    executablePath: found,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page and everything that must not happen in it. */
export interface Opened {
  readonly page: Page;
  /** Requests for anything but the file itself. */
  readonly requests: string[];
  /** Breaches of the policy, errors, dialogs. */
  readonly trouble: string[];
}

/** Opens a file, with a fragment, and waits until the script says that all is there. */
export async function openPage(browser: Browser, file: string, hash = '', options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const requests: string[] = [];
  const trouble: string[] = [];
  const own = pathToFileURL(file).href;
  page.on('request', (request) => {
    // What a page makes for itself to save leaves no machine.
    if (!request.url().startsWith(own) && !request.url().startsWith('blob:')) requests.push(request.url());
  });
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text());
  });
  page.on('dialog', (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI));`,
  );
  await page.goto(own + hash);
  if (options.javaScriptEnabled !== false) await page.waitForSelector('html[data-ready]', { timeout: 15_000 });
  return { page, requests, trouble };
}

export interface PageMeasure {
  /** Milliseconds of the processor in the page's own thread, and by the clock. */
  readonly cpu: { readonly open: number; readonly search: number };
  readonly wall: { readonly open: number; readonly search: number };
  /** What the list says it shows after the search. */
  readonly found: string;
  /** Rows that are elements, in the middle of the whole list. */
  readonly rows: number;
}

/** Opens a large report, searches, unfolds all and scrolls. */
export async function measurePage(
  browser: Browser,
  file: string,
  { query, screenshot }: { readonly query: string; readonly screenshot?: string },
): Promise<PageMeasure> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  try {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const spent = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1_000;
    };
    const before = await spent();
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('html[data-ready]', { timeout: 40_000 });
    const opened = await spent();
    const search = Number(
      await page.evaluate(`(() => {
        const input = document.querySelector('#findings-search');
        const started = performance.now();
        input.value = ${JSON.stringify(query)};
        input.dispatchEvent(new Event('input'));
        document.querySelector('[role=tree]').getBoundingClientRect();
        return performance.now() - started;
      })()`),
    );
    const searched = await spent();
    const found = await seen(page.locator('#findings-list .tools output'));
    await page.fill('#findings-search', '');
    await page.click('#findings-list .tools button');
    await page.evaluate('document.querySelector("[role=tree]").scrollTop = 50000');
    await page.locator('#findings-list [data-index="1136"]').waitFor({ state: 'attached' });
    if (screenshot !== undefined) await keepScreenshot(page, screenshot);
    return {
      cpu: { open: opened - before, search: searched - opened },
      wall: { open: Number(await page.evaluate('performance.getEntriesByName("ready")[0].startTime')), search },
      found,
      rows: await page.locator('#findings-list .row').count(),
    };
  } finally {
    await page.close();
  }
}

/** Charts are drawn when they come near the window. */
const VISIT_CHARTS = `(async () => {
  for (const chart of document.querySelectorAll('.chart')) {
    chart.scrollIntoView();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }
  scrollTo(0, 0);
})()`;

/** Kept for people to look at: in `NHI_AUDIT_SCREENSHOTS` (of `.ci/run`: artifacts/screenshots), else in the temporary directory. */
export const SCREENSHOTS = process.env.NHI_AUDIT_SCREENSHOTS ?? join(tmpdir(), 'nhi-audit-screenshots');

export async function keepScreenshot(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  if (fullPage) await page.evaluate(VISIT_CHARTS);
  writeFileSync(join(SCREENSHOTS, `${name}.png`), await page.screenshot({ fullPage }));
}

export function keepFile(name: string, content: Uint8Array): void {
  mkdirSync(SCREENSHOTS, { recursive: true });
  writeFileSync(join(SCREENSHOTS, name), content);
}

/** The text of what is in sight: what is hidden is not read. */
export async function seen(locator: Locator): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: a hidden text is no text to whoever looks
  return await locator.innerText();
}

/** Texts in sight whose contrast with what lies behind them is below 4.5 (3 where they are large): WCAG 2.2, 1.4.3. */
export const CONTRAST = `(() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return /^color\\(srgb/.test(text) ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : [n[0], n[1], n[2], n[3] ?? 1]; };
  const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { const layers = []; for (let at = e; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor)); return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]); };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (node.textContent.trim() === '' || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || e.closest('script, style, .off, #says')) continue;
    const style = getComputedStyle(e);
    const under = behind(e);
    const ink = parse(style.color);
    for (let at = e; at; at = at.parentElement) ink[3] *= Number(getComputedStyle(at).opacity);
    const [a, b] = [light(over(ink, under)), light(under)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if ((a + 0.05) / (b + 0.05) < least) bad.push(e.className + ' ' + node.textContent.trim().slice(0, 30) + ' ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
  }
  return [...new Set(bad)].slice(0, 10);
})()`;
