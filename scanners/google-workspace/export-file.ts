import type { CoverageObservation, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import type { Broken } from '../../src/files/json-values.ts';
import type { AnswerKind, Answers } from './answers.ts';
import { rowsOf } from './rows.ts';
import { answersAround, answersIn, type World, worldOf } from './world.ts';

/** What each answer lets a check look at; `types` go into the detail of coverage, for needs like `grant:delegation@google-workspace`. */
const COVERS: {
  readonly [kind in AnswerKind]: { readonly kinds: readonly ObservationKind[]; readonly types: readonly string[] };
} = {
  'OAuth tokens': { kinds: ['identity', 'grant'], types: ['consent'] },
  'app passwords': { kinds: ['credential'], types: ['app-password'] },
  users: { kinds: ['person'], types: ['user'] },
  'admin events': { kinds: ['identity', 'grant'], types: ['delegation'] },
  'token events': { kinds: ['usage'], types: ['event'] },
  'delegation list': { kinds: ['identity', 'grant'], types: ['delegation'] },
};

/** Problems quoted in one coverage row. */
const QUOTED = 3;

export async function* scanFile(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const { answers, broken } = answersIn(file);
  const world = worldOf([answers, ...(await answersAround(file))]);
  yield* rowsOf(answers, { world, at: file.at });
  for (const match of context.detect(file.text(), { path: file.path })) yield context.sighting(match, file.at, file.place);
  yield coverageRow(file, answers, broken, world);
}

function coverageRow(file: SourceFile, answers: Answers, broken: Broken | undefined, world: World): CoverageObservation {
  const why = reasons(answers, broken, world);
  const failed = answers.problems.length;
  return {
    kind: 'coverage',
    surface: 'google-workspace',
    subject: file.path,
    outcome: why.length === 0 ? 'complete' : 'partial',
    ...(why.length === 0 ? {} : { why: why.join('; ') }),
    covers: [...new Set([...answers.kinds].flatMap((kind) => COVERS[kind].kinds))],
    seen: answers.seen,
    read: answers.seen - failed,
    failed,
    bytes: file.bytes.length,
    at: file.at,
    detail: {
      exports: [...answers.kinds],
      types: [...answers.kinds].flatMap((kind) => COVERS[kind].types),
      ...(answers.others === 0 ? {} : { otherEvents: answers.others }),
      ...(world.customer === undefined ? {} : { customer: world.customer }),
    },
  };
}

function reasons(answers: Answers, broken: Broken | undefined, world: World): string[] {
  const why: string[] = [];
  if (broken !== undefined) {
    const kept = broken.recovered ? 'what stood whole before it was read' : 'nothing more could be read';
    why.push(`the file ${broken.what} at byte ${broken.byte} (line ${broken.line}); ${kept}, export it again`);
  }
  if (answers.truncated) why.push('the last page names a next page: export all pages');
  const { problems } = answers;
  why.push(...problems.slice(0, QUOTED));
  if (problems.length > QUOTED) why.push(`${problems.length - QUOTED} more like these`);
  if (answers.kinds.has('admin events') && !world.hasList) {
    why.push(
      'the log goes back six months: delegation that is older is told by the list of the Admin console (Security, API controls) alone',
    );
  }
  return why;
}
