import type { Acceptance, AcceptanceUse } from '../contracts/finding.ts';
import type { Report } from '../contracts/reporter.ts';
import { count } from './report-text.ts';

/** One thing that accepts findings, in words; `isDue` when a person should look at it. */
export interface AcceptanceLine {
  readonly text: string;
  readonly isDue: boolean;
}

/**
 * What says not to report something: expired and stale ones first, each by itself; then those that do their work, alike
 * ones together.
 */
export function acceptanceLines(report: Report): AcceptanceLine[] {
  const due = report.acceptances
    .filter((use) => use.state !== 'used')
    .map((use) => ({
      text:
        use.problem !== undefined
          ? `Not honoured, ${use.problem}: ${nameOf(use)}`
          : use.state === 'expired'
            ? `Expired on ${use.expires ?? 'a past day'}, so ${use.findings === 0 ? 'it accepts nothing' : `${count(use.findings, 'finding is', 'findings are')} open again`}: ${nameOf(use)}`
            : `Covers nothing any more, can be removed: ${nameOf(use)}`,
      isDue: true,
    }));
  const used = alikeUses(report.acceptances.filter((use) => use.state === 'used')).map((uses) => ({
    text: usedText(uses),
    isDue: false,
  }));
  return [...due, ...used];
}

/** Comments of one wording that say no more than that are told together: there may be hundreds of them. */
function alikeUses(uses: readonly AcceptanceUse[]): readonly (readonly [AcceptanceUse, ...AcceptanceUse[]])[] {
  const groups = new Map<string, [AcceptanceUse, ...AcceptanceUse[]]>();
  for (const [index, use] of uses.entries()) {
    const key = use.source === 'comment' && use.reason === undefined ? `comment ${use.entry}` : String(index);
    const alike = groups.get(key);
    if (alike === undefined) groups.set(key, [use]);
    else alike.push(use);
  }
  return [...groups.values()];
}

function usedText([first, ...more]: readonly [AcceptanceUse, ...AcceptanceUse[]]): string {
  const all = [first, ...more];
  // A credential that lies at several places has a comment at each.
  const accepted = all.every(({ accepts }) => accepts !== undefined)
    ? new Set(all.flatMap(({ accepts = [] }) => accepts)).size
    : all.reduce((sum, { findings }) => sum + findings, 0);
  const lead = `${count(accepted, 'finding')} by `;
  return more.length === 0
    ? `${lead}${nameOf(first)}${reasonOf(first)}`
    : `${lead}the comment ${first.entry} at ${count(all.length, 'place')}`;
}

const SOURCES: { readonly [source in AcceptanceUse['source']]: string } = {
  comment: 'the comment',
  gitleaksignore: '',
  'secrets-baseline': '',
  'gitleaks-report': '',
  exception: 'the exception',
};

function nameOf({ source, place, entry }: AcceptanceUse): string {
  return [SOURCES[source], place, place === undefined || source === 'comment' ? entry : `(${entry})`]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}

function reasonOf({ reason, owner, expires }: AcceptanceUse): string {
  const parts = [
    reason,
    owner === undefined ? undefined : `owner ${owner}`,
    expires === undefined ? undefined : `until ${expires}`,
  ];
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? '' : `: ${told.join(', ')}`;
}

/** On whose word a finding may stand, why and until when, in one line: for formats that have one field for all of it. */
export function acceptanceText({ source, place, reason, justification, ...who }: Acceptance): string {
  const told = [
    ...(place === undefined ? [] : [`at ${place}`]),
    ...(who.owner === undefined ? [] : [`owner ${who.owner}`]),
    ...(who.approver === undefined ? [] : [`approver ${who.approver}`]),
    ...(who.ticket === undefined ? [] : [`ticket ${who.ticket}`]),
    ...(who.expires === undefined ? [] : [`until ${who.expires}`]),
  ];
  const why = [justification, reason].filter((part) => part !== undefined).join(': ');
  return `Accepted by ${source}${why === '' ? '' : `: ${why}`}${told.length === 0 ? '' : ` (${told.join(', ')})`}`;
}
