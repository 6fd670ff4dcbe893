import type { Report } from '../src/contracts/reporter.ts';
import { loadReporter } from '../src/registry.ts';
import { largeReport } from '../test/helpers/made-parts.ts';
import { type Measurement, median } from './measure.ts';

const FINDINGS = 50_000;
const ROUNDS = 3;
const BUDGET = 3_000;
const FORMATS = ['ocsf', 'oscal', 'cyclonedx', 'opengraph'] as const;
const CONTEXT = { width: undefined, color: false, links: false, store: undefined };

/** Machine formats of a large organisation: 50,000 findings about as many identities with a credential each. */
export async function measureFormats(): Promise<readonly Measurement[]> {
  const report = largeReport(FINDINGS);
  const measurements: Measurement[] = [];
  for (const format of FORMATS) {
    const times: number[] = [];
    let size = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = process.cpuUsage();
      size = await render(format, report);
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
    }
    const time = median(times);
    measurements.push({
      what: `${format}, ${FINDINGS.toLocaleString('en')} findings`,
      value: `${(time / 1000).toFixed(1)} s of processor, ${Math.round(size / 1e6)} MB`,
      budget: { text: '3 s', kept: time < BUDGET },
    });
  }
  return measurements;
}

/** Bytes of its text, which is never held as one. */
async function render(format: string, report: Report): Promise<number> {
  const reporter = await loadReporter(format);
  if (reporter === undefined) throw new Error(`there is no format ${format}`);
  let size = 0;
  for await (const piece of reporter.render(report, {}, CONTEXT)) size += Buffer.byteLength(piece);
  return size;
}
