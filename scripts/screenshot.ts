// `npm run screenshot`: the pictures of the HTML report in docs/images, taken of the sample estate in Chromium.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, openPage } from '../test/reporters/html/browser.ts';

const ROOT = dirname(import.meta.dirname);
const IMAGES = join(ROOT, 'docs', 'images');
/** The README shows them: it should open on a train. */
const MOST_BYTES = 300_000;

interface Shot {
  readonly name: string;
  readonly hash: string;
  readonly colorScheme: 'light' | 'dark';
  readonly height?: number;
  /** What to do before; the place that should stand at the top. */
  readonly before?: (page: Page) => Promise<void>;
  readonly top?: string;
}

const SHOTS: readonly Shot[] = [
  { name: 'report-engineer', hash: '#view=engineer', colorScheme: 'light', height: 1020 },
  { name: 'report-audit', hash: '#view=audit', colorScheme: 'light', top: '#controls' },
  {
    name: 'report-lineage-dark',
    hash: '#view=engineer',
    colorScheme: 'dark',
    height: 880,
    before: async (page) => {
      await page.fill('#lineage-search', 'ml-batch');
      await page.keyboard.press('Enter');
      await page.locator('#lineage-path h3').waitFor();
      await page.evaluate('document.activeElement.blur()');
    },
    top: '#lineage',
  },
];

const directory = mkdtempSync(join(tmpdir(), 'nhi-audit-screenshot-'));
const browser = await launchChromium();
try {
  const file = report(directory);
  mkdirSync(IMAGES, { recursive: true });
  for (const shot of SHOTS) await take(browser, file, shot);
} finally {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
}

/** The sample estate, scanned and reported as anybody would. */
function report(cwd: string): string {
  run(cwd, ['demo', '--keep', 'harbour']);
  const frameworks = ['owasp-nhi-2025', 'nist-csf-2.0', 'pci-dss-4.0.1'].flatMap((id) => ['--framework', id]);
  run(cwd, ['report', '--store', 'harbour/harbour-coffee.duckdb', ...frameworks, '-o', 'html:title=Harbour Coffee=report.html']);
  return join(cwd, 'report.html');
}

function run(cwd: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin', 'nhi-audit.js'), ...args], { cwd, encoding: 'utf8' });
  if (status !== 0 && status !== 1) throw new Error(`nhi-audit ${args[0]} ended with ${status}: ${stderr}`);
}

async function take(chromium: Browser, file: string, { name, hash, colorScheme, height, before, top }: Shot): Promise<void> {
  const { page, trouble } = await openPage(chromium, file, hash, {
    viewport: { width: 1400, height: height ?? 900 },
    deviceScaleFactor: 1,
    colorScheme,
  });
  await before?.(page);
  if (top !== undefined) {
    await page.evaluate(`scrollTo(0, document.querySelector('${top}').getBoundingClientRect().top + scrollY - 30)`);
  }
  // Charts are drawn in the frame after they come into sight.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300))))');
  const path = join(IMAGES, `${name}.png`);
  await page.screenshot({ path });
  await page.context().close();
  const { size } = statSync(path);
  if (trouble.length > 0) throw new Error(`${name}: ${trouble.join('; ')}`);
  if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MOST_BYTES}`);
  console.error(`${path}: ${Math.round(size / 1_000)} kB`);
}
