import assert from 'node:assert/strict';
import { terminal } from '../../reporters/terminal/index.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { displayWidth } from '../../src/util/layout.ts';
import { hostileReport, PLAIN, partialReport, renderText, sampleReport } from '../helpers/report.ts';

/** The report as `--framework ID` makes it. */
function named(report: Report, id = 'owasp-nhi-2025'): Report {
  return {
    ...report,
    frameworks: report.frameworks.filter((framework) => framework.id === id),
    controls: report.controls.filter(({ framework }) => framework === id),
  };
}

function controlsOf(text: string): string {
  const from = text.indexOf('\nCONTROLS\n');
  return from < 0 ? '' : text.slice(from + 1, text.indexOf('\n\n', from + 1));
}

describe('terminal reporter, of a framework that was asked for', () => {
  it('tells of each control its outcome, how its checks ended, and where', async () => {
    const text = controlsOf(await renderText(terminal, named(sampleReport())));

    const [, block = ''] = /\n {4}fail +(NHI1:2025 · Improper Offboarding\n(?: {20}.*\n)+)/.exec(text) ?? [];
    assert.deepEqual(block.trim().split(/\n +/), [
      'NHI1:2025 · Improper Offboarding',
      '2 checks: 2 fail',
      'fails at GCP IAM 1, people 1; excepted at AWS IAM; passes at files, git history,',
      'notebooks',
    ]);
    assert.match(text, /\n {4}pass +NHI9:2025 · NHI Reuse\n +1 check: 1 pass\n +passes at files, git history, notebooks\n/);
    assert.match(text, /\n {4}not assessed +NHI10:2025 · .*\n +1 check: 1 not assessed\n +not assessed at gateway\n/);
  });

  it('names those that no check maps to together, and never as passed', async () => {
    const text = controlsOf(await renderText(terminal, named(sampleReport())));

    assert.match(text, /\n {4}not assessed +NHI3:2025, NHI4:2025, NHI6:2025, NHI7:2025, NHI8:2025: no check maps to them\.\n/);
    assert.equal([...text.matchAll(/^ {4}pass/gm)].length, 1);
  });

  it('says once where the ids lead', async () => {
    const text = controlsOf(await renderText(terminal, named(sampleReport())));

    assert.equal([...text.matchAll(/nhi-audit explain/g)].length, 1);
    assert.match(text.replaceAll(/\s+/g, ' '), /-o audit=evidence\.md .* nhi-audit explain owasp-nhi-2025:NHI1:2025 tells/);
  });

  it('is as short as ever where no framework was named', async () => {
    const text = await renderText(terminal, sampleReport());

    assert.doesNotMatch(text, /fails at/);
  });

  it('tells a partial run, a run of attacks and narrow terminals in the same way, within the width', async () => {
    for (const report of [partialReport(), hostileReport(), sampleReport()]) {
      for (const width of [40, 60, 100]) {
        const text = controlsOf(await renderText(terminal, named(report), {}, { ...PLAIN, width }));

        assert.match(text.replaceAll(/\s+/g, ' '), /NHI2:2025 · Secret Leakage 1 check: 1 fail fails at files/);
        assert.ok(
          text.split('\n').every((line) => displayWidth(line) <= width),
          text,
        );
      }
    }
  });
});
