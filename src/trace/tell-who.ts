import type { Layout } from '../util/layout.ts';
import { type Answer, spanText, type Use } from './who.ts';

const VERDICTS: { readonly [verdict in Answer['verdict']]: string } = {
  answered: 'Answered',
  'in-part': 'Answered in part',
  unanswerable: 'Cannot be answered',
  nothing: 'Nobody, as far as the logs tell',
  'not-assessed': 'Not assessed',
};

/** The answer for people: the verdict, then job by job, then what cannot be put down to one, with the ids that prove it. */
export function tellWho({ question, verdict, why, uses, logs }: Answer, layout: Layout, withStatements = false): string {
  const style = verdict === 'answered' || verdict === 'nothing' ? 'green' : 'red';
  const about = question.infoType === undefined ? '' : `, ${question.infoType} only`;
  const lines = [
    ...layout.block('', `${question.target ?? 'All targets'}, ${timeText(question)}${about}`, 'bold'),
    ...layout.block('', `${VERDICTS[verdict]}: ${why}.`, style),
  ];
  const told = uses.filter(({ answerable }) => answerable);
  if (told.length > 0) {
    lines.push(...layout.heading('WHO'));
    for (const same of byJob(told)) lines.push(...tellJob(same, layout, withStatements));
  }
  const open = uses.filter(({ answerable }) => !answerable);
  if (open.length > 0) {
    lines.push(...layout.heading('CANNOT BE PUT DOWN TO ONE JOB'));
    for (const same of byJob(open)) {
      lines.push(...tellJob(same, layout, withStatements));
      const reasons = [...new Set(same.flatMap(({ reasons }) => reasons))];
      for (const reason of reasons) lines.push(...layout.block('    ', `Why: ${reason}`, 'yellow'));
    }
  }
  lines.push(...layout.heading('RESTS ON'));
  for (const log of logs) lines.push(...layout.block('  ', spanText(log)));
  if (logs.length === 0) lines.push(...layout.block('  ', 'no log'));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function timeText({ from, until }: Answer['question']): string {
  const lastDay = new Date(Date.parse(until) - 1).toISOString().slice(0, 10);
  const whole = from.endsWith('T00:00:00.000Z') && until.endsWith('T00:00:00.000Z');
  if (!whole) return `${from.slice(0, 16)}Z to ${until.slice(0, 16)}Z`;
  return from.slice(0, 10) === lastDay ? `on ${lastDay} (UTC)` : `from ${from.slice(0, 10)} to ${lastDay} (UTC)`;
}

function byJob(uses: readonly Use[]): readonly (readonly Use[])[] {
  const groups = new Map<string, Use[]>();
  for (const use of uses) {
    const key = JSON.stringify([use.job, use.actor, use.identity, use.via, use.reasons]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [use]);
    else group.push(use);
  }
  return [...groups.values()];
}

/** Sessions of one job beside each other: more than these are counted. */
const MOST_SESSIONS = 20;

function* tellJob(uses: readonly Use[], layout: Layout, withStatements: boolean): Iterable<string> {
  const [first] = uses;
  if (first === undefined) return;
  const who = first.job ?? first.actor ?? 'unknown';
  const sure = first.actorConfidence === 'high' || first.actorConfidence === null ? '' : `, ${first.actorConfidence} confidence`;
  const by = first.job === null ? '' : ` by ${first.actor ?? 'unknown'}`;
  const account = first.identity === null ? '' : ` as ${first.identity}`;
  yield* layout.block('  ', `${who}${by} (${first.actorType}${sure})${account}`, 'bold');
  for (const use of uses.slice(0, MOST_SESSIONS)) {
    yield* layout.block('    ', useText(use));
    if (withStatements && use.statement !== null) yield* layout.block('      ', use.statement);
  }
  if (uses.length > MOST_SESSIONS)
    yield* layout.block('    ', `and ${uses.length - MOST_SESSIONS} more (-f json or csv lists all)`);
}

function useText(use: Use): string {
  const end = use.until === null ? '' : ` to ${use.until.slice(11, 19)}`;
  const what = [use.action ?? 'unknown', use.objects.join(', ')].filter((part) => part !== '').join(' of ');
  const parts = [
    what,
    use.via === 'gateway' ? `approval: ${use.approval ?? 'unknown'}` : 'not through the gateway',
    ...(use.infoTypes.length === 0 ? [] : [`${use.infoTypes.join(', ')} ${maskedText(use.masked)}`]),
    ...(use.rows === null ? [] : [`${use.rows} rows`]),
    ...(use.records > 1 ? [`${use.records} records`] : []),
    ...(use.via === 'gateway' && use.recorded !== null ? [`recorded: ${use.recorded}`] : []),
    ...use.gaps,
  ];
  return `${use.from.slice(0, 19).replace('T', ' ')}${end}: ${parts.join(', ')} [${use.evidence}]`;
}

function maskedText(masked: boolean | null): string {
  if (masked === null) return '(masking not known)';
  return masked ? 'masked' : 'NOT masked';
}
