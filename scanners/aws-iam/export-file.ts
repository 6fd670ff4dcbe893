import type { CoverageObservation, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { quoted } from '../../src/files/coverage.ts';
import { type Broken, readJsonValues } from '../../src/files/json-values.ts';
import { type GrantTally, newTally } from '../../src/iam/grants.ts';
import { accessKeyRow } from './access-keys.ts';
import { analyzerRows } from './analyzer.ts';
import { type AnswerKind, type Answers, addAnswer, newAnswers, settle } from './answers.ts';
import { oidcCoverage, organisationCoverage, samlCoverage, tallyDetail, tallyReasons, typesOf } from './coverage.ts';
import { reportObservations, reportRows } from './credential-report.ts';
import { centerRows } from './identity-center.ts';
import { tellsAnything } from './organisation.ts';
import { readPrincipals, type World } from './principals.ts';
import { callersOf, resourcePolicyRows } from './resource-policies.ts';
import { anywhereRows, subjectRows } from './roles-anywhere.ts';
import { type UserCredential, userCredentialRow } from './user-credentials.ts';
import { worldAround, worldOf } from './world.ts';

/** What each kind of export lets a check look at. */
const COVERS: { readonly [kind in AnswerKind]: readonly ObservationKind[] } = {
  'authorization details': ['identity', 'grant', 'trust'],
  'access-key list': ['credential'],
  'last use of access keys': ['credential'],
  'service-specific credentials': ['credential'],
  'SSH public keys': ['credential'],
  'signing certificates': ['credential'],
  'OIDC providers': ['trust'],
  'SAML providers': ['trust'],
  'service last accessed': ['usage'],
  'Access Analyzer findings': ['usage'],
  organisation: [],
  'resource policies': ['grant'],
  'Roles Anywhere': ['trust'],
  'Roles Anywhere subjects': ['identity'],
  'Identity Center': ['trust'],
  'CloudTrail events': ['usage', 'credential'],
  'credential report': ['identity', 'credential'],
};

export async function* scanFile(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
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
  // Tags, descriptions, conditions and addresses hold what people wrote there; a new key may have been appended.
  for (const match of context.detect(text, { path: file.path })) {
    // That a key id stands in an answer about keys is no leak.
    if (match.detector === 'aws-access-key' && match.confidence !== 'high') continue;
    yield context.sighting(match, file.at, file.place);
  }
  yield* observe(answers, file, context, broken);
}

async function* observe(
  answers: Answers,
  file: SourceFile,
  context: ScanContext,
  broken: Broken | undefined,
): AsyncGenerator<Observation> {
  const { center, details, rolesAnywhere } = answers;
  const tally = newTally();
  const problems = [...answers.problems, ...details.problems];
  const open: string[] = [];
  const without = new Set<string>();
  let world: World | undefined;
  const isJudged = details.users.size + details.roles.size + details.policies.size > 0;
  if (isJudged || rolesAnywhere.profiles.size + center.assignments.size > 0) {
    const now = context.now();
    const world = await worldOf(file, answers, now);
    open.push(...(yield* anywhereRows(rolesAnywhere, world, now, file.at)), ...(yield* centerRows(center, world, file.at)));
    yield* readPrincipals(details, world, file.at, tally);
    for (const arn of [...details.users.keys(), ...details.roles.keys()]) {
      for (const what of world.compiled.without.get(arn.split(':')[4] ?? '') ?? []) without.add(what);
    }
  }
  yield* subjectRows(rolesAnywhere, file.at);
  const accountOf = accountFinder(answers);
  for (const key of answers.keys) yield accessKeyRow(key, file.at, accountOf);
  for (const one of withoutTwins(answers.credentials)) yield userCredentialRow(one, file.at, accountOf);
  for (const finding of answers.findings.values()) yield* analyzerRows(finding, file.at);
  const reportRows = yield* observeReports(answers.reports, problems, file);
  for (const provider of answers.providers) yield oidcCoverage(provider, file.at);
  for (const provider of answers.samlProviders) yield samlCoverage(provider, file.at);
  if (tellsAnything(answers.organisation)) {
    yield organisationCoverage(answers.organisation, `organisation (${file.path})`, file.at);
  }
  if (answers.resourcePolicies.length > 0) {
    const now = context.now();
    world ??= await worldAround(file, answers, now);
    const callers = callersOf(world.compiled, now);
    for (const policy of answers.resourcePolicies) yield* resourcePolicyRows(policy, callers, file.at);
  }
  yield* answers.trail.rows(file.at);
  yield* coverageRows({ answers, file, reportRows, problems, open, tally, without, broken });
}

/** A key asked for by itself tells more than its line in the list. */
function withoutTwins(all: readonly UserCredential[]): UserCredential[] {
  const whole = new Set(all.filter((one) => one.keyFingerprint !== undefined).map((one) => one.id));
  return all.filter((one) => one.keyFingerprint !== undefined || !whole.has(one.id));
}

function* observeReports(reports: readonly string[], problems: string[], file: SourceFile): Generator<Observation, number> {
  let rows = 0;
  for (const text of reports) {
    const unread: string[] = [];
    const before = rows;
    for (const row of reportRows(text, unread)) {
      yield* reportObservations(row, file.at, { keys: true });
      rows++;
    }
    if (rows === before && unread.length === 0) problems.push('the credential report has no line but its header');
    rows += unread.length;
    for (const one of unread) problems.push(one);
  }
  return rows;
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

interface Told {
  readonly answers: Answers;
  readonly file: SourceFile;
  readonly reportRows: number;
  readonly problems: readonly string[];
  /** What other exports would have to tell. */
  readonly open: readonly string[];
  readonly tally: GrantTally;
  readonly without: ReadonlySet<string>;
  readonly broken: Broken | undefined;
}

function* coverageRows({
  answers,
  file,
  reportRows,
  problems,
  open,
  tally,
  without,
  broken,
}: Told): Generator<CoverageObservation> {
  const all: readonly AnswerKind[] = answers.kinds.size === 0 ? ['authorization details'] : [...answers.kinds];
  const why = [...reasons(problems, tally, answers, broken), ...open];
  const failed = problems.length;
  const seen = Math.max(answers.seen + reportRows, failed);
  const { events, others } = answers.trail;
  for (const surface of ['aws', 'audit-log'] as const) {
    const kinds = all.filter((kind) => (kind === 'CloudTrail events') === (surface === 'audit-log'));
    if (kinds.length === 0) continue;
    yield {
      kind: 'coverage',
      surface,
      subject: file.path,
      outcome: why.length === 0 ? 'complete' : 'partial',
      ...(why.length === 0 ? {} : { why: why.join('; ') }),
      covers: [...new Set(kinds.flatMap((kind) => COVERS[kind]))],
      seen,
      read: seen - failed,
      failed,
      bytes: file.bytes.length,
      at: file.at,
      detail: {
        exports: kinds,
        ...typesOf(kinds),
        ...(without.size === 0 || surface !== 'aws' ? {} : { judgedWithout: [...without].sort() }),
        ...(surface === 'aws' ? {} : { events, eventsOfNoIdentity: others }),
        ...tallyDetail(tally),
      },
    };
  }
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
