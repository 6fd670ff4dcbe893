import type { CoverageObservation, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { brokenReasons, fileCoverage, quoted } from '../../src/files/coverage.ts';
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

export async function* scanFile(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const { answers, broken } = answersIn(file);
  const beside = await answersAround(file);
  const world = worldOf([answers, ...beside.all]);
  yield* rowsOf(answers, { world, at: file.at });
  for (const match of context.detect(file.text(), { path: file.path })) yield context.sighting(match, file.at, file.place);
  yield coverageRow(file, answers, world, [...reasons(answers, broken, world), ...beside.why]);
}

function coverageRow(file: SourceFile, answers: Answers, world: World, why: readonly string[]): CoverageObservation {
  const failed = answers.problems.length;
  const covers = [...new Set([...answers.kinds].flatMap((kind) => COVERS[kind].kinds))];
  return fileCoverage(file, 'google-workspace', covers, why, {
    seen: answers.seen,
    read: answers.seen - failed,
    failed,
    detail: {
      exports: [...answers.kinds],
      types: [...answers.kinds].flatMap((kind) => COVERS[kind].types),
      ...(answers.others === 0 ? {} : { otherEvents: answers.others }),
      ...(world.customer === undefined ? {} : { customer: world.customer }),
    },
  });
}

function reasons(answers: Answers, broken: Broken | undefined, world: World): string[] {
  const why = brokenReasons(broken);
  if (answers.truncated) why.push('the last page names a next page: export all pages');
  why.push(...quoted(answers.problems));
  if (answers.kinds.has('admin events') && !world.hasList) {
    why.push(
      'the log goes back six months: delegation that is older is told by the list of the Admin console (Security, API controls) alone',
    );
  }
  return why;
}
