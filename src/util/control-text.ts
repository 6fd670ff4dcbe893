import type { ControlOutcome, ControlResult, ControlSource } from '../contracts/framework.ts';
import { thousands } from './report-text.ts';
import { SHORT_SURFACES } from './surface-names.ts';

/** What is said of sources; where there was nothing to judge, nothing is. */
const SAID: readonly (readonly [outcome: ControlOutcome, says: string])[] = [
  ['fail', 'fails at'],
  ['excepted', 'excepted at'],
  ['partial', 'partial at'],
  ['pass', 'passes at'],
  ['not-assessed', 'not assessed at'],
];

/** What was not given is told under coverage, too. */
const UNREAD_NAMED = 6;

/** `fails at AWS IAM 9, gateway 4; passes at PostgreSQL`: the number is that of open findings. Empty where nothing is to be said. */
export function whereText({ sources }: Pick<ControlResult, 'sources'>, only?: ControlOutcome): string {
  return SAID.flatMap(([outcome, says]) => {
    if (only !== undefined && outcome !== only) return [];
    const some = sources.filter((source) => source.outcome === outcome).sort((a, b) => b.findings - a.findings);
    const left = outcome === 'not-assessed' ? some.splice(UNREAD_NAMED).length : 0;
    const more = left === 0 ? '' : ` and ${thousands(left)} more`;
    return some.length === 0 ? [] : [`${says} ${some.map(sourceText).join(', ')}${more}`];
  }).join('; ');
}

function sourceText({ surface, findings }: ControlSource): string {
  return findings === 0 ? SHORT_SURFACES[surface] : `${SHORT_SURFACES[surface]} ${thousands(findings)}`;
}
