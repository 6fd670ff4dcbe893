import type { Layout } from '../util/layout.ts';
import { type Answer, stretchText } from './who.ts';
import type { Surface } from './who-looked.ts';
import type { Masking, Use } from './who-uses.ts';

const VERDICTS: { readonly [verdict in Answer['verdict']]: string } = {
  answered: 'Answered',
  'in-part': 'Answered in part',
  unanswerable: 'Cannot be answered',
  nothing: 'Nobody',
  'not-assessed': 'Not assessed',
};

export function verdictText({ verdict, why }: Pick<Answer, 'verdict' | 'why'>): string {
  return `${VERDICTS[verdict]}: ${why}.`;
}

/** Both are known in full: who it was, or that nobody was. */
export function isSettled({ verdict }: Pick<Answer, 'verdict'>): boolean {
  return verdict === 'answered' || verdict === 'nothing';
}

/** The answer for people: the verdict, then job by job, then what cannot be put down to one, with the ids that prove it. */
export function tellWho(answer: Answer, layout: Layout, withStatements = false): string {
  const { question, uses, surfaces } = answer;
  const about = question.infoType === undefined ? '' : `, ${question.infoType} only`;
  const lines = [
    ...layout.block('', `${question.target ?? 'All targets'}, ${timeText(question)}${about}`, 'bold'),
    ...layout.block('', verdictText(answer), isSettled(answer) ? 'green' : 'red'),
  ];
  const sure = uses.filter(({ doubts }) => doubts.length === 0);
  lines.push(
    ...tellUses(
      'WHO',
      sure.filter(({ answerable }) => answerable),
      layout,
      withStatements,
    ),
  );
  lines.push(
    ...tellUses(
      'CANNOT BE PUT DOWN TO ONE JOB',
      sure.filter(({ answerable }) => !answerable),
      layout,
      withStatements,
    ),
  );
  lines.push(
    ...tellUses(
      'MAY HAVE TOUCHED IT, OR NOT',
      uses.filter(({ doubts }) => doubts.length > 0),
      layout,
      withStatements,
    ),
  );
  lines.push(...layout.heading('RESTS ON'));
  for (const surface of surfaces)
    lines.push(...layout.block('  ', surfaceText(surface, true), surface.covers === 'all' ? 'dim' : 'yellow'));
  if (surfaces.length === 0) lines.push(...layout.block('  ', 'no log'));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function* tellUses(title: string, uses: readonly Use[], layout: Layout, withStatements: boolean): Iterable<string> {
  if (uses.length === 0) return;
  yield* layout.heading(title);
  for (const same of byJob(uses)) {
    yield* tellJob(same, layout, withStatements);
    const reasons = new Set(same.flatMap(({ reasons, doubts }) => [...reasons, ...doubts]));
    for (const reason of reasons) yield* layout.block('    ', `Why: ${reason}`, 'yellow');
  }
}

/** `timeIsTold`: the time that is asked for stands above; else it is said. */
export function surfaceText({ name, covers, given, missing, known, why }: Surface, timeIsTold = false): string {
  const parts = [
    covers === 'all' && timeIsTold
      ? 'given of all of that time'
      : given.length > 0
        ? `given of ${given.map(stretchText).join(', ')}`
        : 'not given of that time',
    ...(given.length > 0 && missing.length > 0 ? [`not of ${missing.map(stretchText).join(', ')}`] : []),
    ...(covers === 'none' && known.length > 0 ? [`of ${known.map(stretchText).join(', ')} only`] : []),
    ...(why === null ? [] : [why]),
  ];
  return `${name}: ${parts.join('; ')}`;
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
    const key = JSON.stringify([use.job, use.actor, use.identity, use.via, use.passage, use.passageWhy, use.reasons, use.doubts]);
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
  const account = first.identity === null ? '' : ` as ${first.identity}`;
  yield* layout.block('  ', `${whoText(first)}${account}`, 'bold');
  for (const use of uses.slice(0, MOST_SESSIONS)) {
    yield* layout.block('    ', useText(use));
    if (withStatements && use.statement !== null) yield* layout.block('      ', use.statement);
  }
  if (uses.length > MOST_SESSIONS)
    yield* layout.block('    ', `and ${uses.length - MOST_SESSIONS} more (-f json or csv lists all)`);
}

function whoText({ job, actor, actorType, actorConfidence, identity, via }: Use): string {
  if (actor === null) {
    const nobody = via === 'gateway' || identity === null ? 'caller not known' : 'the log names the account only';
    return job === null ? nobody : `${job} (${nobody})`;
  }
  const sure = actorConfidence === 'high' || actorConfidence === null ? '' : `${actorConfidence} confidence`;
  const known = [actorType === 'unknown' ? 'of a kind not known' : actorType, sure].filter((part) => part !== '').join(', ');
  return `${job === null ? '' : `${job} by `}${actor} (${known})`;
}

function useText(use: Use): string {
  const end = use.isOpen ? ', not ended' : use.until === null ? '' : ` to ${endText(use)}`;
  const parts = [
    doneText(use),
    use.via === 'gateway' ? approvalText(use) : passageText(use),
    ...(use.masking === 'failed' || use.infoTypes.length > 0
      ? [`${use.infoTypes.join(', ') || 'personal data'} ${MASKING[use.masking](use)}`]
      : []),
    ...(use.rows === null ? [] : [`${use.rows} rows`]),
    ...(use.records > 1 ? [`${use.records} records`] : []),
    ...(use.logRecords > 0 ? [`${use.logRecords} ${use.logRecords === 1 ? 'record' : 'records'} of it in the target's log`] : []),
    ...(use.via === 'gateway' && use.recorded !== null ? [`recorded: ${use.recorded}`] : []),
    ...use.gaps,
  ];
  return `${use.from.slice(0, 19).replace('T', ' ')}${end}: ${parts.join(', ')} [${use.evidence}]`;
}

function endText({ from, until }: Use): string {
  if (until === null) return '';
  return from.slice(0, 10) === until.slice(0, 10) ? until.slice(11, 19) : until.slice(0, 19).replace('T', ' ');
}

function doneText({ action, objects, outcome, stoppedBy, isOpen }: Use): string {
  const what = [action ?? 'unknown', objects.join(', ')].filter((part) => part !== '').join(' of ');
  if (outcome === 'denied') return `${what}, STOPPED${stoppedBy === null ? '' : ` by ${stoppedBy}`}`;
  if (outcome === 'failed') return `${what}, failed`;
  return isOpen ? `${what}, outcome not known` : what;
}

/** `approved by tove@… (review 12a3bec4)`. */
function approvalText({ approval, approvers, approvalId, selfApproved }: Use): string {
  const by = approvers.length === 0 ? '' : ` by ${approvers.join(', ')}`;
  const own = selfApproved ? ', BY THE REQUESTER HIMSELF' : '';
  const review = approvalId === null ? '' : ` (review ${approvalId})`;
  return `approval: ${approval ?? 'unknown'}${by}${own}${review}`;
}

function passageText({ passage, passageWhy }: Use): string {
  const why = passageWhy === null ? '' : `: ${passageWhy}`;
  if (passage === 'around') return `AROUND the gateway${why}`;
  if (passage === 'through') return `through the gateway${why}`;
  return passage === 'not-held' ? `not through the gateway${why}` : `through the gateway or not is not known${why}`;
}

const MASKING: { readonly [masking in Masking]: (use: Use) => string } = {
  masked: () => 'masked',
  unmasked: () => 'NOT masked',
  failed: ({ maskErrors }) => `masking FAILED ${maskErrors} ${maskErrors === 1 ? 'time' : 'times'}`,
  'none-found': () => 'not found',
  'not-known': () => '(masking not known)',
};
