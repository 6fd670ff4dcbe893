import type { CoverageObservation, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { type Broken, readJsonValues } from '../../src/files/json-values.ts';
import { type GrantTally, newTally } from '../../src/iam/grants.ts';
import { accessKeyRow } from './access-keys.ts';
import { type AnswerKind, type Answers, addAnswer, newAnswers, settle } from './answers.ts';
import { readDetails } from './authorization-details.ts';
import { oidcCoverage, quoted, tallyDetail, tallyReasons } from './coverage.ts';
import { readCredentialReport, reportObservations } from './credential-report.ts';

/** What each kind of export lets a check look at. */
const COVERS: { readonly [kind in AnswerKind]: readonly ObservationKind[] } = {
  'authorization details': ['identity', 'grant', 'trust'],
  'access-key list': ['credential'],
  'last use of access keys': ['credential'],
  'OIDC providers': ['trust'],
  'credential report': ['identity', 'credential'],
};

export function* scanFile(file: SourceFile, context: ScanContext): Generator<Observation> {
  const text = file.text();
  const answers = newAnswers();
  let broken: Broken | undefined;
  if (/^\s*[[{]/.test(text)) {
    const json = readJsonValues(text);
    broken = json.broken;
    for (const [index, value] of json.values.entries())
      addAnswer(answers, value, json.values.length > 1 ? `value ${index + 1}` : 'answer', file.path);
    settle(answers);
  } else {
    answers.kinds.add('credential report');
    answers.reports.push(text);
  }
  // Lists never hold secrets, but somebody may have appended a create-access-key answer to one.
  if (text.includes('SecretAccessKey')) {
    for (const match of context.detect(text, { path: file.path })) yield context.sighting(match, file.at, file.place);
  }
  yield* observe(answers, file, context, broken);
}

function* observe(answers: Answers, file: SourceFile, context: ScanContext, broken: Broken | undefined): Generator<Observation> {
  const tally = newTally();
  const problems = [...answers.problems];
  yield* readDetails(answers.details, file.at, context.now(), tally);
  problems.push(...answers.details.problems);
  const accountOf = accountFinder(answers);
  for (const key of answers.keys) yield accessKeyRow(key, file.at, accountOf);
  let reportRows = 0;
  for (const text of answers.reports) {
    const report = readCredentialReport(text);
    for (const row of report.rows) yield* reportObservations(row, file.at, { keys: true });
    reportRows += report.rows.length + report.problems.length;
    problems.push(...report.problems);
    if (report.rows.length === 0 && report.problems.length === 0)
      problems.push('the credential report has no line but its header');
  }
  for (const provider of answers.providers) yield oidcCoverage(provider, file.at);
  const kinds: readonly AnswerKind[] = answers.kinds.size === 0 ? ['authorization details'] : [...answers.kinds];
  const seen = answers.seen + reportRows;
  const failed = problems.length;
  const why = reasons(problems, tally, answers, broken);
  yield coverageRow(file, kinds, why, { seen: Math.max(seen, failed), failed }, tally);
}

function reasons(problems: readonly string[], tally: GrantTally, answers: Answers, broken: Broken | undefined): string[] {
  const why: string[] = [];
  if (broken !== undefined) {
    const kept = broken.recovered ? 'what stood whole before it was read' : 'nothing more could be read';
    why.push(`the file ${broken.what} at byte ${broken.byte} (line ${broken.line}); ${kept}, export it again`);
  }
  if (answers.truncated) why.push('the last page says that more follow: export without --max-items, all pages into one file');
  why.push(...quoted(problems));
  why.push(...tallyReasons(tally));
  return why;
}

function coverageRow(
  file: SourceFile,
  kinds: readonly AnswerKind[],
  why: readonly string[],
  counts: { readonly seen: number; readonly failed: number },
  tally: GrantTally,
): CoverageObservation {
  return {
    kind: 'coverage',
    surface: 'aws',
    subject: file.path,
    outcome: why.length === 0 ? 'complete' : 'partial',
    ...(why.length === 0 ? {} : { why: why.join('; ') }),
    covers: [...new Set(kinds.flatMap((kind) => COVERS[kind]))],
    seen: counts.seen,
    read: counts.seen - counts.failed,
    failed: counts.failed,
    bytes: file.bytes.length,
    at: file.at,
    detail: { exports: kinds, ...tallyDetail(tally) },
  };
}

/** Users whose account the same file tells, unless two accounts have one of that name. */
function accountFinder(answers: Answers): (user: string) => string | undefined {
  const accounts = new Map<string, string | undefined>();
  for (const { arn, name } of answers.details.users.values()) {
    const account = arn.split(':')[4];
    accounts.set(name, accounts.has(name) && accounts.get(name) !== account ? undefined : account);
  }
  return (user) => accounts.get(user);
}
