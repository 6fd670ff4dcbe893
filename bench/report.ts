import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { html } from '../reporters/html/index.ts';
import { launchChromium, measurePage } from '../test/reporters/html/browser.ts';
import { largeReport } from '../test/reporters/html/reports.ts';
import { type Measurement, median } from './measure.ts';

const FINDINGS = 50_000;
const ROUNDS = 3;
const MB = 1_000_000;
const CONTEXT = { width: undefined, color: false, links: false, store: undefined };

/** The HTML report of a large organisation: to make it, to open it, to search it. */
export async function measureReport(): Promise<readonly Measurement[]> {
  const report = largeReport(FINDINGS);
  await render({ ...report, findings: [] });
  const before = process.cpuUsage();
  const text = await render(report);
  const { user, system } = process.cpuUsage(before);
  const directory = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  const browser = await launchChromium();
  try {
    const file = join(directory, 'report.html');
    writeFileSync(file, text);
    const rounds = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      rounds.push(await measurePage(browser, file, { query: 'settings owner-4@ batch' }));
    }
    // The first round starts what a browser starts once.
    const counted = rounds.slice(1);
    const of = (kind: 'cpu' | 'wall', what: 'open' | 'search'): number => median(counted.map((round) => round[kind][what]));
    const size = Buffer.byteLength(text);
    const name = `HTML report, ${FINDINGS.toLocaleString('en')} findings`;
    return [
      { what: `${name}: made, processor`, value: `${((user + system) / 1e6).toFixed(1)} s` },
      { what: `${name}: size`, value: `${(size / MB).toFixed(1)} MB`, budget: { text: '25 MB', kept: size < 25 * MB } },
      {
        what: `${name}: open in Chromium`,
        value: `${Math.round(of('wall', 'open'))} ms (${Math.round(of('cpu', 'open'))} ms of the page's thread)`,
        budget: { text: '3 s', kept: of('wall', 'open') < 3_000 },
      },
      {
        what: `${name}: search`,
        value: `${Math.round(of('wall', 'search'))} ms (${Math.round(of('cpu', 'search'))} ms)`,
        budget: { text: '200 ms', kept: of('wall', 'search') < 200 },
      },
    ];
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function render(report: Parameters<typeof html.render>[0]): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of html.render(report, {}, CONTEXT)) pieces.push(piece);
  return pieces.join('');
}
