import type {
  CoverageObservation,
  JsonObject,
  Observation,
  ObservationKind,
  ScanContext,
  SourceFile,
} from '../../src/contracts/index.ts';
import { quoted } from '../../src/files/coverage.ts';
import { type Broken, readJsonValues } from '../../src/files/json-values.ts';
import { type AnswerKind, type Answers, newAnswers } from './answers.ts';
import { isGuid } from './guid.ts';
import { observe } from './observe.ts';
import { tellsTenant } from './recognise.ts';
import { addAnswer } from './sort-answers.ts';

/** What each kind of export lets a check look at, and which types of it: `grant:app-role@entra`. */
const COVERS: {
  readonly [kind in AnswerKind]: { readonly kinds: readonly ObservationKind[]; readonly types: readonly string[] };
} = {
  'app registrations': { kinds: ['identity', 'credential'], types: ['app', 'client-secret', 'certificate'] },
  'service principals': { kinds: ['identity', 'credential'], types: ['service-principal', 'client-secret', 'certificate'] },
  'managed identities': { kinds: ['identity'], types: ['managed-identity'] },
  'federated credentials': { kinds: ['trust'], types: ['oidc'] },
  owners: { kinds: ['trust'], types: ['owner'] },
  'group members': { kinds: ['trust'], types: ['member'] },
  'application permissions': { kinds: ['grant'], types: ['app-role'] },
  'delegated permissions': { kinds: ['grant'], types: ['delegated'] },
  'directory roles': { kinds: ['grant'], types: ['directory-role'] },
  // Nobody has them: checks of roles that are held have not been given what they need.
  'eligible roles': { kinds: ['grant'], types: ['eligible-role'] },
  'Azure roles': { kinds: ['grant'], types: ['azure-role'] },
  'vault access policies': { kinds: ['grant'], types: ['access-policy'] },
  'role definitions': { kinds: [], types: [] },
  'service-principal sign-ins': { kinds: ['usage'], types: ['service-principal'] },
  'credential sign-ins': { kinds: ['usage'], types: ['credential'] },
  'app management policies': { kinds: [], types: [] },
  tenant: { kinds: [], types: [] },
};

/** For a coverage row: what it is of, and of which types. */
export function coversOf(
  kinds: Iterable<AnswerKind>,
  more: JsonObject = {},
): { readonly covers: readonly ObservationKind[]; readonly detail: JsonObject } {
  const all = [...kinds].toSorted();
  return {
    covers: [...new Set(all.flatMap((kind) => COVERS[kind].kinds))],
    detail: { exports: all, types: [...new Set(all.flatMap((kind) => COVERS[kind].types))].toSorted(), ...more },
  };
}

export async function* scanFile(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const text = file.text();
  const answers = newAnswers();
  const { values, broken } = readJsonValues(text);
  for (const [index, value] of values.entries())
    addAnswer(answers, value, values.length > 1 ? `value ${index + 1}` : 'answer', file.path);
  // Names, notes and tags hold what people wrote there; the answer that made a secret may stand beside them.
  for (const match of context.detect(text, { path: file.path })) yield context.sighting(match, file.at, file.place);
  const problems: string[] = [];
  const { unknown, people } = yield* observe(answers, {
    at: file.at,
    now: context.now(),
    tenant: answers.tenants.size === 0 ? await tenantBeside(file) : undefined,
    problems,
  });
  yield coverageRow(file, answers, [...answers.problems, ...problems], unknown, people, broken);
}

async function tenantBeside(file: SourceFile): Promise<string | undefined> {
  const directory = file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')));
  const found = new Set<string>();
  for (const path of (await file.around?.list(directory)) ?? []) {
    if (!tellsTenant(path)) continue;
    const text = (await file.around?.read(path))?.text() ?? '';
    const id = /"tenantId"\s*:\s*"(?<id>[^"]+)"/.exec(text)?.groups?.id;
    const organisation = text.includes('"verifiedDomains"') ? /"id"\s*:\s*"(?<id>[^"]+)"/.exec(text)?.groups?.id : undefined;
    for (const one of [id, organisation]) if (isGuid(one)) found.add(one.toLowerCase());
  }
  const [only] = found;
  return found.size === 1 ? only : undefined;
}

function coverageRow(
  file: SourceFile,
  answers: Answers,
  problems: readonly string[],
  unknown: ReadonlySet<string>,
  people: number,
  broken: Broken | undefined,
): CoverageObservation {
  const why = reasons(answers, problems, unknown, broken);
  const failed = problems.length;
  const seen = Math.max(answers.seen, failed) + answers.others;
  const policy = policyDetail(answers);
  const { covers, detail } = coversOf(answers.kinds, {
    ...(people === 0 ? {} : { grantsToPeople: people }),
    ...(policy.length === 0 ? {} : { appManagementPolicies: policy }),
  });
  return {
    kind: 'coverage',
    surface: 'entra',
    subject: file.path,
    outcome: why.length === 0 ? 'complete' : 'partial',
    ...(why.length === 0 ? {} : { why: why.join('; ') }),
    covers,
    seen,
    read: seen - failed - answers.others,
    skipped: answers.others,
    failed,
    bytes: file.bytes.length,
    at: file.at,
    detail,
  };
}

function reasons(
  answers: Answers,
  problems: readonly string[],
  unknown: ReadonlySet<string>,
  broken: Broken | undefined,
): string[] {
  const why: string[] = [];
  if (broken !== undefined) {
    const kept = broken.recovered ? 'what stood whole before it was read' : 'nothing more could be read';
    why.push(`the file ${broken.what} at byte ${broken.byte} (line ${broken.line}); ${kept}, export it again`);
  }
  if (answers.truncated.size > 0) why.push('the last page names a next page: export all pages into one file');
  if (answers.cut.size > 0)
    why.push(`Graph lists no more than 20 inside one item: there may be more ${quoted([...answers.cut.keys()]).join(', ')}`);
  if (answers.full.size > 0)
    why.push(
      `${[...answers.full].join(', ')}: exactly 100 entries, where commands end that are not asked for all: export again with --all (PowerShell: -All)`,
    );
  why.push(...quoted(problems));
  if (unknown.size > 0)
    why.push(
      `what is in it is not known of ${quoted([...unknown]).join(', ')}: append the role definitions to the file (README)`,
    );
  return why;
}

/** What the tenant asks of new secrets, for the report: it is no finding by itself. */
export function policyDetail(answers: Answers): JsonObject[] {
  return answers.policies.map(({ name, isEnabled, rules }) => ({
    ...(name === undefined ? {} : { name }),
    enabled: isEnabled,
    rules: rules.map((rule) => [rule.of, rule.restrictionType, rule.maxLifetime].filter((word) => word !== undefined).join(' ')),
  }));
}
