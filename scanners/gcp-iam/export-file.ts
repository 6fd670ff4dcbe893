import type { CoverageObservation, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { type Broken, readJsonValues } from '../../src/files/json-values.ts';
import { isDefaultAccount, isServiceAgent } from '../../src/iam/gcp/accounts.ts';
import { type BindingTally, bindingRows } from '../../src/iam/gcp/bindings.ts';
import { type AnswerKind, type Answers, addAnswer, newAnswers } from './answers.ts';
import { accountNamed, accountRow, keyRow } from './service-accounts.ts';

/** What each kind of export lets a check look at. */
const COVERS: { readonly [kind in AnswerKind]: readonly ObservationKind[] } = {
  'service accounts': ['identity'],
  'service-account keys': ['credential'],
  'IAM policies': ['grant', 'trust'],
  roles: [],
  assets: [],
};

/** Problems quoted in one coverage row. */
const QUOTED = 3;

export function* scanFile(file: SourceFile, context: ScanContext): Generator<Observation> {
  const text = file.text();
  const answers = newAnswers();
  const json = readJsonValues(text);
  for (const [index, value] of json.values.entries()) {
    addAnswer(answers, value, json.values.length > 1 ? `value ${index + 1}` : 'answer', file.path);
  }
  // Assets of other kinds come with all their fields (start-up scripts, environment variables); a key may have been appended.
  if (answers.otherAssets > 0 || /"(?:private_key|privateKeyData)"/.test(text)) {
    for (const match of context.detect(text, { path: file.path })) yield context.sighting(match, file.at, file.place);
  }
  const { projectIds } = answers;
  for (const account of answers.accounts.values()) yield accountRow(account, file.at, projectIds);
  for (const email of googleAccountsIn(answers)) yield accountRow(accountNamed(email), file.at, projectIds);
  for (const key of answers.keys.values()) yield keyRow(key, file.at, context.now(), projectIds);
  const tally: BindingTally = { unknownRoles: new Set(), people: 0 };
  const roles = new Map(
    [...answers.roles.values()].flatMap((role) => (role.permissions === undefined ? [] : [[role.name, role.permissions]])),
  );
  for (const bound of answers.bindings) yield* bindingRows(bound, file.at, { projectIds, roles, now: context.now() }, tally);
  yield coverageRow(file, answers, tally, json.broken);
}

/**
 * Accounts that Google made and that only bindings name: lists leave out service agents, and a finding about one must
 * be able to say that it is Google's.
 */
function googleAccountsIn(answers: Answers): Set<string> {
  const emails = new Set<string>();
  for (const { members } of answers.bindings) {
    for (const member of members) {
      const email = /^serviceAccount:(?<email>[^[?]+)$/.exec(member)?.groups?.email;
      if (email === undefined || answers.accounts.has(email)) continue;
      if (isServiceAgent(email) || isDefaultAccount(email)) emails.add(email);
    }
  }
  return emails;
}

function coverageRow(file: SourceFile, answers: Answers, tally: BindingTally, broken: Broken | undefined): CoverageObservation {
  const why = reasons(answers, tally, broken);
  const failed = answers.problems.length;
  const seen = Math.max(answers.seen, failed);
  return {
    kind: 'coverage',
    surface: 'gcp',
    subject: file.path,
    outcome: why.length === 0 ? 'complete' : 'partial',
    ...(why.length === 0 ? {} : { why: why.join('; ') }),
    covers: [...new Set([...answers.kinds].flatMap((kind) => COVERS[kind]))],
    seen,
    read: seen - failed - answers.otherAssets,
    skipped: answers.otherAssets,
    failed,
    bytes: file.bytes.length,
    at: file.at,
    detail: {
      exports: [...answers.kinds],
      ...(answers.systemManaged === 0 ? {} : { systemManagedKeys: answers.systemManaged }),
      ...(answers.roles.size === 0 ? {} : { roles: answers.roles.size }),
      ...(tally.people === 0 ? {} : { grantsToPeople: tally.people }),
    },
  };
}

function reasons(answers: Answers, tally: BindingTally, broken: Broken | undefined): string[] {
  const why: string[] = [];
  if (broken !== undefined) {
    const kept = broken.recovered ? 'what stood whole before it was read' : 'nothing more could be read';
    why.push(`the file ${broken.what} at byte ${broken.byte} (line ${broken.line}); ${kept}, export it again`);
  }
  if (answers.truncated) why.push('the last page names a next page: export all pages');
  why.push(...quoted(answers.problems));
  if (answers.resourceUnknown) {
    why.push(
      'the policy does not say of which project it is: name the file PROJECT-iam-policy.json or export with asset search-all-iam-policies',
    );
  }
  if (tally.unknownRoles.size > 0) {
    why.push(
      `permissions are not known for ${quoted([...tally.unknownRoles]).join(', ')}: append the output of gcloud iam roles describe to the file`,
    );
  }
  return why;
}

function quoted(all: readonly string[]): string[] {
  return all.length <= QUOTED ? [...all] : [...all.slice(0, QUOTED), `${all.length - QUOTED} more like these`];
}
