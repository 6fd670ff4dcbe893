import type {
  CoverageObservation,
  Location,
  Observation,
  ObservationKind,
  ScanContext,
  SourceFile,
} from '../../src/contracts/index.ts';
import { quoted } from '../../src/files/coverage.ts';
import type { Broken } from '../../src/files/json-values.ts';
import type { BindingTally } from '../../src/iam/gcp/bindings.ts';
import { readBeside } from './beside.ts';
import type { AnswerKind, Answers } from './collect.ts';
import { missingRow } from './missing.ts';
import { answerRows } from './rows.ts';

/** What each kind of export lets a check look at. */
export const COVERS: { readonly [kind in AnswerKind]: readonly ObservationKind[] } = {
  'service accounts': ['identity'],
  'service-account keys': ['credential'],
  'IAM policies': ['grant', 'trust'],
  roles: [],
  assets: [],
  projects: [],
  'workload identity providers': ['consumer'],
  'deny policies': [],
  'access boundaries': [],
  'last authentications': ['usage'],
  insights: [],
  'API keys': ['credential'],
  'HMAC keys': ['credential'],
  'group members': [],
  'organisation policies': [],
};

export async function* scanFile(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const { answers, gathered, broken, lost, missing } = await readBeside(file, context);
  // Descriptions hold what people wrote there, assets of other kinds all their fields; a key may have been appended.
  for (const match of context.detect(file.text(), { path: file.path })) yield context.sighting(match, file.at, file.place);
  const tally: BindingTally = { unknownRoles: new Set(), people: 0, federated: new Set() };
  yield* answerRows(answers, gathered, file.at, context, tally);
  for (const one of missing) yield missingRow(one, file.at);
  yield coverageRow(file, answers, tally, { broken, lost, nameless: gathered.namelessGroups(answers) });
  if (tally.capped !== undefined) yield cappedRow(tally.capped, file.path, file.at);
}

/** A row of its own: what is granted is told whole all the same. */
export function cappedRow(capped: number, subject: string, at: Location): CoverageObservation {
  return {
    kind: 'coverage',
    surface: 'gcp',
    subject: `${subject} inherited impersonation`,
    outcome: 'partial',
    why: `${capped} edges of inherited impersonation are not listed account by account: the grant on the project, folder or organisation tells them`,
    covers: ['trust'],
    skipped: capped,
    seen: capped,
    at,
  };
}

/** What the files themselves kept back. */
interface Missing {
  readonly broken: Broken | undefined;
  readonly lost: number;
  /** Groups without an address. */
  readonly nameless: number;
}

function coverageRow(file: SourceFile, answers: Answers, tally: BindingTally, missing: Missing): CoverageObservation {
  const why = reasons(answers, tally, missing);
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
    detail: tallyDetail(answers, tally),
  };
}

export function tallyDetail(answers: Answers, tally: BindingTally): NonNullable<CoverageObservation['detail']> {
  return {
    exports: [...answers.kinds],
    ...(answers.systemManaged === 0 ? {} : { systemManagedKeys: answers.systemManaged }),
    ...(answers.roles.size === 0 ? {} : { roles: answers.roles.size }),
    ...(tally.people === 0 ? {} : { grantsToPeople: tally.people }),
    ...(tally.heldBack === undefined ? {} : { heldBack: tally.heldBack }),
    ...(tally.capped === undefined ? {} : { inheritedTrustNotListed: tally.capped }),
  };
}

function reasons(answers: Answers, tally: BindingTally, { broken, lost, nameless }: Missing): string[] {
  const why: string[] = [];
  if (broken !== undefined) {
    const kept = broken.recovered ? 'what stood whole before it was read' : 'nothing more could be read';
    why.push(`the file ${broken.what} at byte ${broken.byte} (line ${broken.line}); ${kept}, export it again`);
  }
  if (lost > 0) why.push(`${lost} of the files beside it could not be read, so what they add is missing`);
  if (nameless > 0) why.push('the members do not say of which group they are: name the file GROUP@DOMAIN.json');
  if (answers.truncated) why.push('the last page names a next page: export all pages');
  why.push(...answerReasons(answers, tally));
  if (answers.resourceUnknown) {
    why.push(
      'the policy does not say of which project it is: name the file PROJECT-iam-policy.json or export with asset search-all-iam-policies',
    );
  }
  return why;
}

/** What is missing of the answers themselves, wherever they come from. */
export function answerReasons(answers: Answers, tally: BindingTally): string[] {
  const why = quoted(answers.problems);
  const bare = [...answers.listedDenials].filter((name) => !answers.denyPolicies.has(name));
  if (bare.length > 0) {
    why.push(`${bare.length} deny policies are listed without their rules: export each with gcloud iam policies get`);
  }
  if (tally.unknownRoles.size > 0) {
    why.push(
      `permissions are not known for ${quoted([...tally.unknownRoles]).join(', ')}: append the output of gcloud iam roles describe to the file`,
    );
  }
  return why;
}
