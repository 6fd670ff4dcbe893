import type { Finding } from '../../src/contracts/finding.ts';
import type { RenderContext, Report } from '../../src/contracts/reporter.ts';
import { selectorOf } from '../../src/util/accept-selector.ts';
import { isBrief, isPremerge, openFindings, summariseCoverage } from '../../src/util/report-text.ts';
import { pasteableWord, shellWord } from '../../src/util/shell-word.ts';

/** So many findings are looked at one by one. */
const FEW = 12;
const EXCEPTION_DAYS = 90;

/** The commands worth trying after this report, each with what it is for. */
export function nextCommands(report: Report, context: RenderContext, isFull: boolean): { command: string; purpose: string }[] {
  const open = openFindings(report.findings);
  const [worst] = open;
  const commands: { command: string; purpose: string }[] = [];
  const store = context.store === undefined ? undefined : pasteableWord(context.store);
  if (worst !== undefined) {
    const key = pasteableWord(traceable(worst));
    if (store !== undefined && key !== undefined) {
      commands.push({ command: `nhi-audit trace ${key} --store ${store}`, purpose: 'the whole chain of the worst finding' });
    }
    commands.push({
      command: `nhi-audit explain ${worst.rule}`,
      purpose: 'why it matters, how to fix it, what it cannot see',
    });
  }
  // Whoever is stopped by it wants to know how to say no; in a long report it would be one of a hundred.
  const accept =
    worst === undefined || !(isBrief(report) || open.length <= FEW) ? undefined : acceptCommand(worst, report, store);
  if (accept !== undefined) commands.push({ command: accept, purpose: 'if it may stand: say why, and who answers for it' });
  if (store !== undefined && summariseCoverage(report.coverage).looked.some((row) => row.gaps.length > 0)) {
    commands.push({
      command: `nhi-audit query "FROM coverage WHERE outcome <> 'complete'" --store ${store}`,
      purpose: 'what could not be read, and why',
    });
  }
  if (isPremerge(report)) {
    if (worst === undefined) commands.push({ command: 'nhi-audit scan .', purpose: 'the whole repository, with its history' });
  } else if (store === undefined) {
    const targets = report.run.targets.map(pasteableWord);
    const named = targets.length > 0 && targets.length < 6 && targets.every((target) => target !== undefined);
    commands.push({
      command: `nhi-audit scan ${named ? `${targets.join(' ')} ` : ''}--store nhi-audit.duckdb`,
      purpose: 'keep the evidence, to trace keys and see what is new',
    });
  } else {
    commands.push({
      command: `nhi-audit report --store ${store} -o html=nhi-audit.html`,
      purpose: 'as a page: pictures, search, controls, evidence',
    });
    if (!isFull && worst !== undefined) {
      commands.push({
        command: `nhi-audit report --store ${store} -f terminal:full=1`,
        purpose: 'every finding with its evidence',
      });
    }
  }
  return commands;
}

/** With the reason left open: the command asks for it, so that nothing is accepted by a paste. */
function acceptCommand(finding: Finding, { run }: Report, store: string | undefined): string | undefined {
  const selector = selectorOf(finding, run.fingerprintKeyId);
  if (selector === undefined) return undefined;
  const expires = new Date(Date.parse(run.startedAt) + EXCEPTION_DAYS * 86_400_000).toISOString().slice(0, 10);
  const names = 'finding' in selector ? selector.finding : `--rule ${selector.rule} --path ${shellWord(selector.path)}`;
  const from = store === undefined ? '' : ` --store ${store}`;
  return `nhi-audit except ${names} --severity ${finding.severity} --expires ${expires}${from} --write --reason "" --owner ""`;
}

/** What `trace` takes: the public id of a key, a fingerprint, or the identity. */
function traceable(finding: Finding): string {
  const { credential } = finding;
  if (credential === undefined) return finding.identity ?? finding.subject;
  return credential.startsWith('secret:') ? credential.slice('secret:'.length) : credential.slice(credential.indexOf('/') + 1);
}
